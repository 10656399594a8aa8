"""LK103: entries added by a key that comes from outside, and never taken out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from leaklint.facts import Change
from leaklint.meaning.basis import Answer, Clue
from leaklint.meaning.uses import Use
from leaklint.model import Clear, Facts, Hit
from leaklint.repairs.repair import after, before, whole
from leaklint.tree.ir import source
from leaklint.value import Value
from leaklint.views.sibling import Sibling

RARE: Final = ("only_on_demand", "only_forgotten", "only_at_start", "only_if")
KEYED = ("__setitem__", "setdefault", "add")


def check(facts: Facts) -> Iterator[Hit | Clear]:
    kept: list[tuple[Value, Use, Answer]] = []
    for value in facts.maps:
        keyed_by = (u for u in value.grows if u.verb in KEYED or (u.verb == "update" and written(u)))
        keys = ((use, facts.outside_key(value, use)) for use in keyed_by)
        keyed = [(use, driver) for use, driver in keys if driver and facts.piles_up(value, use, driver)]
        if not keyed:
            continue
        use, driver = keyed[0]
        cleared = facts.growth_cleared(value, *RARE)
        if cleared is not None:
            yield cleared
            continue
        sibling = next(facts.siblings(value), None)
        if value.shrinks or sibling is not None:
            yield hit(facts, value, use, driver, sibling)
        else:
            kept.append((value, use, driver))
    for (value, use, driver), *others in facts.filled_together(kept):
        told = (Clue(u.stmt, "sibling", "beside", {"other": other.subject}) for other, u, _ in others)
        yield hit(facts, value, use, driver, None, *told)


def hit(facts: Facts, value: Value, use: Use, driver: Answer, sibling: Sibling | None, *beside: Clue) -> Hit:
    parting = facts.parting(value, use)
    clues = [Clue(use.stmt, "acquired", "stored", {"key": driver.word}), *beside, *driver.clues[:1]]
    clues += [value.birth] if value.birth else []
    if sibling is not None:
        clues.append(Clue(sibling.removal.stmt, "sibling", "sibling", {"sibling": sibling.value.subject}))
    how = facts.pruned(value)
    clues += [Clue(s.stmt, "released", how) for s in value.shrinks[:1]]
    return Hit(
        at=use.stmt,
        subject=value.subject,
        owner=facts.holder(value, use),
        driver=driver.kind,  # type: ignore[arg-type]
        release="on some paths" if how in RARE else "never",
        message=how if value.shrinks else "sibling" if sibling is not None else "never",
        hint="sibling" if sibling is not None else "parting" if parting is not None else advice(facts, value, use),
        args={
            "library": facts.bounded_at_hand,
            "key": driver.word,
            "function": use.stmt.scope.function.name,
            "remover": value.shrinks[0].stmt.scope.function.name if value.shrinks else "",
            "holder": value.owner.word,
            "setting": facts.optional(value).word,
            "name": source(use.expr),
            "parting": parting.name if parting is not None else "",
            "sibling": sibling.value.subject if sibling is not None else "",
            "read": source(read.site) if (read := facts.relies_on(value, use)) is not None else "",
            "removal": source(sibling.removal.site) if sibling is not None else "",
        },
        clues=tuple(clues),
        acquired=source(use.site),
        place=value.place,
        repair=beside_it(value, sibling.removal) if sibling is not None else (),
    )


def advice(facts: Facts, value: Value, use: Use) -> str:
    """What may be evicted can be bounded; a lock that is held, or what is still waited for, cannot."""
    evicted = facts.when_evicted(value, use)
    if evicted in ("", "memo") and facts.bounded_at_hand:
        return "library"
    return evicted or "prune"


def written(use: Use) -> bool:
    """`update({key: value})`."""
    return use.value is not None and use.value.op == "dict"


def beside_it(value: Value, removal: Use) -> tuple[Change, ...]:
    """The entry goes where that of the sibling goes."""
    holder, key = whole(removal.expr.args[0]) if removal.expr.op == "attr" else "", whole(removal.key)
    if not key or removal.stmt.op not in ("assign", "expr", "return", "del", "if"):
        return ()
    container = f"{holder}.{value.place.path[-1]}" if holder else value.place.path[-1]
    taken = f"discard({key})" if "discard" in value.row.shrink else f"pop({key}, None)"
    where = before if removal.stmt.op == "if" else after
    return (where(removal.stmt, f"{container}.{taken}"),)
