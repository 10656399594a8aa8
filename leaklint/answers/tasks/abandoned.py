"""Tasks that a function starts and ends itself, but not when something in between fails."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from leaklint.answers.releasing.fate import manages
from leaklint.answers.spawn import LOOKS, spawn
from leaklint.answers.tasks.lasting import signalled
from leaklint.answers.tasks.race import Racer, may_leave, sleeps
from leaklint.answers.ways.guards import Guards
from leaklint.answers.ways.handlers import catches_all, cleans_up, handles
from leaklint.meaning.basis import Basis
from leaklint.meaning.flow import Effects, open_exits
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import around
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt, flat_of, statements

_LOOKS = (*LOOKS, "bind", "result", "exception", "append", "add")


def abandoned(basis: Basis) -> Iterator[Racer]:
    """Tasks that a function cancels or waits for, though not on a way out by an exception, by that way."""
    found: dict[Stmt, list[tuple[Use, tuple[Stmt, Expr, str]]]] = {}
    for call in basis.all_calls:
        stmt, function = call.stmt, call.scope.function
        held = _held(basis, call) if function.kind == "function" else None
        spawned = spawn(basis, call) if held is not None else None
        place = basis.names.place(held) if held is not None and spawned is not None else None
        if spawned is None or place is None or spawned.tracked or spawned.row.noun != "task":
            continue
        ends = _ends(basis, place, stmt, function) if not sleeps(basis, call) else None
        if not ends or runs_once(basis, function):
            continue
        if held not in stmt.targets and not any(_each_ends(use.stmt) for use in ends):
            continue  # a list of what is waited for, and ends by itself
        told = signalled(basis, spawned.coroutine, function)
        left = _left(basis, place, stmt, {use.stmt for use in ends} | told)
        if left is not None:
            found.setdefault(left, []).append((ends[0], (stmt, call, place.path[-1])))
    for left, those in found.items():
        end, (_, _, name) = those[0]
        yield Racer("abandoned", left, tuple(task for _, task in those), False, end, name)


def _held(basis: Basis, call: Expr) -> Expr | None:
    """What holds what a call gives: a name, or a local list that it is added to, on the spot or by that name."""
    stmt, above = call.stmt, call.parent
    if above is not None and _is_adding(above):
        return _local_list(basis, above.args[0].args[0])
    if stmt.op != "assign" or len(stmt.targets) != 1 or not (stmt.value is call or _each(stmt.value, call)):
        return None
    place = basis.names.place(stmt.targets[0])
    used = [u for u in basis.below(place) if u.verb not in (*_LOOKS, "cancel")] if place is not None else []
    added = used[0].site if len(used) == 1 and used[0].role == "argument" else None
    listed = _local_list(basis, added.args[0].args[0]) if added is not None and _is_adding(added) else None
    return listed or stmt.targets[0]


def _is_adding(expr: Expr) -> bool:
    return expr.op == "call" and len(expr.args) == 2 and expr.args[0].op == "attr" and expr.args[0].text in _ADDING


_ADDING = ("append", "add")


def _local_list(basis: Basis, listed: Expr) -> Expr | None:
    place = basis.names.place(listed)
    function = listed.scope.function
    made = [v for v in basis.types.bound_values(place) if v.op in ("list", "set", "call")] if place else []
    return listed if place is not None and made and place.scope is function and len(place.path) == 1 else None


def _each(value: Expr | None, call: Expr) -> bool:
    """`[create_task(job()) for job in jobs]`."""
    return value is not None and value.op == "comp" and value.text != "gen" and value.args[-1] is call


def _ends(basis: Basis, place: Place, started: Stmt, function: Scope) -> list[Use]:
    """Uses that cancel the task or wait for it; none where anybody else holds it as well."""
    ends = []
    for use in basis.below(place):
        if use.stmt is started or use.verb in _LOOKS or (not use.verb and use.role == "tested") or _counted(use):
            continue
        if use.stmt.scope.function is not function or use.expr.scope.kind == "lambda":
            return []
        if use.verb == "__iter__" and not _each_ends(use.stmt):
            continue  # looked through
        if use.role == "argument" and use.site.op == "call" and may_leave(basis, use.site):
            continue  # the first of them is waited for
        if use.verb in ("cancel", "__iter__") or _waited_for(use):
            ends.append(use)
        else:
            return []
    return ends


def _each_ends(loop: Stmt) -> bool:
    """`for task in tasks: task.cancel()`, `[task.cancel() for task in tasks]`."""
    inside = [loop, *(s for b in loop.blocks for s in statements(b))]
    return any(e.op == "attr" and e.text == "cancel" for s in inside for e in flat_of(s))


def _counted(use: Use) -> bool:
    """`enumerate(tasks)`, `set(tasks)`, `tasks.index(task)`: which of them it is."""
    through = use.role == "argument" and use.site.op == "call" and use.site.args[0].op == "name"
    return use.verb in ("index", "__len__", "__contains__") or (
        through and not use.verb and use.site.args[0].text in _COUNTING
    )


_COUNTING = ("enumerate", "set", "list", "len", "zip", "dict", "tuple")


def _waited_for(use: Use) -> bool:
    """`await task`, `await gather(task)`, `for task in (reader, writer):`, which most likely goes on to end each."""
    if use.verb or len(use.place.path) > 2:
        return False
    return use.stmt.op == "for" or any(e.op == "await" for e in around(use.expr))


def runs_once(basis: Basis, function: Scope) -> bool:
    """What ends together with the event loop, which cancels all left: a start, the context of an application."""
    names = ("once_functions", "test_functions", "program_managers")
    first = function.params[0].name if function.params else ""
    whole = manages(basis, function) and basis.apis.means("application_names", first)
    named = any(basis.apis.means(vocabulary, function.name) for vocabulary in names)
    return whole or named or _has_own_loop(basis, function)


def _has_own_loop(basis: Basis, function: Scope) -> bool:
    """`asyncio.run(fetch_all())`, wherever it is called: that cancels all that is left."""
    calls = [e.parent for e in basis.mentions(function.name) if basis.names.local(e) is function]
    runners = [c.parent if c is not None else None for c in calls]
    return bool(calls) and all(
        r is not None and r.op == "call" and basis.names.qualified(r.args[0]) == "asyncio.run" for r in runners
    )


def _left(basis: Basis, place: Place, started: Stmt, ends: Collection[Stmt]) -> Stmt | None:
    """The first wait that may fail, or be cancelled itself, while the task runs and nothing ends it on the way out."""
    body = started.scope.function.block
    if body is None:
        return None

    def waits(stmt: Stmt, *, quiet: bool) -> bool:
        asked = stmt is not started and not cleans_up(stmt) and _waits(stmt)
        return asked and _only_cancelled(basis, stmt) is quiet

    effects = Effects(
        at=lambda stmt: "acquire" if stmt is started else "release" if stmt in ends else "",
        fallible=lambda stmt: waits(stmt, quiet=False),
        waits=lambda stmt: waits(stmt, quiet=True),
        handles=lambda block: ("raise", "cancel") if catches_all(block) else handles(basis, block),
        narrow=Guards(basis, place, started).narrow,
        catches_all=catches_all,
    )
    return next((e.stmt for e in open_exits(basis, body, effects) if e.kind in ("raise", "cancel")), None)


def _only_cancelled(basis: Basis, stmt: Stmt) -> bool:
    """`await asyncio.sleep(0)`, `await asyncio.wait(tasks)`: what it awaits raises nothing but its cancellation."""
    awaited = [e.args[0] for e in flat_of(stmt) if e.op == "await"]
    rows = [basis.types.callee(e).row if e.op == "call" else None for e in awaited]
    quiet = all(row is not None and (row.leaves == "losers" or not row.raises) for row in rows)
    return bool(rows) and quiet and not stmt.is_async


def _waits(stmt: Stmt) -> bool:
    return (stmt.is_async and stmt.op in ("for", "with")) or any(e.op == "await" for e in flat_of(stmt))
