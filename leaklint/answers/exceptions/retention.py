"""Where is an exception stored so that it outlives its handling: in a container, an attribute, a global?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.answers.exceptions.errors import error
from leaklint.answers.rounds import endless
from leaklint.meaning.basis import NO, Answer, Basis, Clue
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import CONSTRUCTORS
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Scope, Stmt, ancestors, is_none, source

_CHAIN = ("__cause__", "__context__")


@dataclass(frozen=True, slots=True)
class Slot:
    """Where one exception is kept at a time: an attribute, a global, a context variable. `defence`: why it is well."""

    use: Use
    place: Place
    what: Answer
    defence: Answer
    in_context: bool = False
    again: Stmt | None = None  # where every call that comes later raises it again


def slots(basis: Basis) -> Iterator[Slot]:
    """Each attribute, global and context variable that a function sets to an exception, at the first place."""
    told: set[Stmt] = set()  # `sys.last_value, sys.last_traceback = ...` is one
    for place, uses in basis.uses.items():
        if place.scope.kind not in ("module", "class") or "[]" in place.path or len(place.path) > 2:
            continue
        bound = (u for u in uses if u.verb == "bind" and u.stmt.scope.function.kind == "function")
        found = next(((u, what) for u in bound if (what := _bound(basis, u))), None)
        if found is not None and found[0].stmt not in told:
            told.add(found[0].stmt)
            again = _raised_by_each(basis, place, found[0])
            yield Slot(found[0], place, found[1], _slot_defence(basis, place, found[0], again), again=again)
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


def _bound(basis: Basis, use: Use) -> Answer:
    """The exception that is bound, also as a part of `sys.exc_info()`."""
    if use.value is not None or use.stmt.op != "assign":
        return error(basis, use.value)
    parts = use.expr.parent.args if use.expr.parent is not None else ()
    index = next((i for i, part in enumerate(parts) if part is use.expr), 0)
    whole = error(basis, use.stmt.value) if index else NO
    return Answer("caught" if index == 1 else "traceback", whole.clues, whole.word) if whole.kind == "info" else NO


def _raised_by_each(basis: Basis, place: Place, stored: Use) -> Stmt | None:
    """`if self._error is not None: raise self._error` at the beginning of a function, before it does its work."""
    raising = (u for u in basis.all_uses(place) if u.stmt.op == "raise" and u.stmt.value is u.expr)
    return next((u.stmt for u in raising if u.stmt.ordinal != stored.stmt.ordinal and _guards(basis, u.stmt)), None)


def _guards(basis: Basis, raising: Stmt) -> bool:
    function, test = raising.scope.function, next((o for _, o in ancestors(raising)), None)
    body = list(function.block.stmts) if function.block is not None else []
    follows = 0
    while body and body[0].op != "if":
        first, *body = body
        if first.op == "with":  # under a lock
            follows += len(body)
            body = list(first.blocks[0].stmts)
        elif first.op not in ("assign", "expr"):
            return False
    guards = test is not None and test.op == "if" and body[:1] == [test]
    return guards and (len(body) + follows > 1 or len(_callers(basis, function)) > 1)


def _callers(basis: Basis, function: Scope) -> set[Scope]:
    return {e.stmt.scope.function for e in basis.mentions(function.name) if basis.names.local(e) is function}


def _slot_defence(basis: Basis, place: Place, stored: Use, again: Stmt | None) -> Answer:
    for other in basis.all_uses(place):
        if other.verb == "del" or (other.verb == "bind" and is_none(other.value) and _anew(other)):
            return Answer("cleared again", (Clue(other.stmt, "released", "reset"),))
    if again is not None:
        return NO
    working = endless(basis, stored.stmt)  # no outcome, while the work goes on
    return raised(basis, place) or (NO if working else _outcome(basis, place.scope))


def _anew(use: Use) -> bool:
    function = use.stmt.scope.function
    return function.kind == "function" and function.name not in CONSTRUCTORS


def raised(basis: Basis, place: Place) -> Answer:
    """Is what is stored raised again, or given to who waits for it? Then it is an outcome that somebody collects."""
    for mention in basis.mentions(place.path[-1]):
        chained = any(target.op == "attr" and target.text in _CHAIN for target in mention.stmt.targets)
        if mention.stmt.op == "raise" or (chained and mention is mention.stmt.value):
            return Answer("raised again", (Clue(mention.stmt, "released", "raised"),))
        site = mention.parent
        while site is not None and site.op in ("starred", "attr", "sub", "tuple"):
            site = site.parent
        called = site.args[0] if site is not None and site.op == "call" else None
        if called is not None and called.op in ("name", "attr") and basis.apis.means("outcome_methods", called.text):
            return Answer("raised again", (Clue(mention.stmt, "released", "raised"),))
    return NO


def ends_holder(basis: Basis, use: Use) -> Answer:
    """Does what keeps an error give up what holds it: `self.transport.abort()`, later in the same block?"""
    block, whose = use.stmt.parent, source(use.expr).partition(".")[0]
    later = block.stmts[block.stmts.index(use.stmt) + 1 :] if block is not None else ()
    for call in (e for s in later for e in s.flat if e.op == "call" and e.args[0].op == "attr"):
        word = call.args[0].text
        gives_up = basis.apis.means("closing_methods", word) or basis.apis.means("breaking_methods", word)
        if gives_up and source(call.args[0]).partition(".")[0] == whose:
            return Answer("given up at once", (Clue(call.stmt, "released", "reset"),))
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
