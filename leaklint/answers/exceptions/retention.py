"""Where is an exception stored so that it outlives its handling: in a container, an attribute, a global?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.answers.exceptions.errors import error
from leaklint.meaning.basis import NO, Answer, Basis, Clue
from leaklint.meaning.names import Place
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Scope, is_none

_BIRTHS = ("__init__", "__new__", "__post_init__")


@dataclass(frozen=True, slots=True)
class Slot:
    """Where one exception is kept at a time: an attribute, a global, a context variable. `defence`: why it is well."""

    use: Use
    place: Place
    what: Answer
    defence: Answer
    in_context: bool = False


def slots(basis: Basis) -> Iterator[Slot]:
    """Each attribute, global and context variable that a function sets to an exception, at the first place."""
    for place, uses in basis.uses.items():
        if place.scope.kind not in ("module", "class") or "[]" in place.path or len(place.path) > 2:
            continue
        bound = (u for u in uses if u.verb == "bind" and u.stmt.scope.function.kind == "function")
        found = next(((u, what) for u in bound if (what := error(basis, u.value))), None)
        if found is not None:
            yield Slot(found[0], place, found[1], _slot_defence(basis, place))
    for place, use in _replacing(basis):
        what = error(basis, use.value)
        if what:
            # setting it to None clears it in one context, and not in the copies that tasks run in
            yield Slot(use, place, what, NO, in_context=True)


def _replacing(basis: Basis) -> Iterator[tuple[Place, Use]]:
    """Calls that put a value in the place of the last one (`LAST.set(error)`) and drop the token that would undo it."""
    rows = {
        place.path[0]: (place, row)
        for place in basis.uses
        if place.scope.kind in ("module", "class") and len(place.path) == 1
        if (row := basis.types.place_row(place)) is not None and row.replace
    }
    for place, uses in basis.uses.items() if rows else ():
        found = rows.get(place.path[-1])
        for use in uses if found is not None else ():
            if found is not None and use.verb in found[1].replace and use.stmt.op == "expr":
                yield found[0], use


def stored(basis: Basis, use: Use) -> Answer:
    """The exception in what a growing use stores."""
    if use.verb in ("__setitem__", "__iadd__"):
        return error(basis, use.value)
    given = use.site.args[1:] if use.site.op == "call" else ()
    return next((found for arg in given if (found := error(basis, arg))), NO)


def _slot_defence(basis: Basis, place: Place) -> Answer:
    for other in basis.all_uses(place):
        if other.verb == "del" or (other.verb == "bind" and is_none(other.value) and _anew(other)):
            return Answer("cleared again", (Clue(other.stmt, "released", "reset"),))
    return raised(basis, place) or _outcome(basis, place.scope)


def _anew(use: Use) -> bool:
    function = use.stmt.scope.function
    return function.kind == "function" and function.name not in _BIRTHS


def raised(basis: Basis, place: Place) -> Answer:
    """Is what is stored raised again, or given to who waits for it? Then it is an outcome that somebody collects."""
    for mention in basis.mentions(place.path[-1]):
        if mention.stmt.op == "raise":
            return Answer("raised again", (Clue(mention.stmt, "released", "raised"),))
        site = mention.parent
        while site is not None and site.op in ("starred", "attr", "sub", "tuple"):
            site = site.parent
        called = site.args[0] if site is not None and site.op == "call" else None
        if called is not None and called.op in ("name", "attr") and basis.apis.means("outcome_methods", called.text):
            return Answer("raised again", (Clue(mention.stmt, "released", "raised"),))
    return NO


def _outcome(basis: Basis, holder: Scope) -> Answer:
    """A future, a result, a thread: its life is that of one piece of work."""
    if holder.kind != "class":
        return NO
    bases = (basis.apis.get(name) for name in basis.names.outside_bases(holder))
    if any(row is not None and row.kind == "task" for row in bases):
        return Answer("an outcome that is collected")
    found = next((m for m in basis.names.methods(holder) if basis.apis.means("outcome_methods", m.name)), None)
    if found is None or found.stmt is None:
        return NO
    return Answer("an outcome that is collected", (Clue(found.stmt, "released", "raised"),))
