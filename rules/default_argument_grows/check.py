"""LK110: a mutable default that its own function adds to."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import Clue
from leaklint.model import Clear, Facts, Hit
from leaklint.tree.ir import source

KEYED = ("__setitem__", "setdefault", "add")
ADDING = (*KEYED, "append", "appendleft", "extend", "insert", "write", "__iadd__")


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for default, value in facts.grown_defaults():
        grows = (use for use in value.grows if use.verb in ADDING and facts.context(use.stmt).kind != "import")
        use = next((u for u in grows if not facts.closed(u.key if u.verb in KEYED else u.value)), None)
        if use is None:
            continue
        if value.bound or value.shrinks:
            uses = tuple(Clue(s.stmt, "released", "removed") for s in value.shrinks[:2])
            yield Clear(use.stmt, value.subject, "pruned", (*value.bound.clues, *uses), sound=True)
            continue
        memo, stored = facts.memoises(value, use), value.place.is_attribute
        yield Hit(
            at=use.stmt,
            subject=f"{default.function.qualname}.{default.param.name}",
            owner="process",
            driver="inventory" if memo else "call",
            release="never",
            message="memo" if memo else "stored" if stored else "grown",
            hint="cache" if memo else "none",
            args={
                "param": default.param.name,
                "default": source(default.born),
                "function": default.function.name,
                "name": source(use.expr),
                "key": source(use.key),
            },
            clues=(
                Clue(use.stmt, "acquired", "added"),
                *((Clue(default.function.stmt, "holder", "born"),) if default.function.stmt is not None else ()),
            ),
            acquired=source(use.site),
        )
