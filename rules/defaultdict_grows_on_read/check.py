"""LK111: a dict that inserts what it is asked for, asked for keys that come from outside."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.basis import Clue
from leaklint.ir import source
from leaklint.model import Clear, Facts, Hit


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for value in facts.held:
        reads = ((use, value.driver(use)) for use in facts.inserting_reads(value))
        lasting = value.owner.kind in ("process", "long-lived instance")
        wanted = ("caller's key", "inventory") if lasting else ("caller's key",)
        found = [(use, driver) for use, driver in reads if driver.kind in wanted]
        if not found:
            continue
        cleared = facts.growth_cleared(value)
        if cleared is not None:
            yield cleared
            continue
        looks = [pair for pair in found if not facts.fills(pair[0])]
        use, driver = (looks or found)[0]
        yield Hit(
            at=use.stmt,
            subject=value.subject,
            owner=value.owner.kind,  # type: ignore[arg-type]
            driver=driver.kind,  # type: ignore[arg-type]
            release="never",
            message="only_at_end" if value.shrinks else "looked" if looks else "filled",
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
                *(Clue(other.stmt, "acquired", "read", {"key": source(other.key)}) for other, _ in found[:2]),
                *(Clue(s.stmt, "released", "only_at_end") for s in value.shrinks[:1]),
            ),
            acquired=source(use.site),
            place=value.place,
        )
