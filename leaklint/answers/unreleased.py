"""Resources that are acquired in a function and released on no path at all, named or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leaklint.answers.fate import acquired, takes_over
from leaklint.answers.paths import Paths
from leaklint.apis import Row
from leaklint.basis import Basis
from leaklint.ir import Expr, flat_of
from leaklint.scopes import source_name


@dataclass(frozen=True, slots=True)
class Unreleased:
    """`defence` says why it is well after all; `name` is the local name, empty when there is none."""

    subject: str
    row: Row
    call: Expr
    name: str = ""
    defence: str = ""


def unreleased(basis: Basis, traces: Sequence[tuple[Paths, Expr]]) -> Iterator[Unreleased]:
    """Named ones by their traces, and those that are dropped where they are acquired."""
    for paths, value in traces:
        if paths.releases or paths.escapes:
            continue
        if any(e.kind in ("end", "return") for e in paths.exits):
            yield Unreleased(paths.place.text, paths.row, value, paths.place.path[0])
        else:
            yield Unreleased(paths.place.text, paths.row, value, paths.place.path[0], "the function does not end")
    for stmt in basis.module.stmts:
        for expr in flat_of(stmt):
            if expr.op == "call":
                row = acquired(basis, expr)
                if row is not None and _dropped(basis, expr, row):
                    where = stmt.scope.function.qualname or "<module>"
                    yield Unreleased(f"{where}.{basis.types.callee(expr).name or expr.args[0].text}", row, expr)


def _dropped(basis: Basis, call: Expr, row: Row) -> bool:
    """Used for one look at an attribute or method, or not at all: nobody can release it afterwards."""
    expr = call
    while expr.parent is not None and expr.parent.op in ("await", "walrus"):
        if expr.parent.op == "walrus":
            return False
        expr = expr.parent
    parent = expr.parent
    if parent is None:
        callee = basis.types.callee(call)
        disarms = callee.receiver is not None and callee.method in callee.receiver.release  # `stack.pop_all()`
        registers = callee.local is not None and callee.local.kind == "class"  # it may be kept by its own constructor
        return call.stmt.op == "expr" and not disarms and not registers
    if parent.op == "attr":
        method = parent.parent
        called = method is not None and method.op == "call" and method.args[0] is parent
        if not called:
            return True
        return (
            parent.text not in row.release
            and not basis.apis.means("end_of_life_methods", parent.text)
            and basis.types.result(method) is None
            and basis.types.callee(method).local is None
            if method
            else False
        )
    packed = parent.op in ("tuple", "list", "dict")
    while parent is not None and parent.op in ("tuple", "list", "dict"):  # `files={"f": open(p)}`
        expr, parent = parent, parent.parent
    if parent is None or parent.op != "call" or expr is parent.args[0]:
        return False
    callee = basis.types.callee(parent)
    if callee.local is not None:
        return False
    if callee.row is not None or callee.receiver is not None:
        return not takes_over(callee)
    # an unknown function reads it; an unknown class or object may keep and close it
    plain = packed or parent.args[0].op == "name" or basis.names.qualified(parent.args[0]) is not None
    return plain and source_name(parent)[:1].islower() and _stays(basis, parent, sent=packed)


def _stays(basis: Basis, call: Expr, sent: bool = False) -> bool:
    """Does what the call gives stay in this statement, or in a local name that is only read from?

    `sent`: it is an answer to an upload, and holds nothing of what was sent.
    """
    stmt = call.stmt
    if sent:
        return True
    if stmt.op != "assign":
        return stmt.op in ("expr", "for")
    places = [basis.names.place(t) if t.op == "name" else None for t in stmt.targets]
    kept = ("returned", "argument", "bound", "element", "yielded")
    return all(p is not None and not any(u.role in kept for u in basis.all_uses(p)) for p in places)
