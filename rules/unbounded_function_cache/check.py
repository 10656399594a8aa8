"""LK108: a function whose results are kept by their arguments, all of them, for as long as the process runs."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import Clue
from leaklint.model import Clear, Facts, Hit
from leaklint.tree.ir import source

OPEN = ("caller's key", "inventory")


def check(facts: Facts) -> Iterator[Hit | Clear]:
    yield from decorated(facts)
    yield from decorators(facts)


def decorated(facts: Facts) -> Iterator[Hit | Clear]:
    for memo in facts.memos:
        if memo.place.scope.kind not in ("module", "class") or facts.kept_object(memo):
            continue  # made anew with each call of what surrounds it; or cached-method's
        keys = facts.entries(memo)
        defence, emptied = facts.cache_cleared(memo, keys)
        if defence is not None:
            yield defence
        elif memo.klass is None or keys.kind in OPEN:
            few = keys.kind != "caller's key"
            yield Hit(
                at=memo.stmt,
                subject=memo.place.text,
                owner="process",
                driver="caller's key" if not few else "call" if memo.klass is not None else "inventory",
                release="never" if emptied is None else "on some paths",
                message="invalidated" if emptied is not None else "known" if keys.kind in OPEN else "unknown",
                hint="ttl" if "ttl" in memo.row.bound else "cache" if "cache" in memo.row.bound else "maxsize",
                args={
                    "decorator": source(memo.made),
                    "function": memo.place.path[-1],
                    "key": keys.word,
                    "where": emptied.stmt.scope.function.name if emptied is not None else "",
                },
                clues=(
                    Clue(memo.stmt, "acquired", "cached", {"key": keys.word}),
                    *((Clue(emptied.stmt, "released", "removed"),) if emptied is not None else ()),
                ),
                acquired=f"{source(memo.made)} {memo.place.text}",
                place=memo.asked,
            )


def decorators(facts: Facts) -> Iterator[Hit | Clear]:
    for made, value, users in facts.handmade():
        keys = [facts.entries(memo).kind for memo in users]
        defence = facts.growth_cleared(value)
        if defence is not None:
            yield defence
        elif facts.closed(made.stored.key) or (users and not any(kind in (*OPEN, "unknown") for kind in keys)):
            yield Clear(made.stored.stmt, value.subject, "keys: closed set", sound=True)
        else:
            yield Hit(
                at=made.stored.stmt,
                subject=value.subject,
                owner="process",
                driver="caller's key" if "caller's key" in keys else "inventory",
                release="never",
                message="handmade",
                hint="functools",
                args={"decorator": made.decorator.name, "name": value.place.path[-1], "key": source(made.stored.key)},
                clues=(
                    Clue(made.stored.stmt, "acquired", "stored"),
                    *((value.birth,) if value.birth else ()),
                    *(Clue(memo.stmt, "driver", "used", {"function": memo.function.name}) for memo in users[:3]),
                ),
                acquired=source(made.stored.site),
            )
