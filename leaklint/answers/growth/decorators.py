"""Decorators, written in this file, that keep results by arguments: a dict in the closure, or on the wrapper object."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.answers.growth.memo import Memo, memoises
from leaklint.answers.releasing.fate import parameter
from leaklint.meaning.basis import NO, Basis
from leaklint.meaning.names import Place
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, flat_of, statements, walk


@dataclass(frozen=True, slots=True)
class Handmade:
    """`place` holds the results, `stored` adds one, `born` are the containers it may be."""

    decorator: Scope
    place: Place
    stored: Use
    born: tuple[Expr, ...]


def handmade(basis: Basis) -> Iterator[Handmade]:
    """Every store of a result into what belongs to a decorator, once for each decorator."""
    for place, uses in basis.uses.items():
        if len(place.path) != 1 or place.scope.kind not in ("function", "class"):
            continue
        stored = next((u for u in uses if u.verb in ("__setitem__", "setdefault") and _wraps(basis, place, u)), None)
        if stored is not None and memoises(basis, place, stored):
            yield Handmade(place.scope, place, stored, tuple(_births(basis, place)))


def _wraps(basis: Basis, place: Place, stored: Use) -> bool:
    """Does the storing function stand for another one, which it calls?"""
    inner, outer = stored.stmt.scope.function, place.scope
    calls = (e for s in statements(inner.block) for e in flat_of(s) if e.op == "call")
    if outer.kind == "class":
        return inner.name == "__call__" and inner.method_of is outer and any(_calls_own(basis, c, outer) for c in calls)
    if inner.kind != "function" or inner.parent is not outer or not _returned(outer, inner):
        return False
    return any(_param_of(basis, c.args[0], inner) for c in calls)


def _returned(outer: Scope, inner: Scope) -> bool:
    returns = (s.value for s in statements(outer.block) if s.op == "return" and s.value is not None)
    return any(e.op == "name" and e.text == inner.name for value in returns for e in walk(value))


def _param_of(basis: Basis, func: Expr, inner: Scope) -> bool:
    """A function that an enclosing function was given."""
    where = basis.names.scope_of(func.text, func.scope) if func.op == "name" else None
    if where is None or where is inner or where.kind != "function":
        return False
    return any(p.name == func.text for p in where.params)


def _calls_own(basis: Basis, call: Expr, klass: Scope) -> bool:
    """`self.function(...)` where the constructor was given it."""
    place = basis.names.place(call.args[0])
    if place is None or place.scope is not klass:
        return False
    given = (u.value for u in basis.all_uses(place) if u.verb == "bind" and u.stmt.scope.function.name == "__init__")
    return any(v is not None and v.op == "name" and v.scope.function.name == "__init__" for v in given)


def _births(basis: Basis, place: Place) -> Iterator[Expr]:
    """What is bound to the place, or given as the parameter by what calls the decorator."""
    yield from basis.types.bound_values(place)
    if place.scope.kind == "function" and place.scope.parent is not None:
        for use in basis.all_uses(Place(place.scope.parent, (place.scope.name,))):
            if use.verb == "__call__":
                yield from (a for a in use.site.args[1:] if parameter(place.scope, use.site, a) == place)


def decorated(basis: Basis, made: Handmade) -> Iterator[Memo]:
    """The functions of this file that the decorator is put on."""
    own = {made.decorator, made.decorator.parent}
    row = basis.apis.get("builtins.dict")
    for stmt in basis.module.stmts:
        for decorator in stmt.decorators if stmt.op == "def" else ():
            named = basis.names.local(decorator.args[0] if decorator.op == "call" else decorator)
            if named in own and stmt.inner is not None and row is not None:
                yield Memo(stmt.inner, stmt, decorator, row, NO, None, Place(stmt.scope, (stmt.text,)))
