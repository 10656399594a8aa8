"""Does a function wait for what it has stored, and how long?

Whoever answers takes the entry out. One who waits for the answer and gives up, or is cancelled, leaves it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.meaning.basis import Basis, calls
from leaklint.meaning.scopes import source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Stmt, ancestors, source, walk

_WAITS = ("wait", "result", "get", "join", "acquire")
_DISPLAYS = ("tuple", "list", "dict", "call")
_EVENTS = ("Event", "Future", "create_future", "Queue", "SimpleQueue", "Condition")


@dataclass(frozen=True, slots=True)
class Stored:
    """What a function has stored, as its later statements speak of it."""

    basis: Basis
    insert: Use
    names: frozenset[str]

    def limited(self, stmt: Stmt) -> bool:
        """Does the statement wait for it, and only for some time?"""
        for call in calls(stmt):
            method = call.args[0]
            if len(call.args) > 1 and method.op == "attr" and method.text in _WAITS and self.means(method.args[0]):
                return True  # `answered.wait(5)`
            row = self.basis.types.callee(call).row
            if len(call.args) > 2 and row is not None and row.passes and self._is_or_asks(call.args[1]):
                return True  # `asyncio.wait_for(reply, 5)`
        return self.awaited(stmt) and _timed(self.basis, stmt)

    def awaited(self, stmt: Stmt) -> bool:
        """Does it wait for it, for as long as it takes?"""
        return any(e.op == "await" and self._is_or_asks(e.args[0]) for e in stmt.flat)

    def means(self, expr: Expr) -> bool:
        if expr.op == "name":
            return expr.text in self.names
        again = expr.op == "sub" and self.insert.key is not None and len(expr.args) == 2
        same = again and source(expr.args[1]) == source(self.insert.key)
        return same and self.basis.names.place(expr) == self.insert.place.entry

    def _is_or_asks(self, waited: Expr) -> bool:
        """`reply`, `asyncio.shield(reply)` or `request.wait()`."""
        while waited.op == "call":
            row = self.basis.types.callee(waited).row
            if len(waited.args) > 1 and (row is None or not row.passes):
                return False  # a call that is given it for its own ends
            waited = waited.args[1] if len(waited.args) > 1 else waited.args[0]
        return self.means(waited.args[0] if waited.op == "attr" and waited.text in _WAITS else waited)


def stored(basis: Basis, insert: Use) -> Stored:
    """The names that the value goes by in its function, and those of what is stored with it to be waited for."""
    bound = [*insert.stmt.targets, insert.value] if insert.stmt.op == "assign" else [insert.value]
    names = {e.text for e in bound if e is not None and e.op == "name"}
    return Stored(basis, insert, frozenset(names | set(_parts(basis, insert.value))))


def _parts(basis: Basis, value: Expr | None) -> Iterator[str]:
    """`answered` of `(answered, results)` or `Call(answered)`, made here to be waited for."""
    for part in walk(value) if value is not None and value.op in _DISPLAYS else ():
        made = basis.names.only_value(part.text, part.scope) if part.op == "name" else None
        if made is not None and made.op == "call" and source_name(made) in _EVENTS:
            yield part.text


def _timed(basis: Basis, stmt: Stmt) -> bool:
    """In the block of a `with asyncio.timeout(5)`."""
    around = (owner for _, owner in ancestors(stmt) if owner.op == "with" and owner.scope is stmt.scope)
    limits = (value for owner in around for value, _ in owner.items if value.op == "call")
    return any(basis.apis.means("time_limits", source_name(limit)) for limit in limits)
