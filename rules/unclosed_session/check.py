"""LK301: a session or connection made in a function, and released on no path."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.resources.unreleased import Unreleased
from leaklint.facts import Change
from leaklint.meaning.basis import Clue
from leaklint.model import Clear, Facts, Hit
from leaklint.outline import brief, entered, release_call
from leaklint.repairs.repair import VALUE, around
from leaklint.tree.ir import source


def check(facts: Facts) -> Iterator[Hit | Clear]:
    known = (one for one in facts.unreleased if facts.sort(one.row) == "session")
    for unreleased in (*known, *facts.presumed):
        row, call = unreleased.row, unreleased.call
        noun = row.called
        stmt = unreleased.given or call.stmt
        if unreleased.defence:
            yield Clear(stmt, unreleased.subject, unreleased.defence, sound=True)
            continue
        when, counted = facts.context(stmt), facts.counted(row, call)
        lost = [Clue(unreleased.lost, "missing", "reopened", {"noun": noun})] if unreleased.lost is not None else []
        yield Hit(
            at=stmt,
            subject=unreleased.subject,
            owner="call" if counted else "nobody",
            driver="event"
            if unreleased.given is not None
            else "once"
            if facts.seldom(stmt)
            else "call"
            if counted
            else facts.cadence(when),
            release="never",
            message=_message(unreleased),
            hint="presumed" if row.supposed else unreleased.mend if row.name else "inner",
            args={
                "noun": noun,
                "name": unreleased.name,
                "call": brief(call),
                "with": row.scoped,
                "derived": source(unreleased.derived, 40),
                "enter": entered(row, brief(call)),
                "other": source(unreleased.care.other if unreleased.care is not None else None, 40),
                "release": release_call(row, unreleased.name or noun.split()[-1]),
            },
            clues=(Clue(stmt, "acquired", "acquired", {"noun": noun}), *lost, *when.clues),
            acquired=source(call),
            maker=unreleased.maker,
            called=unreleased.asked,
            likely=unreleased.likely,
            repair=managed(unreleased) if row.name and unreleased.mend == "with" else (),
        )


def _message(one: Unreleased) -> str:
    if one.given is not None:
        return "served"
    return "reopened" if one.lost is not None else "named" if one.name else "dropped"


def managed(unreleased: Unreleased) -> tuple[Change, ...]:
    """A `with` takes in the rest of the block."""
    call, row = unreleased.call, unreleased.row
    stmt = unreleased.given or call.stmt
    asynchronous = "__aexit__" in row.release and "__exit__" not in row.release
    named = stmt.op == "assign" and stmt.value is call and len(stmt.targets) == 1 and stmt.targets[0].op == "name"
    body = stmt.scope.block is not None and stmt.parent is stmt.scope.block  # else its name may be used after the block
    if not named or not body or (asynchronous and not stmt.scope.is_async):
        return ()
    return (around(stmt, f"{'async with' if asynchronous else 'with'} {VALUE} as {unreleased.name}:"),)
