"""LK203: tasks are kept in a container that forgets none of them."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.facts import DriverKind
from leaklint.meaning.basis import Clue
from leaklint.model import Clear, Facts, Hit
from leaklint.tree.ir import source


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for value in facts.held:
        told = facts.holds_tasks(value.place)
        grow = next((use for use in value.grows if facts.is_task(use.value) or (told and use.value is not None)), None)
        if grow is None:
            continue
        at = value.born[0].stmt
        when = facts.context(grow.stmt)
        if grow.verb == "__setitem__" and value.driver(grow).kind == "closed set":
            yield Clear(at, value.subject, "keys: closed set", sound=True)
        elif value.bound:
            yield Clear(at, value.subject, value.bound.kind, value.bound.clues, sound=True)
        elif value.shrinks and not facts.only_at_end(value):
            yield Clear(
                at,
                value.subject,
                "discarded",
                tuple(Clue(s.stmt, "released", "discarded") for s in value.shrinks[:2]),
                sound=True,
            )
        elif when.kind in ("once", "import"):
            yield Clear(at, value.subject, "filled once", sound=True)
        elif value.owner.kind == "short-lived instance":
            yield Clear(at, value.subject, "short-lived holder", value.owner.clues)
        else:
            repeats = when.kind in ("event", "stream", "loop")
            driver: DriverKind = when.kind if repeats else "call"  # type: ignore[assignment]
            yield Hit(
                at=grow.stmt,
                subject=value.subject,
                owner=value.owner.kind,  # type: ignore[arg-type]
                driver=driver,
                release="never" if repeats else "on some paths",
                message="only_at_end" if value.shrinks else "never",
                hint="discard",
                args={"name": source(grow.expr), "function": grow.stmt.scope.function.name, "call": source(grow.value)},
                clues=(
                    Clue(grow.stmt, "acquired", "kept"),
                    *when.clues,
                    *((value.birth,) if value.birth else ()),
                    *(Clue(s.stmt, "released", "only_at_end") for s in value.shrinks[:1]),
                ),
                acquired=source(grow.site),
                place=value.place,
            )
