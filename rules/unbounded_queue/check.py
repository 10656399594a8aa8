"""LK107: a queue without a bound, filled by what nobody slows down, or from which nobody takes."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.facts import DriverKind
from leaklint.meaning.basis import Clue
from leaklint.meaning.scopes import source_name
from leaklint.meaning.uses import Use
from leaklint.model import Clear, Facts, Hit
from leaklint.tree.ir import Expr, source

DRIVERS: dict[str, DriverKind] = {
    "subscribers": "event",
    "stream": "stream",
    "event": "event",
    "service": "call",
    "handed": "event",
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
        value = source(put.key if put.key is not None else put.value)
        yield Hit(
            at=put.stmt,
            subject=queue.place.text,
            owner=queue.owner.kind,  # type: ignore[arg-type]
            driver=DRIVERS[who],
            release="on some paths" if queue.taken else "never",
            message="nobody" if not queue.taken else who if who in ("subscribers", "handed") else "faster",
            hint=advice(facts, queue.born, put, who),
            args={
                "function": put.stmt.scope.function.name,
                "put": put.verb,
                "value": value,
                "made": source(queue.born),
            },
            clues=(
                Clue(put.stmt, "acquired", "put"),
                *facts.context(put.stmt).clues[:1],
                Clue(queue.born.stmt, "holder", "born", {"made": source(queue.born)}),
            ),
            acquired=source(put.site),
        )


def advice(facts: Facts, born: Expr, put: Use, who: str) -> str:
    row = facts.row(born)
    if row is not None and row.kind == "container" and row.noun not in ("queue", "channel"):
        return "length"
    if born.op == "call" and "inf" in source(born):
        return "channel"
    if not put.verb.endswith("nowait"):
        return "maxsize" if who != "subscribers" else "slow"
    name = source_name(put.key or put.value)
    return "pieces" if facts.means("piece_names", name) else "nowait"
