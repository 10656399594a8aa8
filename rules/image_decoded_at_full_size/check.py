"""LK507: an image is decoded at its full size for each request."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import Clue
from leaklint.model import Facts, Hit
from leaklint.tree.ir import source


def check(facts: Facts) -> Iterator[Hit]:
    for call, encoded, again in facts.decoded_images:
        yield Hit(
            at=call.stmt,
            subject=f"{call.stmt.scope.function.qualname}.{source(call, 40)}",
            owner="call",
            driver="event",
            release="never",
            message="decoded",
            hint="smaller",
            args={"call": source(call, 40), "function": again.word},
            clues=(
                Clue(call.stmt, "acquired", "opened"),
                *again.clues[:1],
                Clue(encoded, "missing", "encoded"),
            ),
            acquired=source(call),
        )
