"""LK501: a model is loaded when a module is imported."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.basis import Clue
from leaklint.ir import source
from leaklint.model import Facts, Hit


def check(facts: Facts) -> Iterator[Hit]:
    loads = [call for call in facts.calls if facts.is_heavy(call) and facts.at_import(call)]
    if not loads:
        return
    first = loads[0]
    names = ", ".join(f"`{source(c, 40)}`" for c in loads)
    yield Hit(
        at=first.stmt,
        subject=source(first.stmt.targets[0]) if first.stmt.targets else "<module>",
        owner="process",
        driver="import",
        release="never",
        message="several" if len(loads) > 1 else "one",
        hint="lazy",
        args={"call": source(first), "calls": names, "count": str(len(loads))},
        clues=tuple(Clue(c.stmt, "acquired", "loaded") for c in loads),
        acquired=source(first),
    )
