"""Tasks that take something from a queue or a stream, in a race whose waiter may be cancelled itself."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from leaklint.answers.spawn import spawn
from leaklint.answers.tasks.abandoned import runs_once
from leaklint.answers.tasks.race import Racer
from leaklint.answers.ways.guards import Guards
from leaklint.answers.ways.handlers import catches_all, handles
from leaklint.meaning.basis import Basis
from leaklint.meaning.flow import Effects, open_exits
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import around, source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Stmt


def taking(basis: Basis) -> Iterator[Racer]:
    """`getting = create_task(queue.get()); await wait({getting, closed}, return_when=FIRST_COMPLETED)`, which cancels
    nothing when it is cancelled: the task takes the next item, and nobody sees it."""
    for call in basis.all_calls:
        stmt, function = call.stmt, call.stmt.scope.function
        if stmt.op != "assign" or stmt.value is not call or stmt.targets[0].op != "name" or not function.is_async:
            continue
        spawned = spawn(basis, call)
        if spawned is None or spawned.tracked or not _takes(basis, spawned.coroutine) or runs_once(basis, function):
            continue
        place = basis.names.place(stmt.targets[0])
        wait = _wait(basis, place) if place is not None and place.scope is function else None
        end = _end(basis, place, stmt, wait) if place is not None and wait is not None else None
        if wait is not None and end is not None:
            yield Racer("abandoned", wait, ((stmt, call, stmt.targets[0].text),), False, end, stmt.targets[0].text)


def _takes(basis: Basis, coroutine: Expr | None) -> bool:
    name = source_name(coroutine)
    return name in ("get", "__anext__", "anext") or basis.apis.means("stream_reads", name)


def _wait(basis: Basis, place: Place) -> Stmt | None:
    """Where it is waited for together with others, given on the spot or in a display that has a name."""
    for use in basis.below(place):
        if use.verb or use.role != "element":
            continue
        listed = use.stmt.targets[0] if use.stmt.op == "assign" and len(use.stmt.targets) == 1 else None
        several = basis.names.place(listed) if listed is not None and listed.op == "name" else None
        handed = [use.expr, *(u.expr for u in basis.below(several))] if several is not None else [use.expr]
        found = next((e.stmt for expr in handed for e in around(expr) if _first_of(basis, e)), None)
        if found is not None:
            return found
    return None


def _first_of(basis: Basis, call: Expr) -> bool:
    row = basis.types.callee(call).row if call.op == "call" else None
    return row is not None and row.leaves == "losers"


def _end(basis: Basis, place: Place, started: Stmt, wait: Stmt) -> Use | None:
    """The end of the task on the way without an error, where a cancellation of the wait passes by it."""
    ends = [u for u in basis.below(place) if u.verb == "cancel"]
    block = started.scope.function.block
    if not ends or block is None:
        return None
    stmts = {u.stmt for u in ends}
    effects = Effects(
        at=lambda s: "acquire" if s is started else "release" if s in stmts else "",
        fallible=lambda _: False,
        waits=lambda s: s is wait,
        narrow=Guards(basis, place, started).narrow,
        catches_all=catches_all,
        handles=partial(handles, basis),
    )
    return ends[0] if any(e.kind == "cancel" for e in open_exits(basis, block, effects)) else None
