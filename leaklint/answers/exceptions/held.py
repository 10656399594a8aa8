"""Exceptions that hold the frame which holds them: raised from a local name or returned, or given to a future of the
function."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.exceptions.errors import bared
from leaklint.answers.exceptions.tracebacks import Framed, handled
from leaklint.meaning.basis import NO, Answer, Basis, Clue
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, flat_of, is_none

_GIVING = ("set_exception", "set_exc_info")


def held(basis: Basis) -> Iterator[Framed]:
    """One for each name: the statement by which the exception gets the frame, and where the name is let go."""
    told: set[Place] = set()
    for stmt in basis.module.stmts:
        function = stmt.scope
        if function.kind != "function" or basis.apis.means("test_functions", function.name):
            continue
        for kind, name, made in (*_raised(basis, stmt), *_returned(basis, stmt), *_given(stmt)):
            place = Place(function, (name.text,))
            if place not in told and basis.names.scope_of(name.text, name.scope) is function:
                told.add(place)
                left = _left_with(basis, name) if kind == "given" else ()
                yield Framed(place, stmt, name, kind, _let_go(basis, place, stmt, kind), made, left)


def _raised(basis: Basis, stmt: Stmt) -> Iterator[tuple[str, Expr, Stmt | None]]:
    """`raise error` of a name that outlives its handler, or that was made here and given something to carry."""
    name = stmt.value
    if stmt.op != "raise" or name is None or name.op != "name":
        return
    bindings = basis.names.bindings(name.text, name.scope)
    values = [b.value for b in bindings if b.how == "assign" and b.exact and not is_none(b.value)]
    kept = [v.stmt for v in values if v is not None and _is_exception(basis, v, name)]
    if kept and len(values) == len([b for b in bindings if not is_none(b.value)]):
        yield "raised", name, next((s for s in reversed(kept) if s.ordinal < stmt.ordinal), kept[0])


def _returned(basis: Basis, stmt: Stmt) -> Iterator[tuple[str, Expr, Stmt | None]]:
    """`return url, error` of a name that outlives its handler: whoever called goes on, and drops it or not."""
    if stmt.op != "return" or stmt.value is None:
        return
    for name in _handed_back(stmt.value):
        bindings = basis.names.bindings(name.text, name.scope)
        values = [b.value for b in bindings if not is_none(b.value)]
        caught = [v.stmt for v in values if v is not None and v.op == "name" and handled(v.stmt, v.text)]
        if caught and len(caught) == len(values) and not bared(basis, name):
            yield "returned", name, next((s for s in reversed(caught) if s.ordinal < stmt.ordinal), caught[0])


def _handed_back(value: Expr) -> Iterator[Expr]:
    """The names in what is returned, and in the tuples and objects that are made of them for it."""
    stack = [value]
    while stack:
        part = stack.pop()
        if part.op == "name":
            yield part
        elif part.op in ("tuple", "list", "dict") or (part.op == "call" and source_name(part)[:1].isupper()):
            stack.extend(part.args if part.op != "call" else part.args[1:])


def _is_exception(basis: Basis, value: Expr, name: Expr) -> bool:
    if value.op == "name":
        return handled(value.stmt, value.text)
    if value.op != "call":
        return False
    word = source_name(value)
    if word == "exception" and len(value.args) == 1:
        return value.args[0].op == "attr" or basis.names.qualified(value.args[0]) == "sys.exception"
    return _carries(basis, name)  # what is raised is an exception, whatever makes it


def _carries(basis: Basis, name: Expr) -> bool:
    """`error.partial = data`."""
    scope: Scope = name.scope.function
    mentions = (e for e in basis.mentions(name.text) if e.op == "name" and e.scope is scope and e.parent is not None)
    return any(e.parent in e.stmt.targets and e.parent.text[:2] != "__" for e in mentions if e.stmt.op == "assign")


def _given(stmt: Stmt) -> Iterator[tuple[str, Expr, Stmt | None]]:
    """`future.set_exception(error)` where the error was caught; not what an instance does to itself, nor what takes the
    parts of it: `span.set_exc_info(*sys.exc_info())` writes them down."""
    itself = stmt.scope.params[0].name if stmt.scope.method_of is not None and stmt.scope.params else ""
    for call in (e for e in flat_of(stmt) if e.op == "call" and e.args[0].text in _GIVING and len(e.args) > 1):
        method, error = call.args[0], call.args[1]
        if method.op != "attr" or method.args[0].op != "name" or method.args[0].text == itself or "*" in call.names:
            continue
        caught = error.text if error.op == "name" else ""
        if handled(stmt, caught) and (caught or (error.op == "call" and source_name(error) == "exc_info")):
            yield "given", method.args[0], None


def _left_with(basis: Basis, name: Expr) -> tuple[Stmt, ...]:
    """`return future`."""
    returned = (m for m in basis.mentions(name.text) if m.stmt.op == "return" and m is m.stmt.value)
    return tuple(m.stmt for m in returned if m.scope is name.scope)


def _let_go(basis: Basis, place: Place, at: Stmt, kind: str) -> Answer:
    """Deleted, or bound to something else, afterwards; what raises does so in a `finally`."""
    for use in basis.all_uses(place):
        if use.verb not in ("del", "bind") or use.stmt.ordinal <= at.ordinal:
            continue
        if kind == "given" or any(block.kind == "finally" for block, _ in ancestors(use.stmt)):
            return Answer("let go", (Clue(use.stmt, "released", "released"),))
    return NO
