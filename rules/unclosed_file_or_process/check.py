"""LK304: a file, socket or process made in a function, and released on no path."""

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
        if facts.means("session_nouns", noun.split()[-1]):
            continue
        stmt = call.stmt
        if unreleased.defence:
            yield Clear(stmt, unreleased.subject, unreleased.defence, sound=True)
            continue
        # CPython closes a file with its last reference; a socket or a child has a peer that waits
        counted = facts.means("file_nouns", noun.split()[-1])
        yield Hit(
            at=stmt,
            subject=unreleased.subject,
            owner="call" if counted else "nobody",
            driver="call",
            release="never",
            message="named" if unreleased.name else "dropped",
            hint="with" if "__exit__" in row.release or "__aexit__" in row.release else "close",
            args={"noun": noun, "name": unreleased.name, "call": brief(call), "release": row.release[0]},
            clues=(Clue(stmt, "acquired", "acquired", {"noun": noun}),),
            acquired=source(call),
        )
