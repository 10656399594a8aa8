"""Processes that are waited for in vain, told to end, and then left alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leaklint.answers.releasing.fate import fate
from leaklint.apis import Row
from leaklint.meaning.basis import Basis, calls
from leaklint.meaning.flow import Effects, open_exits
from leaklint.meaning.names import Place
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Block, Scope, Stmt, ancestors, is_none, statements


@dataclass(frozen=True, slots=True)
class Outwaited:
    """`told` asks it to end. `waited` is the wait that gave up before; else `dropped` lets go of it afterwards."""

    place: Place
    row: Row
    told: Use
    waited: Stmt | None
    dropped: Stmt | None


def outwaited(basis: Basis) -> Iterator[Outwaited]:
    for place, uses in list(basis.uses.items()):
        verbs = {u.verb for u in uses}
        row = basis.types.place_row(place) if not verbs.isdisjoint(basis.apis.asking) else None
        # where nobody ever waits there was no process to be seen to the end
        waited = row is not None and not verbs.isdisjoint(row.asks) and not verbs.isdisjoint(row.reaps)
        if row is not None and waited and not verbs & {"__exit__", "__aexit__"}:
            yield from _of(basis, place, row, uses)


def _of(basis: Basis, place: Place, row: Row, uses: Sequence[Use]) -> Iterator[Outwaited]:
    for told in (u for u in uses if u.verb in row.asks):
        function = told.stmt.scope.function
        here = [u for u in uses if u.stmt.scope.function is function]
        if function.block is None or (len(here) < len(uses) and _elsewhere(row, uses, function)):
            continue
        waited, dropped = _gave_up(told, row, here), _dropped(told, here)
        if (waited is not None or dropped is not None) and _left(basis, function.block, told, row, here):
            yield Outwaited(place, row, told, waited, dropped)


def _elsewhere(row: Row, uses: Sequence[Use], function: Scope) -> bool:
    """Does another function wait for it, for as long as it takes?"""
    others = (u for u in uses if u.stmt.scope.function is not function)
    return any(u.verb in row.reaps and u.verb in row.release and not _limited(u) for u in others)


def _limited(use: Use) -> bool:
    around = use.site.parent
    return "timeout" in use.site.names or (around is not None and around.op == "call")


def _gave_up(told: Use, row: Row, here: Sequence[Use]) -> Stmt | None:
    """The wait for it in the `try` whose handler this stands in."""
    for block, owner in ancestors(told.stmt):
        if block.kind == "handler":
            body = set(statements(owner.blocks[0]))
            return next((u.stmt for u in here if u.stmt in body and u.verb in row.reaps), None)
    return None


def _dropped(told: Use, here: Sequence[Use]) -> Stmt | None:
    """Where its attribute or global is set to None afterwards."""
    if told.place.scope.kind == "function" and len(told.place.path) == 1:
        return None
    after = (u for u in here if u.verb == "bind" and u.stmt.ordinal > told.stmt.ordinal)
    return next((u.stmt for u in after if is_none(u.value)), None)


def _left(basis: Basis, body: Block, told: Use, row: Row, here: Sequence[Use]) -> bool:
    """Does the function end on some way after it without anything that sees the process end?"""
    seen = {u.stmt for u in here if u.verb in row.reaps or (u is not told and fate(basis, u, row) == "escape")}
    # `await asyncio.gather(*waiting)`: whatever is waited for may be it
    seen |= {s for s in statements(body) if s.ordinal > told.stmt.ordinal and _waits(basis, s)}
    effects = Effects(
        at=lambda stmt: "acquire" if stmt is told.stmt else "release" if stmt in seen else "",
        fallible=lambda stmt: stmt.ordinal < told.stmt.ordinal and any(True for _ in calls(stmt)),
        catches_all=lambda _: True,
    )
    return any(e.kind in ("end", "return", "raise") for e in open_exits(basis, body, effects))


def _waits(basis: Basis, stmt: Stmt) -> bool:
    return any(basis.apis.means("waiting_methods", c.args[0].text) for c in calls(stmt))
