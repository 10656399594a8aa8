"""LK304: a file, socket or process made in a function, and released on no path."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.resources.unreleased import Unreleased
from leaklint.apis import Row
from leaklint.meaning.basis import Clue
from leaklint.model import Clear, Facts, Hit
from leaklint.outline import brief, entered, release_call
from leaklint.tree.ir import source


def check(facts: Facts) -> Iterator[Hit | Clear]:
    yield from told(facts)
    for unreleased in facts.unreleased:
        row, call = unreleased.row, unreleased.call
        noun = row.called
        if facts.sort(row) not in ("file", "other"):
            continue
        stmt = call.stmt
        if unreleased.defence:
            yield Clear(stmt, unreleased.subject, unreleased.defence, sound=True)
            continue
        lost = [Clue(unreleased.lost, "missing", "reopened", {"noun": noun})] if unreleased.lost is not None else []
        if unreleased.back is not None:
            lost.append(Clue(unreleased.back, "missing", "back"))
        yield Hit(
            at=stmt,
            subject=unreleased.subject,
            owner="call" if facts.counted(row, call) else "nobody",
            driver="once" if facts.seldom(stmt) else "call",
            release="never",
            message=_message(unreleased),
            hint=_hint(row, unreleased),
            args={
                "noun": noun,
                "name": unreleased.name,
                "call": brief(call),
                "with": row.scoped,
                "derived": source(unreleased.derived, 40),
                "enter": entered(row, brief(call)),
                "other": source(unreleased.care.other if unreleased.care is not None else None, 40),
                "reader": source(unreleased.reader.args[0] if unreleased.reader is not None else None, 40),
                "release": release_call(row, unreleased.name or noun.split()[-1]),
            },
            clues=(Clue(stmt, "acquired", "acquired", {"noun": noun}), *lost),
            acquired=source(call),
        )


def _message(one: Unreleased) -> str:
    if one.lost is not None:
        return "reopened"
    if one.reader is not None:
        return "read"
    return "taken_off" if one.back is not None else "named" if one.name else "dropped"


def _hint(row: Row, unreleased: Unreleased) -> str:
    if row.asks:
        return "end"
    if unreleased.back is not None:
        return "off"
    if unreleased.started and unreleased.mend == "close":
        return "running"
    several = any(target.op == "tuple" for target in unreleased.call.stmt.targets)
    return "close" if several and unreleased.mend != "later" else unreleased.mend


def told(facts: Facts) -> Iterator[Hit]:
    """A process that is asked to end, and not waited for."""
    for one in facts.outwaited:
        stmt, noun = one.told.stmt, one.row.called
        before = [Clue(one.waited, "missing", "gave_up", {"noun": noun})] if one.waited is not None else []
        after = [Clue(one.dropped, "missing", "let_go", {"noun": noun})] if one.dropped is not None else []
        wait = one.row.reaps[0]
        yield Hit(
            at=stmt,
            subject=f"{stmt.scope.function.qualname}.{source(one.told.expr, 30)}",
            owner="nobody",
            driver="call",
            release="on some paths",
            message="told",
            hint="reap",
            args={
                "noun": noun,
                "name": source(one.told.expr, 40),
                "call": source(one.told.site, 40),
                "release": f"{'await ' if wait in one.row.awaited else ''}{source(one.told.expr, 40)}.{wait}()",
            },
            clues=(*before, Clue(stmt, "acquired", "asked", {"noun": noun}), *after),
            acquired=source(one.told.site),
        )
