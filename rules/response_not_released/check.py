"""LK307: a response whose body is neither read to its end nor closed, so that its connection is not given back."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.apis import Row
from leaklint.meaning.basis import Clue
from leaklint.meaning.flow import Exit
from leaklint.model import Clear, Facts, Hit
from leaklint.outline import brief, release_call
from leaklint.tree.ir import Expr, source


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for found in facts.unreleased:
        if facts.sort(found.row) == "response" and not found.defence:
            yield _hit(facts, found.row, found.call, found.subject, found.name, derived=found.derived)
    for paths, value in facts.traces:
        row, place = paths.row, paths.place
        if facts.sort(row) != "response" or not (paths.releases or paths.escapes):
            continue
        left = paths.exit("return") or paths.exit("raise") or paths.exit("cancel")
        # a body that is read by awaiting may have come with the headers; one that is streamed holds its connection
        if left is None or (row.awaited and not row.open_with):
            yield Clear(paths.acquired, place.text, "released" if paths.releases else "handed over", sound=True)
        else:
            yield _hit(facts, row, value, place.text, place.path[0], left, handed_over=bool(paths.escapes))


def _hit(  # noqa: PLR0913  what is known of one response
    facts: Facts,
    row: Row,
    call: Expr,
    subject: str,
    name: str,
    left: Exit | None = None,
    *,
    handed_over: bool = False,
    derived: Expr | None = None,
) -> Hit:
    when = facts.context(call.stmt)
    missing, awaited = when.clues, any(e is not None and e.op == "await" for e in (call, call.parent))
    if left is not None:
        missing = (Clue(left.stmt, "missing", "leaves" if left.kind == "return" else "raises"),)
    return Hit(
        at=call.stmt,
        subject=subject,
        owner="call",  # with the last reference to it the connection is given back, sooner or later
        driver="call" if facts.counted(row, call) else facts.cadence(when),
        release="on some paths" if left is not None else "never",
        message="skipped" if left is not None else "named" if name else "dropped",
        hint="guard" if handed_over else "with" if row.scoped and derived is None else "close",
        args={
            "noun": row.noun,
            "name": name,
            "call": brief(call),
            "with": row.scoped,
            "release": release_call(row, name or "response", awaited=awaited),
        },
        clues=(Clue(call.stmt, "acquired", "acquired", {"noun": row.noun}), *missing),
        acquired=source(call),
    )
