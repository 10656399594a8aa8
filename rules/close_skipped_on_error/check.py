"""LK305: released, or handed over, but not on every path."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import Clue
from leaklint.model import Clear, Facts, Hit
from leaklint.outline import brief, release_call
from leaklint.tree.ir import Stmt, source

_WAYS = {"return": "leaves_by_return", "raise": "may_raise", "cancel": "may_be_cancelled"}


def check(facts: Facts) -> Iterator[Hit | Clear]:
    yield from constructors(facts)
    yield from endings(facts)
    for paths, value in (*facts.traces, *facts.factory_traces, *facts.evident):
        place, row, stmt = paths.place, paths.row, paths.acquired
        subject = place.text
        noun = row.noun or row.name
        if facts.sort(row) == "response" or (not paths.releases and not paths.escapes):
            continue  # a response, and what is never released at all, are other rules' matters
        left = paths.exit("raise") or paths.exit("return") or paths.exit("cancel")
        if left is None:
            yield Clear(stmt, subject, "released on every path" if paths.releases else "handed over", sound=True)
            continue
        last = (paths.releases or paths.escapes)[0]
        message = (
            "skipped_on_return"
            if left.kind == "return"
            else "skipped_on_cancel"
            if left.kind == "cancel"
            else "skipped_on_error"
            if paths.releases
            else "lost_before_handover"
        )
        yield Hit(
            at=stmt,
            subject=subject,
            owner="nobody",
            driver="call",
            release="on some paths",
            message=message,
            hint="guard" if paths.escapes else "with" if row.scoped and _opens_block(stmt) else "finally",
            args={
                "noun": noun,
                "name": ".".join(place.path),
                "call": brief(value),
                "release": release_call(row, ".".join(place.path)),
            },
            clues=(
                Clue(stmt, "acquired", "acquired", {"noun": noun}),
                Clue(left.stmt, "missing", _WAYS[left.kind]),
                Clue(last.stmt, "released", "released" if paths.releases else "handed_over"),
            ),
            acquired=source(value),
        )


def _opens_block(stmt: Stmt) -> bool:
    """May a `with` take its place? What one of two branches opens is used after them."""
    plain = stmt.value is not None and stmt.value.op in ("call", "await")
    return plain and stmt.parent is stmt.scope.block


def constructors(facts: Facts) -> Iterator[Hit]:
    """Acquired into an attribute, after which the constructor itself raises."""
    for paths, value in facts.constructor_traces:
        left = paths.exit("raise")
        if left is None:
            continue
        place, row, stmt = paths.place, paths.row, paths.acquired
        noun = row.noun or row.name
        yield Hit(
            at=stmt,
            subject=place.text,
            owner="nobody",
            driver="call",
            release="on some paths",
            message="lost_in_constructor",
            hint="constructor_async" if release_call(row, "").startswith("await ") else "constructor",
            args={
                "noun": noun,
                "name": source(stmt.targets[0]),
                "release": release_call(row, source(stmt.targets[0])),
            },
            clues=(Clue(stmt, "acquired", "acquired", {"noun": noun}), Clue(left.stmt, "missing", "raises")),
            acquired=source(value),
        )


def endings(facts: Facts) -> Iterator[Hit]:
    """A method that ends the object, and fails before it has released all."""
    for unwound in facts.unwound:
        close, method = unwound.close, unwound.ending.name
        yield Hit(
            at=close.stmt,
            subject=f"{unwound.ending.qualname}.{close.place.path[0]}",
            owner="nobody",
            driver="call",
            release="on some paths",
            message="skipped_in_ending",
            hint="in_finally",
            args={
                "noun": unwound.noun,
                "name": source(close.expr),
                "method": method,
                "release": source(close.site, 40),
                "step": brief_step(unwound.step),
            },
            clues=(Clue(unwound.step, "missing", "may_raise"), Clue(close.stmt, "released", "released")),
            acquired=source(close.site),
        )


def brief_step(stmt: Stmt) -> str:
    return source(stmt.value, 40) or stmt.op
