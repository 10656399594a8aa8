"""Temporary files that stay on disk until somebody removes them by their name (`delete=False`)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from leaklint.answers.opening.conditional import holds_open
from leaklint.answers.releasing.lending import called
from leaklint.answers.ways.faults import Faults
from leaklint.answers.ways.handlers import catches_all, handles
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.flow import Effects, Exit, open_exits
from leaklint.meaning.names import Place
from leaklint.tree.ir import Block, Expr, Stmt, outermost, statements

_NAME = "name"


@dataclass(frozen=True, slots=True)
class Undeleted:
    """`call` makes the file `name`; `ends` removes or moves it, or hands it over, but not when `left` is taken."""

    row: Row
    call: Expr
    name: str
    ends: Stmt
    given: bool  # handed over
    left: Exit
    written: bool = False  # by a name that the function has made itself


def undeleted(basis: Basis) -> Iterator[Undeleted]:
    """Each of which a function removes or hands over what it made, unless something fails before."""
    for call in basis.all_calls:
        row, function = basis.types.callee(call).row, call.stmt.scope.function
        if row is None or not row.closer or row.kind != "function" or not holds_open(row, call):
            continue
        target = _target(call)
        place = basis.names.place(target) if target is not None else None
        own = place is not None and place.scope is function and function.kind == "function"
        body = function.block if own and basis.budget else None
        found = _followed(basis, place, row, call, body) if place is not None and body is not None else None
        if found is not None:
            yield found


def _target(call: Expr) -> Expr | None:
    """The local name that gets the file: `tmp = make()`, `with make() as tmp:`."""
    stmt, whole = call.stmt, outermost(call)
    found = next((t for v, t in stmt.items if v is whole), None)
    if stmt.op == "assign" and stmt.value is whole and len(stmt.targets) == 1:
        found = stmt.targets[0]
    return found if found is not None and found.op == "name" else None


def _followed(basis: Basis, place: Place, row: Row, call: Expr, body: Block) -> Undeleted | None:
    named = {Place(place.scope, (*place.path, _NAME))}
    for stmt in statements(body):  # `path = tmp.name`
        if stmt.op == "assign" and basis.names.place(stmt.value) in named and stmt.targets[0].op == "name":
            named |= {p for t in stmt.targets if (p := basis.names.place(t)) is not None}
    fates: dict[Stmt, bool] = {}
    for stmt in statements(body):
        for expr in stmt.flat:
            if basis.names.place(expr) in named and (given := _ended(basis, expr)) is not None:
                fates[stmt] = fates.get(stmt, True) and given
    if not fates:
        return None
    exits = ways_out(basis, OnDisk(place, row, call.stmt, fates), body, lambda stmt: _writes(basis, stmt, place))
    left = next((e for e in exits if e.kind == "raise"), None)
    last = next(iter(fates))
    return Undeleted(row, call, f"{place.path[0]}.{_NAME}", last, fates[last], left) if left is not None else None


@dataclass(frozen=True, slots=True)
class OnDisk:
    """What `made` puts there, and each of `ends` removes or hands over; `place` is the name of it."""

    place: Place
    row: Row
    made: Stmt
    ends: Collection[Stmt]


def ways_out(
    basis: Basis,
    file: OnDisk,
    body: Block,
    quiet: Callable[[Stmt], bool],
    asks: Callable[[Stmt], bool] = bool,
) -> tuple[Exit, ...]:
    """The exits on which nothing ends it. What is `quiet` does not fail; what an `if` asks that removes it is true
    while it is there: whoever removes it under a condition has thought of when."""
    made, ends = file.made, file.ends
    faults = Faults(basis, file.place, file.row, file.place.scope)
    effects = Effects(
        at=lambda stmt: "acquire" if stmt is made else "release" if stmt in ends else "",
        fallible=lambda stmt: (
            stmt is not made and stmt not in ends and not quiet(stmt) and faults.telling(stmt) is not None
        ),
        narrow=lambda test: (
            True if asks(test.stmt) and any(s in ends for b in test.stmt.blocks[:1] for s in statements(b)) else None
        ),
        catches_all=lambda block: catches_all(block) or any(s in ends for s in statements(block)),
        handles=lambda block: handles(basis, block),
    )
    return open_exits(basis, body, effects)


def _writes(basis: Basis, stmt: Stmt, place: Place) -> bool:
    """`tmp.write(data)`: that fails when the disk is full, which is not what anybody guards against."""
    call = stmt.value if stmt.op == "expr" else None
    call = call.args[0] if call is not None and call.op == "await" else call
    method = call.args[0] if call is not None and call.op == "call" else None
    return method is not None and method.op == "attr" and basis.names.place(method.args[0]) == place


def _ended(basis: Basis, path: Expr) -> bool | None:
    """Does what reads the path hand it over (true), remove or move the file (false), or neither?"""
    expr, stmt = path, path.stmt
    while (parent := expr.parent) is not None:
        if parent.op == "call" and expr is not parent.args[0]:
            row = basis.types.callee(parent).row
            if (row is not None and row.ends_argument) or basis.apis.means("removing_functions", called(basis, parent)):
                return False
        if parent.op == "attr" and basis.apis.means("removing_functions", parent.text):  # `Path(tmp.name).unlink()`
            return False
        expr = parent
    return True if stmt.op == "return" and stmt.value is expr else None
