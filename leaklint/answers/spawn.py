"""Tasks: which calls start one, and does the one who starts it hold it?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.answers import instances
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.types import Callee
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt, flat_of, statements

_DEPTH = 3
LOOKS = (
    "add_done_callback",
    "remove_done_callback",
    "set_name",
    "get_name",
    "done",
    "cancelled",
    "get_coro",
    "get_loop",
    "get_context",
)


@dataclass(frozen=True, slots=True)
class Spawn:
    """A call that starts a task: what runs, whether the spawner or wrapper holds it, the wrapper's name."""

    row: Row
    coroutine: Expr | None
    tracked: bool = False
    wrapper: str = ""
    inside: Stmt | None = None  # where the wrapper starts it
    elsewhere: str = ""  # the wrapper in full, when it stands in another file
    likely: bool = False  # it starts a task for certain by its name alone
    lost: bool = False  # what the call returns is not the task, which nobody gets


def spawn(basis: Basis, call: Expr) -> Spawn | None:
    """Does a call start a task and return it?"""
    callee = basis.types.callee(call)
    first = call.args[1] if len(call.args) > 1 else None
    local = callee.local if callee.local is not None else _method(basis, call)
    row = basis.types.result(call) if local is callee.local or local is None else basis.types.returned(local)
    if row is None or row.kind != "task":
        return None
    named = _trusted(basis, callee)
    if callee.row is not None:
        starts = not callee.row.passes and (callee.row.kind == "function" or row.noun == "task")
        return Spawn(row, first, named or callee.row.tracked) if starts else None
    if callee.receiver is not None:
        if callee.method not in callee.receiver.spawn:
            return None
        return Spawn(row, first, named or callee.receiver.tracked)
    if local is not None:
        return Spawn(row, first, named or _tracks(basis, local, _DEPTH), local.name, _inside(basis, local))
    return None


def handed_to_loop(basis: Basis, call: Expr) -> Spawn | None:
    """`loop.call_soon_threadsafe(asyncio.create_task, work())`: nobody ever gets the task that the loop makes."""
    func, given = call.args[0], call.args[1:]
    if func.op != "attr" or not basis.apis.means("callback_running", func.text) or call.scope.kind == "lambda":
        return None
    made = next((a for a in given if a.op == "call" and _is_partial(basis, a)), None)
    starter, *rest = made.args[1:] if made is not None else given
    if not rest or starter.op not in ("name", "attr"):
        return None
    row, local = basis.apis.get("asyncio.Task"), basis.names.local(starter)
    if local is not None and local.kind == "function" and row is not None and basis.types.returned(local) is row:
        kept = local.is_async or _tracks(basis, local, _DEPTH)  # `loop.call_soon_threadsafe(self._start, coroutine)`
        return None if kept else Spawn(row, rest[0], False, local.name, _inside(basis, local), lost=True)
    if rest[0].op != "call":
        return None
    named = basis.apis.get(basis.names.qualified(starter))
    owner = basis.types.row(starter.args[0]) if starter.op == "attr" else None
    function = named is not None and row is not None and named.returns == row.name
    method = owner is not None and starter.text in owner.spawn and not owner.tracked
    return Spawn(row, rest[0], lost=True) if row is not None and (function or method) else None


def _is_partial(basis: Basis, call: Expr) -> bool:
    return (basis.names.qualified(call.args[0]) or "").rpartition(".")[2] == "partial"


def elsewhere(basis: Basis, call: Expr) -> Spawn | None:
    """Does a call look like one of a function of another module that starts the task of a coroutine?

    `likely` is set when the function has the same name as asyncio's own; methods are never `likely`.
    """
    callee, func = basis.types.callee(call), call.args[0]
    if callee.name is None or callee.row is not None or callee.receiver is not None or callee.local is not None:
        return None
    given = [a for a in call.args[1:] if a.op == "call"]
    row = basis.apis.get("asyncio.Task")
    if row is None or not given or not basis.apis.means("task_starters", callee.name.rpartition(".")[2]):
        return None
    likely = func.op == "name" and basis.apis.means("asyncio_names", callee.name.rpartition(".")[2])
    return Spawn(row, given[0], False, func.text, elsewhere=callee.name, likely=likely)


