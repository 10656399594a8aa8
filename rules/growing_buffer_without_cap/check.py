"""LK106: what comes in is appended to a buffer that nothing limits."""

from __future__ import annotations

import re
from collections.abc import Iterator

from leaklint.facts import Change
from leaklint.meaning.basis import Clue
from leaklint.meaning.names import ELEMENT
from leaklint.meaning.uses import Use
from leaklint.model import Clear, Facts, Hit
from leaklint.repairs.repair import after, before, limit_name, top, whole
from leaklint.tree.ir import source
from leaklint.value import Value

CHILD = re.compile(r"\bstd(out|err)\b")  # what a program writes that was started here


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for value in (*facts.values, *facts.nested):
        found = facts.taken_in(value)
        if found is None:
            continue
        use, came = found
        cleared = defence(facts, value, use)
        if cleared is not None:
            yield cleared
            continue
        local = value.place.scope.kind == "function"
        polled = facts.polled(value, use)
        output = came.kind == "output" or (local and CHILD.search(came.word) is not None)
        clues = [Clue(use.stmt, "acquired", "appended", {"value": source(use.value)}), *came.clues[:1]]
        clues += [value.birth] if value.birth else []
        clues += [Clue(s.stmt, "released", "polled" if polled else "delimiter") for s in value.shrinks[:1]]
        yield Hit(
            at=use.stmt,
            subject=value.subject,
            owner="call" if local else value.owner.kind,  # type: ignore[arg-type]
            driver="loop" if output else "stream",
            release="on some paths" if polled else "never",
            message="polled"
            if polled
            else "delimiter"
            if value.shrinks
            else "output"
            if output
            else "local"
            if local
            else "never",
            hint="child" if output else "limit",
            args={
                "name": name_of(value),
                "came": came.word,
                "function": use.stmt.scope.function.name,
                "remover": value.shrinks[0].stmt.scope.function.name if value.shrinks else "",
            },
            clues=tuple(clues),
            acquired=source(use.value),
            repair=() if output else limit(value, use),
        )


def limit(value: Value, use: Use) -> tuple[Change, ...]:
    """A check of the length where it grows; of what has no length that means memory there is none."""
    held = whole(use.expr)
    if not held or value.row.name not in ("builtins.str", "builtins.bytes", "builtins.bytearray"):
        return ()
    name = limit_name(name_of(value))
    return (
        before(top(use.stmt), f"{name} = 1_048_576  # choose it above what sound input needs", ""),
        after(use.stmt, f"if len({held}) > {name}:", f'    raise ValueError("{name_of(value)}: over its limit")'),
    )


def name_of(value: Value) -> str:
    return next(part for part in reversed(value.place.path) if part != ELEMENT)


def defence(facts: Facts, value: Value, grow: Use) -> Clear | None:
    """A limit on its length, or a removal that runs whatever came in."""
    at = value.born[0].stmt
    if value.bound:
        return Clear(at, value.subject, value.bound.kind, value.bound.clues, sound=True)
    if value.owner.kind == "short-lived instance" and not facts.endless(grow.stmt):
        return Clear(at, value.subject, "short-lived holder", value.owner.clues)
    drained = [s for s in value.shrinks if not facts.waits_for_delimiter(value, s, grow)]
    if drained and not facts.only_at_end(value) and not facts.polled(value, grow):
        return Clear(
            at, value.subject, "drained", tuple(Clue(s.stmt, "released", "removed") for s in drained[:2]), sound=True
        )
    return None
