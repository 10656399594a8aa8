"""LK508: a table or array grows by being copied in each round, or parts of it are kept to be joined."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import Clue
from leaklint.model import Facts, Hit
from leaklint.tree.ir import source


def check(facts: Facts) -> Iterator[Hit]:
    for grown in facts.grown_frames:
        yield Hit(
            at=grown.part,
            subject=f"{grown.stmt.scope.function.qualname or '<module>'}.{grown.name}",
            owner="call",
            driver="loop",
            release="never",
            message=grown.how,
            hint="list" if grown.how == "copied" else "portions",
            args={"name": grown.name, "tool": grown.tool},
            clues=(
                Clue(grown.part, "acquired", "part"),
                Clue(grown.loop, "driver", "loop"),
                Clue(grown.stmt, "holder", "copied"),
            ),
            acquired=f"{grown.name} {source(grown.stmt.value)}",
        )
