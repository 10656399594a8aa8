"""What runs: tasks and what starts them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property

from leaklint.answers import destiny, spawn
from leaklint.answers.spawn import Spawn
from leaklint.answers.tasks import (
    abandoned,
    again,
    beside,
    fanned,
    givenback,
    housed,
    kept,
    killed,
    lasting,
    lodged,
    outcome,
    race,
    rearmed,
    running,
    sending,
    taking,
    threads,
    unready,
)
from leaklint.apis import Row
from leaklint.meaning.basis import Answer
from leaklint.meaning.names import Place
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt
from leaklint.views.view import View


class Tasks(View):
    """Tasks, and where they go."""

    def spawn(self, call: Expr) -> Spawn | None:
        """The task, thread or process that a call starts, itself or through a function of this file or another one."""
        found = spawn.spawn(self.basis, call) or spawn.handed_to_loop(self.basis, call)
        return found or spawn.elsewhere(self.basis, call)

    @cached_property
    def starters(self) -> tuple[tuple[str, bool], ...]:
        """Functions that start a task and return it, and whether they hold it as well."""
        return tuple(spawn.starters(self.basis))

    def runs_through(self, spawned: Spawn) -> bool:
        """Does the coroutine wait for nothing, so that its task is done in its first step?"""
        return spawn.runs_through(self.basis, spawned)

    def awaits_word(self, call: Expr, spawned: Spawn) -> bool:
        """Does the function that starts it wait for what it sends, and hold it meanwhile?"""
        return sending.awaits_word(self.basis, call, spawned.coroutine)

    def course(self, spawned: Spawn) -> Answer:
        """Does what a task runs go on until it is stopped? `long` where that takes no handle of the task."""
        course = lasting.lasting(self.basis, spawned.coroutine)
        endless = course.kind == "endless" and not lasting.unknown(self.basis, spawned.coroutine)
        if course.kind != "endless" or (endless and not lasting.told(self.basis, spawned.coroutine)):
            return course
        return Answer("long", word=course.word)

    def comes_up(self, stmt: Stmt) -> bool:
        """Does it run as the program comes up, or in the constructor of an object that nothing ends?"""
        function = stmt.scope.function
        klass = stmt.scope.enclosing("class")
        if klass is None:
            return function.kind == "module" or abandoned.runs_once(self.basis, function)
        born = self.context(stmt).kind in ("once", "import")
        return born and not self.endings(klass) and self.lifetime(klass) != "short-lived instance"

    def destiny(self, call: Expr) -> Answer:
        """What becomes of what a call returns: `dropped`, or how it is kept."""
        return destiny.destiny(self.basis, call)

    def is_task(self, expr: Expr | None) -> bool:
        """Is an expression an asyncio task?"""
        row = self.row(expr)
        return row is not None and row.kind == "task" and row.noun == "task"

    def is_running(self, call: Expr) -> bool:
        """Does a call give back something that runs by itself: a task, a future, a thread?"""
        row = self.row(call)
        return row is not None and row.kind == "task"

    def gives_work(self, made: Expr) -> bool:
        """Does the function that makes a pool or loop give it work, or run it in a thread, rather than leave it to
        others?"""
        places = [p for t in made.stmt.targets if (p := self.basis.names.place(t)) is not None]
        uses = [u for p in places for u in self.basis.below(p)]
        return any(
            (u.verb not in ("", "bind") and u.place in places) or (u.role == "argument" and self.is_running(u.site))
            for u in uses
        )

    def holds_tasks(self, place: Place) -> bool:
        """Is a container annotated as one of tasks: `list[asyncio.Task]`, `dict[str, Task[None]]`?"""
        annotation = self.basis.types.annotation(place)
        parts = annotation.args[1:] if annotation is not None and annotation.op == "sub" else ()
        rows = (self.basis.types.annotated(p) for part in parts for p in (part.args if part.op == "tuple" else (part,)))
        return any(row is not None and row.kind == "task" and row.noun == "task" for row in rows)

    def staying(self, adds: Sequence[Use], removals: Sequence[Use], at_end: Collection[Scope]) -> Use | None:
        """Of the tasks that are added to a container, one that stays, where others take themselves out."""
        return kept.staying(self.basis, adds, removals, at_end)

    def only_ended(self, adds: Sequence[Use], removals: Sequence[Use], at_end: Collection[Scope]) -> Use | None:
        """Of the tasks that are added, one that leaves only where somebody cancels it: not when it is done."""
        for use in adds:
            started = use.value
            if started is not None and started.op == "name":
                started = self.basis.names.only_value(started.text, started.scope)
            task = self.spawn(started) if started is not None and started.op == "call" else None
            coroutine = task.coroutine if task is not None else None
            if coroutine is not None and kept.only_ended(self.basis, use, coroutine, removals, at_end):
                return use
        return None

    def takes_newest(self, removals: Sequence[Use]) -> bool:
        """Does a callback take out whatever task its loop has made last, and not its own?"""
        return any(kept.late(self.basis, use) for use in removals)

    @cached_property
    def running(self) -> tuple[running.Running, ...]:
        """Tasks that classes start into their attributes."""
        return tuple(running.running(self.basis))

    @cached_property
    def lodged(self) -> tuple[lodged.Lodged, ...]:
        """Tasks in attributes of other objects, which nothing ends or waits for."""
        return tuple(lodged.lodged(self.basis))

    @cached_property
    def housed(self) -> tuple[housed.Housed, ...]:
        """Tasks in globals and in what an application carries, which nothing ends or waits for."""
        return tuple(housed.housed(self.basis))

    @cached_property
    def rearmed(self) -> tuple[rearmed.Rearmed, ...]:
        """Timers that nobody keeps, and that start anew."""
        return tuple(rearmed.rearmed(self.basis))

    @cached_property
    def racers(self) -> tuple[race.Racer, ...]:
        """Tasks that run on after the call that waits for them."""
        ways = (race.racers, abandoned.abandoned, fanned.fanned, fanned.outrun, unready.unready, taking.taking)
        found = tuple(racer for way in ways for racer in way(self.basis))
        told = {racer.wait for racer in found}
        return (*found, *(racer for racer in givenback.given_back(self.basis) if racer.wait not in told))

    @cached_property
    def discarded(self) -> tuple[outcome.Discarded, ...]:
        """Futures of work that runs, dropped where they are given."""
        return tuple(outcome.discarded(self.basis))

    @cached_property
    def threads(self) -> tuple[threads.Started, ...]:
        """Threads, timers and processes that the module starts."""
        return tuple(threads.started(self.basis))

    @cached_property
    def started_beside(self) -> tuple[beside.Beside, ...]:
        """What is started beside something else of its object, and not ended with it."""
        return tuple(beside.beside(self.basis))

    @cached_property
    def unreaped(self) -> tuple[tuple[Row, Use], ...]:
        """Where child processes are asked to end that nobody waits for."""
        return tuple(killed.unreaped(self.basis))

    @cached_property
    def started_again(self) -> tuple[again.Again, ...]:
        """Endless tasks that are started over the last one."""
        return tuple(again.started_again(self.basis, self.running))
