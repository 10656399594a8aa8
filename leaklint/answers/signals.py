"""What a function waits for, and what sends it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.tree.ir import Expr, Stmt, flat_of, statements

SENDING = ("put", "put_nowait", "set", "set_result", "send", "send_nowait")
_AWAITING = ("get", "wait", "join", "receive")


def awaited_after(basis: Basis, stmt: Stmt) -> frozenset[Place]:
    """Local queues, events and futures that a function waits for further down: `await queue.get()`, `await reply`."""
    body = stmt.scope.function.block
    after = (s for s in statements(body) if s.ordinal > stmt.ordinal) if body is not None else ()
    waits = (e.args[0] for s in after for e in flat_of(s) if e.op == "await")
    return frozenset(p for e in waits for p in _awaited(basis, e))


def _awaited(basis: Basis, expr: Expr) -> Iterator[Place]:
    """`wait_for(ready.wait(), 5)` waits for the same, with a limit."""
    if expr.op == "call" and expr.args[0].text == "wait_for" and len(expr.args) > 1:
        expr = expr.args[1]
    asked = expr.op == "call" and expr.args[0].op == "attr" and expr.args[0].text in _AWAITING
    place = basis.names.place(expr.args[0].args[0] if asked else expr)
    if place is not None and place.scope.kind == "function" and (asked or expr.op == "name"):
        yield place


def sent(basis: Basis, stmts: Iterable[Stmt]) -> Iterator[Place]:
    """What statements send by: `queue.put(item)`, `ready.set()`."""
    for expr in (e for s in stmts for e in flat_of(s) if e.op == "call" and e.args[0].op == "attr"):
        place = basis.names.place(expr.args[0].args[0]) if expr.args[0].text in SENDING else None
        if place is not None:
            yield place
