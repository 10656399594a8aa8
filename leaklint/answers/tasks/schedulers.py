"""What ends along with the loop that runs it."""

from __future__ import annotations

from collections.abc import Collection

from leaklint.meaning.basis import Basis
from leaklint.tree.ir import Expr, Scope, Stmt, source


def ended_with_loop(basis: Basis, call: Expr, at_end: Collection[Scope]) -> Stmt | None:
    """`self.loop.create_task(work())`, `reactor.callLater(1, check)`: where an ending stops what runs it, itself or by
    handing on what does, as in `self.loop.call_soon_threadsafe(self.loop.stop)`."""
    func = call.args[0]
    place = basis.names.place(func.args[0]) if func.op == "attr" else None
    if place is None or place.scope.kind == "function":
        return None
    loop = source(func.args[0])
    stops = (e for word in ("stop", "close") for e in basis.mentions(word) if e.op == "attr")
    return next((e.stmt for e in stops if e.stmt.scope.function in at_end and source(e.args[0]) == loop), None)
