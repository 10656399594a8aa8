"""Ways on which what an entry stands for is over early, and the entry stays: turned away at once, or called off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from leaklint.answers.growth.coverage import Gap, reaching
from leaklint.answers.growth.waiting import started
from leaklint.meaning.basis import Basis
from leaklint.meaning.scopes import source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, ancestors, source, statements, walk


def overs(basis: Basis, grows: Sequence[Use], shrinks: Sequence[Use]) -> Iterator[Gap]:
    """Entries that somebody takes out by their key, but not where who brought them is refused, and not where the timer
    that would do it is called off."""
    keyed = [s for s in shrinks if s.key is not None and s.key.op != "slice"]
    if not keyed or len(keyed) < len(shrinks):
        return
    removing = reaching(basis, {s.stmt.scope.function for s in keyed})
    for insert in grows:
        yield from _rejected(basis, insert, keyed, removing)
        yield from _called_off(basis, insert, grows, keyed, removing)
    if inserts := [u for u in grows if u.stmt.scope.function.kind == "function"]:
        yield from _looked_up(basis, inserts, keyed, removing)


def _rejected(basis: Basis, insert: Use, removals: Sequence[Use], removing: set[Scope]) -> Iterator[Gap]:
    """`return False` of a function that lets somebody in, whose leaving takes the entry out: who was never let in does
    not leave."""
    function = insert.stmt.scope.function
    if function in removing or not basis.apis.means("arriving_methods", function.name):
        return
    left = next((r for r in removals if basis.apis.means("parting_methods", r.stmt.scope.function.name)), None)
    around = {block for block, _ in ancestors(insert.stmt)}
    for stmt in statements(function.block) if left is not None else ():
        refuses = stmt.op == "return" and source(stmt.value) == "False"
        if refuses and stmt.ordinal > insert.stmt.ordinal and stmt.parent not in around and left is not None:
            yield Gap("rejected", insert, stmt, left)
            return


def _called_off(
    basis: Basis, insert: Use, grows: Sequence[Use], removals: Sequence[Use], removing: set[Scope]
) -> Iterator[Gap]:
    """A timer that takes its own entry out when its time has come, cancelled by who leaves the entry there."""
    runs = _timer(basis, insert)
    own = next((r for r in removals if r.stmt.scope.function is runs), None) if runs is not None else None
    storing = {u.stmt.scope.function for u in grows}
    for use in basis.all_uses(insert.place.entry) if own is not None else ():
        if use.verb == "cancel" and use.stmt.scope.function not in removing | storing and own is not None:
            yield Gap("called_off", insert, use.stmt, own)
            return


def _looked_up(basis: Basis, inserts: Sequence[Use], removals: Sequence[Use], removing: set[Scope]) -> Iterator[Gap]:
    """Where what the key stands for has ended, and the entry is only looked up: `callback = self.callbacks.get(peer)`.

    One that is told to end there, or is stored again, may take itself out."""
    storing = {u.stmt.scope.function for u in inserts}
    for use in basis.all_uses(inserts[0].place):
        function = use.stmt.scope.function
        if use.verb in ("get", "__getitem__") and function not in removing | storing and _ends_key(basis, use):
            told = (u for u in basis.all_uses(use.place.entry) if u.stmt.scope.function is function)
            if all(u.verb in ("", "bind", "__call__") for u in told):
                yield Gap("looked_up", inserts[0], use.stmt, removals[0])
                return


def _ends_key(basis: Basis, look: Use) -> bool:
    """By its name, and because it is given the key."""
    function, key = look.stmt.scope.function, look.key
    params = {p.name for p in function.params[1 if function.method_of else 0 :]}
    given = key is not None and any(e.op == "name" and e.text in params for e in walk(key))
    return given and basis.apis.means("ending_events", function.name)


def _timer(basis: Basis, insert: Use) -> Scope | None:
    """The function of this module that a timer calls which is stored."""
    value: Expr | None = insert.value
    if value is not None and value.op == "name":
        value = basis.names.only_value(value.text, value.scope)
    if value is None or value.op != "call" or not basis.apis.means("delaying_methods", source_name(value)):
        return None
    called = (basis.names.local(given) for given in value.args[1:])
    return started(basis, insert) or next((f for f in called if f is not None and f.kind == "function"), None)
