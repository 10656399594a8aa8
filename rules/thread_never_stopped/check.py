"""LK205: a thread, timer or process that nothing stops, and a killed process that nobody waits for."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.tasks.threads import Started
from leaklint.facts import DriverKind
from leaklint.meaning.basis import Clue
from leaklint.model import Clear, Facts, Hit
from leaklint.outline import brief
from leaklint.tree.ir import Scope, source


def check(facts: Facts) -> Iterator[Hit | Clear]:
    yield from killed(facts)
    yield from beside(facts)
    for one in facts.threads:
        stmt, name = one.call.stmt, source(one.call.stmt.targets[0]) if one.place is not None else ""
        subject = one.place.text if one.place is not None else f"{stmt.scope.function.qualname}.{one.target or 'start'}"
        ending = next((m for m in facts.endings(one.klass) if m.name != "__del__"), None) if one.klass else None
        kept = ending if one.daemon or (one.place is not None and one.place.is_attribute) else None
        if one.defence:
            yield Clear(stmt, subject, one.defence.kind, one.defence.clues, sound=True)
            continue
        if not one.course and (kept is None or one.row.noun == "thread"):
            yield Clear(stmt, subject, "it runs to its end", sound=True)
            continue
        when = facts.reruns(stmt)
        if not when:
            yield Clear(stmt, subject, "started once")
            continue
        driver: DriverKind = when.kind if when.kind in ("event", "stream") else "call"  # type: ignore[assignment]
        yield Hit(
            at=stmt,
            subject=subject,
            owner="instance" if one.course else "call",
            driver=driver,
            release="on some paths" if one.course.kind == "stuck" else "never",
            message="daemon" if one.daemon and one.course.kind == "endless" else one.course.kind or "forgotten",
            hint=hint(one, kept),
            args={
                "noun": one.row.noun,
                "call": brief(one.call),
                "name": name,
                "target": one.course.word or one.target,
                "method": kept.name if kept is not None else "",
                "class": one.klass.name if one.klass is not None else "",
                "release": one.row.release[0],
            },
            clues=(
                Clue(stmt, "acquired", "started", {"noun": one.row.noun}),
                *one.course.clues,
                *((Clue(kept.stmt, "missing", "forgets", {"method": kept.name}),) if kept and kept.stmt else ()),
            ),
            acquired=source(one.call),
        )


def hint(one: Started, ending: Scope | None) -> str:
    if one.row.noun == "timer":
        return "cancel"
    if one.course.kind == "stuck" and ending is not None:
        return "wake"
    if one.course.kind == "event" and ending is not None:
        return "event"
    return "join" if not one.course else "flag" if ending is not None else "daemon"


def killed(facts: Facts) -> Iterator[Hit]:
    for row, use in facts.unreaped:
        name = source(use.expr)
        yield Hit(
            at=use.stmt,
            subject=use.place.text,
            owner="nobody",
            driver="call",
            release="on some paths",
            message="unreaped",
            hint="wait",
            args={"noun": row.noun, "name": name, "verb": use.verb, "release": row.reaps[0]},
            clues=(Clue(use.stmt, "missing", "asked", {"verb": use.verb}),),
            acquired=source(use.site),
        )


def beside(facts: Facts) -> Iterator[Hit]:
    for one in facts.started_beside:
        name, sibling = source(one.started.expr), source(one.stopped.expr)
        method = one.stopped.stmt.scope.function.name
        yield Hit(
            at=one.started.stmt,
            subject=one.place.text,
            owner="instance",
            driver="call",
            release="on some paths",  # it may end by itself
            message="beside",
            hint="beside",
            args={"name": name, "sibling": sibling, "method": method},
            clues=(
                Clue(one.started.stmt, "acquired", "begun", {"name": name}),
                Clue(one.stopped.stmt, "sibling", "sibling", {"sibling": sibling}),
            ),
            acquired=source(one.started.site),
        )
