"""Coroutines that a function makes of all items at once and gathers: when one fails, who ends the others?"""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.tasks.abandoned import runs_once
from leaklint.answers.tasks.outcome import handles_errors
from leaklint.answers.tasks.race import Racer, sleeps
from leaklint.meaning.basis import Basis
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Expr, Stmt, ancestors, flat_of, statements, walk


def fanned(basis: Basis) -> Iterator[Racer]:
    """`await gather(*(fetch(client, url) for url in urls))` in a block that closes the client: the first error leaves
    all others running on what is closed. Elsewhere they end by themselves, as far as one can see: not where each item
    does work of its own, `gather(*(part.load() for part in parts))`, and the results are useless without each other."""
    for call in basis.all_calls:
        row = basis.types.callee(call).row
        if row is None or row.leaves != "siblings" or call.names[1:] != ("*",):
            continue
        function, made = call.scope.function, _made(basis, call.args[1])
        if made is None or function.kind != "function" or call.parent is None or call.parent.op != "await":
            continue
        last = basis.apis.means("end_of_life_methods", function.name) or runs_once(basis, function)
        if last or not _may_fail(basis, made):
            continue
        if (how := _within(basis, call.stmt)) != "":
            yield Racer(how, call.stmt, ((call.stmt, made, ""),))
        elif _needed(call) and _of_each(basis, made):
            yield Racer("parts", call.stmt, ((call.stmt, made, ""),))


def outrun(basis: Basis) -> Iterator[Racer]:
    """`for task in as_completed(tasks):` that is left before its end, by a function that cancels none of them: it may
    leave by an error of one of them, too, where that is caught."""
    for stmt in basis.module.stmts:
        if stmt.op != "for" or stmt.value is None or stmt.value.op != "call" or len(stmt.value.args) < 2:
            continue
        row, function = basis.types.callee(stmt.value).row, stmt.scope.function
        if row is None or row.leaves != "unfinished" or function.kind != "function" or runs_once(basis, function):
            continue
        left = _caught(stmt) or any(
            s.op == "return" or (s.op == "break" and _of(s) is stmt) for s in statements(stmt.blocks[0])
        )
        ended = any(e.text == "cancel" for s in statements(function.block) for e in flat_of(s) if e.op == "attr")
        made = _made(basis, stmt.value.args[1])
        if left and not ended and made is not None:
            yield Racer("losers", stmt, ((made.stmt, made, ""),))


def _caught(loop: Stmt) -> bool:
    """Is there a `try` around it that goes on when one of them has failed?"""
    handlers = (
        b for block, owner in ancestors(loop) if block.kind == "body" and owner.op == "try" for b in owner.blocks
    )
    return any(b.kind == "handler" and not any(s.op == "raise" for s in statements(b)) for b in handlers)


def _of(leaving: Stmt) -> Stmt | None:
    return next((owner for _, owner in ancestors(leaving) if owner.op in ("for", "while")), None)


_FILLING = ("bind", "append", "add")


def _made(basis: Basis, many: Expr | None) -> Expr | None:
    """The coroutine that is made of each item, on the spot or in the list that is given by its name."""
    if many is not None and many.op == "name":
        place = basis.names.place(many)
        values = list(basis.types.bound_values(place)) if place is not None and place.scope.kind == "function" else []
        others = [u for u in basis.below(place) if u.verb not in _FILLING and u.expr is not many] if place else []
        many = values[0] if len(values) == 1 and not others else None
    if many is not None and many.op in ("list", "tuple", "set"):
        return next((e for e in many.args if e.op == "call"), None)
    if many is None or many.op != "comp" or many.args[-1].op != "call":
        return None
    return many.args[-1]


def _may_fail(basis: Basis, coroutine: Expr) -> bool:
    """Not one that handles all its errors, ends something, or only sleeps or asks how something is."""
    local, name = basis.types.callee(coroutine).local, source_name(coroutine)
    own = local is not None and (local.kind != "function" or not local.is_async or handles_errors(local))
    brief = any(basis.apis.means(vocabulary, name) for vocabulary in ("end_of_life_methods", "brief_questions"))
    return not own and not brief and not sleeps(basis, coroutine)


def _within(basis: Basis, stmt: Stmt) -> str:
    """Do they work with what a block here closes behind them (`fanned`), or under a lock that it lets go of
    (`unlocked`)? A time limit does neither."""
    entered = (v for _, owner in ancestors(stmt) if owner.op == "with" and owner.is_async for v, _ in owner.items)
    names = [name for v in entered if not basis.apis.means("time_limits", name := source_name(v))]
    if not names:
        return ""
    return "unlocked" if all(basis.apis.means("lock_names", name.lower()) for name in names) else "fanned"


def _needed(call: Expr) -> bool:
    """Is what they return looked at? Then an error of one makes the work of all others useless."""
    return call.stmt.op != "expr" or call.stmt.value is not call.parent


def _of_each(basis: Basis, made: Expr) -> bool:
    """A method of the item itself, or of what is found by it: each may be of another class, and none is seen here."""
    func = made.args[0]
    if func.op != "attr" or basis.types.callee(made).local is not None:
        return False
    parts = list(walk(func.args[0]))
    names = [] if any(e.op == "call" for e in parts) else [e for e in parts if e.op == "name"]
    return any(b.how == "comp" for e in names for b in basis.names.bindings(e.text, e.scope))
