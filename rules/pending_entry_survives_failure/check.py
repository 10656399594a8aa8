"""LK104: an entry that something takes out, but not on every way out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.meaning.basis import Clue
from leaklint.meaning.uses import Use
from leaklint.model import Facts, Hit
from leaklint.tree.ir import source
from leaklint.value import Value

OTHERWISE = {"timeout": "callback"}  # how an entry goes that no function takes out at its end
HINTS = {"run": "done", "rejected": "reject", "called_off": "cancel", "looked_up": "look", "late": "late"}
INSERTS = ("__setitem__", "setdefault", "add", "append")


@dataclass(frozen=True, slots=True)
class Survivor:
    """An entry that survives, with what shows it."""

    insert: Use
    removal: Use
    message: str
    hint: str
    missing: Clue
    other: str = ""
    waiter: str = ""


def check(facts: Facts) -> Iterator[Hit]:
    for value in facts.maps:
        if not facts.drops(value) and value.owner.kind != "short-lived instance":
            inserts = [u for u in value.grows if u.verb in INSERTS and facts.may_repeat(value, u)]
            found = next(survivors(facts, value, inserts), None)
            if found is not None:
                yield hit(facts, value, found)


def survivors(facts: Facts, value: Value, inserts: list[Use]) -> Iterator[Survivor]:
    for gap in facts.gaps(value, inserts):
        yield Survivor(
            gap.insert,
            gap.removal,
            gap.kind,
            HINTS.get(gap.kind) or ("finally" if gap.waiter is not None else OTHERWISE.get(gap.kind, "undo")),
            Clue(gap.at, "missing", gap.kind),
            waiter=gap.waiter.name if gap.waiter is not None else "",
        )
    for found in facts.narrower(value, inserts):
        clue = Clue(found.guarded.stmt, "sibling", "guarded", {"condition": found.condition})
        yield Survivor(found.insert, found.removal, "narrower", "condition", clue, found.condition)
    for sibling in facts.left_behind(value, inserts):
        name = sibling.value.subject
        clue = Clue(sibling.removal.stmt, "sibling", "sibling", {"sibling": name})
        yield Survivor(inserts[0], sibling.removal, "left_behind", "sibling", clue, name)


def hit(facts: Facts, value: Value, found: Survivor) -> Hit:
    driver = value.driver(found.insert)
    key = source(found.insert.key)
    return Hit(
        at=found.insert.stmt,
        subject=value.subject,
        owner=value.owner.kind,  # type: ignore[arg-type]
        driver=facts.driver_kind(driver),
        release="on some paths",
        message=found.message,
        hint=found.hint,
        args={
            "key": key,
            "function": found.insert.stmt.scope.function.name,
            "remover": found.removal.stmt.scope.function.name,
            "removal": source(found.removal.site),
            "other": found.other,
            "waiter": found.waiter,
            "where": found.missing.stmt.scope.function.name,
        },
        clues=(
            Clue(found.insert.stmt, "acquired", "stored", {"key": key}),
            found.missing,
            *driver.clues[:1],
            *(Clue(s.stmt, "released", "removed") for s in value.shrinks[:2]),
        ),
        acquired=source(found.insert.site),
        place=value.place,
    )
