"""LK305: released, or handed over, but not on every path."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import Clue
from leaklint.model import Clear, Facts, Hit
from leaklint.outline import brief, release_call
from leaklint.tree.ir import source

_LABELS = {"raise": "raises", "return": "leaves_by_return", "cancel": "may_be_cancelled"}


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for skipped in facts.skipped:
        row, stmt = skipped.row, skipped.at
        if not skipped.way:
            yield Clear(stmt, skipped.subject, "handed over" if skipped.kept else "released on every path", sound=True)
            continue
        noun, ending = row.called, skipped.way == "ending"
        clues = [Clue(stmt, "acquired", "acquired", {"noun": noun})] if not ending else []
        clues.append(Clue(skipped.left, "missing", _LABELS.get(skipped.way, "may_raise")))
        if skipped.last is not None:
            how = "handed_over" if skipped.kept else "caught" if skipped.caught else "released"
            clues.append(Clue(skipped.last.stmt, "released", how))
        if skipped.undone is not None:
            clues.append(Clue(skipped.undone, "released", "removed"))
        yield Hit(
            at=stmt,
            subject=skipped.subject,
            owner="nobody",
            driver="call",
            release="on some paths",
            message=f"on_{skipped.way}",
            hint=skipped.mend,
            args={
                "noun": noun,
                "name": skipped.name,
                "call": brief(skipped.acquired),
                "release": source(skipped.acquired, 40) if ending else release_call(row, skipped.name),
                "step": skipped.step,
                "method": skipped.method,
            },
            clues=tuple(clues),
            acquired=source(skipped.acquired),
        )
