"""LK101: a cache in a global that forgets nothing."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.facts import Change, DriverKind
from leaklint.meaning.basis import Clue
from leaklint.meaning.uses import Use
from leaklint.model import Clear, Facts, Hit
from leaklint.repairs.repair import after, limit_name
from leaklint.tree.ir import in_loop, source, walk
from leaklint.value import Value


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for value in facts.held:
        if value.place.scope.kind != "module" or value.row.kind != "container":
            continue
        stored = next(
            (u for u in value.grows if u.verb in ("__setitem__", "setdefault") and facts.memoises(value, u)), None
        )
        if stored is None:
            continue
        driver = value.driver(stored)
        at = value.born[0].stmt
        if driver.kind in ("closed set", "import", "once"):
            yield Clear(at, value.subject, f"keys: {driver.kind}", driver.clues, sound=True)
        elif driver.kind != "caller's key" and not facts.telling(stored):
            yield Clear(at, value.subject, "keys: numbers and sizes", driver.clues)
        elif (cleared := facts.growth_cleared(value, "only_on_demand")) is not None:
            yield cleared
        else:
            # keys of which nothing says that they are open are those of things that exist
            kind: DriverKind = "caller's key" if driver.kind == "caller's key" else "inventory"
            yield Hit(
                at=stored.stmt,
                subject=value.subject,
                owner="process",
                driver=kind,
                release="on some paths" if facts.pruned(value) == "only_on_demand" else "never",
                message=facts.pruned(value),
                hint=advice(facts, value, stored),
                args={
                    "library": facts.bounded_at_hand,
                    "key": source(stored.key),
                    "function": stored.stmt.scope.function.name,
                    "name": value.place.path[0],
                    "remover": value.shrinks[0].stmt.scope.function.name if value.shrinks else "",
                },
                clues=(
                    Clue(stored.stmt, "acquired", "stored", {"key": source(stored.key)}),
                    *driver.clues[:1],
                    *((value.birth,) if value.birth else ()),
                    *(Clue(s.stmt, "released", facts.pruned(value)) for s in value.shrinks[:1]),
                ),
                acquired=source(stored.site),
                place=value.place,
                repair=() if facts.keeps_locks(value, stored) else eviction(value, stored),
            )


def advice(facts: Facts, value: Value, stored: Use) -> str:
    if facts.keeps_locks(value, stored):
        return "locks"
    if facts.stateful(stored):
        return "state"
    return "library" if facts.bounded_at_hand else "limit" if by_hand(stored) else "lru"


def by_hand(stored: Use) -> bool:
    """`lru_cache` would keep a coroutine, which can be awaited once, a generator, or the instance of a method; and it
    would tell apart what the key does not."""
    function = stored.stmt.scope.function
    decorated = function.stmt is not None and bool(function.stmt.decorators)
    named = {e.text for e in walk(stored.key) if e.op == "name"} if stored.key is not None else set()
    apart = any(p.name not in named for p in function.params)
    return function.is_async or function.method_of is not None or decorated or apart


def eviction(value: Value, stored: Use) -> tuple[Change, ...]:
    """The oldest entry of a mapping goes where a new one comes, above a limit."""
    if "popitem" not in value.row.shrink or stored.stmt.op not in ("assign", "expr", "return"):
        return ()
    if in_loop(stored.stmt):  # what is filled in one go is read afterwards: nothing of it may go meanwhile
        return ()
    name, limit = value.subject, limit_name(value.place.path[0])
    test = ">=" if stored.stmt.op == "return" else ">"
    removal = f"    del {name}[next(iter({name}))]  # the oldest one"
    return (
        after(value.born[0].stmt, f"{limit} = 100  # choose it by what an entry weighs"),
        after(stored.stmt, f"while len({name}) {test} {limit}:", removal),
    )
