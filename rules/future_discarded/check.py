"""LK209: work is given to an executor or to another thread's loop, and nobody ever sees what comes of it."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.facts import DriverKind
from leaklint.meaning.basis import Clue
from leaklint.model import Clear, Facts, Hit
from leaklint.tree.ir import source


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for future in facts.discarded:
        stmt = future.call.stmt
        work = source(future.work, 40)
        subject = f"{stmt.scope.function.qualname or '<module>'}.{work}"
        if future.defence:
            yield Clear(stmt, subject, future.defence, sound=True)
            continue
        when = facts.context(stmt)
        driver: DriverKind = when.kind if when.kind in ("event", "stream", "loop", "once", "import") else "call"  # type: ignore[assignment]
        args = {"call": source(future.call.args[0]), "work": work, "name": future.name}
        yield Hit(
            at=stmt,
            subject=subject,
            owner="nobody",
            driver=driver,
            release="never",
            message="discarded",
            hint="callback",
            args=args,
            clues=(Clue(stmt, "acquired", "unread" if future.name else "dropped", args),),
            acquired=source(future.call),
        )
