"""LK509: a heavy library is imported with the module, for a few of its functions."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import Clue
from leaklint.model import Facts, Hit


def check(facts: Facts) -> Iterator[Hit]:
    told = set()
    for found in facts.seldom_used_imports:
        if found.library in told:
            continue
        told.add(found.library)
        how = (
            "probed" if found.probed
            else "made" if found.made
            else "implements" if found.light.kind == "implements"
            else "few" if len(found.users) > 1
            else "one"
        )  # fmt: skip
        first = found.users[0].qualname if found.users else ""
        yield Hit(
            at=found.stmt,
            subject=found.library,
            owner="process",
            driver="import",
            release="never",
            message=how,
            hint=how if how in ("made", "probed") else "inside",
            args={
                "library": found.library,
                "size": size(facts, found.library),
                "function": first,
                "count": str(len(found.users)),
                "functions": str(found.functions),
                "base": found.light.word,
            },
            clues=(
                Clue(found.stmt, "acquired", "imported", {"library": found.library}),
                *(Clue(u.stmt, "driver", "user", {"library": found.library}) for u in found.users[:3] if u.stmt),
                *((Clue(found.made, "driver", "made", {"library": found.library}),) if found.made is not None else ()),
                *found.light.clues,
            ),
            acquired=f"import {found.library}",
            library=found.library,
            called=facts.imported_modules,
        )


def size(facts: Facts, library: str) -> str:
    """What a library takes, by its row."""
    measured = facts.megabytes(library)
    return f"some {measured} MB" if measured else "some hundred megabytes"
