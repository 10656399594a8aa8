"""What a function waits for, and what sends it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from leaklint.meaning.basis import Basis, once
from leaklint.meaning.names import Place
from leaklint.tree.ir import Expr, Scope, Stmt, flat_of, statements

SENDING = ("put", "put_nowait", "set", "set_result", "send", "send_nowait")
_AWAITING = ("get", "wait", "join", "receive")


def awaits_later(basis: Basis, stmt: Stmt, place: Place) -> bool:
    """Does the function wait further down for a local queue, event or future: `await queue.get()`, `await reply`?"""
    return _last_awaited(basis, stmt.scope.function).get(place, -1) > stmt.ordinal


@once(meanwhile={})
def _last_awaited(basis: Basis, function: Scope) -> Mapping[Place, int]:
    """Where it waits for each of them last."""
    waits = ((e.args[0], s) for s in statements(function.block) for e in flat_of(s) if e.op == "await")
    return {p: s.ordinal for e, s in waits if (p := _awaited(basis, e)) is not None}


def _awaited(basis: Basis, expr: Expr) -> Place | None:
    """`wait_for(ready.wait(), 5)` waits for the same, with a limit."""
    if expr.op == "call" and expr.args[0].text == "wait_for" and len(expr.args) > 1:
        expr = expr.args[1]
    asked = expr.op == "call" and expr.args[0].op == "attr" and expr.args[0].text in _AWAITING
    place = basis.names.place(expr.args[0].args[0] if asked else expr)
    return place if place is not None and place.scope.kind == "function" and (asked or expr.op == "name") else None


@once(meanwhile=frozenset())
def sent(basis: Basis, function: Scope) -> frozenset[Place]:
    """What a function sends by: `queue.put(item)`, `ready.set()`."""
    return frozenset(_sent(basis, function))


def _sent(basis: Basis, function: Scope) -> Iterator[Place]:
    for expr in (e for s in statements(function.block) for e in flat_of(s)):
        method = expr.args[0] if expr.op == "call" else None
        place = basis.names.place(method.args[0]) if method is not None and method.op == "attr" else None
        if method is not None and place is not None and method.text in SENDING:
            yield place
