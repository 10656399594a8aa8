"""Listeners that refer to an instance: does what they are registered at outlive it, and who takes them off again?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leaklint.answers.destiny import destiny
from leaklint.answers.listeners.handler import Handler, handlers
from leaklint.answers.listeners.maker import outlives, single, unkept
from leaklint.answers.listeners.registered import Registration, is_method, looks_up
from leaklint.answers.listeners.undoing import Known, Undoing, class_of, kept_as, taken_off, undoings
from leaklint.answers.releasing.endings import endings
from leaklint.answers.releasing.fate import parameter
from leaklint.counterparts import undoings as undoings_of
from leaklint.facts import OwnerKind
from leaklint.meaning.basis import NO, Answer, Basis, Clue
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import CONSTRUCTORS, is_called, source_name, text_of
from leaklint.tree.ir import Expr, Scope, Stmt, source

_DEPTH = 3
_DISPLAYS = ("list", "tuple", "set")
_UNKNOWN = "registered at something unknown"
_NO_LONGER = "nothing says that it outlives the instance"


@dataclass(frozen=True, slots=True)
class Listening:
    """A listener that refers to its instance; `defence` says why that is well."""

    registration: Registration
    handler: Handler
    klass: Scope
    owner: OwnerKind  # of the listener: how long does what it is registered at live?
    defence: Answer
    sibling: tuple[Handler, Undoing] | None = None  # another one at the same place, which is taken off


def listening(basis: Basis, registrations: Sequence[Registration]) -> Iterator[Listening]:
    """Every listener that refers to the instance whose method registers it."""
    pairs = tuple((r, h) for r in registrations for h in list(handlers(basis, r))[:1])
    kept = frozenset(kept_as(r) for r in registrations) - {""}
    homes = frozenset((r.verb, r.scope) for r, _ in pairs)
    known = Known(pairs, frozenset(h.key for _, h in pairs), undoings(basis, registrations), kept, homes)
    off = tuple((r, h, use) for r, h in pairs if (use := taken_off(basis, r, h, known) or _by_result(r, known)))
    for registration, handler in pairs:
        klass = class_of(registration)
        if klass is None or not handler.holds:
            continue
        owner, defence = _registry(basis, registration, klass)
        open_yet = not defence or defence.kind in (_UNKNOWN, _NO_LONGER)
        sibling = _sibling(basis, registration, klass, off, known) if open_yet else None
        if sibling is not None:
            defence = NO  # whatever it is: another one has to be taken off it
        defence = defence or _defence(basis, registration, handler, klass, known, sibling is not None)
        if registration.paired and sibling is None:
            defence = defence or Answer("nothing says that it has to be taken off")
        yield Listening(registration, handler, klass, owner, defence, None if defence else sibling)


# -- what it is registered at -----------------------------------------------------------------------------------------


def _registry(basis: Basis, registration: Registration, klass: Scope) -> tuple[OwnerKind, Answer]:
    """How long what calls back lives, and a defence where that is not longer than the instance."""
    row, receiver = registration.row, registration.receiver
    if row is not None and row.weak and not _strong(registration):
        return "instance", Answer("held weakly")
    if row is None and receiver is None and _names_own(basis, registration):
        return "instance", Answer("registered at what is its own")
    if row is not None and registration.verb in row.replace:
        return "instance", Answer("what is registered next takes its place")
    if receiver is None or (row is not None and row.single):
        return "process", NO
    named = "".join(part.capitalize() for part in source_name(receiver).split("_"))
    if row is None and basis.apis.means("short_lived_classes", named) and not basis.apis.means("shared_objects", named):
        return "instance", Answer("registered at what lives shortly")
    place = basis.names.place(receiver)
    long_lived = row is not None and row.lifetime == "long"
    owner: OwnerKind = "long-lived instance" if long_lived else "instance"
    if place is None:
        if receiver.op != "call":
            return owner, Answer(_UNKNOWN)
        return owner, _given(basis, receiver, klass, _DEPTH)
    if place.scope.kind == "module":
        return "process", NO
    origin = _origin(basis, place, klass, long_lived)
    if origin or row is not None:
        return owner, origin
    if _asked_to(basis, registration, place):
        return owner, Answer("registered at what asks for it")
    return owner, NO if outlives(basis, registration, klass) else Answer(_NO_LONGER)


def _asked_to(basis: Basis, registration: Registration, place: Place) -> bool:
    """`def register_hooks(self, registry):` is called by whoever has the registry, once for each."""
    function = registration.scope
    return basis.apis.means("registration_methods", function.name) and place.scope is function and place.is_given


def _names_own(basis: Basis, registration: Registration) -> bool:
    """`on(triggers=[self.button.click], fn=self.save)`: is what calls back among the parts of the instance itself?"""
    listed = (e for given in registration.given if given.op in _DISPLAYS for e in given.args if e.op == "attr")
    places = (basis.names.place(e) for e in listed if not is_method(basis, e))
    return any(place is not None and place.is_attribute for place in places)


def _strong(registration: Registration) -> bool:
    """`connect(f, weak=False)`."""
    call = registration.expr
    named = dict(zip(call.names, call.args, strict=False))
    return "weak" in named and named["weak"].value == "False"


def _origin(basis: Basis, place: Place, klass: Scope, long_lived: bool, depth: int = _DEPTH) -> Answer:
    """A defence unless the place holds what came from outside the instance."""
    root = Place(place.scope, place.path[:1])
    if place.scope.kind == "function" and root.is_given:
        return _handed(basis, root, klass, depth)
    values = [v for v in basis.types.bound_values(root) if v.op != "const"]
    if not values:  # a declared field that nothing here fills is filled by others
        return NO if long_lived or basis.types.annotation(root) is not None else Answer(_UNKNOWN)
    for value in values:
        defence = _given(basis, value, klass, depth)
        if defence:
            return defence
    return NO


def _handed(basis: Basis, param: Place, klass: Scope, depth: int) -> Answer:
    """A defence if all the calls of a method that are seen hand it what is the instance's own."""
    function = param.scope
    if function.method_of is not klass or function.name in CONSTRUCTORS or not depth:
        return NO
    calls = [e.parent for e in basis.mentions(function.name) if is_called(e) and basis.names.local(e) is function]
    given = [a for c in calls if c is not None for a in c.args[1:] if parameter(function, c, a) == param]
    defences = [_given(basis, a, klass, depth - 1) for a in given]
    return defences[0] if defences and len(given) == len(calls) and all(defences) else NO


