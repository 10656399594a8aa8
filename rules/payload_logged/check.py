"""LK404: something of any size is logged or traced whole, with no error to explain."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.exceptions.text import Text
from leaklint.facts import DriverKind
from leaklint.meaning.basis import Answer, Clue
from leaklint.model import Facts, Hit
from leaklint.tree.ir import Stmt, source


def check(facts: Facts) -> Iterator[Hit]:
    wholes: set[Stmt] = set()  # `args` and `kwargs` are one
    for text in facts.stringified:
        represents = text.expr.stmt.scope.function.name == "__repr__"
        message = "repr" if represents else told(facts, text)
        if not message or facts.error_branch(text.expr.stmt) is not None:
            continue
        weight = facts.weight(text.expr) or facts.content(text.expr) or facts.exchanged(text.expr)
        if represents:
            weight = weight or facts.body_of_own(text.expr)
        if message == "traced" and "dumps" in text.how:
            weight = weight or facts.handed_in(text.expr)
        wrapped = facts.arguments(text.expr)
        if (text.cut and weight.kind != "accumulated") or facts.refusal(text, weight):
            continue
        if weight and not by_name(facts, text, weight, message):
            yield hit(text, weight, message, cut=facts.cuttable(text.expr))
        elif wrapped and not represents and text.expr.stmt not in wholes:
            wholes.add(text.expr.stmt)
            yield hit(text, wrapped, wrapped.kind)


SELDOM = ("parsed", "received", "mapping", "named", "unpacked")


def by_name(facts: Facts, text: Text, weight: Answer, message: str) -> bool:
    """Is it large by its name alone, where it tells of a fault, or goes into a log that is off?"""
    sink = facts.sink(text.expr)
    made = message == "off" and weight.kind == "parsed" and text.how != "a log argument"
    routine = made or message in ("traced", "repr") or (sink is not None and sink.routine)
    return weight.kind in SELDOM and not routine


def told(facts: Facts, text: Text) -> str:
    """The message for where a text goes; none for a log that is off and makes its own text, or is asked for details."""
    sink = facts.sink(text.expr)
    if sink is None or facts.details_wanted(text.expr.stmt):
        return ""
    if sink.off and text.lazy:
        return "sent" if facts.content(text.expr).kind == "sent" else ""
    return "traced" if sink.kind == "trace" else "off" if sink.off else "logged"


def hit(text: Text, what: Answer, message: str, *, cut: bool = False) -> Hit:
    stmt, name = text.expr.stmt, source(text.expr)
    driver: DriverKind = "payload" if what.kind in ("read", "accumulated", "sent") else "call"
    hints = {"off": "asked" if text.how == "a log argument" else "lazy", "arguments": "names", "results": "text"}
    return Hit(
        at=stmt,
        subject=f"{stmt.scope.function.qualname or '<module>'}.{source(text.expr, 40)}",
        owner="call",
        driver=driver,
        release="never",
        message=message,
        hint=hints.get(message, "slice" if cut else "text"),
        args={"name": name, "how": text.how, "came": what.word},
        clues=(Clue(stmt, "acquired", "stringified", {"name": name, "how": text.how}), *what.clues[:1]),
        acquired=source(text.whole),
    )
