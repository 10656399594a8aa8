"""Live connections that are taken out of the registry that holds them, and not closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.answers.openers import acquired
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Scope, Stmt, ancestors, flat_of, statements


@dataclass(frozen=True, slots=True)
class Evicted:
    """`use` drops an entry of `place`; elsewhere `opened` puts one in, or `closed` closes one: one of them is known."""

    place: Place
    use: Use
    noun: str
    opened: Stmt | None
    closed: Use | None


def evicted(basis: Basis) -> Iterator[Evicted]:
    """Entries dropped by an eviction or on a timeout: elsewhere the peer may have closed them."""
    for place, uses in basis.uses.items():
        if place.scope.kind not in ("class", "module") or len(place.path) != 1:
            continue
        drops = [u for u in uses if _drops(u) and _lives(basis, u.stmt) and not _closes_some(basis, u)]
        if drops:
            stored = ((u, acquired(basis, u.value)) for u in uses if u.verb == "__setitem__")
            opened, row = next(((u.stmt, row) for u, row in stored if row is not None), (None, None))
            closes = (u for u in basis.all_uses(place.entry) if basis.apis.means("end_of_life_methods", u.verb))
            closed = next(closes, None)
            if opened is not None or closed is not None:
                noun = (row.noun or row.name) if row is not None else "entry"
                yield from (Evicted(place, use, noun, opened, closed) for use in drops)


def _drops(use: Use) -> bool:
    taken = use.verb == "pop" and use.site.parent is None and use.stmt.op == "expr"
    return taken or (use.verb == "__delitem__" and not (use.key is not None and use.key.op == "slice"))


def _lives(basis: Basis, stmt: Stmt) -> bool:
    """Is the entry dropped because of its age or a timeout, and not because it has ended?"""
    for block, _ in ancestors(stmt):
        if block.kind == "finally":
            return False
        if block.kind == "handler":
            caught = block.exprs[0].args if block.exprs and block.exprs[0].op == "tuple" else block.exprs[:1]
            return bool(caught) and all(basis.apis.means("timeouts", source_name(e)) for e in caught)
    return basis.apis.means("evicting_methods", stmt.scope.function.name)


def _closes_some(basis: Basis, use: Use) -> bool:
    """Is anything closed, or is the entry's state asked about, in the same function?"""
    return any(_ends(basis, use, stmt, use.stmt.scope.function) for stmt in statements(use.stmt.scope.function.block))


def _ends(basis: Basis, use: Use, stmt: Stmt, function: Scope) -> bool:
    for expr in flat_of(stmt):
        if expr.op == "attr" and basis.apis.means("end_of_life_methods", expr.text) and expr.text != function.name:
            return True
        asked = stmt.op in ("if", "while") and expr.op == "attr"
        if asked and basis.names.place(expr.args[0]) == use.place.entry:
            return True
    return False
