"""Does a buffer empty itself whatever comes in, or only when the input holds a delimiter?"""

from __future__ import annotations

from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Scope, Stmt, ancestors, flat_of, statements, walk

_SEARCHES = (
    "__contains__",
    "find",
    "rfind",
    "index",
    "partition",
    "rpartition",
    "split",
    "rsplit",
    "splitlines",
    "startswith",
    "endswith",
)


def waits_for_delimiter(basis: Basis, place: Place, shrink: Use, grow: Use) -> bool:
    """Is a removal reached only when the input holds something: in the growing function or one that it calls?"""
    function, feeding = shrink.stmt.scope.function, grow.stmt.scope.function
    if (conditional(shrink.stmt) or _keeps_rest(basis, place, shrink)) and _searched(basis, place, function):
        return True
    if function is feeding:
        return conditional(shrink.stmt) and _tested(grow, shrink.stmt)
    sites = [
        c.stmt
        for s in statements(feeding.block)
        for c in flat_of(s)
        if c.op == "call" and basis.names.local(c.args[0]) is function
    ]
    return bool(sites) and all(conditional(site) and _tested(grow, site) for site in sites)


def _keeps_rest(basis: Basis, place: Place, shrink: Use) -> bool:
    """`self.rest = lines.pop()` after `lines = self.rest.split(...)`: what holds no delimiter stays, however long."""
    value = shrink.value
    if shrink.verb != "bind":
        return False
    if value is None:  # `*lines, self.rest = self.rest.split(...)`
        return any(t.op in ("tuple", "list") for t in shrink.stmt.targets)
    taken = value.op == "sub" or (value.op == "call" and value.args[0].op == "attr")
    lines = (value.args[0].args[0] if value.op == "call" else value.args[0]) if taken else None
    made = basis.names.only_value(lines.text, lines.scope) if lines is not None and lines.op == "name" else None
    if made is None or made.op != "call" or made.args[0].op != "attr":
        return False
    return basis.names.place(made.args[0].args[0]) == place


def _searched(basis: Basis, place: Place, function: Scope) -> bool:
    uses = (u for u in basis.all_uses(place) if u.stmt.scope.function is function)
    return any(u.verb in _SEARCHES or (u.role == "argument" and _search(u)) for u in uses)


def _tested(grow: Use, stmt: Stmt) -> bool:
    """Does a condition around the statement look at what is being taken in?"""
    names = {e.text for e in walk(grow.value) if e.op == "name"} if grow.value is not None else set()
    tests = [
        t
        for block, owner in ancestors(stmt)
        for t in (*block.exprs, *((owner.value,) if owner.op == "while" and owner.value else ()))
    ]
    return any(e.op == "name" and e.text in names for t in tests for e in walk(t))


def _search(use: Use) -> bool:
    func = use.site.args[0]
    return func.op == "attr" and func.text in ("search", "match", "split", "finditer", "findall", "fullmatch")


def conditional(stmt: Stmt) -> bool:
    """Does a statement run only on some of the passes through its function?"""
    return any(
        block.kind in ("body", "elif", "else", "handler", "case")
        and owner.op in ("if", "while", "for", "match", "try")
        and not (owner.op == "try" and block.kind == "body")
        for block, owner in ancestors(stmt)
        if owner.scope is stmt.scope
    )
