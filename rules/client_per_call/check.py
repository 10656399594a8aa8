"""LK303: a client that keeps connections, built and closed for each event or each turn of a loop."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import Clue
from leaklint.model import Clear, Facts, Hit
from leaklint.outline import brief
from leaklint.tree.ir import source


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for client in facts.rebuilt:
        stmt, noun = client.call.stmt, client.row.noun
        function = stmt.scope.function
        subject = f"{function.qualname or '<module>'}.{client.name or client.call.args[0].text}"
        if client.defence:
            yield Clear(stmt, subject, client.defence)
            continue
        looped = client.when.kind == "loop"
        yield Hit(
            at=stmt,
            subject=subject,
            owner="call",
            driver=facts.cadence(client.when),
            release="always",
            message="looped" if looped else "handled",
            hint="hoist" if looped else "keep",
            args={"noun": noun, "call": brief(client.call), "function": function.name},
            clues=(Clue(stmt, "acquired", "acquired", {"noun": noun}), *client.when.clues),
            acquired=source(client.call),
        )
