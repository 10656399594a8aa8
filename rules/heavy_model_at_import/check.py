"""LK501: models are loaded when a module is imported."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import Clue
from leaklint.model import Facts, Hit, Load
from leaklint.tree.ir import source


def check(facts: Facts) -> Iterator[Hit]:
    loads = [load for load in facts.loads if facts.at_import(load.call)]
    if not loads:
        return
    first = loads[0].call
    names = ", ".join(f"`{source(load.inside, 40)}`" for load in loads)
    workers = facts.processes
    clues = [clue(facts, load) for load in loads]
    if workers is not None:
        clues.insert(1, Clue(workers[0].stmt, "driver", "workers", {"workers": workers[1]}))
    yield Hit(
        at=first.stmt,
        subject=source(first.stmt.targets[0]) if first.stmt.targets else "<module>",
        owner="process",
        driver="import",
        release="never",
        message="several" if len(loads) > 1 else "one",
        hint="lazy" if workers is None else "workers",
        args={
            "call": source(loads[0].inside),
            "calls": names,
            "count": str(len(loads)),
            "workers": workers[1] if workers is not None else "",
        },
        clues=tuple(clues),
        acquired=source(first),
    )


def clue(facts: Facts, load: Load) -> Clue:
    """Where a model is loaded, with the setting that decides whether it is, or the helper that does it."""
    test = facts.guard(load.call)
    if test is not None:
        return Clue(load.call.stmt, "acquired", "guarded", {"guard": source(test)})
    if load.helper is not None:
        return Clue(load.call.stmt, "acquired", "helper", {"call": source(load.inside), "helper": load.helper.qualname})
    return Clue(load.call.stmt, "acquired", "loaded")
