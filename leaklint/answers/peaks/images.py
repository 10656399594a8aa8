"""Images that are decoded at their full size for each request."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.peaks.demand import demand
from leaklint.meaning.basis import Answer, Basis
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Expr, Stmt, flat_of, statements


def decoded(basis: Basis) -> Iterator[tuple[Expr, Stmt, Answer]]:
    """A call that opens an image, where it is encoded again, and what makes that happen again and again."""
    for call in basis.all_calls:
        row = basis.types.result(call)
        function = call.scope.function
        if row is None or row.noun != "image" or function.kind != "function" or basis.types.callee(call).receiver:
            continue
        words = [(e.text, s) for s in statements(function.block) for e in flat_of(s) if e.op in ("attr", "name")]
        if any(basis.apis.means("image_reducers", word) for word, _ in words) or _handed_on(basis, call):
            continue
        encoded = next((s for word, s in words if word in row.text or word in ("imencode", "save")), None)
        again = demand(basis, call.stmt)
        if encoded is not None and again.kind in ("event", "stream"):
            yield call, encoded, again


def _handed_on(basis: Basis, call: Expr) -> bool:
    """Given to a function that may make it smaller, or returned."""
    place = basis.names.place(call.stmt.targets[0]) if call.stmt.op == "assign" else None
    for use in basis.all_uses(place) if place is not None else ():
        if use.role in ("returned", "yielded", "bound", "element"):
            return True
        if use.role == "argument" and basis.types.callee(use.site).row is None and source_name(use.site) != "imencode":
            return True
    return False
