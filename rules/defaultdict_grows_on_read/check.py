"""LK111: a dict that inserts what it is asked for, asked for keys that come from outside."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import Clue
from leaklint.meaning.uses import Use
from leaklint.model import Clear, Facts, Hit
from leaklint.tree.ir import Scope, source


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for value in facts.held:
        reads = facts.inserting_reads(value)
        filled = {where(use) for use in reads if facts.fills(use)}
        drivers = ((use, value.driver(use)) for use in reads)
        # an inventory that is filled on purpose is as large as what it lists
        found = [
            (use, driver)
            for use, driver in drivers
            if driver.kind == "caller's key"
            or (driver.kind == "inventory" and (where(use) not in filled or facts.piles_up(value, use, driver)))
        ]
        if not found:
            continue
        looks = [pair for pair in found if where(pair[0]) not in filled]
        cleared = facts.growth_cleared(value)
        on_demand = bool(looks) and value.shrinks and facts.only_on_demand(value)
        if cleared is not None and not (cleared.defence == "pruned" and on_demand):
            yield cleared
            continue
        use, driver = (looks or found)[0]
        yield Hit(
            at=use.stmt,
            subject=value.subject,
            owner=facts.holder(value, use),
            driver=driver.kind,  # type: ignore[arg-type]
            release="on some paths" if cleared is not None else "never",
            message="on_demand"
            if cleared is not None
            else "only_at_end"
            if facts.only_at_end(value)
            else "looked"
            if looks
            else "filled",
            hint="locks" if facts.keeps_locks(value, use) else "get" if looks else "prune",
            args={
                "key": source(use.key),
                "read": source(use.site),
                "name": source(use.expr),
                "function": use.stmt.scope.function.name,
            },
            clues=(
                Clue(use.stmt, "acquired", "read", {"key": source(use.key)}),
                *driver.clues[:1],
                *((value.birth,) if value.birth else ()),
                *(Clue(other.stmt, "acquired", "read", {"key": source(other.key)}) for other, _ in found[:2]),
                *(Clue(s.stmt, "released", "emptied") for s in value.shrinks[:1]),
            ),
            acquired=source(use.site),
            place=value.place,
        )


def where(use: Use) -> tuple[Scope, str]:
    """The function and the key of a look-up: two of the same look at the same entry."""
    return use.stmt.scope.function, source(use.key)
