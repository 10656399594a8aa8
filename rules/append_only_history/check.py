"""LK105: a list, set or deque that is added to for as long as its holder lives."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.basis import Clue
from leaklint.facts import DriverKind
from leaklint.ir import source
from leaklint.model import Clear, Facts, Hit
from leaklint.uses import Use
from leaklint.value import Value

ADDING = ("append", "appendleft", "add", "extend", "insert", "__iadd__")


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for value in facts.lists:
        if value.row.kind != "container" or facts.is_task(next((u.value for u in value.grows), None)):
            continue
        adding = (*ADDING, "update") if "add" in value.row.grow else ADDING
        grows = (u for u in value.grows if u.verb in adding and not facts.closed(u.value))
        added = ((u, facts.context(u.stmt)) for u in grows)
        found = next(((use, when) for use, when in added if repeats(facts, value, use, when.kind)), None)
        if found is None:
            continue
        use, when = found
        cleared = facts.growth_cleared(value, "only_on_demand")
        if cleared is not None:
            yield cleared
            continue
        driver: DriverKind = "event" if when.kind in ("event", "stream") else "call"
        yield Hit(
            at=use.stmt,
            subject=value.subject,
            owner=value.owner.kind,  # type: ignore[arg-type]
            driver=driver,
            release="on some paths" if facts.pruned(value) == "only_on_demand" else "never",
            message=facts.pruned(value),
            hint="deque",
            args={
                "function": use.stmt.scope.function.name,
                "value": source(use.value),
                "name": source(use.expr) if value in facts.held else f"{value.place.path[0]}[...]",
                "remover": value.shrinks[0].stmt.scope.function.name if value.shrinks else "",
            },
            clues=(
                Clue(use.stmt, "acquired", "added", {"value": source(use.value)}),
                *when.clues[:1],
                *((value.birth,) if value.birth else ()),
                *(Clue(s.stmt, "released", facts.pruned(value)) for s in value.shrinks[:1]),
            ),
            acquired=source(use.site),
            place=value.place,
        )


def repeats(facts: Facts, value: Value, use: Use, when: str) -> bool:
    """Each event adds one; a stream or a call does where the holder lasts, or what is added is a record by its form."""
    if value.place.scope.kind not in ("module", "class"):
        return facts.runs_on(value, use)
    lasting, record = facts.lasting(value), facts.record(use).kind
    if when in ("event", "stream"):
        return (when == "event" and value in facts.held) or lasting or record != ""
    return when in ("call", "loop") and (record in ("history", "stamped", "latest") or (lasting and record != ""))
