"""LK502: a model is loaded again for each request, item or round of a loop."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.facts import DriverKind
from leaklint.meaning.basis import Clue
from leaklint.model import Facts, Hit
from leaklint.tree.ir import Expr, source


def check(facts: Facts) -> Iterator[Hit]:
    reported: set[Expr] = set()
    for load in facts.loads:
        again = facts.loaded_again(load) if load.inside not in reported else None
        if not again:
            continue
        reported.add(load.inside)
        driver: DriverKind = again.kind  # type: ignore[assignment]
        helper = load.helper.qualname if load.helper is not None else ""
        yield Hit(
            at=load.inside.stmt,
            subject=f"{load.inside.scope.function.qualname}.{source(load.inside.args[0], 40)}",
            owner="call",
            driver=driver,
            release="never",
            message="round" if driver == "loop" else "request",
            hint="before" if driver == "loop" and not helper else "once",
            args={"call": source(load.inside), "function": again.word, "helper": helper},
            clues=(
                Clue(load.inside.stmt, "acquired", "loaded"),
                *((Clue(load.call.stmt, "driver", "called", {"helper": helper}),) if helper else ()),
                *again.clues[:1],
            ),
            acquired=source(load.inside),
        )
