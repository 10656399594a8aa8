"""What a function registers and takes off again itself, but not when the wait in between fails."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from leaklint.answers.driver import header
from leaklint.answers.listeners.handler import handlers
from leaklint.answers.listeners.registered import ADDING, Registration, looks_up
from leaklint.answers.listeners.repeated import Repeated, passed_by
from leaklint.counterparts import undoings
from leaklint.meaning.basis import NO, Answer, Basis, once
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import is_called
from leaklint.tree.ir import Expr, Scope, Stmt, source


def interrupted(basis: Basis, registrations: Collection[Registration]) -> Iterator[Repeated]:
    """`loop.add_reader(fd, wake); await event.wait(); loop.remove_reader(fd)`, `log.addHandler(h); run(); ...`: at a
    receiver that a row tells of, or that was there before."""
    for one in registrations:
        function = one.scope
        replaced = one.row is not None and one.verb in one.row.replace
        if one.receiver is None or replaced:
            continue
        handled = _by_handle(basis, one) if function.is_async else ()
        if handled and _outlives(basis, one) and passed_by(basis, one, handled, convincing=True):
            yield _skipped(one, _called(basis, one), handled[0])
        if handled or not one.undo.isidentifier():
            continue
        removals = _removals(basis, one)
        if one.row is None or not function.is_async:
            removals = _beside(one, removals) if _outlives(basis, one) else ()
        if not removals or basis.apis.means("once_functions", function.name):
            continue
        if passed_by(basis, one, removals, convincing=True):
            yield _skipped(one, _called(basis, one), removals[0])
    for one, what, removals in _by_helpers(basis):
        if passed_by(basis, one, removals, convincing=True):
            yield _skipped(one, what, _beside(one, removals, same=False)[0])


def _called(basis: Basis, one: Registration) -> str:
    return next((h.text for h in handlers(basis, one)), source(one.given[-1], 40))


def _skipped(one: Registration, what: str, removal: Stmt) -> Repeated:
    each_run = Answer("call", header(one.scope), one.scope.name)
    return Repeated(one, what, each_run, "call", NO, removal, lasting=False)


def _beside(one: Registration, removals: Collection[Stmt], same: bool = True) -> tuple[Stmt, ...]:
    """What takes off the very same, further down in the same block: what stands in between runs with it."""
    given, handle = [source(e) for e in one.given], [bound_to(one)]
    these = [s for s in removals if not same or any(_given(e) in (given, handle) for e in s.flat if e.op == "call")]
    return tuple(s for s in these if s.parent is one.stmt.parent and s.ordinal > one.stmt.ordinal)


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
    undoing = _by_function(basis, one.undo).get(one.scope, ())
    calls = (e.parent for e in undoing if e.op == "attr" and source(e.args[0]) == receiver)
    return tuple(
        c.stmt
        for c in calls
        if c is not None and c.op == "call" and len(c.args) > 1 and source(c.args[1]) in keys
        if c.stmt.scope.function is one.scope
    )


def _by_handle(basis: Basis, one: Registration) -> tuple[Stmt, ...]:
    """What ends it by what registering has returned: `bus.unsubscribe(handle)`, `handle.dispose()`, `handle()`; none
    unless one of them stands further down in the same block."""
    stmt, value = one.stmt, one.stmt.value
    while value is not None and value.op == "await":
        value = value.args[0]
    target = stmt.targets[0] if stmt.op == "assign" and len(stmt.targets) == 1 and value is one.expr else None
    if target is None or target.op != "name":
        return ()
    place = basis.names.place(target)
    named = (e for e in _by_function(basis, target.text).get(one.scope, ()) if e is not target)
    ends = [e.stmt for e in named if basis.names.place(e) == place and _ended(basis, e, one)]
    beside = any(s.parent is stmt.parent and s.ordinal > stmt.ordinal for s in ends)
    given = one.scope.method_of is not None and len(one.scope.params) > 1  # `self.initialize(job)`, for each
    return tuple(ends) if beside and (given or not basis.apis.means("once_functions", one.scope.name)) else ()


def _ended(basis: Basis, handle: Expr, one: Registration) -> bool:
    above = handle.parent
    if above is None or is_called(handle):
        return above is not None
    if above.op == "attr":
        return is_called(above) and (
            basis.apis.means("unlistening_methods", above.text) or basis.apis.means("closing_methods", above.text)
        )
    return above.op == "call" and above.args[0].text in undoings(one.verb)


@once(meanwhile={})
def _by_function(basis: Basis, name: str) -> Mapping[Scope, Sequence[Expr]]:
    """Where a name is mentioned, by function: in a long module each of them would look through all."""
    found: dict[Scope, list[Expr]] = {}
    for expr in basis.mentions(name):
        found.setdefault(expr.scope.function, []).append(expr)
    return found


# -- by methods of its own --------------------------------------------------------------------------------------------


def _by_helpers(basis: Basis) -> Iterator[tuple[Registration, str, tuple[Stmt, ...]]]:
    """`waiter = self._register_waiter()`, `self._unregister_waiter(waiter)`, of methods that put what they make into a
    container of the object, and take it out: with that, and all that takes it out in the same function."""
    for call in basis.all_calls:
        method, function = call.args[0], call.scope.function
        if method.op != "attr" or basis.names.class_of(method.args[0]) is None or function.kind != "function":
            continue
        undos = [name for name in undoings(method.text) if basis.mentions(name)]
        kept = _changed(basis).get((basis.types.callee(call).local, "in"), {}) if undos else {}
        what = call.stmt.targets[0] if call.stmt.value is call and call.stmt.op == "assign" else None
        removals = [s for name in undos for s in _helped(basis, name, call, kept.keys())] if what is not None else []
        if what is None or not removals:
            continue
        held = next(iter(kept.values()))
        one = Registration(call, call.stmt, method.text, undos[0], None, held, call.args[1:])
        if _beside(one, removals, same=False):
            yield one, source(what, 40), tuple(removals)


def _helped(basis: Basis, undo: str, call: Expr, kept: Collection[Place]) -> Iterator[Stmt]:
    """Calls of a method of that name in the same function that takes something out of one of these."""
    for expr in _by_function(basis, undo).get(call.scope.function, ()):
        other = expr.parent
        if other is None or other.op != "call" or other.args[0] is not expr:
            continue
        if not _changed(basis).get((basis.types.callee(other).local, "out"), {}).keys().isdisjoint(kept):
            yield other.stmt


_OUT = ("remove", "discard", "pop", "popitem", "__delitem__", "del")
_IN = (*ADDING, "__setitem__", "setdefault")


@once(meanwhile={})
def _changed(basis: Basis) -> Mapping[tuple[Scope | None, str], Mapping[Place, Expr]]:
    """By function: the attributes that it puts something into, and those that it takes something out of."""
    found: dict[tuple[Scope | None, str], dict[Place, Expr]] = {}
    for place, uses in basis.uses.items():
        for use in uses if place.is_attribute else ():
            way = "in" if use.verb in _IN else "out" if use.verb in _OUT else ""
            if way:
                found.setdefault((use.stmt.scope.function, way), {})[place] = use.expr
    return found
