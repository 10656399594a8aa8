"""Does an object give away what it holds in an attribute, or does it only lend it to those that it calls?"""

from __future__ import annotations

from leaklint.answers.releasing.fate import fate, parameter, sent_in
from leaklint.answers.releasing.lending import called, stays
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import CONSTRUCTORS
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr

_BIRTH = (*CONSTRUCTORS, "__enter__", "__aenter__")
_KEPT = ("returned", "yielded", "bound", "element")
_EXITS = ("__exit__", "__aexit__")
_DEPTH = 3


def given_away(basis: Basis, use: Use, row: Row, depth: int = _DEPTH) -> bool:
    """May somebody else close it after this use?

    Returning something the object still holds is lending. So is passing it to a function, or to another object this
    one owns. A resource that a constructor passes on may become somebody else's.
    """
    if use.role == "returned" or fate(basis, use, row) != "escape":
        return False
    local = local_name(basis, use) if depth else None
    if local is not None:
        others = (u for u in basis.all_uses(local) if u.verb != "bind" and not _put_back(basis, u, use.place))
        return any(fate(basis, u, row) == "release" or given_away(basis, u, row, depth - 1) for u in others)
    if row.pooled and _part_only(basis, use):
        return False
    if use.stmt.scope.function.name in _BIRTH or use.role not in ("argument", "element"):
        return True
    return _keeps(basis, use, row, _DEPTH)


def _part_only(basis: Basis, use: Use) -> bool:
    """Is it given to a part of the same object, which that makes, and neither ends nor hands on: `self.users =
    Users(self.client)`? What many share is not for one of them to close."""
    made = use.site if use.role == "argument" else None
    target = use.stmt.targets[0] if len(use.stmt.targets) == 1 and use.stmt.value is made else None
    part = basis.names.place(target) if target is not None and target.op == "attr" else None
    own = part is not None and part.is_attribute and part.scope is use.place.scope and use.place.is_attribute
    if part is None or made is None or not own or not called(basis, made).lstrip("_")[:1].isupper():
        return False
    callee = basis.types.callee(made)
    unknown = callee.row is None and callee.receiver is None and callee.local is None
    ended = any(
        u.verb in _EXITS
        or basis.apis.means("end_of_life_methods", u.verb)
        or (u.place == part and u.role in ("argument", "element", "bound"))
        for u in basis.below(part)
        if u.verb != "bind"
    )
    return unknown and not ended


def local_name(basis: Basis, use: Use) -> Place | None:
    """The local name that a use gives it for a while: `client = self.clients.get(host)`."""
    target = use.stmt.targets[0] if use.role == "bound" and len(use.stmt.targets) == 1 else None
    place = basis.names.place(target) if target is not None and target.op == "name" else None
    return place if place is not None and place.scope.kind == "function" else None


def _put_back(basis: Basis, use: Use, place: Place) -> bool:
    return use.role == "bound" and any(basis.names.place(t) == place for t in use.stmt.targets)


def used_on(basis: Basis, use: Use, row: Row) -> bool:
    """Is it only lent to a function by one that goes on using it afterwards, and gets nothing back that may hold it?"""
    if use.role != "argument" or _keeps(basis, use, row, _DEPTH):
        return False
    call, callee = use.site, basis.types.callee(use.site)
    own = callee.local is not None and call.stmt.op == "expr"
    later = (u for u in basis.all_uses(use.place) if u.verb and u.site.op == "call" and u.verb not in row.release)
    return (own or stays(basis, call)) and any(u.stmt.ordinal > use.stmt.ordinal for u in later)


def _keeps(basis: Basis, use: Use, row: Row, depth: int) -> bool:
    """Does whoever gets an argument, or a list that it stands in, keep it or end it?"""
    if use.role == "argument":
        return _taken(basis, use.site, use.value, row, depth)
    if use.role != "element":
        return True
    call = sent_in(use.site)
    if call is not None:
        return _taken(basis, call, None, row, depth)
    target = use.stmt.targets[0] if use.stmt.op == "assign" and len(use.stmt.targets) == 1 else None
    place = basis.names.place(target) if target is not None and target.op == "name" else None
    if place is None or place.scope.kind != "function" or depth == 0:
        return True
    uses = [u for u in basis.below(place) if u.verb != "bind"]
    return any(u.role in _KEPT or u.verb or _keeps(basis, u, row, depth - 1) for u in uses)


def _taken(basis: Basis, call: Expr, value: Expr | None, row: Row, depth: int) -> bool:
    callee = basis.types.callee(call)
    if callee.row is not None or callee.receiver is not None:
        return True  # which rows tell of
    if callee.local is not None:
        param = parameter(callee.local, call, value) if callee.local.kind == "function" and depth > 0 else None
        uses = basis.all_uses(param) if param is not None else []
        return param is None or any(fate(basis, u, row) == "escape" and _keeps(basis, u, row, depth - 1) for u in uses)
    name = called(basis, call)
    if not name or any(basis.apis.means(what, name) for what in ("keeping_methods", "ending_functions")):
        return True
    stored = call.stmt.op == "assign" and any(t.op != "name" for t in call.stmt.targets)
    return stored if not name.lstrip("_")[:1].isupper() else not stays(basis, call)
