"""LK308: a new one is put where the old one is still open, or a live one is taken out of its registry."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import Clue
from leaklint.model import Facts, Hit
from leaklint.outline import release_call
from leaklint.tree.ir import source


def check(facts: Facts) -> Iterator[Hit]:
    for one in facts.reopened:
        noun = one.row.called
        name = f"self.{one.place.path[0]}" if one.place.is_attribute else one.place.path[0]
        counted = facts.means("file_nouns", noun.split()[-1])
        clues = [Clue(one.stmt, "acquired", "emptied" if one.emptied else "anew", {"name": name})]
        if one.first is not None:
            clues.append(Clue(one.first, "holder", "first", {"noun": noun}))
        if one.again is not None:
            clues.append(Clue(one.again, "missing", "again"))
        if one.closed is not None:
            clues.append(Clue(one.closed.stmt, "released", "closed", {"name": name}))
        yield Hit(
            at=one.stmt,
            subject=one.place.text,
            owner="call" if counted else "nobody",
            driver="call",
            release="never" if one.first is not None else "on some paths",
            message="emptied" if one.emptied else "replaced" if one.first is not None else "anew",
            hint="close_first" if one.emptied else "close",
            args={
                "noun": noun,
                "name": name,
                "function": one.stmt.scope.function.name,
                "close": release_call(one.row, name),
            },
            clues=tuple(clues),
            acquired=source(one.value),
        )
    for drop in facts.evicted:
        entry = source(drop.use.site) if drop.use.verb == "__delitem__" else drop.place.path[0]
        clues = [Clue(drop.use.stmt, "missing", "dropped", {"entry": entry})]
        if drop.opened is not None:
            clues.append(Clue(drop.opened, "acquired", "stored", {"noun": drop.noun}))
        if drop.closed is not None:
            clues.append(Clue(drop.closed.stmt, "released", "entries_closed"))
        yield Hit(
            at=drop.use.stmt,
            subject=drop.place.text,
            owner="nobody",
            driver="call",
            release="on some paths",
            message="evicted",
            hint="take_out",
            args={"noun": drop.noun, "name": drop.place.path[0], "function": drop.use.stmt.scope.function.name},
            clues=tuple(clues),
            acquired=source(drop.use.site),
        )
    for full in facts.crowded:
        noun, name = full.row.called, full.place.path[0]
        yield Hit(
            at=full.stmt,
            subject=full.place.text,
            owner="nobody",
            driver="call",
            release="on some paths",
            message="crowded",
            hint="drop",
            args={
                "noun": noun,
                "name": name,
                "function": full.stmt.scope.function.name,
                "cache": source(full.made, 40),
                "close": release_call(full.row, "one"),
            },
            clues=(
                Clue(full.stmt, "acquired", "stored", {"noun": noun}),
                Clue(full.made.stmt, "missing", "bounded", {"cache": source(full.made, 40)}),
            ),
            acquired=source(full.value),
        )
