"""Reading that inserts: which look-ups of a default dict make an entry for a key that nobody stored?"""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.key import parts_of
from leaklint.meaning.basis import Basis
from leaklint.meaning.flow import LEAVING
from leaklint.meaning.names import Place
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Stmt, ancestors, source, statements, walk

_REMOVALS = ("remove", "discard", "pop", "popleft", "popitem")


def inserting_reads(basis: Basis, place: Place) -> Iterator[Use]:
    """Subscripts that are read under a key of which nothing says that it is there: `get` and `in` insert nothing."""
    stored = {(u.stmt.scope.function, source(u.key)) for u in basis.all_uses(place) if u.verb == "__setitem__"}
    for use in basis.all_uses(place):
        function = use.stmt.scope.function
        asked = use.verb == "__getitem__" and function.name != "__getitem__"  # a mapping's own
        if asked and (function, source(use.key)) not in stored and not _there(basis, place, use):
            yield use


def fills(basis: Basis, use: Use, grow: frozenset[str]) -> bool:
    """Is something put into the entry that the look-up makes: `self.inbox[user].append(x)`? Else it stays empty."""
    parent = use.site.parent
    if use.stmt.op == "assign" and use.stmt.value is use.site and all(t.op == "name" for t in use.stmt.targets):
        function = use.stmt.scope.function
        return any(  # `seen = self.seen[user]`, then `seen.add(x)`, or handed on to who fills it
            (u.verb in grow or u.role == "argument") and u.stmt.scope.function is function and u.stmt is not use.stmt
            for u in basis.all_uses(use.place.entry)
        )
    if parent is None:
        return use.stmt.op == "augassign" and use.site in use.stmt.targets
    called = parent.op == "attr" and parent.text in grow and parent.parent is not None and parent.parent.op == "call"
    stored = parent.op == "sub" and parent.args[0] is use.site and _outermost(parent) in use.stmt.targets
    return called or stored


def _outermost(expr: Expr) -> Expr:
    while expr.parent is not None and expr.parent.op in ("sub", "attr") and expr.parent.args[0] is expr:
        expr = expr.parent
    return expr


def _there(basis: Basis, place: Place, use: Use) -> bool:
    """Is the key one that is known already, tested to be in it, or is something taken out of its entry?"""
    key = use.key
    if key is None or _collected(basis, key) or _takes_out(use):
        return True
    inside = any(_tests(basis, place, test, key, "In") for test in _conditions(use))
    return inside or any(_refuses(basis, place, stmt, use) for stmt in statements(use.stmt.scope.function.block))


def _collected(basis: Basis, key: Expr) -> bool:
    """A loop over a collection: of the keys of the dict itself, or of what the program knows already. The parts of a
    text are as new as the text."""
    found = basis.names.bindings(key.text, key.scope) if key.op == "name" else []
    return any(b.how in ("for", "comp") and not parts_of(basis, b) for b in found)


def _takes_out(use: Use) -> bool:
    """`self.rooms[room].remove(x)`, `del self.rooms[room][x]`: whoever removes has added before."""
    parent = use.site.parent
    if parent is None:
        return False
    called = parent.op == "attr" and parent.text in _REMOVALS and parent.parent is not None
    return called or (parent.op == "sub" and use.stmt.op == "del" and parent in use.stmt.targets)


def _conditions(use: Use) -> Iterator[Expr]:
    """What is true where the look-up runs: the tests around it, of the statement and of the expression."""
    yield from (test for block, owner in ancestors(use.stmt) if owner.scope is use.stmt.scope for test in block.exprs)
    expr: Expr | None = use.site
    while expr is not None:
        if expr.op in ("bool", "if", "comp"):
            yield from expr.args
        expr = expr.parent


def _tests(basis: Basis, place: Place, test: Expr, key: Expr, how: str) -> bool:
    tests = (e for e in walk(test) if e.op == "compare" and e.text == how and source(e.args[0]) == source(key))
    return any(basis.names.place(e.args[1]) == place for e in tests)


def _refuses(basis: Basis, place: Place, stmt: Stmt, use: Use) -> bool:
    """`if key not in self.items: return`, above."""
    if stmt.op != "if" or stmt.value is None or stmt.ordinal > use.stmt.ordinal or use.key is None:
        return False
    leaves = bool(stmt.blocks[0].stmts) and stmt.blocks[0].stmts[-1].op in LEAVING
    return leaves and _tests(basis, place, stmt.value, use.key, "NotIn")
