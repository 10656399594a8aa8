"""LK105: a list, set or deque that is added to for as long as its holder lives."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.basis import Clue
from leaklint.facts import DriverKind
from leaklint.ir import source
from leaklint.model import Clear, Facts, Hit
from leaklint.value import Value

ADDING = ("append", "appendleft", "add", "extend", "insert", "__iadd__")


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for value in facts.held:
        if value.row.kind != "container" or facts.is_task(next((u.value for u in value.grows), None)):
            continue
        grows = (u for u in value.grows if u.verb in ADDING and not facts.closed(u.value))
        added = ((u, facts.context(u.stmt)) for u in grows)
        found = next(((use, when) for use, when in added if repeats(facts, value, when.kind)), None)
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
                "name": value.place.path[-1],
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


def repeats(facts: Facts, value: Value, when: str) -> bool:
    """An event or stream adds to what lasts; or a name that says it is a record of what has been."""
    lasting, named = facts.lasting(value), facts.means("history_names", value.place.path[-1])
    if when in ("event", "stream"):
        return lasting or named
    plain = facts.means("plain_histories", value.place.path[-1])
    return when in ("call", "loop") and (plain or (lasting and named))
