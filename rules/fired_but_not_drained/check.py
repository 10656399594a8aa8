"""LK113: waiters that are told once and kept."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import Clue
from leaklint.meaning.uses import Use
from leaklint.model import Clear, Facts, Hit
from leaklint.tree.ir import source
from leaklint.value import Value

ADDING = ("append", "add", "appendleft", "insert")
TELLS_ONCE = ("set_result", "set_exception", "set")


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for value in facts.held:
        if value.row.kind != "container":
            continue
        added = next((u for u in value.grows if u.verb in ADDING and facts.may_repeat(value, u)), None)
        fired = fires(facts, value)
        if added is None or fired is None:
            continue
        cleared = facts.growth_cleared(value)
        if cleared is not None:
            yield cleared
            continue
        driver = value.driver(added)
        waiter = source(added.value)
        yield Hit(
            at=added.stmt,
            subject=value.subject,
            owner=value.owner.kind,  # type: ignore[arg-type]
            driver=facts.driver_kind(driver),
            release="never",
            message="never",
            hint="swap",
            args={
                "name": source(added.expr),
                "waiter": waiter,
                "function": added.stmt.scope.function.name,
                "firing": fired.stmt.scope.function.name,
            },
            clues=(
                Clue(added.stmt, "acquired", "added", {"waiter": waiter}),
                Clue(fired.stmt, "missing", "fired"),
                *driver.clues[:1],
                *((value.birth,) if value.birth else ()),
                *(Clue(s.stmt, "released", "only_at_end") for s in value.shrinks[:1]),
            ),
            acquired=source(added.site),
            place=value.place,
        )


def fires(facts: Facts, value: Value) -> Use | None:
    """Where the entries are gone through, and each is told what it waited for; or called, where its list is of such."""
    once = facts.means("one_shot_names", value.place.path[-1])
    for use in facts.entry_uses(value):
        if use.verb in TELLS_ONCE or (once and use.verb == "__call__"):
            return use
    return None
