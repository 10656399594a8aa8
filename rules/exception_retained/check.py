"""LK402: an exception that is kept, and with it every frame it went through and their local names."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.facts import DriverKind, ReleaseKind
from leaklint.meaning.basis import Answer, Clue
from leaklint.meaning.names import Place
from leaklint.meaning.uses import Use
from leaklint.model import Clear, Facts, Hit
from leaklint.tree.ir import source
from leaklint.value import Value


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for value in facts.maps:
        found = next(((u, what) for u in value.grows if (what := facts.stored_error(u))), None)
        if found is not None and facts.context(found[0].stmt).kind not in ("import", "once"):
            yield in_container(facts, value, *found)
    for slot in facts.error_slots:
        if slot.defence:
            yield Clear(slot.use.stmt, slot.place.text, slot.defence.kind, slot.defence.clues)
        elif slot.in_context:
            yield hit(slot.use, slot.place, slot.what, "process", "closed set", "never", "context")
        elif slot.again is not None and facts.owner(slot.place).kind != "short-lived instance":
            again = Clue(slot.again, "driver", "raise")
            yield hit(
                slot.use, slot.place, slot.what, facts.owner(slot.place).kind, "closed set", "never", "again", again
            )
        elif facts.lasts(slot.place):
            yield hit(slot.use, slot.place, slot.what, facts.owner(slot.place).kind, "closed set", "never", "slot")
    for one in facts.reraised:
        yield Hit(
            at=one.raises[0],
            subject=one.place.text,
            owner="process",
            driver="call",
            release="never",
            message="reraised",
            hint="anew",
            args={"name": one.place.path[0], "subject": one.place.text, "function": one.raises[0].scope.function.name},
            clues=(Clue(one.made, "holder", "made"), *(Clue(s, "driver", "raise") for s in one.raises)),
            acquired=source(one.raises[0].value),
            place=one.place,
        )


def in_container(facts: Facts, value: Value, use: Use, what: Answer) -> Hit | Clear:
    clues = [value.birth] if value.birth else []
    release: ReleaseKind = "never"
    message = "grows"
    when = facts.context(use.stmt).kind
    removed = [Clue(s.stmt, "released", "removed") for s in value.shrinks[:1]] if not facts.only_at_end(value) else []
    if value.row.copies:
        return Clear(use.stmt, value.subject, "pickled without its traceback", ())
    if removed and (value.row.noun == "queue" or facts.raised_again(use)):
        return Clear(use.stmt, value.subject, "handed on", tuple(removed))
    ends = facts.gives_up_holder(use)
    if ends:
        return Clear(use.stmt, value.subject, ends.kind, ends.clues)
    if value.bound:
        release, message, clues = "by bound", "bounded", list(value.bound.clues[:1])
    elif not facts.lasting(value) and when not in ("event", "stream") and not facts.record(use):
        return Clear(use.stmt, value.subject, "short-lived holder", value.owner.clues)
    elif removed:
        release, message, clues = "on some paths", "drained", [*clues, *removed]
    else:
        cleared = facts.growth_cleared(value)
        if cleared is not None:
            return cleared
    # an object that may live for one piece of work keeps as many as that has
    driver: DriverKind = "event" if facts.lasting(value) or when in ("event", "stream") else "inventory"
    return hit(use, value.place, what, value.owner.kind, driver, release, message, *clues)


def hit(
    use: Use,
    place: Place,
    what: Answer,
    owner: str,
    driver: DriverKind,
    release: ReleaseKind,
    message: str,
    *clues: Clue,
) -> Hit:
    return Hit(
        at=use.stmt,
        subject=place.text,
        owner=owner,  # type: ignore[arg-type]
        driver=driver,
        release=release,
        message=message,
        hint="traceback" if what.kind in ("traceback", "info") else "text",
        args={"name": what.word, "subject": place.text, "function": use.stmt.scope.function.name},
        clues=(Clue(use.stmt, "acquired", "stored", {"name": what.word}), *what.clues[:1], *clues),
        acquired=source(use.site),
        place=place,
    )
