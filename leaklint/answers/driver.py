"""What makes one more? The key, the payload or the event behind a use that grows something."""

from __future__ import annotations

from leaklint.answers.key import key
from leaklint.answers.owner import owner
from leaklint.basis import Answer, Basis, Clue
from leaklint.ir import Scope, Stmt, ancestors, in_loop, source, walk
from leaklint.scopes import source_name
from leaklint.uses import Use


def context(basis: Basis, stmt: Stmt) -> Answer:
    """How often a statement runs while its owner lives: once, import, event, stream, loop, or call (unknown)."""
    function = stmt.scope.function
    if function.kind in ("module", "class"):
        return Answer("import")
    if function.name in ("__init__", "__new__", "__post_init__", "__init_subclass__", "__set_name__"):
        return Answer("once", word=function.name)
    outer = function.parent
    if basis.apis.means("registration_methods", function.name) or _decorates(function) or _fluent(function):
        return Answer("import", word=function.name)
    header = (
        (Clue(function.stmt, "driver", "driver", {"function": function.name}),) if function.stmt is not None else ()
    )
    if basis.apis.means("feed_methods", function.name):
        return Answer("stream", header, function.name)
    if basis.apis.means("event_methods", function.name) or _routed(function):
        return Answer("event", header, function.name)
    if endless(stmt):
        return Answer("stream", header, function.name)
    if outer is not None and outer.kind == "function" and outer.function is not function and function.stmt is not None:
        return Answer("call", header, function.name)
    return Answer("loop" if in_loop(stmt) else "call", header, function.name)


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
        and function.params
        and value.op == "name"
        and value.text == function.params[0].name
    )


def _routed(function: Scope) -> bool:
    """Decorated as a handler: `@app.get("/")`, `@bot.event`, `@socketio.on("x")`."""
    decorators = function.stmt.decorators if function.stmt is not None else ()
    names = {source_name(d) for d in decorators if d.op in ("call", "attr")}
    return bool(
        names
        & {
            "get",
            "post",
            "put",
            "delete",
            "patch",
            "route",
            "websocket",
            "event",
            "on",
            "on_event",
            "listener",
            "command",
            "task",
            "handler",
            "message",
        }
    )


def endless(stmt: Stmt) -> bool:
    """Does a statement run again and again, as long as something comes in: `while True`, `async for`?"""
    return any(
        (owner.op == "while" and owner.value is not None and owner.value.op == "const" and block.kind == "body")
        or (owner.op == "for" and owner.is_async and block.kind == "body")
        for block, owner in ancestors(stmt)
    )


def script_only(stmt: Stmt) -> bool:
    """Under `if __name__ == "__main__"`."""
    return any(
        e.op == "name" and e.text == "__name__"
        for block, _ in ancestors(stmt)
        for test in block.exprs
        for e in walk(test)
    )


def growth(basis: Basis, use: Use) -> Answer:
    """The driver of one growing use: its key where it has one, else what makes its function run."""
    when = context(basis, use.stmt)
    keyed = key(basis, use.key)
    if when.kind in ("import", "once"):
        return when
    clue = Clue(use.stmt, "acquired", "grows", {"key": source(use.key)})
    if keyed.kind == "own" and owner(basis, use.place).kind == "process":
        return Answer("caller's key", (clue,), keyed.word)  # one entry for each instance
    if keyed.kind in ("closed set", "own"):
        return Answer("closed set", (clue,), keyed.word)
    if keyed.kind in ("caller's key", "inventory"):
        return Answer(keyed.kind, (*when.clues, clue), keyed.word)
    return Answer(when.kind, (*when.clues, clue), when.word)
