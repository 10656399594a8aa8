"""LK307: a response whose body is neither read to its end nor closed, so that its connection is not given back."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.apis import Row
from leaklint.meaning.basis import Clue
from leaklint.model import Clear, Facts, Hit
from leaklint.outline import brief, release_call
from leaklint.tree.ir import Expr, source


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for found in facts.unreleased:
        if facts.sort(found.row) == "response" and not found.defence:
            if facts.counted(found.row, found.call) and facts.read_whole(found.row, found.call, found.left):
                yield Clear(found.call.stmt, found.subject, "read to its end", sound=True)
                continue
            early = found.left is not None and facts.read_whole(found.row, found.call)
            how = "skipped" if early else "named" if found.name else "dropped"
            clue = Clue(found.left, "missing", "leaves") if early and found.left is not None else None
            hint = _hint(found.row, whole=found.derived is None)
            yield _hit(facts, found.row, found.call, (found.subject, found.name), how, hint, clue)
    for half in facts.halfread:
        place, row = half.paths.place, half.paths.row
        hint, clue = "on_end" if half.way == "forwarded" else _hint(row), Clue(half.left, "missing", half.way)
        yield _hit(facts, row, half.value, (place.text, place.path[0]), half.way, hint, clue)
    for paths, value in facts.traces:
        row, place = paths.row, paths.place
        if facts.sort(row) != "response" or not (paths.releases or paths.escapes):
            continue
        left = paths.exit("return") or paths.exit("raise") or paths.exit("cancel")
        # a body that is read by awaiting may have come with the headers; one that is streamed holds its connection
        if left is None or (row.awaited and not row.open_with):
            yield Clear(paths.acquired, place.text, "released" if paths.releases else "handed over", sound=True)
        elif left.kind == "return" and facts.read_whole(row, value, left.stmt):
            yield Clear(paths.acquired, place.text, "read to its end", sound=True)
        else:
            hint = "guard" if paths.escapes else _hint(row)
            clue = Clue(left.stmt, "missing", "leaves" if left.kind == "return" else "raises")
            yield _hit(facts, row, value, (place.text, place.path[0]), "skipped", hint, clue)


def _hint(row: Row, *, whole: bool = True) -> str:
    return "with" if row.scoped and whole else "close"


def _hit(
    facts: Facts, row: Row, call: Expr, names: tuple[str, str], how: str, hint: str, clue: Clue | None = None
) -> Hit:
    (subject, name), when = names, facts.context(call.stmt)
    awaited = any(e is not None and e.op == "await" for e in (call, call.parent))
    return Hit(
        at=call.stmt,
        subject=subject,
        owner="call",  # with the last reference to it the connection is given back, sooner or later
        driver="call" if facts.counted(row, call) else facts.cadence(when),
        release="on some paths" if clue is not None else "never",
        message=how,
        hint=hint,
        args={
            "noun": row.noun,
            "name": name,
            "call": brief(call),
            "with": row.scoped,
            "release": release_call(row, name or "response", awaited=awaited),
        },
        clues=(Clue(call.stmt, "acquired", "acquired", {"noun": row.noun}), *((clue,) if clue else when.clues)),
        acquired=source(call),
    )
