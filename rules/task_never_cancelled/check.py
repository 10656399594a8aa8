"""LK202: a task in an attribute that goes on when its object ends."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.tasks.running import Running
from leaklint.meaning.basis import Clue
from leaklint.model import Clear, Facts, Hit
from leaklint.tree.ir import source


def check(facts: Facts) -> Iterator[Hit | Clear]:
    yield from rearmed(facts)
    yield from lodged(facts)
    yield from housed(facts)
    for task in facts.running:
        klass, ending, sibling = task.place.scope, task.ending, task.sibling
        if task.defence:
            yield Clear(task.started, task.place.text, task.defence.kind, task.defence.clues, sound=True)
            continue
        taken_out = task.taken_out
        if ending is None and not task.expected and taken_out is None:
            yield Clear(task.started, task.place.text, "nothing ends the object")
            continue
        name = source(task.spawned.coroutine, 30)
        clues = [Clue(task.started, "acquired", "started", {"coroutine": name}), *task.course.clues, *task.stuck.clues]
        if taken_out is not None:
            clues.append(Clue(taken_out.stmt, "missing", "taken_out"))
        elif ending is not None and ending.stmt is not None:
            clues.append(Clue(ending.stmt, "missing", "forgets", {"method": ending.name}))
        elif klass.stmt is not None:
            clues.append(Clue(klass.stmt, "missing", "no_method", {"class": klass.name, "method": task.expected}))
        if sibling is not None:
            clues.append(Clue(sibling.stmt, "sibling", "sibling", {"sibling": sibling.place.text}))
        if task.elsewhere is not None:
            clues.append(Clue(task.elsewhere.stmt, "released", "elsewhere"))
        yield Hit(
            at=task.started,
            subject=task.place.text,
            owner=facts.lifetime(klass),
            driver="call",
            # what ends by itself is gone then, and what nobody sees may
            release="on some paths" if brief(task) else "never",
            message=message(task),
            hint=hint(task),
            args={
                "class": klass.name,
                "coroutine": name,
                "queue": task.stuck.word,
                "of": ending.method_of.name if ending is not None and ending.method_of is not None else klass.name,
                "method": ending.name if ending is not None else task.expected,
                "where": taken_out.stmt.scope.function.name if taken_out is not None else "",
                "sibling": sibling.place.text if sibling is not None else "",
                "task": f"self.{task.place.path[0]}",
                "guard": "unless it is None, " if task.optional else "",
                "before": f", before `self.{task.place.path[0]} = None`" if task.forgotten else "",
                "tasks": f"self.{task.place.path[0]}" + (".values()" if task.keyed else ""),
            },
            clues=tuple(clues),
            acquired=source(task.call),
            place=task.place,
        )


def rearmed(facts: Facts) -> Iterator[Hit]:
    """Timers that start anew, and that nothing keeps."""
    for timer in facts.rearmed:
        klass = timer.method.method_of
        args = {
            "class": klass.name if klass is not None else "",
            "coroutine": timer.method.name,
            "method": timer.ending.name,
            "task": f"self.{timer.method.name}",
            "call": source(timer.call.args[0]),
        }
        clues = [Clue(timer.stmt, "acquired", "rearmed", args)]
        if timer.ending.stmt is not None:
            clues.append(Clue(timer.ending.stmt, "missing", "forgets", args))
        yield Hit(
            at=timer.stmt,
            subject=timer.method.qualname,
            owner="instance" if klass is None else facts.lifetime(klass),
            driver="call",
            release="never",
            message="rearmed",
            hint="keep",
            args=args,
            clues=tuple(clues),
            acquired=source(timer.call),
        )


def lodged(facts: Facts) -> Iterator[Hit]:
    """Tasks in attributes of other objects."""
    for task in facts.lodged:
        name = source(task.spawned.coroutine, 30)
        args = {"class": task.klass.name, "coroutine": name, "task": source(task.target)}
        clues = [Clue(task.call.stmt, "acquired", "started", args)]
        if task.klass.stmt is not None:
            clues.append(Clue(task.klass.stmt, "holder", "lodged", args))
        yield Hit(
            at=task.call.stmt,
            subject=f"{task.klass.qualname}.{task.target.text}",
            owner=facts.lifetime(task.klass),
            driver="call",
            release="on some paths",  # another file may end it
            message="lodged",
            hint="lodged",
            args=args,
            clues=tuple(clues),
            acquired=source(task.call),
        )


def housed(facts: Facts) -> Iterator[Hit]:
    """Tasks of the whole program."""
    for task in facts.housed:
        function, out = task.call.stmt.scope.function, task.taken_out
        args = {
            "coroutine": source(task.spawned.coroutine, 30),
            "task": source(task.target),
            "where": out.stmt.scope.function.name if out is not None else "",
        }
        kind = "housed" if out is None else "dropped_out"
        course = facts.course(task.spawned)
        missing = (Clue(out.stmt, "missing", "taken_out"),) if out is not None else ()
        yield Hit(
            at=task.call.stmt,
            subject=f"{function.qualname}.{source(task.target, 30)}",
            owner="process",
            driver="call",
            # one that the program has all along ends with it
            release="on some paths" if out is None else "never",
            message=kind,
            hint=kind,
            args=args,
            clues=(Clue(task.call.stmt, "acquired", "started", args), *course.clues, *missing),
            acquired=source(task.call),
        )


def brief(task: Running) -> bool:
    """It ends by itself, or may."""
    untold = task.sibling is None and task.elsewhere is None and not task.forgotten
    return bool(task.stuck) or task.course.kind in ("", "once", "unseen") or (task.course.kind == "long" and untold)


def message(task: Running) -> str:
    if task.taken_out is not None:
        return "timer_taken_out" if task.course.kind == "once" else "taken_out"
    if task.course.kind == "once":
        return "timer"
    if task.overridden:
        return "overridden"
    if task.stuck and task.ending is not None:
        return "stuck"
    if task.sibling is not None:
        return "sibling"
    return "forgotten" if task.ending is not None else "no_method"


def hint(task: Running) -> str:
    if task.taken_out is not None:
        return "before"
    if task.ending is None:
        return "add"
    if task.overridden:
        return "super_await" if task.ending.is_async else "super"
    if task.among:
        return "each"
    return "await" if task.ending.is_async and "__await__" in task.spawned.row.release else "cancel"
