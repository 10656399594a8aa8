"""Tasks: which calls start one, and what becomes of the handle."""

from __future__ import annotations

from dataclasses import dataclass

from leaklint.apis import Row
from leaklint.basis import NO, Answer, Basis
from leaklint.ir import Expr, Scope, Stmt, flat_of, statements
from leaklint.names import Place
from leaklint.types import Callee
from leaklint.uses import Use

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


def spawn(basis: Basis, call: Expr) -> Spawn | None:
    """Does a call start a task and return it?"""
    callee = basis.types.callee(call)
    first = call.args[1] if len(call.args) > 1 else None
    row = basis.types.result(call)
    if row is None or row.kind != "task":
        return None
    named = _trusted(basis, callee)
    if callee.row is not None:
        return (
            Spawn(row, first, named or callee.row.tracked)
            if callee.row.kind == "function" or row.noun == "task"
            else None
        )
    if callee.receiver is not None:
        if callee.method not in callee.receiver.spawn:
            return None
        return Spawn(row, first, named or callee.receiver.tracked)
    if callee.local is not None:
        tracked = named or _tracks(basis, callee.local, _DEPTH)
        return Spawn(row, first, tracked, callee.local.name, _inside(basis, callee.local))
    return None


def _trusted(basis: Basis, callee: Callee) -> bool:
    """Do the project's settings say that what is called holds the tasks it starts?"""
    rows = [basis.own_row(callee.local)] if callee.local is not None else []
    if callee.method:
        rows.append(basis.apis.get(f"*.{callee.method}"))
    return any(row is not None and row.tracked for row in rows)


def runs_through(basis: Basis, spawned: Spawn) -> bool:
    """A coroutine of this module that awaits nothing: done in its first step, which the loop holds."""
    coroutine = spawned.coroutine
    local = basis.types.callee(coroutine).local if coroutine is not None and coroutine.op == "call" else None
    if local is None or local.kind != "function" or not local.is_async or local.is_generator:
        return False
    return not any(
        (stmt.is_async and stmt.op in ("for", "with")) or any(e.op == "await" for e in flat_of(stmt))
        for stmt in statements(local.block)
    )


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
            inner = spawn(basis, made) if made.op == "call" and depth > 0 else None
            if inner is not None and inner.tracked:
                return True
    return False


def _keeps(use: Use) -> bool:
    return not use.verb and use.role in ("bound", "element", "argument")


def destiny(basis: Basis, call: Expr) -> Answer:
    """What becomes of the value of a call: `dropped`, or how it is kept. `word` is the local name it was dropped in."""
    expr = call
    while True:
        parent = expr.parent
        if parent is None:
            return _top(basis, expr)
        if parent.op == "await":
            local = basis.types.callee(call).local
            if expr is not call or local is None or not local.is_async:
                return Answer("awaited")
        elif parent.op == "attr":
            method = parent.parent
            if method is not None and method.op == "call" and method.args[0] is parent and parent.text in LOOKS[:3]:
                return Answer("dropped") if method.parent is None and method.stmt.op == "expr" else Answer("used")
            return Answer("used")
        elif parent.op == "walrus":
            return _named(basis, parent.args[0]) if expr is parent.args[1] else NO
        elif parent.op == "lambda":
            return Answer("dropped")
        elif parent.op == "if":
            if expr is parent.args[1]:
                return Answer("tested")
        elif parent.op == "comp":
            if parent.text == "gen" or expr is not parent.args[-1]:
                return Answer("handed on")
        elif parent.op not in ("bool", "tuple", "list", "set", "starred"):
            return Answer("handed over" if parent.op == "call" else "kept")
        expr = parent


def _top(basis: Basis, expr: Expr) -> Answer:
    stmt = expr.stmt
    if stmt.op == "expr":
        return Answer("dropped")
    if stmt.op == "assign" and expr is stmt.value:
        answers = [_named(basis, t) for t in stmt.targets]
        return next((a for a in answers if a.kind != "dropped"), answers[0]) if answers else NO
    return Answer("returned" if stmt.op == "return" else "kept")


def _named(basis: Basis, target: Expr) -> Answer:
    """A handle in a local name that nothing reads, or whose state is all that is looked at, is dropped."""
    if target.op != "name":
        return Answer("stored")
    home = basis.names.scope_of(target.text, target.scope)
    if home is None or home.kind in ("module", "class"):
        return Answer("stored")
    place = Place(home, (target.text,))
    uses = [u for u in basis.below(place) if u.verb not in ("bind", *LOOKS) and u.role != "tested"]
    return Answer("dropped", word=target.text) if not uses else Answer("named")
