"""LK112: entries that expire, and are looked at only when somebody asks for the same key again."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import Clue
from leaklint.model import Clear, Facts, Hit
from leaklint.tree.ir import source

KEYED = ("__setitem__", "setdefault", "add")


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for value in facts.held:
        if value.row.kind != "container":
            continue
        keys = ((use, facts.outside_key(value, use)) for use in value.grows if use.verb in KEYED)
        found = next((pair for pair in keys if pair[1]), None)
        if found is None:
            continue
        use, key = found
        renewed = facts.renewed(value) if facts.pruned(value) in ("never", "only_at_end") else None
        if renewed is None and facts.pruned(value) != "only_on_read":
            continue
        cleared = facts.growth_cleared(value, "only_on_read")
        if cleared is not None:
            yield cleared
            continue
        use = renewed or use
        yield Hit(
            at=use.stmt,
            subject=value.subject,
            owner=facts.holder(value, use),
            driver=facts.driver_kind(key),
            release="never",
            message="renewed" if renewed else "on_read",
            hint="sweep",
            args={"key": key.word, "function": use.stmt.scope.function.name, "name": value.place.path[-1]},
            clues=(
                Clue(use.stmt, "acquired", "renewed" if renewed else "stored", {"key": key.word}),
                *key.clues[:1],
                *((value.birth,) if value.birth else ()),
                *(Clue(s.stmt, "released", "on_read", {"key": source(s.key)}) for s in value.shrinks[:1]),
            ),
            acquired=source(use.site),
            place=value.place,
        )
