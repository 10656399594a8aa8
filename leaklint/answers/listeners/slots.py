"""Slots that each run of a method connects to a signal of a part that the object has from its birth on."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.driver import context
from leaklint.answers.listeners.registered import Registration, is_method, is_self
from leaklint.answers.listeners.repeated import Repeated
from leaklint.answers.listeners.reruns import driver, first_only, reruns
from leaklint.meaning.basis import NO, Answer, Basis, Clue, once
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Expr, source


def connected(basis: Basis) -> Iterator[Repeated]:
    """`self.timer.timeout.connect(self.tick)` outside the constructor: what is connected twice is called twice, in
    those libraries that count connections."""
    found = [e for e in basis.mentions("connect") if e.op == "attr"]
    if not found or not any(basis.apis.means("signal_kits", word) for word in (*basis.packages, *basis.identifiers)):
        return
    off = {_owner(basis, e): e.stmt for e in basis.mentions("disconnect") if e.op == "attr"}
    for expr in found:
        call, signal = expr.parent, expr.args[0]
        if call is None or call.op != "call" or call.args[0] is not expr or len(call.args) != 2:
            continue
        place = basis.names.place(signal.args[0]) if signal.op == "attr" else None
        if place is None or not _of_birth(basis, place) or not _called_back(basis, call.args[1]):
            continue
        if basis.apis.means("wiring_functions", call.stmt.scope.function.name):
            continue
        when = context(basis, call.stmt)
        again = reruns(basis, call.stmt) if when.kind not in ("once", "import") else NO
        if not again:
            continue
        registration = Registration(call, call.stmt, "connect", "disconnect", None, signal, call.args[1:])
        undone = off.get(place) or off.get(None)
        defence = Answer("taken off", (Clue(undone, "released", "released"),)) if undone is not None else NO
        if not defence and first_only(basis, call.stmt):
            defence = Answer("guarded")
        kind = driver(basis, registration.scope, again)
        yield Repeated(registration, source(call.args[1], 40), again, kind, defence, listed=True, lasting=False)


@once(meanwhile=False)
def _of_birth(basis: Basis, place: Place) -> bool:
    """An attribute of the object that its constructor, or what only that calls, binds to what it makes, once."""
    binds = [u for u in basis.all_uses(place) if u.verb == "bind"]
    made = all(u.value is not None and u.value.op == "call" and context(basis, u.stmt).kind == "once" for u in binds)
    return place.is_attribute and len(place.path) == 1 and len(binds) == 1 and made


def _called_back(basis: Basis, given: Expr) -> bool:
    partial = given.op == "call" and source_name(given) == "partial"
    return given.op == "lambda" or partial or is_method(basis, given)


def _owner(basis: Basis, undo: Expr) -> Place | None:
    """The part whose signal `self.timer.timeout.disconnect()` or `self.timer.disconnect()` is about; None for another
    object's, which may be the same."""
    signal = undo.args[0]
    return basis.names.place(signal.args[0] if signal.op == "attr" and not is_self(basis, signal.args[0]) else signal)
