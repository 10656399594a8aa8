"""Tasks in attributes whose starter waits until they are ready: when that wait is cancelled, who ends them?"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from leaklint.answers.releasing.endings import ends_something
from leaklint.answers.spawn import Spawn, spawn
from leaklint.answers.tasks.abandoned import runs_once
from leaklint.answers.tasks.lasting import body
from leaklint.answers.tasks.race import Racer
from leaklint.answers.ways.handlers import handles
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, flat_of, statements


def unready(basis: Basis) -> Iterator[Racer]:
    """`self._task = create_task(self.run()); await self._ready.wait()`, where `run` sets what is waited for."""
    for call in basis.all_calls:
        stmt, function = call.stmt, call.stmt.scope.function
        if stmt.op != "assign" or stmt.value is not call or stmt.targets[0].op != "attr" or not function.is_async:
            continue
        place, spawned = basis.names.place(stmt.targets[0]), spawn(basis, call)
        if place is None or place.scope.kind != "class" or spawned is None or not _owned(spawned):
            continue
        wait = _wait(basis, spawned, stmt, function)
        if wait is None or runs_once(basis, function) or _saved(basis, place, wait):
            continue
        if not _called_safely(basis, place, function):
            yield Racer("unready", wait, ((stmt, call, place.text),))


def _owned(spawned: Spawn) -> bool:
    return not spawned.tracked and spawned.row.noun == "task"


def _wait(basis: Basis, spawned: Spawn, started: Stmt, function: Scope) -> Stmt | None:
    """Where the function waits, after the start, for what the task is to set."""
    functions = body(basis, spawned.coroutine)
    given = spawned.coroutine.args[1:] if spawned.coroutine is not None and spawned.coroutine.op == "call" else ()
    handed = [place for e in given if (place := basis.names.place(e)) is not None]
    for stmt in statements(function.block) if functions else ():
        awaited = (e for e in flat_of(stmt) if e.op == "await") if stmt.ordinal > started.ordinal else ()
        places = (place for e in awaited if (place := basis.names.place(_awaited(e.args[0]))) is not None)
        if any(place in handed or _set_in(basis, place, functions) for place in places):
            return stmt
    return None


def _set_in(basis: Basis, place: Place, functions: Collection[Scope]) -> bool:
    return any(u.verb in _SETS and u.stmt.scope.function in functions for u in basis.all_uses(place))


_SETS = ("set", "set_result", "set_exception")


def _awaited(expr: Expr) -> Expr | None:
    """`ready` of `await ready`, `await ready.wait()`, `await wait_for(ready.wait(), 5)`."""
    inner: Expr | None = expr
    while inner is not None and inner.op == "call":
        func = inner.args[0]
        if source_name(func) in ("wait_for", "shield"):
            inner = inner.args[1] if len(inner.args) > 1 else None
        else:
            inner = func.args[0] if func.op == "attr" and func.text == "wait" else None
    return inner if inner is not None and inner.op in ("name", "attr") else None


def _saved(basis: Basis, place: Place, wait: Stmt) -> bool:
    """Does a handler that sees a cancellation of the wait, or a `finally`, do anything about the task?"""
    for block, owner in ancestors(wait):
        if owner.op != "try" or block.kind != "body":
            continue
        handlers = (b for b in owner.blocks if b.kind == "handler" and "cancel" in handles(basis, b))
        ways = (*handlers, *(b for b in owner.blocks if b.kind == "finally"))
        inside = {s for b in ways for s in statements(b)}
        if any(ends_something(basis, s) for s in inside):
            return True
        if any(u.stmt in inside and u.verb != "bind" for u in basis.below(place)):
            return True
    return False


def _called_safely(basis: Basis, place: Place, function: Scope) -> bool:
    """Does whoever calls the function here see to it?"""
    calls = (e.stmt for e in basis.mentions(function.name) if basis.names.local(e) is function)
    return any(_saved(basis, place, stmt) for stmt in calls)
