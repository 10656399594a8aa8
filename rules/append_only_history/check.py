"""LK105: a list, set or deque that is added to for as long as its holder lives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from leaklint.answers.growth.alias import Alias
from leaklint.meaning.basis import NO, Answer, Clue
from leaklint.meaning.uses import Use
from leaklint.model import Clear, Facts, Hit
from leaklint.tree.ir import source
from leaklint.value import Value

_HINTS = {"unsent": "drop", "only_if": "setting"}
ADDING = ("append", "appendleft", "add", "extend", "insert", "__iadd__")


def check(facts: Facts) -> Iterator[Hit | Clear]:
    yield from (uncopied(one) for one in facts.aliases)
    for value in facts.lists:
        sent = facts.unsent(value) or facts.optional(value)
        found = added(facts, value, bool(sent))
        if found is None:
            continue
        cleared = facts.growth_cleared(value, "only_on_demand", "only_newest", "only_finalized")
        if cleared is None:
            yield hit(facts, value, *found)
        elif sent and cleared.defence in ("pruned", "guard"):
            yield hit(facts, value, *found, sent)
        else:
            yield cleared


def added(facts: Facts, value: Value, kept: bool) -> tuple[Use, Answer] | None:
    """What adds to it again and again; `kept`: all of it is known to stay when something fails."""
    if value.row.kind != "container" or facts.is_task(next((u.value for u in value.grows), None)):
        return None
    adding = (*ADDING, "update") if "add" in value.row.grow else ADDING
    again = ("event", "stream", "call", "loop") if kept else ()
    # a set that takes what the code lists is as large as the list, and one of numbers and sizes has few
    sets = [u for u in value.grows if u.verb == "add"]
    listed = {u for u in sets if value.driver(u).kind == "closed set" or not facts.telling(u)}
    grows = [(u, one_more(facts, u)) for u in value.grows if u.verb in adding and u not in listed]
    added = [(u, when) for u, when in grows if when.kind in again or repeats(facts, value, u, when.kind)]
    # what is written in the code is always the same, and piles up all the same where a list gets it again and again
    same = ((u, when) for u, when in added if u.verb != "add" and when.kind in ("event", "stream"))
    return next((pair for pair in added if not facts.closed(pair[0].value)), next(same, None))


def one_more(facts: Facts, use: Use) -> Answer:
    """What makes it run: a constructor that adds the new object itself runs for each of them."""
    when = facts.context(use.stmt)
    return Answer("call", when.clues, use.function) if when.kind == "once" and facts.adds_itself(use) else when


def hit(facts: Facts, value: Value, use: Use, when: Answer, sent: Answer = NO) -> Hit:
    how, sibling = sent.kind or facts.pruned(value), facts.forgotten_beside(value)
    return Hit(
        at=use.stmt,
        subject=value.subject,
        owner=facts.holder(value, use),
        driver="event" if when.kind in ("event", "stream") else "call",
        release="on some paths" if how in ("only_on_demand", "only_newest", "unsent", "only_if") else "never",
        message=how if sibling is None else "sibling",
        hint=_HINTS[sent.kind] if sent else "sibling" if sibling is not None else advice(facts, value, use),
        args={
            "function": use.stmt.scope.function.name,
            "value": source(use.value),
            "name": source(use.expr) if value in facts.held else f"{value.place.path[0]}[...]",
            "setting": sent.word,
            "reader": read.stmt.scope.function.name if (read := facts.gone_through(value, use)) is not None else "",
            "remover": value.shrinks[0].stmt.scope.function.name if value.shrinks else "",
            "sibling": sibling.value.subject if sibling is not None else "",
            "removal": source(sibling.removal.site) if sibling is not None else "",
        },
        clues=(
            Clue(use.stmt, "acquired", "added", {"value": source(use.value)}),
            *when.clues[:1],
            *((value.birth,) if value.birth else ()),
            *sent.clues,
            *(
                (Clue(sibling.removal.stmt, "sibling", "sibling", {"sibling": sibling.value.subject}),)
                if sibling
                else ()
            ),
            *(Clue(s.stmt, "released", how) for s in _told(value, how)),
        ),
        acquired=source(use.site),
        place=value.place,
    )


def _told(value: Value, how: str) -> Sequence[Use]:
    """The removal that the message is about."""
    final = [s for s in value.shrinks if s.stmt.scope.function.name == "__del__"]
    return final[:1] if how == "only_finalized" else value.shrinks[:1]


def uncopied(one: Alias) -> Hit:
    """What a function adds to a list that is not its own, by a name of its own."""
    return Hit(
        at=one.added.stmt,
        subject=one.place.text,
        owner="process",
        driver="event" if one.when.kind in ("event", "stream") else "call",
        release="never",
        message="alias",
        hint="copy",
        args={
            "function": one.added.stmt.scope.function.name,
            "value": source(one.added.value),
            "name": one.added.expr.text,
            "held": source(one.bound.expr),
        },
        clues=(
            Clue(one.added.stmt, "acquired", "added", {"value": source(one.added.value)}),
            Clue(one.bound.stmt, "holder", "alias", {"name": one.added.expr.text}),
            Clue(one.given.stmt, "driver", "used_as_own"),
        ),
        acquired=source(one.added.site),
        place=one.place,
    )


def advice(facts: Facts, value: Value, use: Use) -> str:
    if facts.adds_itself(use):
        return "weak"
    name = use.value.text if use.value is not None and use.value.op == "name" else ""
    held = any(facts.means(what, name) for what in ("passing_objects", "acting_names"))  # none may drop out unseen
    if held or facts.record(use).kind in ("waiter", "passing"):
        return "ends"
    if facts.only_last(value):
        return "last"
    if facts.gone_through(value, use) is not None:
        return "whole"
    return facts.tail(value)


def repeats(facts: Facts, value: Value, use: Use, when: str) -> bool:
    """Each event adds one; a stream or a call does where the holder lasts, or what is added is a record by its form."""
    if value.place.scope.kind not in ("module", "class"):
        return facts.runs_on(value, use)
    if when != "once" and facts.forgotten_beside(value) is not None:
        return True
    lasting, record = facts.lasting(value), facts.record(use).kind
    if when in ("event", "stream"):
        return (when == "event" and value in facts.held) or lasting or record != ""
    return when in ("call", "loop") and (
        record in ("history", "numbered", "stamped", "latest", "waiter") or (lasting and record != "")
    )
