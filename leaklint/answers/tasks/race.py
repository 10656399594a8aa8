"""Tasks that a function starts, waits for together, and leaves running when the wait is over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.answers.spawn import LOOKS, spawn
from leaklint.answers.tasks.lasting import lasting
from leaklint.answers.ways.handlers import catches_all, caught_types
from leaklint.meaning.basis import Basis
from leaklint.meaning.branches import apart
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import source_name, text_of
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Stmt, ancestors, in_loop, is_none, walk

_ALL = "ALL_COMPLETED"
_LOOKS = (*LOOKS, "bind", "result", "exception")
_KEEPING = ("argument", "element", "bound", "returned", "yielded", "key")


@dataclass(frozen=True, slots=True)
class Racer:
    """Tasks that may run on after the call that waits for them.

    `how` says by which way out: losers, saved (all but these are ended whatever happens), shielded, siblings, partly
    (ended where one kind of error is caught).
    `sibling` is the end of another one, called `sibling_name`, that stands where their own is missing.
    """

    how: str
    wait: Stmt
    tasks: tuple[tuple[Stmt, Expr, str], ...]  # where each is started, by what, and its local name
    each_turn: bool = False
    sibling: Use | None = None
    sibling_name: str = ""


def racers(basis: Basis) -> Iterator[Racer]:
    """Of each wait in the module, the tasks that were made for it and that nobody ends."""
    for call in basis.all_calls:
        row = basis.types.callee(call).row
        if row is None or not row.leaves or call.scope.function.kind != "function":
            continue
        if may_leave(basis, call) and not _pending_used(basis, call):
            yield from _losers(basis, call)
        elif row.leaves == "shielded":
            yield from _shielded(basis, call)
        elif row.leaves == "siblings":
            yield from _siblings(basis, call)


def _argument(call: Expr, name: str) -> Expr | None:
    return next((a for a, n in zip(call.args[1:], call.names[1:], strict=False) if n == name), None)


def may_leave(basis: Basis, call: Expr) -> bool:
    """Does it wait for several, and come back before all are done?"""
    row = basis.types.callee(call).row
    if row is None or row.leaves != "losers":
        return False
    until, timeout = _argument(call, "return_when"), _argument(call, "timeout")
    first = until is not None and source_name(until) != _ALL and text_of(until) != _ALL
    return first or (timeout is not None and not is_none(timeout))


def _pending_used(basis: Basis, call: Expr) -> bool:
    """Is the set of those that are not done looked at, or all that is given back handed on?"""
    stmt, awaited = call.stmt, call.parent
    if awaited is None or awaited.op not in ("await", "yieldfrom") or awaited.parent is not None:
        return True
    if stmt.op == "expr":
        return False
    target = stmt.targets[0] if stmt.op == "assign" and len(stmt.targets) == 1 else None
    if target is None or target.op != "tuple" or len(target.args) != 2 or target.args[1].op != "name":
        return True
    place = basis.names.place(target.args[1])
    return place is None or any(u.verb != "bind" for u in basis.below(place))


def members_of(basis: Basis, given: Expr | None) -> tuple[Expr, ...]:
    """The tasks that a wait is given; none when they were collected elsewhere, or are looked at by their collection."""
    if given is not None and given.op == "name":
        place = basis.names.place(given)
        values = list(basis.types.bound_values(place)) if place is not None and place.scope.kind == "function" else []
        others = [u for u in basis.below(place) if u.verb != "bind" and u.expr is not given] if place else []
        if len(values) != 1 or others:
            return ()
        given = values[0]
    if given is not None and given.op == "comp" and given.text in ("list", "set"):
        return given.args[-1:]
    return given.args if given is not None and given.op in ("list", "set", "tuple") else ()


def _losers(basis: Basis, call: Expr) -> Iterator[Racer]:
    members = members_of(basis, call.args[1] if len(call.args) > 1 else None)
    ends = {m: tuple(ends_of(basis, m, call)) for m in members}
    made = {m: started for m in members if (started := made_by(basis, m, call)) is not None}
    lost = tuple((made[m].stmt, made[m], name_of(m)) for m in made if not ends[m])
    if any(not sleeps(basis, task) for _, task, _ in lost):
        each_turn = in_loop(call.stmt) and any(in_loop(stmt) for stmt, _, _ in lost)
        yield Racer("losers", call.stmt, lost, each_turn)
        return
    saved = next(((m, u) for m in members for u in ends[m] if _in_cleanup(u.stmt)), None)
    left = tuple(
        (made[m].stmt, made[m], name_of(m)) for m in made if ends[m] and not any(_in_cleanup(u.stmt) for u in ends[m])
    )
    if saved is not None and left:
        yield Racer("saved", call.stmt, left, False, saved[1], name_of(saved[0]))


def sleeps(basis: Basis, task: Expr) -> bool:
    """Does it end by itself, after a time that is given?"""
    spawned = spawn(basis, task)
    coroutine = spawned.coroutine if spawned is not None else task
    return coroutine is not None and source_name(coroutine) == "sleep"


def _in_cleanup(stmt: Stmt) -> bool:
    return any(block.kind in ("finally", "handler") for block, _ in ancestors(stmt))


def made_by(basis: Basis, member: Expr, call: Expr) -> Expr | None:
    """The call in this function that starts a task which nobody else holds."""
    if member.op == "call":
        return member if _fresh(basis, member, anything=True) else None
    place = basis.names.place(member) if member.op == "name" else None
    if place is None or place.scope is not call.scope.function or len(place.path) > 1:
        return None
    values = [v for v in basis.types.bound_values(place) if not is_none(v)]
    alone = all(t.op == "name" for v in values for t in v.stmt.targets)  # not `self.task = task = create_task(...)`
    return values[0] if values and alone and all(v.op == "call" and _fresh(basis, v) for v in values) else None


def _fresh(basis: Basis, call: Expr, anything: bool = False) -> bool:
    """Does a call make a task of its own? `anything`: what it gives is turned into one."""
    spawned = spawn(basis, call)
    if spawned is not None and not spawned.wrapper:
        return not spawned.tracked
    callee = basis.types.callee(call)
    local = callee.local
    if local is not None and local.kind == "function":
        returns = [s.value for s in basis.module.stmts if s.scope is local and s.op == "return" and s.value is not None]
        return (local.is_async and anything) or (
            bool(returns) and not local.is_async and all(r.op == "name" and _is_own(basis, r) for r in returns)
        )
    return anything and callee.row is None


def _is_own(basis: Basis, name: Expr) -> bool:
    place = basis.names.place(name)
    return (
        place is not None
        and place.scope is name.scope.function
        and all(v.op == "call" for v in basis.types.bound_values(place))
    )


def ends_of(basis: Basis, member: Expr, call: Expr) -> Iterator[Use]:
    """Uses that cancel a racer, wait for it alone, or hand it on."""
    place = basis.names.place(member) if member.op == "name" else None
    if place is None:
        return
    uses = (u for path in ((), ("cancel",)) for u in basis.all_uses(Place(place.scope, (*place.path, *path))))
    for use in uses:
        awaited = use.expr.parent is not None and use.expr.parent.op == "await"
        kept = use.role in _KEEPING and not _within(use.expr, call) and not _listed(use, call)
        nested = use.stmt.scope.function is not call.scope.function and use.verb != "bind"
        if nested or (use.verb not in _LOOKS if use.verb else awaited or kept):
            yield use


def _within(expr: Expr, call: Expr) -> bool:
    node: Expr | None = expr
    while node is not None and node is not call:
        node = node.parent
    return node is call


def _listed(use: Use, call: Expr) -> bool:
    """An element of the display that the wait is given by name."""
    given = {e.text for a in call.args[1:] for e in walk(a) if e.op == "name"}
    return (
        use.role == "element"
        and use.stmt.op == "assign"
        and all(t.op == "name" and t.text in given for t in use.stmt.targets)
    )


def _shielded(basis: Basis, call: Expr) -> Iterator[Racer]:
    member = call.args[1] if len(call.args) > 1 else None
    started = made_by(basis, member, call) if member is not None else None
    if member is None or started is None or any(True for _ in ends_of(basis, member, call)):
        return
    if in_loop(call.stmt) and not in_loop(started.stmt):
        return  # whoever is cancelled waits for it again
    if _cancelled_already(call.stmt):
        return
    spawned = spawn(basis, started)
    if spawned is not None and spawned.row.noun == "future":
        return  # an executor holds what it works on
    if spawned is not None or basis.types.callee(started).local is not None:
        yield Racer("shielded", call.stmt, ((started.stmt, started, name_of(member)),))


def _cancelled_already(stmt: Stmt) -> bool:
    """In what runs when the function is cancelled: only if that happens again is the wait left."""
    handlers = (block for block, _ in ancestors(stmt) if block.kind == "handler")
    caught = (caught_types(block) for block in handlers)
    return any(not types or any(source_name(e) in _CANCELLING for e in types) for types in caught)


_CANCELLING = ("CancelledError", "BaseException")


def _siblings(basis: Basis, call: Expr) -> Iterator[Racer]:
    """An endless one among those that are gathered, which outlives the first of the others to fail; or any task that
    was started before, where that failure is caught."""
    members = [a for a, n in zip(call.args[1:], call.names[1:], strict=False) if not n.isidentifier()]
    if len(members) < 2 or _argument(call, "return_exceptions") is not None:
        return
    caught = any(owner.op == "try" and block.kind == "body" for block, owner in ancestors(call.stmt))
    for member in members:
        started = made_by(basis, member, call)
        ends = [u for u in ends_of(basis, member, call) if not apart(u.stmt, call.stmt)] if started is not None else []
        if started is not None and ends and all(_for_some_errors(u.stmt, call.stmt) for u in ends):
            yield Racer(
                "partly", call.stmt, ((started.stmt, started, name_of(member)),), False, ends[0], name_of(member)
            )
            return
        if started is None or ends:
            continue
        spawned = spawn(basis, started)
        coroutine = spawned.coroutine if spawned is not None else started
        endless = lasting(basis, coroutine).kind == "endless" and lasting(basis, coroutine).clues
        if endless or (caught and member.op == "name"):
            yield Racer("siblings", call.stmt, ((started.stmt, started, name_of(member)),))
            return


def _for_some_errors(end: Stmt, wait: Stmt) -> bool:
    """In a handler around the wait that catches certain errors only, where no other way out ends anything."""
    around = [owner for block, owner in ancestors(wait) if owner.op == "try" and block.kind == "body"]
    caught = next(((b, owner) for b, owner in ancestors(end) if b.kind == "handler" and owner in around), None)
    if caught is None or catches_all(caught[0]):
        return False
    return not any(b.kind == "finally" or (b.kind == "handler" and catches_all(b)) for b in caught[1].blocks)


def name_of(member: Expr) -> str:
    return member.text if member.op == "name" else ""
