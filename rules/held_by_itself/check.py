"""LK406: what holds itself waits for the garbage collector, with all that it holds."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import Clue
from leaklint.model import Clear, Facts, Hit
from leaklint.tree.ir import source


def check(facts: Facts) -> Iterator[Hit | Clear]:
    told = set()  # an object that gets several such functions is one
    for found in facts.held_by_themselves:
        function = found.stmt.scope.function
        subject = f"{function.qualname or '<module>'}.{found.holder}"
        if found.defence:
            yield Clear(found.stmt, subject, found.defence.kind, found.defence.clues, sound=True)
            continue
        owner = found.holder.partition(".")[0].partition("[")[0]
        if found.kind == "given" and (function, owner) in told:
            continue
        told.add((function, owner))
        args = {
            "holder": found.holder,
            "value": source(found.value, 60),
            "owner": owner,
            "function": function.name,
            "carried": ", ".join(f"`{name}`" for name in found.carried),
        }
        refers = (Clue(found.function, "holder", "refers"),) if found.function is not None else ()
        yield Hit(
            at=found.stmt,
            subject=subject,
            owner="call",
            driver="call",
            release="never",
            message=found.kind,
            hint=found.kind,
            args=args,
            clues=(Clue(found.stmt, "acquired", found.kind, args), *refers),
            acquired=source(found.value) if found.value is not None else found.holder,
        )
