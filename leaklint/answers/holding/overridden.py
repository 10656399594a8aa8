"""Endings that take the place of a base class's, and do not do what that did."""

from __future__ import annotations

from collections.abc import Iterable

from leaklint.meaning.basis import Basis
from leaklint.meaning.scopes import source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, flat_of, statements


def overriding(basis: Basis, releases: Iterable[Use], acquiring: Scope) -> Scope | None:
    """A subclass method that overrides the only releasing method without calling it.

    `acquiring` is the method that acquires the resource: a subclass with an `acquiring` of its own may never do so.
    """
    functions = {u.stmt.scope.function for u in releases}
    inherited = functions.pop() if len(functions) == 1 else None
    base = inherited.method_of if inherited is not None else None
    if inherited is None or base is None or inherited.name.startswith("__"):
        return None
    for klass in basis.names.family(base):
        own = {m.name: m for m in klass.children if m.kind == "function"}
        method, first = own.get(inherited.name), own.get(acquiring.name)
        if method is None or base not in basis.names.bases(klass) or _hands_up(method, base):
            continue
        if first is None or first is acquiring or _hands_up(first, base):
            return method
    return None


def bereft(basis: Basis, releases: Iterable[Use], acquiring: Scope) -> Scope | None:
    """A subclass that inherits the acquiring method but none of the releasing ones."""
    home = acquiring.method_of
    owners = {u.stmt.scope.function.method_of for u in releases}
    inherited = {home, *(basis.names.bases(home) if home is not None else ())}
    if home is None or None in owners or not owners.isdisjoint(inherited):
        return None
    for klass in basis.names.family(home):
        line = [klass, *basis.names.bases(klass)]
        above = any(owner is not None and klass in basis.names.bases(owner) for owner in owners)
        first = next((m for m in klass.children if m.name == acquiring.name), None)
        if home in line[1:] and not above and owners.isdisjoint(line) and (first is None or _hands_up(first, home)):
            return klass
    return None


def _hands_up(method: Scope, base: Scope) -> bool:
    """Does it call the method that it takes the place of, or anything else of its base class by name?"""
    return any(_is_base(e.args[0], base) for s in statements(method.block) for e in flat_of(s) if e.op == "attr")


def _is_base(expr: Expr, base: Scope) -> bool:
    called = expr.op == "call" and source_name(expr) == "super"
    return called or (expr.op == "name" and expr.text == base.name)
