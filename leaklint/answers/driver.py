"""What makes one more? The key, the payload or the event behind a use that grows something."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.key import key, literal
from leaklint.answers.owner import owner
from leaklint.answers.rounds import driven, endless
from leaklint.answers.shared import each_instance
from leaklint.meaning.basis import Answer, Basis, Clue
from leaklint.meaning.scopes import source_name
from leaklint.meaning.uses import Use
from leaklint.project.paths import beside, shows
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, source, walk


def context(basis: Basis, stmt: Stmt) -> Answer:
    """How often a statement runs while its owner lives: once, import, event, stream, loop, or call (unknown)."""
    function = stmt.scope.function
    if function.kind in ("module", "class"):
        return Answer("import")
    if function.name in _ONCE or _sets(function) or _only_at_birth(basis, function):
        return Answer("once", word=function.name)
    outer = function.parent
    if basis.apis.means("registration_methods", function.name) or _decorates(function) or _fluent(function):
        return Answer("import", word=function.name)
    if basis.apis.means("feed_methods", function.name):
        return Answer("stream", header(function), function.name)
    if basis.apis.means("event_methods", function.name) or _routed(basis, function):
        return Answer("event", header(function), function.name)
    if endless(basis, stmt) or driven(basis, function):
        return Answer("stream", header(function), function.name)
    if outer is not None and outer.kind == "function" and outer.function is not function and function.stmt is not None:
        return Answer("call", header(function), function.name)
    return Answer("loop" if repeats(basis, stmt) else "call", header(function), function.name)


def header(function: Scope) -> tuple[Clue, ...]:
    """The header of the function whose runs make one more, as evidence."""
    return (Clue(function.stmt, "driver", "driver", {"function": function.name}),) if function.stmt is not None else ()


_ONCE = ("__init__", "__new__", "__post_init__", "__init_subclass__", "__set_name__")


def _sets(function: Scope) -> bool:
    """The setter of a property: whoever configures the object."""
    return function.stmt is not None and any(d.op == "attr" and d.text == "setter" for d in function.stmt.decorators)


def _only_at_birth(basis: Basis, function: Scope, depth: int = 3) -> bool:
    """A private method that nothing but the constructor calls, itself or through others."""
    if not function.name.startswith("_") or (function.name.startswith("__") and function.name.endswith("__")):
        return False
    if function.method_of is None or depth == 0:
        return False
    mentions = [e for e in basis.mentions(function.name) if e.op == "attr"]
    callers = {e.stmt.scope.function for e in mentions}
    called = all(e.parent is not None and e.parent.op == "call" and e.parent.args[0] is e for e in mentions)
    return bool(callers) and called and all(c.name in _ONCE or _only_at_birth(basis, c, depth - 1) for c in callers)


def _decorates(function: Scope) -> bool:
    """A function that is a decorator: what it is given was written in the code."""
    if function.block is None or not function.params:
        return False
    inner = {c.name for c in function.children if c.kind == "function"}
    first = function.params[-1].name if len(function.params) <= 2 else ""
    last = function.block.stmts[-1] if function.block.stmts else None
    returned = last.value if last is not None and last.op == "return" else None
    if returned is None or returned.op != "name":
        return False
    given = first in ("func", "fn", "f", "cls", "klass", "function", "handler", "callback", "wrapped", "method", "coro")
    return (returned.text in inner and given) or (returned.text == first and given)


def _fluent(function: Scope) -> bool:
    """A builder's method: what it returns is the object itself."""
    last = function.block.stmts[-1] if function.block is not None and function.block.stmts else None
    value = last.value if last is not None and last.op == "return" else None
    return bool(
        value is not None
        and function.method_of
        and not function.name.startswith("__")
        and function.params
        and value.op == "name"
        and value.text == function.params[0].name
    )


def _routed(basis: Basis, function: Scope) -> bool:
    """Decorated as a handler: `@app.get("/")`, `@bot.event`, `@hub.on("x")`."""
    decorators = function.stmt.decorators if function.stmt is not None else ()
    return any(d.op in ("call", "attr") and basis.apis.means("handler_decorators", source_name(d)) for d in decorators)


def repeats(basis: Basis, stmt: Stmt) -> bool:
    """In a loop whose length is not written in the code: `for _ in range(4)` starts four."""
    return any(
        block.kind == "body" and (owner.op == "while" or (owner.op == "for" and not literal(basis, owner.value)))
        for block, owner in ancestors(stmt)
        if owner.scope is stmt.scope
    )


def script_only(basis: Basis, stmt: Stmt) -> bool:
    """Under `if __name__ == "__main__"`, or only for type checkers."""
    return any(
        e.op in ("name", "attr") and (e.text == "__name__" or basis.names.qualified(e) == "typing.TYPE_CHECKING")
        for block, _ in ancestors(stmt)
        for test in block.exprs
        for e in walk(test)
    )


