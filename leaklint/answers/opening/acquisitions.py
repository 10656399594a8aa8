"""Resources that end up in attributes and globals, where they are acquired."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.answers.opening.openers import acquired, acquired_part, sources
from leaklint.answers.releasing.fate import fate, parameter, resource_uses
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt, statements


@dataclass(frozen=True, slots=True)
class Acquisition:
    """`stmt` gives an attribute or global a resource. `value` acquires it, there or for a local name that `stmt` reads.

    A class body counts as import time, as the module's own body does.
    """

    place: Place
    row: Row
    stmt: Stmt
    value: Expr


def acquisitions(basis: Basis) -> Iterator[Acquisition]:
    """Every one, in the order of places; what a property makes when it is first asked for comes last."""
    yield from _assigned(basis, 1)
    for function in basis.module.scopes:
        if function.method_of is not None and _keeps_result(basis, function):
            yield from _on_demand(basis, function, function.method_of)


def within(basis: Basis) -> Iterator[Acquisition]:
    """Those in what an object or module holds for this, one for each thread: `self.local.connection`."""
    return _assigned(basis, 2)


def _assigned(basis: Basis, depth: int) -> Iterator[Acquisition]:
    """Those under so many names from an object or the module on."""
    for place, uses in basis.uses.items():
        if len(place.path) == depth and place.scope.kind in ("class", "module"):
            for use in uses:
                if use.verb == "bind" and use.stmt.op == "assign":
                    yield from _acquisition(basis, use)


def _keeps_result(basis: Basis, method: Scope) -> bool:
    """Is it a property of which the object keeps the first result?"""
    decorators = method.stmt.decorators if method.stmt is not None else ()
    names = ((basis.names.qualified(d) or source_name(d)).rpartition(".")[2] for d in decorators)
    return any(basis.apis.means("keeping_properties", name) for name in names)


def _on_demand(basis: Basis, method: Scope, klass: Scope) -> Iterator[Acquisition]:
    for stmt in statements(method.block):
        if stmt.op == "return":
            values = ((value, acquired(basis, value)) for value in sources(basis, stmt.value))
            yield from (Acquisition(basis.names.attribute(klass, method.name), r, stmt, v) for v, r in values if r)


def _acquisition(basis: Basis, use: Use) -> Iterator[Acquisition]:
    values = ((value, acquired(basis, value)) for value in sources(basis, use.value))
    found = next(((row, value) for value, row in values if row is not None), None) or _given(basis, use.value)
    if found is None and use.value is None and use.stmt.value is not None:
        row = acquired_part(basis, use.expr)
        found = (row, use.stmt.value) if row is not None else None
    if found is not None:
        yield Acquisition(use.place, found[0], use.stmt, found[1])


def _given(basis: Basis, value: Expr | None) -> tuple[Row, Expr] | None:
    """What another method opens for the parameter that is kept: `self._use(connect(host))`."""
    kept = basis.names.place(value) if value is not None and value.op == "name" else None
    method = kept.scope if kept is not None else None
    if method is None or method.method_of is None or method.name.startswith("__"):
        return None
    calls = (m.parent for m in basis.mentions(method.name) if basis.names.local(m) is method)
    args = [a for c in calls if c is not None and c.op == "call" for a in c.args[1:] if parameter(method, c, a) == kept]
    found = ((acquired(basis, one), one, arg) for arg in args for one in sources(basis, arg))
    return next(((row, one) for row, one, arg in found if row is not None and not _closed(basis, arg, row)), None)


def _closed(basis: Basis, given: Expr, row: Row) -> bool:
    """Does the giver close it again, by the name that it has there?"""
    local = basis.names.place(given) if given.op == "name" else None
    return local is not None and any(fate(basis, use, row) == "release" for use in resource_uses(basis, local, row))
