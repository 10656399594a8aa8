"""Objects that are made over a resource and kept under a name: what becomes of one becomes of the resource."""

from __future__ import annotations

from leaklint.answers.instances import klass
from leaklint.answers.opening.openers import acquired
from leaklint.answers.releasing.lending import called
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, is_none, statements

_HANDED = ("returned", "bound", "element")


def wrapper(basis: Basis, use: Use) -> Place | None:
    """Another local name for it (`image = file`), or that of the one object that gets the resource and is handed over
    in turn (`peer = Peer(sock)`)."""
    stmt = use.stmt
    target = stmt.targets[0] if stmt.op == "assign" and len(stmt.targets) == 1 else None
    place = basis.names.place(target) if target is not None and target.op == "name" else None
    if place is None or place == use.place or place.scope is not use.place.scope:
        return None
    if use.role == "bound" and stmt.value is use.site:
        return place
    if use.role != "argument" or not _made(basis, use.site):
        return None
    alone = sum(u.verb == "bind" for u in basis.all_uses(place)) == 1
    return place if alone and any(u.role in _HANDED for u in basis.all_uses(place)) else None


def taker(basis: Basis, use: Use) -> Place | None:
    """The object of a class here that the function has made and hands over, and that gets it by a method: `self =
    cls()`, then `await self._start(sock)` and `return self`."""
    method = use.site.args[0] if use.role == "argument" else None
    owner = method.args[0] if method is not None and method.op == "attr" and method.args[0].op == "name" else None
    place = basis.names.place(owner) if owner is not None else None
    if owner is None or place is None or place == use.place or place.scope is not use.place.scope or place.is_given:
        return None
    made = [v for v in basis.types.bound_values(place) if not is_none(v)]
    new = len(made) == 1 and made[0].op == "call" and klass(basis, owner) is not None
    return place if new and any(u.role in _HANDED for u in basis.all_uses(place)) else None


def _made(basis: Basis, call: Expr) -> bool:
    """Is it given to a class of which nothing is known, and that object perhaps to another, which gets the name?"""
    expr = call
    while expr.op == "call" and expr.parent is not None:
        if not _holds(basis, expr):
            return False
        expr = expr.parent
    return (expr.op == "await" or _holds(basis, expr)) and expr.parent is None


def _holds(basis: Basis, call: Expr) -> bool:
    callee = basis.types.callee(call)
    if callee.row is not None or callee.receiver is not None or not called(basis, call)[:1].isupper():
        return False
    if acquired(basis, call) is not None:
        return False  # followed by itself
    return callee.local is None or not _ends_itself(basis, callee.local)


def _ends_itself(basis: Basis, holder: Scope) -> bool:
    """Does a class of this module close what it holds where one of its own steps fails?"""
    return any(
        block.kind in ("handler", "finally")
        and any(
            e.op == "call" and basis.apis.means("end_of_life_methods", source_name(e))
            for inner in statements(block)
            for e in inner.flat
        )
        for method in holder.children
        for stmt in statements(method.block)
        for block in stmt.blocks
    )
