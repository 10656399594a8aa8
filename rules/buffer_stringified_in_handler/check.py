"""LK401: on the way out with an error, something of any size is turned into text."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.basis import Clue
from leaklint.facts import DriverKind
from leaklint.ir import source
from leaklint.model import Clear, Facts, Hit


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for text in facts.stringified:
        where = facts.error_branch(text.expr.stmt)
        if where is None:
            continue
        subject = f"{text.expr.stmt.scope.function.qualname or '<module>'}.{source(text.expr, 40)}"
        weight = facts.weight(text.expr)
        if not weight:
            continue
        driver: DriverKind = "call" if weight.kind == "named" else "payload"
        yield Hit(
            at=text.expr.stmt,
            subject=subject,
            owner="call",
            driver=driver,
            release="never",
            message=weight.kind,
            hint="slice" if "dumps" not in text.how else "summary",
            args={"name": source(text.expr), "how": text.how, "came": weight.word},
            clues=(
                Clue(text.expr.stmt, "acquired", "stringified", {"name": source(text.expr), "how": text.how}),
                *weight.clues[:1],
                *((Clue(where[1], "holder", "handler", block=where[0]),) if where[0] is not None else ()),
            ),
            acquired=source(text.whole),
        )
