"""LK310: borrowed from a pool, or a lock taken, and not given back on every path."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import Clue
from leaklint.model import Facts, Hit
from leaklint.tree.ir import source

_WAYS = {
    "return": ("on_return", "leaves"),
    "raise": ("on_error", "may_raise"),
    "cancel": ("on_cancel", "may_be_cancelled"),
}


def check(facts: Facts) -> Iterator[Hit]:
    for lent in facts.lent:
        stmt, noun = lent.call.stmt, lent.row.called
        clues = [Clue(stmt, "acquired", "taken", {"noun": noun})]
        if lent.back is not None:
            clues.append(Clue(lent.left.stmt, "missing", _WAYS[lent.left.kind][1]))
            clues.append(Clue(lent.back.stmt, "released", "given_back"))
        yield Hit(
            at=stmt,
            subject=f"{stmt.scope.function.qualname}.{source(lent.call.args[0], 30)}",
            owner="nobody",
            driver="call",
            release="never" if lent.back is None else "on some paths",
            message="never" if lent.back is None else _WAYS[lent.left.kind][0],
            hint="with",
            args={
                "noun": noun,
                "call": source(lent.call),
                "holder": source(lent.call.args[0].args[0]),
                "giving": lent.giving,
            },
            clues=tuple(clues),
            acquired=source(stmt.value),
        )
