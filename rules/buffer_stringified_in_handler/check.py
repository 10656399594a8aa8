"""LK401: on the way out with an error, something of any size is turned into text, or its own text is kept whole."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.exceptions.text import Text
from leaklint.facts import DriverKind
from leaklint.meaning.basis import Clue
from leaklint.model import Clear, Facts, Hit
from leaklint.tree.ir import source

SMALL = ("parsed", "mapping")  # as a rule, and then it says what is wrong


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for text in facts.stringified:
        where = facts.error_branch(text.expr.stmt)
        if where is None or (text.lazy and text.sink is not None and text.sink.off):
            continue
        if text.expr.stmt.op == "return" and text.expr.stmt.value is text.whole and text.whole.op == "call":
            continue  # the value itself, in another form: `return str(body)`
        weight = facts.weight(text.expr)
        if not weight or weight.kind in SMALL or (text.cut and weight.kind != "accumulated"):
            continue
        if facts.refusal(text, weight):
            yield Clear(text.expr.stmt, subject(text), "what a failed request was answered", weight.clues[:1])
            continue
        driver: DriverKind = "payload" if weight.kind in ("read", "accumulated") else "call"
        block, owner = where
        label = "handler" if block is not None and block.kind == "handler" else "branch"
        yield Hit(
            at=text.expr.stmt,
            subject=subject(text),
            owner="call",
            driver=driver,
            release="never",
            message=weight.kind,
            hint=advice(facts, text, weight.kind),
            args={"name": source(text.expr), "how": text.how, "came": weight.word},
            clues=(
                Clue(text.expr.stmt, "acquired", "stringified", {"name": source(text.expr), "how": text.how}),
                *weight.clues[:1],
                *((Clue(owner, "holder", label, block=block),) if block is not None else ()),
            ),
            acquired=source(text.whole),
        )
    yield from kept(facts)


def kept(facts: Facts) -> Iterator[Hit]:
    """Texts of errors that are stored or sent: one for each error and statement."""
    told = set()
    for one in facts.described:
        stmt = one.whole.stmt
        if (stmt, one.error) in told:
            continue
        told.add((stmt, one.error))
        args = {"name": one.error, "how": source(one.whole), "where": one.where}
        caught = (Clue(stmt, "holder", "handler", block=one.handler),) if one.handler is not None else ()
        yield Hit(
            at=stmt,
            subject=f"{stmt.scope.function.qualname or '<module>'}.{source(one.whole, 40)}",
            owner="call",
            driver="call",
            release="never",
            message=one.kind,
            hint=one.kind,
            args=args,
            clues=(Clue(stmt, "acquired", "described", args), *caught),
            acquired=source(one.whole),
        )


def advice(facts: Facts, text: Text, kind: str) -> str:
    if "dumps" in text.how:
        return "summary"
    return "slice" if kind == "accumulated" or facts.cuttable(text.expr) else "text"


def subject(text: Text) -> str:
    return f"{text.expr.stmt.scope.function.qualname or '<module>'}.{source(text.expr, 40)}"