def _given(basis: Basis, value: Expr, klass: Scope, depth: int) -> Answer:
    """A defence if a value is made here, by a call that does not merely look up what exists."""
    while value.op in ("await", "walrus"):
        value = value.args[-1]
    if value.op in ("bool", "if"):
        parts = value.args if value.op == "bool" else (value.args[0], value.args[2])
        return next((d for p in parts if p.op != "const" and (d := _given(basis, p, klass, depth))), NO)
    if value.op == "call":
        if looks_up(value):
            return NO
        return Answer("registered at what the instance made itself", (Clue(value.stmt, "holder", "own"),))
    place = basis.names.place(value)
    if place is None or depth == 0:
        return Answer(_UNKNOWN)
    if place.scope.kind == "module":
        return NO
    return _origin(basis, place, klass, False, depth - 1)


# -- who takes it off -------------------------------------------------------------------------------------------------


def _defence(
    basis: Basis, registration: Registration, handler: Handler, klass: Scope, known: Known, beside: bool
) -> Answer:
    if basis.apis.means("test_classes", klass.name):
        return Answer("made for one test")
    if _runs_in_thread(basis, registration):
        return Answer("it is what the thread does")
    if single(basis, klass):
        return Answer("lives as long as the process")
    if not beside and (
        _at_its_end(basis, registration) or _run_by_registry(basis, registration, handler, klass, known)
    ):
        return Answer("called when what it is registered at ends")
    if not beside and unkept(basis, klass):
        return Answer("nothing else is meant to hold it")
    kept = _result(basis, registration, beside)
    if kept:
        return kept
    use = taken_off(basis, registration, handler, known)
    if use is not None:
        return Answer("taken off", (Clue(use.stmt, "released", "released"),))
    ended = _ends_registry(basis, registration)
    if ended is not None:
        return Answer("its registry is ended too", (Clue(ended, "released", "released"),))
    return NO


def _runs_in_thread(basis: Basis, registration: Registration) -> bool:
    """`Thread(target=lambda: watch(folders, self.reload))`: what calls back for as long as it runs."""
    work: Expr | None = registration.expr.parent
    row = basis.types.callee(work.parent).row if work is not None and _given_to_call(work) and work.parent else None
    return row is not None and row.kind == "task"


def _given_to_call(expr: Expr) -> bool:
    return expr.op == "lambda" and expr.parent is not None and expr.parent.op == "call"


