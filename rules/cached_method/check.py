"""LK109: a cache whose key holds an object keeps it alive: the instance of a method, or what a function is given."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.growth.memo import Memo
from leaklint.meaning.basis import Clue
from leaklint.model import Clear, Facts, Hit
from leaklint.tree.ir import source


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for memo in facts.memos:
        if memo.place.scope.kind not in ("module", "class"):
            continue  # it goes with the call that made it
        kept = "" if memo.klass is not None else facts.kept_object(memo)
        cleared = facts.instances_cleared(memo)
        if cleared is not None:
            yield cleared
        elif memo.klass is not None:
            yield hit(facts, memo, "method", advice(facts, memo), "decorated", {"class": memo.klass.name})
        elif kept:
            yield hit(facts, memo, "function", "part", "given", {"object": kept})


def advice(facts: Facts, memo: Memo) -> str:
    if not facts.gives(memo):
        return "effect"
    if memo.function.name.startswith("__"):
        return "special"
    if memo.is_property or (len(memo.function.params) == 1 and not memo.bound and facts.forgotten(memo) is None):
        return "property"
    return "same" if memo.bound or facts.forgotten(memo) is not None else "instance"


def hit(facts: Facts, memo: Memo, what: str, hint: str, label: str, names: dict[str, str]) -> Hit:
    emptied = facts.forgotten(memo)
    where = emptied.stmt.scope.function.name if emptied is not None else ""
    args = {
        "decorator": source(memo.made),
        "method": memo.function.name,
        "limit": memo.bound.word,
        "where": where,
        **names,
    }
    holder = memo.klass.stmt if memo.klass is not None else None
    return Hit(
        at=memo.stmt,
        subject=memo.place.text,
        owner="process",
        driver="call",
        release="by bound" if memo.bound else "on some paths" if emptied is not None else "never",
        message=f"emptied_{what}" if emptied is not None else f"bounded_{what}" if memo.bound else what,
        hint=hint,
        args=args,
        clues=(
            Clue(memo.stmt, "acquired", label, args),
            *((Clue(holder, "holder", "kept", args),) if holder is not None else ()),
            *((Clue(emptied.stmt, "released", "removed"),) if emptied is not None else ()),
        ),
        acquired=f"{source(memo.made)} {memo.place.text}",
        place=memo.asked,
    )
