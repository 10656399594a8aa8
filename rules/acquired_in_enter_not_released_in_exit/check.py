"""LK309: a context manager that does not let go of what it holds, or cannot when entering it fails."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import Clue
from leaklint.model import Facts, Hit
from leaklint.outline import release_call
from leaklint.tree.ir import source


def check(facts: Facts) -> Iterator[Hit]:
    for scoped in facts.scoped:
        noun, name = scoped.row.called, f"self.{scoped.place.path[0]}"
        # CPython closes a file with its last reference, which goes with the object that could not be entered
        if scoped.fault is not None and facts.sort(scoped.row) == "file":
            continue
        clues = [Clue(scoped.stmt, "acquired", "acquired", {"noun": noun})]
        if scoped.fault is not None:
            clues.append(Clue(scoped.fault, "missing", "may_raise", {"exit": scoped.exit.name}))
        elif scoped.exit.stmt is not None:
            clues.append(Clue(scoped.exit.stmt, "missing", "forgets", {"exit": scoped.exit.name, "name": name}))
        yield Hit(
            at=scoped.fault or scoped.stmt,
            subject=scoped.place.text,
            owner="nobody",
            driver="call",
            release="never" if scoped.fault is None else "on some paths",
            message="forgotten" if scoped.fault is None else "not_entered",
            hint="release" if scoped.fault is None else "guard",
            args={
                "noun": noun,
                "name": name,
                "enter": scoped.enter.name,
                "exit": scoped.exit.name,
                "release": release_call(scoped.row, name),
            },
            clues=tuple(clues),
            acquired=source(scoped.value),
        )
