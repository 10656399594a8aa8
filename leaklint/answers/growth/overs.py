"""Ways on which what an entry stands for is over early, and it stays: turned away, called off, ended, answered late."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from leaklint.answers.growth.coverage import Gap, reaching
from leaklint.answers.growth.exits import Exits
from leaklint.answers.growth.waiting import started
from leaklint.meaning.basis import Basis
from leaklint.meaning.scopes import source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, source, statements, walk

_TELLING = ("set", "set_result", "notify", "notify_all")


def overs(basis: Basis, grows: Sequence[Use], shrinks: Sequence[Use]) -> Iterator[Gap]:
    """Entries that somebody takes out by their key, but not where who brought them is refused, and not where the timer
    that would do it is called off."""
    keyed = [s for s in shrinks if s.key is not None and s.key.op != "slice"]
    if not keyed or len(keyed) < len(shrinks):
        return
    removing = reaching(basis, {s.stmt.scope.function for s in keyed})
    handling = removing | {u.stmt.scope.function for u in grows}
    for insert in grows:
        yield from _rejected(basis, insert, keyed, removing)
        yield from _called_off(basis, insert, keyed, handling)
    if inserts := [u for u in grows if u.stmt.scope.function.kind == "function"]:
        yield from _looked_up(basis, inserts, keyed, handling)
        yield from _late(basis, inserts, keyed)


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


def _called_off(basis: Basis, insert: Use, removals: Sequence[Use], handling: set[Scope]) -> Iterator[Gap]:
    """A timer that takes its own entry out when its time has come, cancelled by who leaves the entry there: none of
    those functions that store one or take one out."""
    runs = _timer(basis, insert)
    own = next((r for r in removals if r.stmt.scope.function is runs), None) if runs is not None else None
    for use in basis.all_uses(insert.place.entry) if own is not None else ():
        if use.verb == "cancel" and use.stmt.scope.function not in handling and own is not None:
            yield Gap("called_off", insert, use.stmt, own)
            return


def _looked_up(basis: Basis, inserts: Sequence[Use], removals: Sequence[Use], handling: set[Scope]) -> Iterator[Gap]:
    """Where what the key stands for has ended, and the entry is only looked up: `callback = self.callbacks.get(peer)`.

    One that is told to end there, or is stored again, may take itself out."""
    for use in basis.all_uses(inserts[0].place):
        function = use.stmt.scope.function
        if use.verb in ("get", "__getitem__") and function not in handling and _ends_key(basis, use):
            told = (u for u in basis.all_uses(use.place.entry) if u.stmt.scope.function is function)
            if all(u.verb in ("", "bind", "__call__") for u in told):
                yield Gap("looked_up", inserts[0], use.stmt, removals[0])
                return


def _late(basis: Basis, inserts: Sequence[Use], removals: Sequence[Use]) -> Iterator[Gap]:
    """An answer that is stored for one who takes it out after a wait with a time limit, and has given up by now."""
    takers = {r.stmt.scope.function for r in removals}
    answering = {u.stmt.scope.function for u in inserts} - takers
    telling = {f for f in answering if any(_tells(e) for s in statements(f.block) for e in s.flat)}
    for insert in inserts:
        if insert.stmt.scope.function not in telling or _asks_first(insert):
            continue
        for removal in removals:
            if (given_up := _gives_up(basis, insert, removal)) is not None:
                yield Gap("late", insert, given_up, removal)
                return


def _asks_first(insert: Use) -> bool:
    """Is it stored only where something is there, or was found?"""
    function = insert.stmt.scope.function
    earlier = (s for s in statements(function.block) if s.ordinal < insert.stmt.ordinal)
    return any(s.op in ("if", "try") for s in earlier)


def _tells(expr: Expr) -> bool:
    """`event.set()`: who waits for it is woken."""
    return expr.op == "call" and expr.args[0].op == "attr" and expr.args[0].text in _TELLING


def _gives_up(basis: Basis, insert: Use, removal: Use) -> Stmt | None:
    """Where the function that takes an entry out waits for some time, and leaves without it when that is over."""
    function = removal.stmt.scope.function
    exits = Exits(basis, insert, function, {removal.stmt}, held=True)
    found = exits.by_error(lambda s: s.ordinal < removal.stmt.ordinal and any(_timed(basis, e) for e in s.flat))
    if found is None or not exits.ends() or (found.op == "raise" and not _waited(found)):
        return None
    return found


def _waited(raised: Stmt) -> bool:
    """`if not event.wait(5): raise TimeoutError`."""
    owner = next((o for _, o in ancestors(raised) if o.op == "if"), None)
    calls = (e for block in owner.blocks for test in block.exprs for e in walk(test)) if owner is not None else ()
    return any(e.op == "call" and source_name(e) == "wait" and len(e.args) > 1 for e in calls)


def _timed(basis: Basis, expr: Expr) -> bool:
    """`asyncio.wait_for(event.wait(), 5)`."""
    row = basis.types.callee(expr).row if expr.op == "call" else None
    return row is not None and row.passes and len(expr.args) > 2


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
