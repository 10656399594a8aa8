"""Calls and decorators that register a callback: at what, by which row or custom, and what would take it off again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.answers.releasing.endings import endings
from leaklint.apis import Row
from leaklint.counterparts import undoings
from leaklint.meaning.basis import Basis
from leaklint.meaning.scopes import decorators, is_called, is_property, source_name
from leaklint.tree.ir import Expr, Scope, Stmt, flat_of, source

CALLED = "__call__"


@dataclass(frozen=True, slots=True, eq=False)
class Registration:
    """Something is handed to what will call it back.

    `receiver` is None where a function registers with the process; `undo` is as in the row's `pairs`, and empty where
    nothing is known. `row` is None where only the customary name says that this registers. `paired`: all that says so
    is that the module also calls what by its name undoes it.
    """

    expr: Expr  # the call, or the decorator
    stmt: Stmt
    verb: str
    undo: str
    row: Row | None
    receiver: Expr | None
    given: tuple[Expr, ...]
    decorated: Scope | None = None
    paired: bool = False

    @property
    def scope(self) -> Scope:
        return self.expr.scope.function

    @property
    def registry(self) -> str:
        """What calls back, as text."""
        return source(self.receiver) if self.receiver is not None else source(_function(self.expr))

    @property
    def called_on(self) -> str:
        """What the registering method is called on, be it one for all the process or not; empty for a function."""
        function = _function(self.expr)
        return source(function.args[0]) if function.op == "attr" else ""

    @property
    def returns_undo(self) -> bool:
        return self.undo[:1] in ("(", ".")


def _function(expr: Expr) -> Expr:
    return expr.args[0] if expr.op == "call" else expr


def registrations(basis: Basis) -> Iterator[Registration]:
    """All of a module, in source order."""
    for stmt in basis.module.stmts:
        marks = {id(d) for d in stmt.decorators}
        for decorator in stmt.decorators:
            if stmt.op == "def":
                yield from _registration(basis, decorator, stmt, stmt.inner)
        for expr in flat_of(stmt):
            if expr.op == "call" and id(expr) not in marks:
                yield from _registration(basis, expr, stmt, None)


def _registration(basis: Basis, expr: Expr, stmt: Stmt, decorated: Scope | None) -> Iterator[Registration]:
    function = _function(expr)
    if function.op not in ("name", "attr") or (decorated is None and len(expr.args) < 2):
        return
    given = expr.args[1:] if expr.op == "call" else ()
    verb = (basis.names.qualified(function) or function.text).rpartition(".")[2]
    row, undo = _told(basis, expr, function)
    if row is None and decorated is not None and _called_here(basis, decorated):
        return
    if row is not None:
        receiver = None if row.kind == "function" or row.single else function.args[0]
        yield Registration(expr, stmt, verb, undo, row, receiver, given, decorated)
    elif basis.apis.means("listening_methods", verb) and _unknown(basis, expr, function):
        receiver = target(basis, given) if of_module(basis, function) else function.args[0]
        undo = next((name for name in undoings(verb) if basis.mentions(name)), "")
        yield Registration(expr, stmt, verb, undo, None, receiver, given, decorated)
    elif verb == "connect" and _known_to_all(basis, function) and any(is_method(basis, a) for a in given):
        yield Registration(expr, stmt, verb, "disconnect", None, function.args[0], given)
    elif basis.apis.means("handler_registering", verb) and _takes_method(basis, expr, function, given):
        undo = next((name for name in undoings(verb) if basis.mentions(name)), "")
        yield Registration(expr, stmt, verb, undo, None, function.args[0], given)
    elif verb in ADDING and _others_list(basis, function, given) and any(_of_own(basis, a) for a in given):
        yield Registration(expr, stmt, verb, "discard" if verb == "add" else "remove", None, function.args[0], given)
    elif undo := _paired(basis, verb, function, given):
        yield Registration(expr, stmt, verb, undo, None, function.args[0], given, paired=True)


def _called_here(basis: Basis, decorated: Scope) -> bool:
    """Does the function that makes it call it, too? Then the decorator is around it, and nobody calls it back."""
    where = decorated.parent
    return where is not None and any(is_called(e) and e.scope is where for e in basis.mentions(decorated.name))


ADDING = ("append", "add", "insert", "appendleft")


def _takes_method(basis: Basis, expr: Expr, function: Expr, given: tuple[Expr, ...]) -> bool:
    """Is it given a method and nothing else, by an object that has an end to come to?"""
    klass = expr.stmt.scope.enclosing("class")
    alone = len(given) == 1 and is_method(basis, given[0]) and function.op == "attr" and _unknown(basis, expr, function)
    return alone and klass is not None and any(m.name != "__del__" for m in endings(basis, klass))


def _others_list(basis: Basis, function: Expr, given: tuple[Expr, ...]) -> bool:
    """A list of callbacks, by its name, that is not the object's own: `model.observers`, `LISTENERS`; or one that a
    dict of such lists has, where an object comes up: `model.handlers["open"]`, `model.handlers.setdefault("open", [])`.
    """
    if function.op != "attr":
        return False
    listed, name = function.args[0], function.scope.function.name
    looked_up = listed.op == "call" and listed.args[0].op == "attr" and listed.args[0].text in ("setdefault", "get")
    if (listed.op == "sub" or looked_up) and basis.apis.means("beginning_methods", name):
        listed = listed.args[0] if listed.op == "sub" else listed.args[0].args[0]
    own = listed.op == "attr" and basis.names.class_of(listed.args[0]) is not None
    home = basis.names.scope_of(listed.text, listed.scope) if listed.op == "name" else None
    local = home is not None and home.kind != "module"
    word = listed.text.lower() if listed.op in ("attr", "name") else ""
    joins = len(given) == 1 and is_self(basis, given[0]) and basis.apis.means("visitor_lists", word)
    named = joins or basis.apis.means("callback_lists", word)
    return named and not own and not local


def _of_own(basis: Basis, given: Expr) -> bool:
    return is_self(basis, given) or is_method(basis, given)


def _known_to_all(basis: Basis, function: Expr) -> bool:
    """A signal of the application, or of what there is one of: `self.app.changed`, `Manager.get_default()`."""
    if function.op != "attr":
        return False
    signal = function.args[0]
    if signal.op == "call":
        return looks_up(signal)
    return signal.op == "attr" and basis.apis.means("application_names", source_name(signal.args[0]))


def _paired(basis: Basis, verb: str, function: Expr, given: tuple[Expr, ...]) -> str:
    """What by its name takes off again what a method is given: the instance, or a method of its own."""
    undo = next((name for name in undoings(verb) if basis.mentions(name)), "")
    own = function.op == "attr" and any(is_self(basis, a) or is_method(basis, a) for a in given)
    return undo if undo and own and basis.names.class_of(function.args[0]) is None else ""


def target(basis: Basis, given: tuple[Expr, ...]) -> Expr | None:
    """`listen(engine, "connect", f)`: what a function of another module registers at."""
    first = given[0] if len(given) > 1 else None
    return first if first is not None and first.op in ("name", "attr") and not is_self(basis, first) else None


def _told(basis: Basis, expr: Expr, function: Expr) -> tuple[Row | None, str]:
    """The row that tells of this registering function or method, and what undoes it."""
    if expr.op == "call":
        callee = basis.types.callee(expr)
        row, receiver = callee.row, callee.receiver
    else:
        row, receiver = basis.apis.get(basis.names.qualified(function)), None
        if row is None and function.op == "attr":
            receiver = basis.types.row(function.args[0])
    if row is not None and CALLED in row.pairs:
        return row, row.pairs[CALLED]
    if receiver is not None and function.text in receiver.pairs:
        return receiver, receiver.pairs[function.text]
    return None, ""


def _unknown(basis: Basis, expr: Expr, function: Expr) -> bool:
    """Neither a method of the own class, nor anything that a row describes, nor a function of this module."""
    if function.op == "name":
        name = basis.names.qualified(function)
        return name is not None and not name.startswith((".", "builtins.")) and untold(basis.apis.get(name))
    if basis.names.class_of(function.args[0]) is not None:
        return False
    if expr.op != "call":
        return basis.types.row(function.args[0]) is None
    callee = basis.types.callee(expr)
    return untold(callee.row) and callee.receiver is None and callee.local is None


def untold(row: Row | None) -> bool:
    """Is there no row of a function, or one that says no more than that it does not fail?"""
    return row is None or (row.kind == "function" and not (row.raises or row.pairs or row.returns or row.acts))


def of_module(basis: Basis, function: Expr) -> bool:
    """A function, or one of what an import binds: `hooks.add_listener`."""
    return function.op == "name" or (
        function.args[0].op == "name"
        and any(b.how == "import" for b in basis.names.bindings(function.args[0].text, function.scope))
    )


_LOOKED_UP = frozenset(["get", "current", "instance", "shared", "default", "running", "root", "getlogger"])


def looks_up(call: Expr) -> bool:
    """By its name, a call that gives what exists rather than what it makes: `get_bus()`, but no class `Instance()`."""
    name = source_name(call).strip("_")
    return not name[:1].isupper() and not _LOOKED_UP.isdisjoint(name.lower().split("_"))


def is_method(basis: Basis, expr: Expr) -> bool:
    """A bound method of the own instance, uncalled: `self.on_line`."""
    klass = basis.names.class_of(expr.args[0]) if expr.op == "attr" and is_self(basis, expr.args[0]) else None
    method = basis.names.method(klass, expr.text) if klass is not None else None
    return method is not None and method.kind == "function" and not _computed(method)


def _computed(method: Scope) -> bool:
    """A property gives something else than itself."""
    return is_property(method) or "setter" in decorators(method)


def is_self(basis: Basis, expr: Expr) -> bool:
    """The instance itself, not its class."""
    return (
        expr.op == "name"
        and expr.text not in ("cls", "mcs")
        and expr.text[:1].islower()
        and basis.names.class_of(expr) is not None
    )
