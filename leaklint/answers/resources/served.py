"""What a server or a thread gives to a function, for each client that connects: only that function can close it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from leaklint.answers.releasing.fate import fate, parameter, resource_uses
from leaklint.answers.releasing.started import given_to_thread, nth
from leaklint.answers.ways.handlers import comes_to_end
from leaklint.answers.ways.paths import Paths, trace
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.flow import Exit
from leaklint.meaning.names import Place
from leaklint.tree.ir import Expr, Stmt


@dataclass(frozen=True, slots=True)
class Served:
    """`call` starts a server or thread, which gives `paths.place` to the function that `stmt` defines."""

    paths: Paths
    call: Expr
    stmt: Stmt

    @property
    def ended(self) -> bool:
        """Does the function close it or hand it over on some way?"""
        return bool(self.paths.releases or self.paths.escapes)


def served(basis: Basis) -> Iterator[Served]:
    """Each that a function here leaves open when it is done. An error that leaves the function is another matter:
    asyncio closes the connection then, and with a thread goes its last reference."""
    seen = set()
    for place, row, call in (*_of_servers(basis), *_of_threads(basis)):
        stmt = place.scope.stmt
        if stmt is None or place in seen or not basis.budget:
            continue
        seen.add(place)
        paths = trace(basis, place, row, stmt, judged=True)
        left = tuple(_left(basis, paths.exits))
        if left:
            yield Served(replace(paths, exits=left), call, stmt)


def _of_servers(basis: Basis) -> Iterator[tuple[Place, Row, Expr]]:
    for call in basis.all_calls:
        row = basis.types.callee(call).row
        for index, given in row.hands.items() if row is not None and len(call.args) > 1 else ():
            place, kind = _parameter(basis, call.args[1], int(index)), basis.apis.get(given)
            if place is not None and kind is not None:
                yield place, kind, call


def _of_threads(basis: Basis) -> Iterator[tuple[Place, Row, Expr]]:
    """Those of a thread that are closed on some ways; what it never closes is told where that was opened."""
    for place, uses in list(basis.uses.items()):
        if place.scope.kind != "function" or len(place.path) != 1 or place.is_given:
            continue
        for use in uses:
            param = given_to_thread(basis, use) if use.role in ("argument", "element") else None
            row = basis.types.place_row(place) if param is not None else None
            if param is not None and row is not None and row.kind == "resource" and row.needs_release and not row.empty:
                ends = resource_uses(basis, param, row)
                if any(fate(basis, u, row) in ("release", "escape") for u in ends):
                    yield param, row, use.site


def _left(basis: Basis, exits: Iterable[Exit]) -> Iterator[Exit]:
    """The ways on which the function is done with it, and the server hears of no error."""
    yield from (e for e in exits if comes_to_end(basis, e))


def _parameter(basis: Basis, handler: Expr, index: int) -> Place | None:
    """The parameter of a function here that is given it: also through `lambda r, w: self.serve(r, w, name)`."""
    if handler.op == "lambda" and handler.inner is not None:
        inner, names = handler.args[-1], list(handler.inner.bindings)
        local = basis.types.callee(inner).local if inner.op == "call" and len(names) > index else None
        given = (a for a in inner.args[1:] if local is not None and a.op == "name" and a.text == names[index])
        arg = next(given, None)
        return parameter(local, inner, arg) if local is not None and arg is not None else None
    return nth(basis, handler, index)
