"""LK302: an attribute that holds a resource which no method of the class releases."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import Clue
from leaklint.model import Clear, Facts, Hit
from leaklint.outline import release_call
from leaklint.tree.ir import source


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for held in facts.attribute_resources:
        if held.defence:
            yield Clear(
                held.acquired,
                held.place.text,
                held.defence.kind,
                held.defence.clues,
                sound=held.defence.kind == "released",
            )
            continue
        klass, ending, sibling = held.place.scope, held.ending, held.sibling
        clues = [Clue(held.acquired, "acquired", "acquired", {"noun": held.row.called})]
        if held.over is not None:
            clues.append(Clue(held.over.stmt, "acquired", "under"))
        if ending is not None and ending.stmt is not None:
            clues.append(Clue(ending.stmt, "missing", "forgets", {"method": ending.name}))
        elif klass.stmt is not None:
            clues.append(Clue(klass.stmt, "missing", "no_method", {"class": klass.name}))
        if sibling is not None:
            clues.append(Clue(sibling.stmt, "sibling", "sibling", {"sibling": sibling.place.text}))
        only = held.only.stmt if held.only is not None else None
        if only is not None:
            clues.append(Clue(only, "released", "only_here", {"where": only.scope.function.name}))
        partly = held.wrong in ("only_here", "overridden", "heir", "base") or facts.counted(held.row, held.value)
        yield Hit(
            at=held.acquired,
            subject=held.place.text,
            owner=held.owner,
            driver="call",
            release="on some paths" if partly else "never",
            message=held.wrong,
            hint=held.remedy,
            args={
                "noun": held.row.called,
                "class": klass.name,
                "base": source(held.base) if held.base is not None else "",
                "where": only.scope.function.name if only is not None else "",
                "method": ending.name if ending is not None else "",
                "sibling": sibling.place.text if sibling is not None else "",
                "maker": held.maker.rpartition(".")[2],
                "ending": ending.qualname if ending is not None else "",
                "heir": held.heir.name if held.heir is not None else "",
                "attribute": held.place.path[0],
                "release": (release := release_call(held.row, held.name)),
                "scope": "__aenter__`/`__aexit__" if "await " in release else "__enter__`/`__exit__",
            },
            clues=tuple(clues),
            acquired=source(held.value),
            maker=held.maker,
            bases=tuple(facts.basis.names.outside_bases(klass)) if held.base is not None else (),
            called=held.called,
            likely=held.likely,
        )