def starters(basis: Basis) -> Iterator[tuple[str, bool]]:
    """Functions of this module that start a task and return it, and whether they hold it as well."""
    for function in basis.module.scope.children:
        if function.kind == "function" and not function.is_async:
            row = basis.types.returned(function)
            if row is not None and row.kind == "task" and row.noun == "task":
                yield function.name, _tracks(basis, function, _DEPTH)


def _method(basis: Basis, call: Expr) -> Scope | None:
    """The method of a class of this module that is called on one of its instances: `self.jobs.start(...)`."""
    func = call.args[0]
    if func.op != "attr" or basis.types.callee(call) != Callee(method=func.text):
        return None
    klass = instances.klass(basis, func.args[0])
    found = basis.names.method(klass, func.text) if klass is not None else None
    return found if found is not None and found.kind == "function" else None


def _trusted(basis: Basis, callee: Callee) -> bool:
    """Do the project's settings say that what is called holds the tasks it starts?"""
    rows = [basis.own_row(callee.local)] if callee.local is not None else []
    if callee.method:
        rows.append(basis.apis.get(f"*.{callee.method}"))
    return any(row is not None and row.tracked for row in rows)


def runs_through(basis: Basis, spawned: Spawn) -> bool:
    """A coroutine of this module that waits for nothing: done in its first step, which the loop holds."""
    return _never_waits(basis, spawned.coroutine, _DEPTH)


def _never_waits(basis: Basis, coroutine: Expr | None, depth: int) -> bool:
    """Does a call of a coroutine function await nothing but what awaits nothing itself?"""
    local = basis.types.callee(coroutine).local if coroutine is not None and coroutine.op == "call" else None
    if local is None or local.kind != "function" or not local.is_async or local.is_generator or _is_hook(local):
        return False
    for stmt in statements(local.block):
        if stmt.is_async and stmt.op in ("for", "with"):
            return False
        awaited = (e.args[0] for e in flat_of(stmt) if e.op == "await")
        if not all(depth > 0 and _never_waits(basis, inner, depth - 1) for inner in awaited):
            return False
    return True


def _is_hook(function: Scope) -> bool:
    """A method that does nothing: it is there to be overridden."""
    body = function.block.stmts if function.block is not None else ()
    idle = all(s.op == "pass" or (s.op == "expr" and s.value is not None and s.value.op == "const") for s in body)
    return function.method_of is not None and idle


def _inside(basis: Basis, function: Scope) -> Stmt | None:
    for stmt in statements(function.block):
        for expr in stmt.flat:
            if expr.op == "call":
                row = basis.types.result(expr)
                if row is not None and row.kind == "task" and basis.types.callee(expr).local is None:
                    return stmt
    return None


def _tracks(basis: Basis, function: Scope, depth: int) -> bool:
    """Does a function that returns a task keep it as well, or get it from somewhere that does?"""
    for stmt in statements(function.block):
        if stmt.op != "return" or stmt.value is None:
            continue
        value = stmt.value
        if value.op in ("attr", "sub"):
            return True
        place = basis.names.place(value) if value.op == "name" else None
        if value.op == "name" and (place is None or place.scope is not function):
            return True  # stands for an attribute or a global that holds it
        if place is not None and any(_keeps(u) for u in basis.all_uses(place)):
            return True
        sources = list(basis.types.bound_values(place)) if place is not None else [value]
        for made in sources:
            if any(t.op == "attr" for t in made.stmt.targets):
                return True  # `self.task = task = create_task(work())`
            inner = spawn(basis, made) if made.op == "call" and depth > 0 else None
            if inner is not None and inner.tracked:
                return True
    return False


def _keeps(use: Use) -> bool:
    return not use.verb and use.role in ("bound", "element", "argument")
