"""LK102: a container in a class body, which all instances share, that grows and forgets nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from leaklint.meaning.basis import Answer, Clue
from leaklint.meaning.uses import Use
from leaklint.model import Clear, Facts, Hit
from leaklint.tree.ir import source
from leaklint.value import Value

KEYED = ("__setitem__", "setdefault", "add")
ADDING = ("append", "appendleft", "extend", "insert", "__iadd__")


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for value in facts.held:
        if value.row.kind != "container" or not value.shared:
            continue
        final = facts.pruned(value) == "only_finalized"
        grows = [u for u in value.grows if facts.adds_itself(u)] if final else value.grows
        grown = ((use, drives(facts, value, use)) for use in grows)
        use, driver = next((pair for pair in grown if pair[1]), (None, None))
        if use is None or driver is None:
            continue
        cleared = facts.growth_cleared(value, "only_on_demand", "only_finalized")
        if cleared is not None:
            yield cleared
            continue
        itself, keyed, pruned = facts.adds_itself(use), use.verb in KEYED, facts.pruned(value)
        yield Hit(
            at=use.stmt,
            subject=value.subject,
            owner="process",
            driver="call" if final else driver.kind,  # type: ignore[arg-type]
            release="on some paths" if pruned == "only_on_demand" else "never",
            message=pruned if value.shrinks else "itself" if itself else "keyed" if keyed else "added",
            hint=advice(facts, value, use),
            args={
                "class": value.place.scope.name,
                "name": value.place.path[0],
                "key": source(use.key),
                "value": source(use.value),
                "function": use.stmt.scope.function.name,
                "remover": value.shrinks[0].stmt.scope.function.name if value.shrinks else "",
            },
            clues=(
                Clue(use.stmt, "acquired", "stored"),
                *driver.clues[:1],
                *((value.birth,) if value.birth else ()),
                *(Clue(s.stmt, "released", pruned) for s in _told(value, pruned)),
            ),
            acquired=source(use.site),
            place=value.place,
        )


def _told(value: Value, pruned: str) -> Sequence[Use]:
    """The removal that the message is about."""
    final = [s for s in value.shrinks if s.stmt.scope.function.name == "__del__"]
    return final[:1] if pruned == "only_finalized" else value.shrinks[:1]


def advice(facts: Facts, value: Value, use: Use) -> str:
    if facts.adds_itself(use):
        return "weak"
    slots = "_slots" if facts.slotted(use) else ""
    if use.verb not in KEYED:
        return f"own{slots}" if facts.through_instance(use) else "latest"
    evicted = facts.when_evicted(value, use)
    return "locks" if evicted == "locks" else f"memo{slots}" if evicted == "memo" else f"bound{slots}"


def drives(facts: Facts, value: Value, use: Use) -> Answer | None:
    """What makes one more, if that is more than the code itself writes down."""
    driver = value.driver(use)
    if driver.kind in ("import", "once", "closed set"):
        return None
    if use.verb in KEYED and not facts.adds_itself(use):
        open_ = driver.kind in ("caller's key", "inventory", "event", "stream") or facts.memoises(value, use)
        kept = facts.through_instance(use) and facts.keyed_by_object(use)
        unclear = driver.kind in ("call", "loop") and not kept
        return (replace(driver, kind="inventory") if unclear else driver) if open_ or kept else None
    added = facts.through_instance(use) or driver.kind in ("event", "stream")
    one_more = use.verb in ADDING and added and not facts.closed(use.value) and not facts.merges(use)
    return driver if one_more or facts.adds_itself(use) else None
