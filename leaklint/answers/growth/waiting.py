"""Does a function wait for what it has stored, and how long?

Whoever answers takes the entry out. One who waits for the answer and gives up, or is cancelled, leaves it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.answers.releasing.fate import parameter
from leaklint.meaning.basis import Basis, calls
from leaklint.meaning.scopes import source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, source, statements, walk

_WAITS = ("wait", "result", "get", "join", "acquire")
_DISPLAYS = ("tuple", "list", "dict", "call")
_EVENTS = ("Event", "Future", "create_future", "Queue", "SimpleQueue", "Condition")


@dataclass(frozen=True, slots=True)
class Stored:
    """What a function has stored, as its later statements speak of it."""

    basis: Basis
    insert: Use
    names: frozenset[str]
    made: bool  # here, to be waited for
    own: bool = False  # under the task that runs, which then waits until it is taken out

    def limited(self, stmt: Stmt) -> bool:
        """Does the statement wait for it, and only for some time?"""
        for call in calls(stmt):
            method = call.args[0]
            if _limits(call) and method.op == "attr" and method.text in _WAITS and self.means(method.args[0]):
                return True  # `answered.wait(5)`
            row = self.basis.types.callee(call).row
            if len(call.args) > 2 and row is not None and row.passes and self._is_or_asks(call.args[1]):
                return True  # `asyncio.wait_for(reply, 5)`
            if any(self._is_or_asks(given) and _waits_for(self.basis, call, given) for given in call.args[1:]):
                return True  # `self._answer(reply, timeout)`
        return self.awaited(stmt) and _timed(self.basis, stmt)

    def awaited(self, stmt: Stmt) -> bool:
        """Does it wait for it, for as long as it takes?"""
        asleep = self.own and stmt.ordinal > self.insert.stmt.ordinal
        return any(e.op == "await" and (asleep or self._is_or_asks(e.args[0])) for e in stmt.flat)

    def waiter(self, stmt: Stmt) -> Scope | None:
        """The function that waits in this statement: its own, or an async one to which it hands what is waited for;
        none where a plain function returns what its caller is to await."""
        function = stmt.scope.function
        for call in calls(stmt) if stmt.op == "return" and not function.is_async else ():
            callee = self.basis.types.callee(call)
            passes = callee.row is not None and callee.row.passes
            if (callee.local is not None or passes) and any(self._is_or_asks(given) for given in call.args[1:]):
                return callee.local if callee.local is not None and callee.local.is_async else None
        return function

    @property
    def here(self) -> bool:
        """Is it the function itself that waits for it?"""
        function = self.insert.stmt.scope.function
        return any(self.awaited(s) or self.limited(s) for s in statements(function.block))

    @property
    def settled(self) -> bool:
        """Does the function say what is to be done when it is settled: `reply.add_done_callback(...)`?"""
        function = self.insert.stmt.scope.function
        called = (c.args[0] for s in statements(function.block) for c in calls(s))
        return any(m.op == "attr" and m.text == "add_done_callback" and self.means(m.args[0]) for m in called)

    def means(self, expr: Expr) -> bool:
        """A name that it goes by, or the entry itself."""
        if expr.op == "name":
            return expr.text in self.names
        again = expr.op == "sub" and self.insert.key is not None and len(expr.args) == 2
        same = again and source(expr.args[1]) == source(self.insert.key)
        return same and self.basis.names.place(expr) == self.insert.place.entry

    def _part(self, expr: Expr) -> bool:
        """`request`, or what it has that can be waited for: `request.future`, `request["answered"]`."""
        return self.means(expr) or (expr.op in ("attr", "sub") and self.means(expr.args[0]))

    def _is_or_asks(self, waited: Expr) -> bool:
        """`reply`, `asyncio.shield(reply)` or `request.wait()`."""
        asked = waited
        while asked.op == "call":
            row = self.basis.types.callee(asked).row
            if len(asked.args) > 1 and (row is None or not row.passes):
                return False  # a call that is given it for its own ends
            asked, waited = asked.args[1] if len(asked.args) > 1 else asked.args[0], asked
        if waited.op == "call" and len(waited.args) == 1:
            return asked.op == "attr" and asked.text in _WAITS and self._part(asked.args[0])
        return self._part(asked)


def stored(basis: Basis, insert: Use) -> Stored:
    """The names that the value goes by in its function, and those of what is stored with it to be waited for."""
    bound = [*insert.stmt.targets, insert.value] if insert.stmt.op == "assign" else [insert.value]
    names = {e.text for e in bound if e is not None and e.op == "name"}
    made = {name for e in bound if e is not None for name in _made(basis, e)}
    own = _by_task(basis, insert.key)
    return Stored(basis, insert, frozenset(names | made), bool(made) or own, own)


def _by_task(basis: Basis, key: Expr | None) -> bool:
    """`self.parked[asyncio.current_task()] = order`, on the spot or by a name."""
    named = basis.names.only_value(key.text, key.scope) if key is not None and key.op == "name" else key
    return named is not None and named.op == "call" and source_name(named) in _RUNNING


_RUNNING = ("current_task", "get_current_task")


def _limits(call: Expr) -> bool:
    """`answered.wait(5)`, and not `answer.get(key)`: a queue is first told whether to wait at all."""
    first = call.args[1] if len(call.args) > 1 else None
    if first is None or (first.op == "const" and first.text == "str" and not call.names[1]):
        return False
    return call.args[0].text != "get" or bool(call.names[1]) or len(call.args) > 2


def _made(basis: Basis, value: Expr) -> Iterator[str]:
    """`answered`, also of `(answered, results)` or `Call(answered)`, by that or by a name for it, when it is made here
    to be waited for."""
    named = basis.names.only_value(value.text, value.scope) if value.op == "name" else None
    shown = (e for e in (value, named) if e is not None and e.op in _DISPLAYS)
    for part in (value, *(part for display in shown for part in walk(display) if part is not value)):
        made = basis.names.only_value(part.text, part.scope) if part.op == "name" else part
        waits = made is not None and any(e.op == "call" and source_name(e) in _EVENTS for e in walk(made))
        if waits and part.op == "name":
            yield part.text
        elif waits and made is not None and made.op == "call":
            yield ""  # without a name: the entry is waited for


def _waits_for(basis: Basis, call: Expr, given: Expr) -> bool:
    """Does a function of this module wait for what it is given, and only for some time?"""
    function = basis.names.local(call.args[0])
    place = parameter(function, call, given) if function is not None and function.kind == "function" else None
    for use in basis.all_uses(place) if place is not None else ():
        row = basis.types.callee(use.site).row if use.role == "argument" and use.site.op == "call" else None
        if row is not None and row.passes and len(use.site.args) > 2 and use.site.args[1] is use.expr:
            return True
    return False


def started(basis: Basis, insert: Use) -> Scope | None:
    """The function of this module that runs in the task or thread which is stored."""
    value = insert.value
    named = basis.names.bindings(value.text, value.scope) if value is not None and value.op == "name" else ()
    for made in (value, *(b.value for b in named if b.exact)):
        function = _run_by(basis, made) if made is not None and made.op == "call" else None
        if function is not None:
            return function
    return None


def _run_by(basis: Basis, made: Expr) -> Scope | None:
    row = basis.types.result(made)
    starts = (row is not None and row.kind == "task") or basis.apis.means("task_starters", source_name(made))
    for given in made.args[1:] if starts or source_name(made) == "Thread" else ():
        function = basis.names.local(given.args[0] if given.op == "call" else given)
        if function is not None and function.kind == "function":
            return function
    return None


def _timed(basis: Basis, stmt: Stmt) -> bool:
    """In the block of a `with asyncio.timeout(5)`."""
    around = (owner for _, owner in ancestors(stmt) if owner.op == "with" and owner.scope is stmt.scope)
    limits = (value for owner in around for value, _ in owner.items if value.op == "call")
    return any(basis.apis.means("time_limits", source_name(limit)) for limit in limits)
