"""LK506: a figure is made again and again, and the library's registry keeps each of them."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.facts import DriverKind
from leaklint.meaning.basis import Clue
from leaklint.model import Facts, Hit
from leaklint.tree.ir import source


def check(facts: Facts) -> Iterator[Hit]:
    for figure in facts.figures:
        stmt, again = figure.call.stmt, figure.again
        name = source(stmt.targets[0]) if stmt.op == "assign" and stmt.targets[0].op == "name" else ""
        driver: DriverKind = again.kind  # type: ignore[assignment]
        drawn = figure.how == "drawn"
        yield Hit(
            at=stmt,
            subject=f"{stmt.scope.function.qualname or '<module>'}.{name or source(figure.call, 40)}",
            owner="call" if driver == "call" or drawn else "process",
            driver=driver,
            release="never",
            message="drawn" if drawn else "unless" if driver == "call" else figure.how,
            hint="after" if drawn else "unregistered" if figure.how == "returned" else "close",
            args={"call": source(figure.call, 40), "function": again.word},
            clues=(
                Clue(stmt, "acquired", "drawing" if drawn else "made"),
                *again.clues[:1],
                Clue(figure.used, "missing", figure.how),
            ),
            acquired=source(figure.call),
        )
