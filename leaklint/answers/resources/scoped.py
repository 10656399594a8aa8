"""Context managers of this module: what they hold from `__enter__` on, and whether `__exit__` lets it go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.answers.opening.acquisitions import Acquisition, acquisitions
from leaklint.answers.releasing.endings import reached
from leaklint.answers.releasing.fate import fate, resource_uses
from leaklint.answers.ways.paths import trace
from leaklint.apis import Row
from leaklint.meaning.basis import Basis, calls
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import CONSTRUCTORS, source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, is_none, statements

_PAIRS = (("__enter__", "__exit__"), ("__aenter__", "__aexit__"))


@dataclass(frozen=True, slots=True)
class Scoped:
    """What a context manager holds in `place`, by `stmt`, and does not let go.

    Its `__exit__` forgets it, or does not run, because `fault` may raise in `__enter__` before.
    """

    place: Place
    row: Row
    stmt: Stmt
    value: Expr
    enter: Scope
    exit: Scope
    fault: Stmt | None


def scoped(basis: Basis) -> Iterator[Scoped]:
    """Every resource of a context manager that outlives its block, or a failure to enter it; each once."""
    seen: set[tuple[Place, Stmt | None]] = set()
    for one in _scoped(basis):
        if (one.place, one.fault) not in seen:
            seen.add((one.place, one.fault))
            yield one


def _scoped(basis: Basis) -> Iterator[Scoped]:
    found = list(acquisitions(basis))
    for klass in (s for s in basis.module.scopes if s.kind == "class"):
        own = {m.name: m for m in klass.children if m.kind == "function"}
        for first, last in _PAIRS:
            if first in own and last in own:
                enter, leave = own[first], own[last]
                ended = reached(basis, klass, [leave])
                yield from _acquired(basis, found, enter, leave, ended)
                if enter.is_async:
                    yield from _owned(basis, klass, enter, leave, ended)
                yield from _started(basis, klass, enter, leave, ended)


def _acquired(
    basis: Basis, found: list[Acquisition], enter: Scope, leave: Scope, ended: frozenset[Scope]
) -> Iterator[Scoped]:
    """What `__enter__` acquires itself."""
    for one in found:
        if one.stmt.scope.function is not enter or not one.place.is_attribute:
            continue
        # what `__enter__` returns is lent to the block
        lent = (u for u in resource_uses(basis, one.place, one.row) if u.role != "returned")
        uses = [u for u in lent if fate(basis, u, one.row) in ("release", "escape")]
        if any(u.stmt.scope.function in ended for u in uses):
            raises = trace(basis, one.place, one.row, one.stmt).exit("raise")
            if raises is not None:
                yield Scoped(one.place, one.row, one.stmt, one.value, enter, leave, raises.stmt)
        elif not any(u.stmt.scope.function is enter for u in uses) and not _passes_on(leave):
            yield Scoped(one.place, one.row, one.stmt, one.value, enter, leave, None)


def _passes_on(leave: Scope) -> bool:
    """Does it call the `__exit__` of a base, or of a stack that it keeps?"""
    names = {source_name(e) for s in statements(leave.block) for e in s.flat if e.op == "call"}
    return bool(names & {"super", "__exit__", "__aexit__", "pop_all"})


def _owned(basis: Basis, klass: Scope, enter: Scope, leave: Scope, ended: frozenset[Scope]) -> Iterator[Scoped]:
    """What the constructor got or made, and `__aexit__` closes: entering may fail while it is open."""
    for place, uses in basis.uses.items():
        if place.scope is not klass or len(place.path) != 1:
            continue
        closes = [u for u in uses if u.stmt.scope.function in ended and _closing(basis, u.verb)]
        born = next((u for u in uses if u.verb == "bind" and u.stmt.scope.function.name in CONSTRUCTORS), None)
        bound_later = any(u.verb == "bind" and u.stmt.scope.function is not leave and u is not born for u in uses)
        if closes and born is not None and born.value is not None and not bound_later and _opened(basis, born.value):
            row = basis.types.place_row(place)
            if row is None or row.kind != "resource" or not row.release:
                row = Row("", basis.module.path, "resource", noun=place.path[0].lstrip("_"), release=(closes[0].verb,))
            fault = _fault(basis, enter, place, known=row.name != "")
            if fault is not None:
                yield Scoped(place, row, born.stmt, born.value, enter, leave, fault)


def _started(basis: Basis, klass: Scope, enter: Scope, leave: Scope, ended: frozenset[Scope]) -> Iterator[Scoped]:
    """The first part that `__enter__` starts and `__exit__` ends, where another one starts or a step comes after it
    that may fail."""
    begun: list[tuple[Use, Use]] = []  # what starts a part, and what ends it
    for place, uses in basis.uses.items():
        if place.scope is klass and len(place.path) == 1:
            calls = (u for u in uses if u.stmt.scope.function is enter and u.site.op == "call")
            start = next((u for u in calls if _starting(basis, u.verb)), None)
            close = next((u for u in uses if u.stmt.scope.function in ended and _closing(basis, u.verb)), None)
            if start is not None and close is not None and not _guarded(start.stmt):
                begun.append((start, close))
    begun.sort(key=lambda pair: pair[0].stmt.ordinal)
    for first, close in begun[:1]:
        second = (u.stmt for u, _ in begun[1:] if u.stmt is not first.stmt and _may_fail(basis, u))
        fault = next(second, None) or _failing_step(basis, enter, first)
        if fault is not None:
            row = Row("", basis.module.path, "resource", noun=first.place.path[0].lstrip("_"), release=(close.verb,))
            yield Scoped(first.place, row, first.stmt, first.site, enter, leave, fault)


def _failing_step(basis: Basis, enter: Scope, first: Use) -> Stmt | None:
    """A step after what connects or enters the first part that fails when the other side does: `fetch_schema()`."""
    if not _connects(basis, first):
        return None
    later = (s for s in statements(enter.block) if s.ordinal > first.stmt.ordinal and not _guarded(s))
    return next((s for s in later if any(_fails(basis, c) for c in calls(s))), None)


def _fails(basis: Basis, call: Expr) -> bool:
    return call.args[0].op == "attr" and basis.apis.means("failing_steps", call.args[0].text)


def _connects(basis: Basis, start: Use) -> bool:
    return start.verb in ("__enter__", "__aenter__") or basis.apis.means("connecting_methods", start.verb)


def _may_fail(basis: Basis, start: Use) -> bool:
    """Is it waited for, entered or connected? A thread or task that is only started fails when it runs, if ever."""
    waited = any(e.op == "await" for e in start.stmt.flat)
    return waited or _connects(basis, start)


def _starting(basis: Basis, verb: str) -> bool:
    return bool(verb) and basis.apis.means("beginning_methods", verb)


def _closing(basis: Basis, verb: str) -> bool:
    return bool(verb) and basis.apis.means("end_of_life_methods", verb)


def _opened(basis: Basis, value: Expr) -> bool:
    """Open from the start on: a parameter that somebody opened, or a resource that needs no further step."""
    if is_none(value):
        return False
    if value.op == "name":
        return True
    row = basis.types.row(value)
    return row is not None and row.kind == "resource" and not row.empty and row.needs_release


def _fault(basis: Basis, enter: Scope, place: Place, known: bool) -> Stmt | None:
    """The first await in `__aenter__` that is no step of opening the resource itself, and that nobody guards.

    Of a resource that is not `known`, any method that begins something may be what opens it.
    """
    for stmt in statements(enter.block):
        for expr in stmt.flat:
            if expr.op == "await" and not _begins(basis, expr.args[0], place, known) and not _guarded(stmt):
                return stmt
    return None


def _begins(basis: Basis, expr: Expr, place: Place, known: bool) -> bool:
    """`await self.client.connect()`, `await self.start_server()`, `await self`."""
    called = expr.args[0] if expr.op == "call" else expr
    if called.op != "attr":
        return basis.names.class_of(called) is not None
    mine = basis.names.place(called.args[0]) == place or (not known and expr.op == "call")
    return mine and basis.apis.means("beginning_methods", called.text)


def _guarded(stmt: Stmt) -> bool:
    """In a `try` with a handler or `finally`, in one of those, or in a `with` that keeps a stack."""
    return any(
        owner.op == "with" or (owner.op == "try" and any(b.kind in ("handler", "finally") for b in owner.blocks))
        for _, owner in ancestors(stmt)
    )
