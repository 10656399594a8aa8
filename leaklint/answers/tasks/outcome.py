"""Does anybody ever see what comes of work that is given to an executor or to another thread's loop?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.answers.destiny import destiny
from leaklint.answers.ways.handlers import catches_all
from leaklint.meaning.basis import Basis
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, flat_of, statements


@dataclass(frozen=True, slots=True)
class Discarded:
    """A call whose future is dropped; `work` is what runs, `name` the local name that nothing reads."""

    call: Expr
    work: Expr | None
    name: str
    defence: str = ""


def discarded(basis: Basis) -> Iterator[Discarded]:
    """Futures of work that runs, dropped where they are given."""
    for call in basis.all_calls:
        if not _runs(basis, call):
            continue
        fate = destiny(basis, call)
        if fate.kind == "dropped":
            work = _work(basis, call)
            yield Discarded(call, work, fate.word, _defence(basis, call, work, fate.word))


def _runs(basis: Basis, call: Expr) -> bool:
    row = basis.types.result(call)
    if row is None or row.kind != "task" or row.noun != "future":
        return False
    callee = basis.types.callee(call)
    if callee.receiver is not None:  # a spawner that tracks tells of errors itself; an executor does not
        held = callee.receiver.tracked and callee.receiver.kind == "spawner"
        return callee.method in callee.receiver.spawn and not held
    return callee.row is not None and callee.row.kind == "function" and not callee.row.passes


def _work(basis: Basis, call: Expr) -> Expr | None:
    """The function or coroutine that runs: the first argument that is no executor."""
    for arg in call.args[1:3]:
        row = basis.types.row(arg)
        if arg.op in ("call", "lambda") or (arg.op in ("name", "attr") and (row is None or not row.spawn)):
            return arg
    return None


def _defence(basis: Basis, call: Expr, work: Expr | None, name: str) -> str:
    chained = call.parent is not None and call.parent.op == "attr"
    if chained or any(e.parent is not None and e.parent.text == "add_done_callback" for e in _reads(basis, call, name)):
        return "a callback looks at it"
    if _waited_for(basis, call):
        return "its executor waits for it"
    function = basis.names.local(work.args[0] if work.op == "call" else work) if work is not None else None
    if function is not None and function.kind == "function" and handles_errors(function):
        return "it handles its own errors"
    if function is not None and function.kind == "function" and (_only_puts(basis, function) or _idle(function)):
        return "it only puts something by"
    if work is not None and work.op == "call" and _into_queue(basis, work):
        return "it only puts something by"
    return ""


def _waited_for(basis: Basis, call: Expr) -> bool:
    """`with ThreadPoolExecutor() as pool: pool.submit(f)`: the end of the block waits, and nothing piles up."""
    pool = call.args[0].args[0] if call.args[0].op == "attr" else None
    bindings = basis.names.bindings(pool.text, pool.scope) if pool is not None and pool.op == "name" else []
    return any(b.how == "with" for b in bindings)


def _reads(basis: Basis, call: Expr, name: str) -> Iterator[Expr]:
    return (e for e in basis.mentions(name) if name and e.scope.function is call.scope.function)


def handles_errors(function: Scope) -> bool:
    """Does a handler for any error stand in it, which does not raise it on?"""
    handlers = (b for s in statements(function.block) if s.op == "try" and _outermost(s) for b in s.blocks)
    return any(
        b.kind == "handler" and catches_all(b) and not any(s.op == "raise" for s in statements(b)) for b in handlers
    )


def _only_puts(basis: Basis, function: Scope) -> bool:
    """A coroutine that waits for nothing, and calls nothing but what puts something into a queue or list."""
    body = statements(function.block)
    parts = [e for s in body for e in flat_of(s)]
    called = [e.args[0] for e in parts if e.op == "call"]
    through = not any(s.is_async or s.op == "raise" for s in body) and all(e.op != "await" for e in parts)
    put = all(f.op == "attr" and basis.apis.means("putting_methods", f.text) for f in called)
    return function.is_async and through and bool(called) and put


def _into_queue(basis: Basis, work: Expr) -> bool:
    """`queue.put(item)`: it waits for room, and does not fail."""
    put = work.args[0]
    listed = put.args[0] if put.op == "attr" and put.text == "put" else None
    row = basis.types.row(listed) if listed is not None else None
    named = listed is not None and basis.apis.means("queue_names", source_name(listed))
    return named if row is None else row.kind == "container"


def _idle(function: Scope) -> bool:
    """Nothing is done in it: the first thread of a pool is to start."""
    return all(
        s.op in ("pass", "return", "expr") and not any(e.op != "const" for e in s.flat)
        for s in statements(function.block)
    )


def _outermost(stmt: Stmt) -> bool:
    return not any(owner.op in ("if", "for") for _, owner in ancestors(stmt))
