"""LK312: a context manager made of a generator does not undo what it did when its block fails."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import Clue
from leaklint.model import Facts, Hit
from leaklint.outline import shown


def check(facts: Facts) -> Iterator[Hit]:
    for bare in facts.bare:
        manager, undo = bare.left.scope.function, shown(bare.undo)
        clues = (
            *((Clue(bare.done, "acquired", "done"),) if bare.done is not None else ()),
            Clue(bare.left, "missing", "raised"),
            Clue(bare.undo, "released", "skipped"),
        )
        yield Hit(
            at=bare.done or bare.left,
            subject=f"{manager.qualname}.{undo}",
            owner="nobody",
            driver="call",
            release="on some paths",
            message="undone",
            hint="in_try",
            args={"undo": undo, "all": "; ".join(shown(stmt) for stmt in bare.all), "manager": manager.name},
            clues=clues,
            acquired=undo,
        )
