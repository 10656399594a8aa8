"""Is a task started over one that still runs? A start that can be entered again, and looks at nothing first."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from leaklint.answers.driver import context
from leaklint.answers.releasing.endings import reached
from leaklint.answers.rounds import endless
from leaklint.answers.tasks.lasting import ended_by
from leaklint.answers.tasks.running import Running
from leaklint.meaning.basis import Answer, Basis, Clue
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import CONSTRUCTORS, is_called
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, statements, walk


@dataclass(frozen=True, slots=True)
class Again:
    """A task in an attribute that `stmt` overwrites; `entered` says what enters the start again."""

    task: Running
    entered: Answer


def started_again(basis: Basis, tasks: Collection[Running]) -> Iterator[Again]:
    """Tasks that go on, started into an attribute by what runs again, over the last one."""
    for task in tasks:
        if task.among or task.spawned.tracked:
            continue
        if (
            task.elsewhere is not None
            and task.course.kind in ("endless", "long")
            and (over := _called_over(basis, task))
        ):
            yield Again(task, over)
            continue
        if task.course.kind != "endless" or not task.course.clues:
            continue
        entered = _entered(basis, task.started)
        if entered and not _looks(basis, task.place, task.started):
            yield Again(task, entered)
        elif not entered and (reopened := _reopened(basis, task)):
            yield Again(task, reopened)


def _entered(basis: Basis, stmt: Stmt) -> Answer:
    """An event, the next turn of an endless loop, or a loop that calls the method again."""
    method = stmt.scope.function
    if endless(basis, stmt):
        return Answer("loop", word=method.name)
    when = context(basis, stmt)
    if when.kind == "event":
        return Answer("event", when.clues, method.name)
    if when.kind in ("once", "import"):
        return Answer()
    calls = (e for e in basis.mentions(method.name) if e.op == "attr" and basis.names.local(e) is method)
    again = next((e.stmt for e in calls if endless(basis, e.stmt) and e.stmt.scope.function is not method), None)
    return (
        Answer("loop", (Clue(again, "driver", "again", {"function": method.name}),), method.name) if again else Answer()
    )


def _called_over(basis: Basis, task: Running) -> Answer:
    """A method that other ones of the object call as they work, again and again, and that none of them looks after:
    the last task runs on beside the new one."""
    method = task.started.scope.function
    if method.method_of is None or _looks(basis, task.place, task.started):
        return Answer()
    calls = [e for e in basis.mentions(method.name) if e.op == "attr" and basis.names.local(e) is method]
    working = [
        e.stmt
        for e in calls
        if is_called(e)
        if not basis.apis.means("beginning_methods", e.stmt.scope.function.name)
        if not _guarded(basis, e.stmt, e.stmt.scope.function) and not _touched(basis, task.place, e.stmt)
    ]
    functions = {s.scope.function for s in working if s.scope.function.name not in CONSTRUCTORS}
    if len(functions) < 2:
        return Answer()
    return Answer("called", (Clue(working[0], "driver", "called", {"function": method.name}),), method.name)


def _touched(basis: Basis, place: Place, stmt: Stmt) -> bool:
    """Does the function that a statement stands in do anything about the task?"""
    return any(u.stmt.scope.function is stmt.scope.function for u in basis.below(place))


def _reopened(basis: Basis, task: Running) -> Answer:
    """A method that connects anew starts it again, itself or through the one that connects, and ends nothing first."""
    method = task.started.scope.function
    calls = [e for e in basis.mentions(method.name) if e.op == "attr" and basis.names.local(e) is method]
    ways = [(method, task.started), *((e.stmt.scope.function, e.stmt) for e in calls)]
    for function, stmt in ways:
        if function.method_of is None or not basis.apis.means("reopening_methods", function.name):
            continue
        run = reached(basis, task.place.scope, (function,))
        uses = (u for u in basis.below(task.place) if u.verb != "bind" or u.value is None)
        looked_at = any(u.stmt.scope.function in run for u in uses) or _guarded(basis, task.started, method)
        if not looked_at and not _guarded(basis, stmt, function) and not ended_by(basis, task.spawned.coroutine, run):
            return Answer("reopened", (Clue(stmt, "driver", "reopened", {"by": function.name}),), function.name)
    return Answer()


def _looks(basis: Basis, place: Place, started: Stmt) -> bool:
    """Does the method, what it calls, or what ends the last connection, look at the task or at a flag?"""
    method = started.scope.function
    others = [u for u in basis.below(place) if u.stmt is not started and (u.verb != "bind" or u.value is None)]
    inside = reached(basis, place.scope, (method,))
    if any(u.stmt.scope.function in inside for u in others):
        return True
    return _guarded(basis, started, method) or any(_pairs(u) for u in others)


def _pairs(use: Use) -> bool:
    """In a method that runs when what started the task is over: `connection_lost`, `on_disconnect`."""
    name = use.stmt.scope.function.name.lower()
    return any(word in name for word in ("lost", "disconnect", "closed", "on_close", "cancel", "reset", "reconnect"))


def _guarded(basis: Basis, started: Stmt, method: Scope) -> bool:
    """Does a test of the object's state stand around the start, or leave the method before it?"""
    around = [e for block, owner in ancestors(started) if owner.scope is started.scope for e in block.exprs]
    leaving = [
        e
        for s in statements(method.block)
        if s.op == "if" and s.ordinal < started.ordinal
        for b in s.blocks
        if any(inner.op in ("return", "raise", "continue") for inner in statements(b))
        for e in b.exprs
    ]
    return any(_state(basis, e) for e in (*around, *leaving))


def _state(basis: Basis, test: Expr) -> bool:
    places = (basis.names.place(e) for e in walk(test) if e.op in ("attr", "name"))
    return any(p is not None and p.scope.kind in ("class", "module") for p in places)
