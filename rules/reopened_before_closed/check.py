"""LK308: a new one is put where the old one is still open, or a live one is taken out of its registry."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import Clue
from leaklint.meaning.names import Place
from leaklint.model import Facts, Hit
from leaklint.outline import release_call
from leaklint.tree.ir import Expr, Stmt, source

_HINTS = {"evicted": "take_out", "cleared": "close_each", "crowded": "drop", "emptied": "close_first"}


def check(facts: Facts) -> Iterator[Hit]:
    yield from _reopened(facts)
    yield from _evicted(facts)
    yield from _crowded(facts)


def _reopened(facts: Facts) -> Iterator[Hit]:
    for one in facts.reopened:
        name = _name(one.place)
        message = "emptied" if one.emptied else "replaced" if one.first is not None else "anew"
        clues = [Clue(one.stmt, "acquired", "emptied" if one.emptied else "anew", {"name": name})]
        if one.first is not None:
            clues.append(Clue(one.first, "holder", "first", {"noun": one.row.called}))
        if one.again is not None:
            clues.append(Clue(one.again, "missing", "again"))
        if one.closed is not None:
            clues.append(Clue(one.closed.stmt, "released", "closed", {"name": name}))
        args = {"noun": one.row.called, "name": name, "close": release_call(one.row, name)}
        # CPython ends the old one where nothing else holds it
        never = message == "replaced" and not facts.counted(one.row, one.value)
        yield _hit(one.place, one.stmt, one.value, message, args, clues, never)


def _evicted(facts: Facts) -> Iterator[Hit]:
    for drop in facts.evicted:
        entry = source(drop.use.site) if drop.use.verb == "__delitem__" else _name(drop.place)
        clues = [Clue(drop.use.stmt, "missing", "dropped", {"entry": entry})]
        if drop.opened is not None:
            clues.append(Clue(drop.opened, "acquired", "stored", {"noun": drop.noun}))
        if drop.closed is not None:
            clues.append(Clue(drop.closed.stmt, "released", "entries_closed"))
        args = {"noun": drop.noun, "name": _name(drop.place)}
        yield _hit(drop.place, drop.use.stmt, drop.use.site, "cleared" if drop.all else "evicted", args, clues)


def _crowded(facts: Facts) -> Iterator[Hit]:
    for full in facts.crowded:
        noun, cache = full.row.called, source(full.made, 40)
        stored = Clue(full.stmt, "acquired", "stored", {"noun": noun})
        bounded = Clue(full.made.stmt, "missing", "bounded", {"cache": cache})
        args = {"noun": noun, "name": _name(full.place), "cache": cache, "close": release_call(full.row, "one")}
        yield _hit(full.place, full.stmt, full.value, "crowded", args, [stored, bounded])


def _name(place: Place) -> str:
    name = ".".join(place.path)
    return f"self.{name}" if place.is_attribute else name


def _hit(
    place: Place,
    at: Stmt,
    acquired: Expr,
    message: str,
    args: dict[str, str],
    clues: list[Clue],
    never: bool = False,
) -> Hit:
    return Hit(
        at=at,
        subject=place.text,
        owner="nobody",
        driver="call",
        release="never" if never else "on some paths",
        message=message,
        hint=_HINTS.get(message, "close"),
        args={"function": at.scope.function.name, **args},
        clues=tuple(clues),
        acquired=source(acquired),
    )
