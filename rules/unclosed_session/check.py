"""LK301: a session or connection made in a function, and released on no path."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.basis import Clue
from leaklint.ir import source
from leaklint.model import Clear, Facts, Hit
from leaklint.outline import brief


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for unreleased in facts.unreleased:
        row, call = unreleased.row, unreleased.call
        noun = row.noun or row.name
        if not facts.means("session_nouns", noun.split()[-1]):
            continue
        stmt = call.stmt
        if unreleased.defence:
            yield Clear(stmt, unreleased.subject, unreleased.defence, sound=True)
            continue
        when = facts.context(stmt)
        scoped = "__exit__" in row.release or "__aexit__" in row.release
        yield Hit(
            at=stmt,
            subject=unreleased.subject,
            owner="nobody",
            driver=facts.cadence(when),
            release="never",
            message="named" if unreleased.name else "dropped",
            hint="with" if scoped else "close",
            args={
                "noun": noun,
                "name": unreleased.name,
                "call": brief(call),
                "with": "async with" if "__aexit__" in row.release and "__exit__" not in row.release else "with",
                "release": row.release[0],
            },
            clues=(Clue(stmt, "acquired", "acquired", {"noun": noun}), *when.clues),
            acquired=source(call),
        )
