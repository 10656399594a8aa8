"""A local name for a list that outlives the call, which is added to and used as if it were a copy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from leaklint.answers.driver import context
from leaklint.answers.shared import shared
from leaklint.meaning.basis import Answer, Basis
from leaklint.meaning.names import Place
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Scope

_ADDS = ("append", "extend", "insert")
_TAKES_OUT = ("pop", "remove", "clear", "__delitem__", "popleft", "del")


class Alias(NamedTuple):
    """`found = settings.HOSTS` (`bound`; a slice copies), `found.append(host)` (`added`), `return found` (`given`)."""

    place: Place
    bound: Use
    added: Use
    given: Use
    when: Answer


def aliases(basis: Basis) -> Iterator[Alias]:
    """Lists of a module, a class or an import that a function adds to under a name of its own."""
    for place, uses in basis.uses.items():
        if place.scope.kind == "module" or (place.scope.kind == "class" and shared(basis, place)):
            named = [u for u in uses if u.verb in _ADDS and u.expr.op == "name" and _own(basis, u)]
            for added in named if not any(u.verb in _TAKES_OUT for u in uses) else ():
                found = _alias(basis, place, uses, added)
                if found is not None:
                    yield found
                    break


def _own(basis: Basis, use: Use) -> bool:
    """Is it by a name that its function binds once, and so to nothing else?"""
    home: Scope | None = basis.names.scope_of(use.expr.text, use.expr.scope)
    return home is not None and home.kind == "function" and len(basis.names.bindings(use.expr.text, home)) == 1


def _alias(basis: Basis, place: Place, uses: Sequence[Use], added: Use) -> Alias | None:
    function, name = added.stmt.scope.function, added.expr.text
    here = [u for u in uses if u.stmt.scope.function is function]
    if any(u.verb == "__contains__" for u in here):
        return None  # what is there is not added once more
    bound = next((u for u in here if u.role == "bound" and u.stmt.op == "assign" and u.stmt.value is u.expr), None)
    used = (u for u in here if u.expr.op == "name" and u.expr.text == name and u.stmt.ordinal > added.stmt.ordinal)
    given = next((u for u in used if u.role == "returned" or u.verb == "__iter__"), None)
    when = context(basis, added.stmt)
    if bound is None or bound.expr.op == "sub" or given is None or when.kind in ("import", "once"):
        return None
    return Alias(place, bound, added, given, when) if [t.text for t in bound.stmt.targets] == [name] else None
