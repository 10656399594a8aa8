"""Slots that each run of a method connects to a signal of a part that the object has from its birth on."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.driver import context
from leaklint.answers.listeners.registered import Registration, is_method, is_self
from leaklint.answers.listeners.repeated import Repeated
from leaklint.answers.listeners.reruns import driver, first_only, reruns
from leaklint.meaning.basis import NO, Answer, Basis, Clue
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Expr, source


def connected(basis: Basis) -> Iterator[Repeated]:
    """`self.timer.timeout.connect(self.tick)` outside the constructor: what is connected twice is called twice, in
    those libraries that count connections."""
    found = [e for e in basis.mentions("connect") if e.op == "attr"]
    if not found or not any(basis.apis.means("signal_kits", word) for word in (*basis.packages, *basis.identifiers)):
        return
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
        off = next((e for e in basis.mentions("disconnect") if _of(basis, e, place)), None)
        defence = Answer("taken off", (Clue(off.stmt, "released", "released"),)) if off is not None else NO
        if not defence and first_only(basis, call.stmt):
            defence = Answer("guarded")
        kind = driver(basis, registration.scope, again)
        yield Repeated(registration, source(call.args[1], 40), again, kind, defence, listed=True, lasting=False)


def _of_birth(basis: Basis, place: Place) -> bool:
    """An attribute of the object that its constructor, or what only that calls, binds to what it makes, once."""
    binds = [u for u in basis.all_uses(place) if u.verb == "bind"]
    made = all(u.value is not None and u.value.op == "call" and context(basis, u.stmt).kind == "once" for u in binds)
    return place.is_attribute and len(place.path) == 1 and len(binds) == 1 and made


def _called_back(basis: Basis, given: Expr) -> bool:
    partial = given.op == "call" and source_name(given) == "partial"
    return given.op == "lambda" or partial or is_method(basis, given)


def _of(basis: Basis, undo: Expr, place: Place) -> bool:
    """`self.timer.timeout.disconnect()`, `self.timer.disconnect()`; of another object's it may be as well."""
    if undo.op != "attr":
        return False
    signal = undo.args[0]
    owner = signal.args[0] if signal.op == "attr" and not is_self(basis, signal.args[0]) else signal
    return basis.names.place(owner) in (place, None)
