"""LK204: a task is started over one that still runs."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import Clue
from leaklint.model import Facts, Hit
from leaklint.tree.ir import source


def check(facts: Facts) -> Iterator[Hit]:
    for again in facts.started_again:
        task, function = again.task, again.task.started.scope.function
        args = {
            "function": function.name,
            "coroutine": source(task.spawned.coroutine, 30),
            "by": again.entered.word,
            "task": f"self.{task.place.path[0]}",
        }
        clues = [Clue(task.started, "acquired", "started", args), *task.course.clues, *again.entered.clues]
        yield Hit(
            at=task.started,
            subject=task.place.text,
            owner=facts.lifetime(task.place.scope),
            driver="event" if again.entered.kind == "event" else "loop",
            # what only waits is over some time
            release="never" if task.course.kind == "endless" else "on some paths",
            message=again.entered.kind,
            hint="look",
            args=args,
            clues=tuple(clues),
            acquired=source(task.call),
        )
