"""Figures that a registry of their library keeps, and that nothing takes out of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from leaklint.answers.driver import callers
from leaklint.answers.listed import literal
from leaklint.answers.peaks.demand import demand, in_own_loop
from leaklint.apis import Row
from leaklint.meaning.basis import Answer, Basis
from leaklint.meaning.names import Place
from leaklint.tree.ir import Expr, Scope, Stmt, flat_of, statements

PICTURE = "figure"
_CALLERS = 4  # one above the other


@dataclass(frozen=True, slots=True)
class Figure:
    """`call` makes a figure, `used` is the last that is done with it: saved, or returned to whoever draws it.

    `drawn`: it draws one, which it may have made, and which is saved.
    """

    call: Expr
    used: Stmt
    how: Literal["saved", "returned", "drawn"]
    again: Answer


def figures(basis: Basis) -> Iterator[Figure]:
    """Every figure that is made again and again, saved or returned to a caller that does not close it, and kept."""
    for call in basis.all_calls:
        row = made(basis, call) or _made_by_helper(basis, call)
        driver = again(basis, call) if row is not None and not _numbered(call) else None
        if row is None or not driver or settled(basis, call.scope.function, row):
            continue
        used = _last_use(basis, call, row, driver)
        if used is not None:
            yield Figure(call, used[0], used[1], driver)


def made(basis: Basis, call: Expr) -> Row | None:
    """The row of the figure that a function makes and registers; one that a class makes is in no registry."""
    row = basis.types.callee(call).row
    made = basis.apis.get(row.returns or row.makes.get("0")) if row is not None and row.kind == "function" else None
    return made if made is not None and made.noun == PICTURE else None


def _made_by_helper(basis: Basis, call: Expr) -> Row | None:
    """The same, where a function of the module has made it and returns it."""
    helper = basis.types.callee(call).local
    if helper is None or helper.kind != "function" or helper.is_generator:
        return None
    found = None
    for stmt in statements(helper.block):
        value = stmt.value if stmt.op == "return" else None
        first = value.args[0] if value is not None and value.op == "tuple" and value.args else value
        if first is None or first.op != "name":
            continue
        bound = (b.value for b in basis.names.bindings(first.text, first.scope) if b.value is not None)
        found = found or next((row for v in bound if v.op == "call" and (row := made(basis, v)) is not None), None)
    return found if found is not None and not settled(basis, helper, found) else None


def _numbered(call: Expr) -> bool:
    """`figure(1)`, `figure(num="loss")`: the one of that name, each time."""
    first = [a for n, a in zip(call.names[1:], call.args[1:], strict=False) if n in ("", "num")]
    return bool(first) and call.args[0].text == "figure"


def again(basis: Basis, call: Expr) -> Answer | None:
    """What makes one more; nothing in tests and in what is called but once."""
    stmt, function = call.stmt, call.scope.function
    loop = in_own_loop(stmt)
    if loop is not None and not (loop.op == "for" and literal(basis, loop.value)):
        return Answer("loop", word=function.name)
    if function.kind != "function" or basis.apis.means("test_functions", function.name):
        return None
    found = demand(basis, stmt)
    if found.kind != "call":
        return found if found.kind in ("event", "stream", "loop") else None
    return None if _runs_once(basis, function) else found


def _runs_once(basis: Basis, function: Scope, depth: int = _CALLERS) -> bool:
    """Is it called from one place alone, and that from one, and at last by a `main` or what takes no arguments?"""
    calls = callers(basis, function)
    if not calls:
        return function.name == "main" or not function.params
    caller = calls[0].scope.function
    return len(calls) == 1 and (caller.kind != "function" or depth == 0 or _runs_once(basis, caller, depth - 1))


def _clears(function: Row, figure: Row) -> bool:
    """`clf()`: a figure that is empty is kept all the same."""
    return function.name.rpartition(".")[2] in figure.release


def settled(basis: Basis, function: Scope, row: Row, cleared: bool = False) -> bool:
    """Does the function close or show figures, itself or by a function of the module that it calls? `cleared`: or clear
    them, where each draws into the one that is there."""
    stmts = list(statements(function.block)) if function.block is not None else list(basis.module.stmts)
    for call in (e for s in stmts for e in flat_of(s) if e.op == "call"):
        callee = basis.types.callee(call)
        if callee.row is not None and callee.row.settles == row.name and (cleared or not _clears(callee.row, row)):
            return True
        if cleared and call.args[0].op == "attr" and call.args[0].text in row.release:
            return True
        local = callee.local
        if local is not None and local is not function and local.kind == "function":
            inner = (e for s in statements(local.block) for e in flat_of(s) if e.op == "call")
            if any((r := basis.types.callee(e).row) is not None and r.settles == row.name for e in inner):
                return True
    return False


def _last_use(basis: Basis, call: Expr, row: Row, again: Answer) -> tuple[Stmt, Literal["saved", "returned"]] | None:
    """Where it is saved; or returned, by a function that is called for each request. None when it goes elsewhere."""
    saved = _saved(basis, call.scope.function, row)
    place = _place(basis, call)
    for use in basis.all_uses(place) if place is not None else ():
        if use.role == "returned" and use.stmt.op == "return":
            return (use.stmt, "returned") if again.kind == "event" else None
        if use.role in ("bound", "element", "yielded", "returned"):
            return None
        if use.role == "argument":
            callee = basis.types.callee(use.site)
            if callee.local is None and (callee.row is None or callee.row.takes):
                return None
    return (saved, "saved") if saved is not None else None


def _place(basis: Basis, call: Expr) -> Place | None:
    for target in call.stmt.targets if call.stmt.op == "assign" and call.stmt.value is call else ():
        first = target.args[0] if target.op in ("tuple", "list") and target.args else target
        return basis.names.place(first)
    return None


def _saved(basis: Basis, function: Scope, row: Row) -> Stmt | None:
    stmts = list(statements(function.block)) if function.block is not None else list(basis.module.stmts)
    for stmt in reversed(stmts):
        if any(e.op == "attr" and e.text in row.bulk for e in flat_of(stmt)):
            return stmt
    return None
