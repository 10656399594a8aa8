"""LK210: tasks that run on after the call that waited for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from leaklint.answers.tasks.race import Racer
from leaklint.meaning.basis import Clue
from leaklint.meaning.scopes import source_name
from leaklint.model import Facts, Hit
from leaklint.tree.ir import source


def check(facts: Facts) -> Iterator[Hit]:
    for racer in facts.racers:
        function = racer.wait.scope.function
        names = [name or source(task, 40) for _, task, name in racer.tasks]
        args = {
            "tasks": listing(names),
            "task": names[0],
            "function": function.name,
            "sibling": racer.sibling_name,
        }
        started = [
            Clue(stmt, "acquired", "started", {"task": name})
            for (stmt, *_), name in zip(racer.tasks, names, strict=True)
        ]
        ended = [Clue(racer.sibling.stmt, "sibling", "sibling", args)] if racer.sibling is not None else []
        waits = [Clue(racer.wait, "missing", racer.how, args)] if racer.wait is not racer.tasks[0][0] else []
        yield Hit(
            at=racer.tasks[0][0],
            subject=f"{function.qualname}.{names[0]}",
            owner="nobody" if racer.each_turn else "call",
            driver="loop" if racer.each_turn else "call",
            release="never" if racer.each_turn else "on some paths",
            message="each_turn" if racer.each_turn else racer.how,
            hint=_hint(facts, racer),
            args=args,
            clues=(*started, *waits, *ended),
            # where those that are made of all items wait for nothing, none runs on
            coroutine=source_name(racer.tasks[0][1]) if racer.how in _MADE_OF_ALL else "",
            acquired=source(racer.tasks[0][1]),
        )


_MADE_OF_ALL = ("fanned", "unlocked", "parts")


def _hint(facts: Facts, racer: Racer) -> str:
    """A TaskGroup takes coroutines, and no futures of work that has begun."""
    _, task, name = racer.tasks[0]
    if racer.how in _MADE_OF_ALL and facts.is_running(task):
        return "settle"
    if racer.how == "unlocked":
        return "fanned"
    return "cancel" if racer.how == "losers" and name else racer.how


def listing(names: Sequence[str]) -> str:
    """`a`, `b` and `c`."""
    *first, last = [f"`{name}`" for name in dict.fromkeys(names)]
    return f"{', '.join(first)} and {last}" if first else last