def is_example(basis: Basis) -> bool:
    """Is the module a program that shows how something is used, by its folder and by a start of its own?"""
    return shows(basis.module.path) and any(e.stmt.op == "if" for e in basis.mentions("__name__"))


def runs_aside(basis: Basis) -> bool:
    """Is the module one of those that come along with a project (examples, scripts), and no part of a package?"""
    return beside(basis.module.path) and "." not in basis.module.name


def is_program(basis: Basis, function: Scope, depth: int = 3) -> bool:
    """Is a function all that a program does, because only its start calls it, itself or through another? An error that
    leaves it ends the process, and with it all that is open."""
    if function.kind != "function" or function.parent is None or function.parent.kind != "module" or depth == 0:
        return False
    mentions = [e for e in basis.mentions(function.name) if e.op == "name"]
    return bool(mentions) and all(
        script_only(basis, e.stmt)
        if e.stmt.scope.function.kind == "module"
        else is_program(basis, e.stmt.scope.function, depth - 1) and not repeats(basis, e.stmt)
        for e in mentions
    )


_TAKES_OUT = ("pop", "__delitem__", "discard", "remove")


def _checked(basis: Basis, use: Use) -> bool:
    """Is the key, or what it is made of, first looked up in another collection, and refused when it is not there?"""
    if use.key is None:
        return False
    wanted = {source(e) for e in _made_of(basis, use.key)}
    for stmt in basis.branches.get(use.stmt.scope.function, ()):
        test = stmt.value
        if (
            test is None
            or test.op != "compare"
            or source(test.args[0]) not in wanted
            or stmt.ordinal > use.stmt.ordinal
        ):
            continue
        place = basis.names.place(test.args[1])
        if place is None or place == use.place or place.path[:1] == use.place.path[:1]:
            continue
        if any(u.verb in _TAKES_OUT and u.key is not None for u in basis.all_uses(place)):
            continue  # its entries come and go themselves
        inside = any(owner is stmt and block.kind == "body" for block, owner in ancestors(use.stmt))
        refuses = bool(stmt.blocks[0].stmts) and stmt.blocks[0].stmts[-1].op in ("raise", "return", "continue")
        if (test.text == "In" and inside) or (test.text == "NotIn" and refuses):
            return True
    return False


def _said_once(basis: Basis, use: Use) -> bool:
    """`warn_once(message)`: as many as there are calls that say something, where it is what the caller wrote."""
    if use.key is None or not basis.apis.means("reporting_once", use.stmt.scope.function.name):
        return False
    made = basis.names.only_value(use.key.text, use.key.scope) if use.key.op == "name" else use.key
    known = made if made is not None else use.key
    parts = known.args if known.op == "tuple" else (known,)
    return any(p.op == "name" and basis.apis.means("message_names", p.text) for p in parts)


def _registers_passing(basis: Basis, use: Use, keyed: Answer) -> bool:
    """`register_stream(stream_id, ...)`: not what the code lists, but what comes and goes."""
    function = use.stmt.scope.function
    if function.kind != "function" or keyed.kind not in ("caller's key", "inventory") or _fluent(function):
        return False
    return not _decorates(function) and use.key is not None and basis.apis.means("passing_keys", source_name(use.key))


def _made_of(basis: Basis, key: Expr) -> Iterator[Expr]:
    """A key, and what it was computed from in one step: `name = module_of(key)`."""
    yield key
    made = basis.names.only_value(key.text, key.scope) if key.op == "name" else None
    if made is not None and made.op == "call":
        yield from made.args[1:]


def growth(basis: Basis, use: Use) -> Answer:
    """The driver of one growing use: its key where it has one, else what makes its function run."""
    when = Answer("call", word=use.function) if each_instance(basis, use) else context(basis, use.stmt)
    keyed = key(basis, use.key)
    if when.kind == "import" and _registers_passing(basis, use, keyed):
        return Answer("caller's key", (), keyed.word)
    if when.kind in ("import", "once"):
        return when
    if keyed.kind == "own" and owner(basis, use.place).kind == "process":
        # one entry for each instance: as many as its name says
        few = use.key is not None and use.key.op == "attr" and not basis.apis.means("open_keys", use.key.text)
        return Answer("inventory" if few else "caller's key", (), keyed.word)
    if keyed.kind in ("closed set", "own") or _checked(basis, use) or _said_once(basis, use):
        return Answer("closed set", (), keyed.word)
    if keyed.kind in ("caller's key", "inventory"):
        return Answer(keyed.kind, when.clues, keyed.word)
    return Answer(when.kind, when.clues, when.word)
