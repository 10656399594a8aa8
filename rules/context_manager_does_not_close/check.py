"""LK306: `with` over a connection that ends the transaction, and leaves the connection open."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import Clue
from leaklint.model import Clear, Facts, Hit
from leaklint.outline import brief
from leaklint.tree.ir import source


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for entered in facts.entered:
        row, call = entered.row, entered.call
        function = call.stmt.scope.function.qualname or "<module>"
        subject = f"{function}.{entered.name or call.args[0].text}"
        if entered.defence:
            yield Clear(call.stmt, subject, entered.defence.kind, entered.defence.clues, sound=True)
            continue
        when = facts.context(call.stmt)
        yield Hit(
            at=call.stmt,
            subject=subject,
            owner="call",  # dropped at the end of the function, closed when nothing refers to it any more
            driver=facts.cadence(when),
            release="never",
            message="named" if entered.name else "unnamed",
            hint="closing",
            args={"noun": row.called, "name": entered.name, "call": brief(call)},
            clues=(Clue(call.stmt, "acquired", "acquired", {"noun": row.called}), *when.clues),
            acquired=source(call),
        )
