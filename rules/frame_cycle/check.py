"""LK403: a frame or traceback that is bound to a name within itself, or to an attribute."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import Clue
from leaklint.model import Clear, Facts, Hit
from leaklint.tree.ir import source

OF_EXCEPTIONS = ("raised", "returned", "given")


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for framed in facts.framed:
        stmt, name = framed.stmt, framed.place.path[-1]
        if framed.defence:
            yield Clear(stmt, framed.place.text, framed.defence.kind, framed.defence.clues, sound=True)
            continue
        attribute = framed.place.is_attribute
        held = facts.bulk_in_frame(framed)
        if not (attribute or held or framed.kind in ("frame", "returned")):
            yield Clear(stmt, framed.place.text, "nothing large in the frame", ())
            continue
        args = {"name": name, "function": stmt.scope.function.name, "value": source(framed.value), "held": held}
        yield Hit(
            at=stmt,
            subject=framed.place.text,
            owner=facts.owner(framed.place).kind if attribute else "call",  # type: ignore[arg-type]
            driver="call",
            release="never",
            message="attribute" if attribute else framed.kind,
            hint="extract" if attribute else framed.kind if framed.kind in OF_EXCEPTIONS else "finally",
            args=args,
            clues=(
                Clue(stmt, "acquired", framed.kind if framed.kind in OF_EXCEPTIONS else "bound", args),
                *((Clue(framed.made, "holder", "kept", args),) if framed.made is not None else ()),
                *(Clue(leaving, "missing", "left", args) for leaving in framed.left[:3]),
            ),
            acquired=source(framed.value),
        )
