"""Two ends of one thing, which one call gives: who closes one of them means that both are to be closed."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.ways.paths import Paths, trace
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.tree.ir import Expr, Scope


def other_ends(basis: Basis) -> Iterator[tuple[Paths, Expr]]:
    """The end that a function leaves as it is while it closes the other one; of those that rows let be dropped."""
    for place, uses in list(basis.uses.items()):
        if place.scope.kind != "function" or len(place.path) != 1:
            continue
        for use in uses:
            both, value = use.expr.parent, use.stmt.value
            if use.verb == "bind" and both is not None and both in use.stmt.targets and value is not None:
                row = basis.types.place_row(place)
                loose = row is not None and row.kind == "resource" and row.release and not row.needs_release
                others = (p for part in both.args if (p := basis.names.place(part)) is not None and p != place)
                if row is not None and loose and any(_closed(basis, p, place.scope) for p in others):
                    yield trace(basis, place, row, use.stmt), value


def _closed(basis: Basis, place: Place, function: Scope) -> bool:
    row = basis.types.place_row(place)
    return row is not None and any(
        u.verb in row.release and u.stmt.scope.function is function for u in basis.all_uses(place)
    )
