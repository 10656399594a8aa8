"""Child processes that are asked to end, and that nobody waits for."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.driver import callers
from leaklint.answers.releasing.fate import parameter
from leaklint.answers.tasks.threads import KEEPS, elsewhere
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.meaning.uses import Use


def unreaped(basis: Basis) -> Iterator[tuple[Row, Use]]:
    """Child processes that are asked to end and that nobody waits for, each by its first request."""
    for place, uses in basis.uses.items():
        row = basis.types.place_row(place) if any(u.verb in basis.apis.asking for u in uses) else None
        if row is None or not row.reaps:
            continue
        asks = [u for u in uses if u.verb in row.asks]
        looked_at = {p.path[-1] for p in basis.uses if p.scope is place.scope and p.path[:-1] == place.path}
        seen = {u.verb for u in uses} | {e.text for e in elsewhere(basis, place)} | looked_at
        entered = any(b.how == "with" for b in place.scope.bindings.get(place.path[0], ()))  # which waits at its end
        kept = entered or any(not u.verb and u.role in KEEPS for u in uses)
        if asks and seen.isdisjoint(row.reaps) and not kept and not _waited_for(basis, place, row):
            yield row, asks[0]


def _waited_for(basis: Basis, place: Place, row: Row) -> bool:
    """Is it a parameter, and does each caller here wait for what it gives, before or after?"""
    function = place.scope
    if not place.is_given or len(place.path) > 1:
        return False
    given = [a for c in callers(basis, function) for a in c.args[1:] if parameter(function, c, a) == place]
    places = [basis.names.place(a) for a in given]
    return bool(places) and all(p is not None and any(u.verb in row.reaps for u in basis.all_uses(p)) for p in places)
