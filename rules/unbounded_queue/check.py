"""LK107: a queue without a bound, filled by what nobody slows down, or from which nobody takes."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.facts import DriverKind
from leaklint.meaning.basis import Clue
from leaklint.meaning.uses import Use
from leaklint.model import Clear, Facts, Hit
from leaklint.tree.ir import Expr, source

DRIVERS: dict[str, DriverKind] = {
    "subscribers": "event",
    "stream": "stream",
    "event": "event",
    "service": "call",
    "call": "call",
}


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for queue in facts.fed_queues:
        if queue.bound:
            yield Clear(queue.born.stmt, queue.place.text, queue.bound.kind, queue.bound.clues, sound=True)
            continue
        if queue.owner.kind == "short-lived instance":
            yield Clear(queue.born.stmt, queue.place.text, "short-lived holder")
            continue
        by = [
            (put, who) for put in queue.puts if (who := facts.put_by(queue, put)) and (who != "call" or not queue.taken)
        ]
        if not by:
            continue
        put, who = by[0]
        yield Hit(
            at=put.stmt,
            subject=queue.place.text,
            owner=queue.owner.kind,  # type: ignore[arg-type]
            driver=DRIVERS[who],
            release="on some paths" if queue.taken else "never",
            message="nobody" if not queue.taken else "subscribers" if who == "subscribers" else "faster",
            hint=advice(queue.born, put),
            args={
                "function": put.stmt.scope.function.name,
                "put": put.verb,
                "value": source(put.key),
                "made": source(queue.born),
            },
            clues=(
                Clue(put.stmt, "acquired", "put"),
                *facts.context(put.stmt).clues[:1],
                Clue(queue.born.stmt, "holder", "born", {"made": source(queue.born)}),
            ),
            acquired=source(put.site),
        )


def advice(born: Expr, put: Use) -> str:
    if born.op == "call" and "inf" in source(born):
        return "channel"
    return "nowait" if put.verb.endswith("nowait") else "maxsize"
