"""LK505: a tensor is put by in each round with the graph of its computation."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import Clue
from leaklint.model import Facts, Hit
from leaklint.tree.ir import source


def check(facts: Facts) -> Iterator[Hit]:
    for kept in facts.tensors:
        lasting = kept.holder.op == "attr"
        how = "metered" if kept.given else "summed" if kept.summed else "collected"
        yield Hit(
            at=kept.stmt,
            subject=f"{kept.stmt.scope.function.qualname or '<module>'}.{source(kept.holder)}",
            owner="instance" if lasting else "call",
            driver="loop" if kept.loop is not None else "call",
            release="on some paths" if kept.given or kept.presumed else "never",
            message=how,
            hint="number" if kept.summed else "logged" if kept.loop is None and not lasting else "detach",
            args={"value": source(kept.value, 40), "holder": source(kept.holder)},
            clues=(
                Clue(kept.stmt, "acquired", "summed" if kept.summed else "collected"),
                Clue(kept.proof, "holder", "tensor" if kept.given else "graph"),
                *((Clue(kept.loop, "driver", "loop"),) if kept.loop is not None else ()),
            ),
            acquired=f"{source(kept.holder)} {source(kept.value)}",
        )
