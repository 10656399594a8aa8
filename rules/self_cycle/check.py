"""LK405: an instance that holds itself, where more than a little memory waits for the garbage collector."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import Clue
from leaklint.model import Clear, Facts, Hit
from leaklint.tree.ir import source


def check(facts: Facts) -> Iterator[Hit | Clear]:
    told = set()
    for cycle in facts.cycles:
        name = cycle.place.text
        if cycle.defence:
            yield Clear(cycle.stmt, name, cycle.defence.kind, cycle.defence.clues, sound=True)
            continue
        if cycle.klass in told:
            continue
        told.add(cycle.klass)
        args = {
            "name": name,
            "attribute": cycle.place.path[-1],
            "class": cycle.klass.name,
            "value": source(cycle.value, 40),
            "what": cycle.matters.word,
        }
        late = (Clue(cycle.late, "missing", "late"),) if cycle.late is not None else ()
        refers = (Clue(cycle.function, "holder", "refers"),) if cycle.function is not None else ()
        yield Hit(
            at=cycle.stmt,
            subject=name,
            owner=facts.lifetime(cycle.klass),
            driver=facts.driver_kind(cycle.matters),
            release="never",
            message=cycle.matters.kind if cycle.matters.kind in ("finalizer", "resource", "memory") else "number",
            hint=cycle.kind,
            args=args,
            clues=(Clue(cycle.stmt, "acquired", cycle.kind, args), *refers, *cycle.matters.clues, *late),
            acquired=source(cycle.value),
        )
