"""What a function registers and takes off again itself, but not when the wait in between fails."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from leaklint.answers.driver import header
from leaklint.answers.listeners.handler import handlers
from leaklint.answers.listeners.registered import Registration, looks_up
from leaklint.answers.listeners.repeated import Repeated, passed_by
from leaklint.meaning.basis import NO, Answer, Basis
from leaklint.tree.ir import Expr, Stmt, source


def interrupted(basis: Basis, registrations: Collection[Registration]) -> Iterator[Repeated]:
    """`loop.add_reader(fd, wake); await event.wait(); loop.remove_reader(fd)`, `log.addHandler(h); run(); ...`: at a
    receiver that a row tells of, or that was there before."""
    for one in registrations:
        function = one.scope
        replaced = one.row is not None and one.verb in one.row.replace
        if one.receiver is None or replaced or not one.undo.isidentifier():
            continue
        removals = _removals(basis, one)
        if one.row is None or not function.is_async:
            removals = _beside(one, removals) if _outlives(basis, one) else ()
        if not removals or basis.apis.means("once_functions", function.name):
            continue
        if passed_by(basis, one, removals, convincing=True):
            each_run = Answer("call", header(function), function.name)
            called = next((h.text for h in handlers(basis, one)), source(one.given[-1], 40))
            yield Repeated(one, called, each_run, "call", NO, removals[0], lasting=False)


def _beside(one: Registration, removals: Collection[Stmt]) -> tuple[Stmt, ...]:
    """What takes off the very same, further down in the same block: what stands in between runs with it."""
    given, handle = [source(e) for e in one.given], [bound_to(one)]
    same = (s for s in removals if any(_given(e) in (given, handle) for e in s.flat if e.op == "call"))
    return tuple(s for s in same if s.parent is one.stmt.parent and s.ordinal > one.stmt.ordinal)


def bound_to(one: Registration) -> str:
    """The name of what registering returns: `handle = bus.subscribe(f)`."""
    alone = one.stmt.op == "assign" and len(one.stmt.targets) == 1 and one.stmt.value is one.expr
    return one.stmt.targets[0].text if alone and one.stmt.targets[0].op == "name" else ""


def _given(call: Expr) -> list[str]:
    return [source(e) for e in call.args[1:]]


def _outlives(basis: Basis, one: Registration) -> bool:
    """Was what it is registered at there before: an attribute, a parameter, a global, what is looked up?"""
    place = basis.names.place(one.receiver)
    if one.receiver is None or place is None:
        return False
    made = basis.names.only_value(one.receiver.text, one.receiver.scope) if one.receiver.op == "name" else None
    return one.receiver.op == "attr" or made is None or (made.op == "call" and looks_up(made))


def _removals(basis: Basis, one: Registration) -> tuple[Stmt, ...]:
    """Statements of the same function that take off what was registered for the same thing."""
    receiver, keys = source(one.receiver), (source(one.given[0]), bound_to(one))
    calls = (e.parent for e in basis.mentions(one.undo) if e.op == "attr" and source(e.args[0]) == receiver)
    return tuple(
        c.stmt
        for c in calls
        if c is not None and c.op == "call" and len(c.args) > 1 and source(c.args[1]) in keys
        if c.stmt.scope.function is one.scope
    )
