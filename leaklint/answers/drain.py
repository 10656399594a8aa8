"""Does a buffer empty itself whatever comes in, or only when the input holds a delimiter?"""

from __future__ import annotations

from leaklint.meaning.basis import Basis
from leaklint.meaning.flow import LEAVING
from leaklint.meaning.names import Place
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, flat_of, statements, walk

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
    if _when_missing(basis, place, shrink.stmt):
        return False
    waits = conditional(shrink.stmt) or _keeps_rest(basis, place, shrink) or _left_before(basis, place, shrink.stmt)
    if waits and _searched(basis, place, function):
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


def until_found(basis: Basis, place: Place, stmt: Stmt) -> bool:
    """Does a loop go on until the buffer holds something: `while b"\\n" not in data`?"""
    loops = {owner for block, owner in ancestors(stmt) if owner.op == "while" and block.kind == "body"}
    return any(u.stmt in loops and u.verb in _SEARCHES for u in basis.all_uses(place))


def _when_missing(basis: Basis, place: Place, stmt: Stmt) -> bool:
    """`start = self.buf.find(SYNC)`, `if start < 0: del self.buf[:-1]`: what nobody waits for is dropped."""
    branches = (block for block, owner in ancestors(stmt) if owner.op == "if")
    return any(_misses(basis, place, test) for block in branches for test in block.exprs)


def _left_before(basis: Basis, place: Place, stmt: Stmt) -> bool:
    """`if start < 0: return` in front of it."""
    for earlier in stmt.parent.stmts if stmt.parent is not None else ():
        if earlier is stmt:
            return False
        body = earlier.blocks[0].stmts if earlier.op == "if" else ()
        if body and body[-1].op in LEAVING and earlier.value is not None and _misses(basis, place, earlier.value):
            return True
    return False


def _misses(basis: Basis, place: Place, test: Expr) -> bool:
    """Has the buffer been searched for something that is not there?"""
    if test.op != "compare":
        return False
    found = basis.names.only_value(test.args[0].text, test.scope) if test.args[0].op == "name" else test.args[0]
    searches = found is not None and found.op == "call" and found.args[0].text in ("find", "rfind")
    held = found.args[0].args[0] if searches and found is not None else None
    if test.text in ("LessThan", "Equal"):
        return basis.names.place(held) == place
    return test.text == "NotIn" and basis.names.place(test.args[-1]) == place


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
    """Does a condition around the statement look at what is being taken in, or at what came with it?"""
    function = grow.stmt.scope.function
    names = {p.name for p in function.params[1 if function.method_of is not None else 0 :]}
    names |= {e.text for e in walk(grow.value) if e.op == "name"} if grow.value is not None else set()
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
