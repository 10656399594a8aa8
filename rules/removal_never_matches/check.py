"""LK114: what is inserted under one key is removed by another, which is never there."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import Clue
from leaklint.model import Facts, Hit
from leaklint.tree.ir import source


def check(facts: Facts) -> Iterator[Hit]:
    for value in facts.held:
        found = facts.mismatch(value) if value.row.kind == "container" and value.grows else None
        if found is None or value.bound or value.owner.kind == "short-lived instance":
            continue
        driver = value.driver(found.insert)
        if driver.kind in ("import", "once"):
            continue
        key, other = source(found.insert.key), source(found.remove.key)
        yield Hit(
            at=found.insert.stmt,
            subject=value.subject,
            owner=value.owner.kind,  # type: ignore[arg-type]
            driver="call" if driver.kind == "closed set" else driver.kind,  # type: ignore[arg-type]
            release="never",
            message="temporary" if "temporary" in (found.inserted, found.removed) else "differs",
            hint="same",
            args={"key": key, "other": other, "function": found.remove.stmt.scope.function.name},
            clues=(
                Clue(found.insert.stmt, "acquired", found.inserted, {"key": key}),
                *driver.clues[:1],
                Clue(found.remove.stmt, "missing", found.removed, {"key": other}),
                *((value.birth,) if value.birth else ()),
            ),
            acquired=source(found.insert.site),
            place=value.place,
        )
