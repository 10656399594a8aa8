"""What a function registers and takes off again itself, but not when the wait in between fails."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from leaklint.answers.driver import header
from leaklint.answers.listeners.registered import Registration
from leaklint.answers.listeners.repeated import Repeated, passed_by
from leaklint.meaning.basis import NO, Answer, Basis
from leaklint.tree.ir import Stmt, source


def interrupted(basis: Basis, registrations: Collection[Registration]) -> Iterator[Repeated]:
    """`loop.add_reader(fd, wake); await event.wait(); loop.remove_reader(fd)`, at a receiver that a row tells of."""
    for one in registrations:
        function = one.scope
        if one.row is None or one.receiver is None or not function.is_async or not one.undo.isidentifier():
            continue
        removals = _removals(basis, one) if len(one.given) > 1 else ()
        if not removals or basis.apis.means("once_functions", function.name):
            continue
        if passed_by(basis, one, removals, convincing=True):
            each_run = Answer("call", header(function), function.name)
            yield Repeated(one, source(one.given[1], 40), each_run, "call", NO, removals[0], lasting=False)


def _removals(basis: Basis, one: Registration) -> tuple[Stmt, ...]:
    """Statements of the same function that take off what was registered for the same thing."""
    receiver, key = source(one.receiver), source(one.given[0])
    calls = (e.parent for e in basis.mentions(one.undo) if e.op == "attr" and source(e.args[0]) == receiver)
    return tuple(
        c.stmt
        for c in calls
        if c is not None and c.op == "call" and len(c.args) > 1 and source(c.args[1]) == key
        if c.stmt.scope.function is one.scope
    )
