"""Nested functions that call themselves, by a variable of the function around them: a cycle for each of its calls."""

from __future__ import annotations

from leaklint.meaning.basis import Basis
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Expr, Scope, ancestors


def carried(basis: Basis, inner: Scope, outer: Scope) -> tuple[str, ...]:
    """The collections that the outer function was given, and that a nested one closes over that calls itself and is
    called here alone. None where only something is looked up in them: that leaves nothing but their names."""
    stmt = inner.stmt
    if stmt is None or stmt.decorators or next(ancestors(stmt))[1] is not outer.stmt:
        return ()
    within: list[Expr] = []
    outside: list[Expr] = []
    for mention in basis.mentions(inner.name):
        if mention.op == "name" and basis.names.scope_of(inner.name, mention.scope) is outer:
            (within if _below(mention.scope, inner) else outside).append(mention)
    if not within or not outside or any(not _is_called(basis, m) for m in (*within, *outside)):
        return ()
    if len(outer.bindings.get(inner.name, ())) > 1 or runs_once(basis, outer):
        return ()
    first = 1 if outer.method_of is not None else 0
    given = [p.name for p in outer.params[first:] if not basis.apis.means("light_names", p.name)]
    names = tuple(name for name in given if _closes_over(basis, inner, outer, name))
    large = any(basis.apis.means("bulky_names", name) for name in names)
    return names if large or any(_is_wanted(m) for m in outside) else ()


def _is_wanted(function: Expr) -> bool:
    """Does the work go on with what a call gives, and not only with whether it passes?"""
    value = function.parent
    while value is not None and value.parent is not None and value.parent.op in ("await", "unary"):
        value = value.parent
    stmt = function.stmt
    return stmt.op not in ("if", "while", "assert") and not (stmt.op == "expr" and value is stmt.value)


def _below(scope: Scope | None, inner: Scope) -> bool:
    while scope is not None and scope is not inner:
        scope = scope.parent
    return scope is inner


def _is_called(basis: Basis, mention: Expr) -> bool:
    """Called, or handed to what calls it on the spot: `map(convert, task)`."""
    above = mention.parent
    if above is None or above.op != "call":
        return False
    return above.args[0] is mention or basis.apis.means("mapping_functions", source_name(above))


def runs_once(basis: Basis, outer: Scope) -> bool:
    """A function of the start of a program, or a test."""
    return any(basis.apis.means(what, outer.name) for what in ("once_functions", "test_functions"))


def _closes_over(basis: Basis, inner: Scope, outer: Scope, name: str) -> bool:
    mentions = (m for m in basis.mentions(name) if m.op == "name" and _below(m.scope, inner))
    return any(basis.names.scope_of(name, m.scope) is outer and _holds_entries(m) for m in mentions)


def _holds_entries(mention: Expr) -> bool:
    """`graph[node]`, `node in graph`, `for node in graph`, `graph.items()`: it is used as a collection."""
    above = mention.parent
    if above is None:
        return mention.stmt.op == "for" and mention.stmt.value is mention
    if above.op == "compare":
        return above.text in ("In", "NotIn") and above.args[-1] is mention
    if above.op in ("sub", "comp"):
        return above.args[0] is mention
    return above.op == "attr" and above.text in ("items", "values", "keys", "get")
