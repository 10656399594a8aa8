"""LK111: a dict that inserts what it is asked for, asked for keys that come from outside."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.basis import Clue
from leaklint.ir import source
from leaklint.model import Clear, Facts, Hit


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for value in facts.held:
        reads = [(use, value.driver(use), not facts.fills(use)) for use in facts.inserting_reads(value)]
        # an inventory that is filled on purpose is as large as what it lists
        lasting = value.owner.kind in ("process", "long-lived instance")
        found = [r for r in reads if r[1].kind == "caller's key" or (r[1].kind == "inventory" and (r[2] or lasting))]
        if not found:
            continue
        looks = [r for r in found if r[2]]
        cleared = facts.growth_cleared(value)
        on_demand = bool(looks) and value.shrinks and facts.only_on_demand(value)
        if cleared is not None and not (cleared.defence == "pruned" and on_demand):
            yield cleared
            continue
        use, driver, _ = (looks or found)[0]
        yield Hit(
            at=use.stmt,
            subject=value.subject,
            owner=value.owner.kind,  # type: ignore[arg-type]
            driver=driver.kind,  # type: ignore[arg-type]
            release="on some paths" if cleared is not None else "never",
            message="on_demand" if cleared is not None else "only_at_end" if value.shrinks else "looked" if looks else "filled",
            hint="get" if looks else "prune",
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
                *(Clue(other.stmt, "acquired", "read", {"key": source(other.key)}) for other, *_ in found[:2]),
                *(Clue(s.stmt, "released", "emptied") for s in value.shrinks[:1]),
            ),
            acquired=source(use.site),
            place=value.place,
        )
