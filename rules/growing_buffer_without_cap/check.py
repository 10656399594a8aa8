"""LK106: what comes in is appended to a buffer that nothing limits."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.facts import Change
from leaklint.meaning.basis import Answer, Clue
from leaklint.meaning.uses import Use
from leaklint.model import Clear, Facts, Hit
from leaklint.repairs.repair import after, before, limit_name, top, whole
from leaklint.tree.ir import in_loop, source
from leaklint.value import Value


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for value in facts.values:
        found = next(((use, came) for use in value.grows if (came := facts.streamed(use.value))), None)
        if (
            found is None
            or facts.context(found[0].stmt).kind in ("once", "import")
            or not buffers(facts, value, *found)
        ):
            continue
        use, came = found
        cleared = defence(facts, value, use)
        if cleared is not None:
            yield cleared
            continue
        local = value.place.scope.kind == "function"
        clues = [Clue(use.stmt, "acquired", "appended", {"value": source(use.value)}), *came.clues[:1]]
        clues += [value.birth] if value.birth else []
        clues += [Clue(s.stmt, "released", "delimiter") for s in value.shrinks[:1]]
        yield Hit(
            at=use.stmt,
            subject=value.subject,
            owner="call" if local else value.owner.kind,  # type: ignore[arg-type]
            driver="loop" if came.kind == "output" else "stream",
            release="never",
            message="delimiter"
            if value.shrinks
            else "output"
            if came.kind == "output"
            else "local"
            if local
            else "never",
            hint="limit",
            args={"name": value.place.path[-1], "came": came.word, "function": use.stmt.scope.function.name},
            clues=tuple(clues),
            acquired=source(use.value),
            repair=limit(value, use),
        )


def limit(value: Value, use: Use) -> tuple[Change, ...]:
    """A check of the length where it grows; of what has no length that means memory there is none."""
    held = whole(use.expr)
    if not held or value.row.name not in ("builtins.str", "builtins.bytes", "builtins.bytearray"):
        return ()
    name = limit_name(value.place.path[-1])
    return (
        before(top(use.stmt), f"{name} = 1_048_576  # choose it above what sound input needs", ""),
        after(use.stmt, f"if len({held}) > {name}:", f'    raise ValueError("{value.place.path[-1]}: over its limit")'),
    )


def buffers(facts: Facts, value: Value, use: Use, came: Answer) -> bool:
    """Bytes and text by their type; a list by its name, or because it takes in what a loop over a stream receives."""
    if value.place.scope.kind in ("module", "class"):
        data = came.kind != "fed" or facts.means("buffer_names", came.word)
        return value.row.kind == "buffer" or (
            data
            and use.verb in ("append", "extend", "write", "__iadd__")
            and facts.means("buffer_names", value.place.path[-1])
        )
    if came.kind == "output":
        return use.verb in ("append", "extend", "__iadd__") and in_loop(use.stmt)
    raw = value.row.kind == "buffer" and came.kind != "parsed"
    return raw and use.stmt.scope is value.place.scope and facts.endless(use.stmt)


def defence(facts: Facts, value: Value, grow: Use) -> Clear | None:
    """A limit on its length, or a removal that runs whatever came in."""
    at = value.born[0].stmt
    if value.bound:
        return Clear(at, value.subject, value.bound.kind, value.bound.clues, sound=True)
    if value.owner.kind == "short-lived instance":
        return Clear(at, value.subject, "short-lived holder", value.owner.clues)
    drained = [s for s in value.shrinks if not facts.waits_for_delimiter(value, s, grow)]
    if drained and not facts.only_at_end(value):
        return Clear(
            at, value.subject, "drained", tuple(Clue(s.stmt, "released", "removed") for s in drained[:2]), sound=True
        )
    return None