def _at_its_end(basis: Basis, registration: Registration) -> bool:
    """`session.on("close", self.save)`, `bus.listen_once(EVENT_STOP, self.stop)`: who is to see the end of something
    has to wait for it."""
    events = (text_of(e) or source_name(e) for e in registration.given)
    return registration.receiver is not None and any(basis.apis.means("parting_events", word) for word in events)


def _run_by_registry(basis: Basis, registration: Registration, handler: Handler, klass: Scope, known: Known) -> bool:
    """`bus.on_enabled.add(self.start)`, `bus.on_disabled.add(self.stop)`: does it begin and end the instance itself?"""
    root, ends = _root(basis, registration), {m.name for m in endings(basis, klass)}
    if root is None or handler.key in ends or not basis.apis.means("beginning_methods", handler.key):
        return root is not None and handler.key in ends
    return any(h.key in ends and class_of(r) is klass and _root(basis, r) == root for r, h in known.pairs)


def _root(basis: Basis, registration: Registration) -> Place | None:
    place = basis.names.place(registration.receiver)
    return Place(place.scope, place.path[:1]) if place is not None and place.scope.kind != "module" else None


def _result(basis: Basis, registration: Registration, beside: bool) -> Answer:
    """What registering returns is kept or handed on, to be undone by somebody else; unless nobody reads it again, here
    where (`beside`) another one is undone."""
    if registration.expr.op != "call" or registration.decorated is not None:
        return NO
    stmt, value = registration.stmt, registration.stmt.value
    while value is not None and value.op == "await":
        value = value.args[0]
    if (stmt.op == "expr" and value is registration.expr) or destiny(basis, registration.expr).kind == "dropped":
        return NO
    place = basis.names.place(stmt.targets[0]) if stmt.op == "assign" and len(stmt.targets) == 1 else None
    if place is not None and place.is_attribute and value is registration.expr:
        read = [e for e in basis.mentions(place.path[0]) if e is not stmt.targets[0] and e.stmt.targets[:1] != (e,)]
        return Answer("what undoes it is kept") if read or not (beside or place.path[0].startswith("_")) else NO
    return Answer("what undoes it is kept")


def _ends_registry(basis: Basis, registration: Registration) -> Stmt | None:
    """Where the instance ends what it is registered at as well: `self.bus.close()`."""
    place = basis.names.place(registration.receiver)
    if place is None or place.scope.kind == "module":
        return None
    # `stream = self.api.streaming()` ends with `self.api`
    sources = [v.args[0].args[0] for v in basis.types.bound_values(place) if v.op == "call" and v.args[0].op == "attr"]
    owners = [place, *(p for s in sources if (p := basis.names.place(s)) is not None and p.scope.kind == "class")]
    for owner in owners:
        for length in range(1, len(owner.path) + 1):
            for use in basis.all_uses(Place(owner.scope, owner.path[:length])):
                if basis.apis.means("end_of_life_methods", use.verb):
                    return use.stmt
    return None


def _sibling(
    basis: Basis,
    registration: Registration,
    klass: Scope,
    off: Sequence[tuple[Registration, Handler, Undoing]],
    known: Known,
) -> tuple[Handler, Undoing] | None:
    """Another listener of the same class at the same object, which is taken off."""
    where = _where(registration)
    for other, handler, use in off:
        if other is registration or other.verb != registration.verb or _where(other) != where:
            continue
        passing = registration.paired and _for_a_while(registration, handler, use, known)
        if class_of(other) in basis.names.family(klass) and not passing:
            return handler, use
    return None


def _by_result(registration: Registration, known: Known) -> Undoing | None:
    """Where it is taken off by what registering has returned: `canvas.mpl_disconnect(self.press)`."""
    kept = kept_as(registration)
    undos = undoings_of(registration.verb)
    return next((use for use in known.undone if kept and kept in use.own and use.expr.text in undos), None)


def _where(registration: Registration) -> str:
    """What it is registered at; of a signal (`model.changed.connect(f)`) the object that has it."""
    receiver = registration.receiver
    signal = registration.paired and receiver is not None and receiver.op == "attr"
    return source(receiver.args[0] if signal and receiver is not None else receiver)


def _for_a_while(registration: Registration, sibling: Handler, use: Undoing, known: Known) -> bool:
    """Is the sibling taken off only to be put back, in a function that knows nothing of this one?"""
    function = use.stmt.scope.function
    again = any(r.scope is function for r, handler in known.pairs if handler.key == sibling.key)
    return again and registration.scope is not function
