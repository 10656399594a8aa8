"""Clients that hold nothing until they are asked for something: where is one of them first asked?"""

from __future__ import annotations

from collections.abc import Container, Iterator

from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Stmt, ancestors, statements


def wakes(basis: Basis, place: Place, row: Row, acquired: Stmt, ends: Container[Stmt]) -> Stmt | None:
    """The first statement after `acquired` that may make a new client open something, and does not end it or hand it
    over; None where there is none."""
    function = acquired.scope.function
    bound = any(basis.names.place(t) == place for t in acquired.targets)
    uses = [u for u in basis.below(place) if u.stmt is not acquired]
    if not bound or any(u.stmt.scope.function is not function for u in uses if not place.is_attribute):
        return acquired
    asked = {u.stmt for u in uses if _asks(basis, u, place, row)}
    later = (s for s in statements(function.block) if s.ordinal > acquired.ordinal and s not in ends)
    first = next((s for s in later if s in asked or (place.is_attribute and any(_of_itself(s)))), None)
    return before(first, acquired) if first is not None else None


def before(first: Stmt, acquired: Stmt) -> Stmt:
    """What a loop asks it again and again was awake before: the outermost loop that does not make it anew."""
    made = {owner for _, owner in ancestors(acquired)}
    loops = [o for _, o in ancestors(first) if o.op in ("for", "while") and o.scope is first.scope and o not in made]
    return loops[-1] if loops else first


def _asks(basis: Basis, use: Use, place: Place, row: Row) -> bool:
    """Is it called, or given to somebody who may? Its headers and the like are only filled."""
    if not use.verb:
        return use.role in ("argument", "bound", "element", "returned", "yielded") and use.place == place
    if use.verb in ("bind", "del") or use.verb in (*row.quiet, *row.release):
        return False
    if use.place != place and (use.verb in basis.apis.container_methods or use.verb.startswith("__")):
        return False  # `session.headers.update(...)`, `session.headers["token"]`
    return not row.awaited or _runs(basis, use.site)


def _runs(basis: Basis, call: Expr) -> bool:
    """Is what is asked of an asynchronous client waited for, or run? Its other methods only compute."""
    expr: Expr | None = call
    while expr is not None:
        if expr.op == "await" or (expr.op == "call" and expr is not call and basis.types.callee(expr).row is not None):
            return True
        expr = expr.parent
    return call.stmt.is_async


def _of_itself(stmt: Stmt) -> Iterator[Expr]:
    """Calls of the object's own methods, and of what is given the object: they may use what it holds."""
    params = stmt.scope.function.params
    own = params[0].name if params else ""
    for call in (e for e in stmt.flat if e.op == "call"):
        method = call.args[0]
        if any(e.op == "name" and e.text == own for e in (*method.args[:1], *call.args[1:])):
            yield call
