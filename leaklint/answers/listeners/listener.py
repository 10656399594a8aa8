"""Listeners that refer to an instance: does what they are registered at outlive it, and who takes them off again?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leaklint.answers.attributes import module_instance
from leaklint.answers.destiny import destiny
from leaklint.answers.listeners.registered import Handler, Registration, handlers, is_method, looks_up
from leaklint.answers.owner import lifetime
from leaklint.facts import OwnerKind
from leaklint.meaning.basis import NO, Answer, Basis, Clue
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Expr, Scope, Stmt, flat_of, source

_DEPTH = 3
_DISPLAYS = ("list", "tuple", "set")
_UNKNOWN = "registered at something unknown"


@dataclass(frozen=True, slots=True)
class Undoing:
    """A statement that takes a listener off, or hands on what does; `words` are the identifiers in it."""

    stmt: Stmt
    expr: Expr  # the reference to the method that undoes
    words: frozenset[str]
    own: frozenset[str]  # those of them that are attributes of the instance


@dataclass(frozen=True, slots=True)
class Listening:
    """A listener that refers to its instance; `defence` says why that is well."""

    registration: Registration
    handler: Handler
    klass: Scope
    owner: OwnerKind  # of the listener: how long does what it is registered at live?
    defence: Answer
    sibling: tuple[Handler, Undoing] | None = None  # another one at the same place, which is taken off


@dataclass(frozen=True, slots=True)
class _All:
    """All listeners of a module with the identifiers they are known by, and all that takes any of them off."""

    pairs: tuple[tuple[Registration, Handler], ...]
    keys: frozenset[str]
    undone: tuple[Undoing, ...]


def undoings(basis: Basis, registrations: Sequence[Registration]) -> tuple[Undoing, ...]:
    """What takes anything off in this module, by the rows of what is registered and by customary names."""
    exact = {r.undo.rpartition(".")[2] for r in registrations} - {"", "()"}
    undoing = [w for w in basis.identifiers if w in exact or basis.apis.means("unlistening_methods", w)]
    found = []
    for stmt in sorted({e.stmt for word in undoing for e in basis.mentions(word)}, key=lambda s: s.ordinal):
        named = [e for e in flat_of(stmt) if e.op in ("attr", "name")]
        words = frozenset(e.text for e in named)
        own = frozenset(e.text for e in named if e.op == "attr" and basis.names.class_of(e.args[0]) is not None)
        found += [Undoing(stmt, e, words, own) for e in named if e.text in undoing]
    return tuple(found)


def listening(basis: Basis, registrations: Sequence[Registration]) -> Iterator[Listening]:
    """Every listener that refers to the instance whose method registers it."""
    pairs = tuple((r, h) for r in registrations for h in list(handlers(basis, r))[:1])
    known = _All(pairs, frozenset(h.key for _, h in pairs), undoings(basis, registrations))
    for registration, handler in pairs:
        klass = _class_of(registration)
        if klass is None or not handler.holds:
            continue
        owner, defence = _registry(basis, registration, klass)
        sibling = _sibling(basis, registration, klass, known) if not defence or defence.kind == _UNKNOWN else None
        if sibling is not None:
            defence = NO  # whatever it is: another one has to be taken off it
        defence = defence or _defence(basis, registration, handler, klass, known)
        if registration.paired and sibling is None:
            defence = defence or Answer("nothing says that it has to be taken off")
        yield Listening(registration, handler, klass, owner, defence, None if defence else sibling)


def _class_of(registration: Registration) -> Scope | None:
    where: Scope | None = registration.scope
    while where is not None and where.method_of is None:
        where = where.parent
    return where.method_of if where is not None else None


# -- what it is registered at -----------------------------------------------------------------------------------------


def _registry(basis: Basis, registration: Registration, klass: Scope) -> tuple[OwnerKind, Answer]:
    """How long what calls back lives, and a defence where that is not longer than the instance."""
    row, receiver = registration.row, registration.receiver
    if row is not None and row.weak and not _strong(registration):
        return "instance", Answer("held weakly")
    if row is None and receiver is None and _names_own(basis, registration):
        return "instance", Answer("registered at what is its own")
    if receiver is None or (row is not None and row.single):
        return "process", NO
    named = "".join(part.capitalize() for part in source_name(receiver).split("_"))
    if row is None and basis.apis.means("short_lived_classes", named):
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
    return owner, origin


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
    if any(f.params and root.path[0] in [p.name for p in f.params] for f in [place.scope] if f.kind == "function"):
        return NO
    values = [v for v in basis.types.bound_values(root) if v.op != "const"]
    if not values:
        return NO if long_lived else Answer(_UNKNOWN)
    for value in values:
        defence = _given(basis, value, klass, depth)
        if defence:
            return defence
    return NO


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


def _defence(basis: Basis, registration: Registration, handler: Handler, klass: Scope, known: _All) -> Answer:
    if basis.apis.means("test_classes", klass.name):
        return Answer("made for one test")
    if single(basis, klass):
        return Answer("lives as long as the process")
    kept = _result(basis, registration)
    if kept:
        return kept
    use = taken_off(basis, registration, handler, known)
    if use is not None:
        return Answer("taken off", (Clue(use.stmt, "released", "released"),))
    ended = _ends_registry(basis, registration)
    if ended is not None:
        return Answer("its registry is ended too", (Clue(ended, "released", "released"),))
    return NO


def single(basis: Basis, klass: Scope) -> bool:
    """Is there one instance for as long as the process runs?"""
    if lifetime(basis, klass) == "long-lived instance" and module_instance(basis, klass):
        return True
    new = next((m for m in klass.children if m.name == "__new__"), None)
    return new is not None and any(
        e.op == "attr" and basis.names.class_of(e.args[0]) is klass and "instance" in e.text
        for s in basis.module.stmts
        if s.scope.function is new
        for e in s.flat
    )


def _result(basis: Basis, registration: Registration) -> Answer:
    """What registering returns is kept or handed on, to be undone by somebody else; unless nobody reads it again."""
    if registration.expr.op != "call" or registration.decorated is not None:
        return NO
    fate = destiny(basis, registration.expr)
    if fate.kind == "dropped":
        return NO
    stmt = registration.stmt
    place = basis.names.place(stmt.targets[0]) if stmt.op == "assign" and len(stmt.targets) == 1 else None
    if place is not None and place.is_attribute and stmt.value is registration.expr:
        read = [e for e in basis.mentions(place.path[0]) if e is not stmt.targets[0] and e.stmt.targets[:1] != (e,)]
        return Answer("what undoes it is kept") if read or not place.path[0].startswith("_") else NO
    return Answer("what undoes it is kept")


def taken_off(basis: Basis, registration: Registration, handler: Handler, known: _All) -> Undoing | None:
    """A statement that takes this very listener off, or all of them, or those of a list."""
    receiver = source_name(registration.receiver) if registration.receiver is not None else ""
    klass = _class_of(registration)
    related = basis.names.family(klass) if klass is not None else ()
    for use in known.undone:
        other = use.stmt.scope.enclosing("class")
        stranger = other is not None and other not in related and handler.key in use.own
        if use.stmt is registration.stmt or stranger:
            continue
        if handler.key and handler.key in use.words:
            return use
        if receiver and receiver in use.words and known.keys.isdisjoint(use.words) and _wholesale(registration, use):
            return use
    return None


def _wholesale(registration: Registration, use: Undoing) -> bool:
    """`bus.off()`, `bus.off("left")`, `bus.off(event, handler)` with names for any, `loop.remove_reader(fd)`."""
    call = use.expr.parent
    if call is None or call.op != "call" or call.args[0] is not use.expr:
        return False
    last = call.args[-1] if len(call.args) > 1 else None
    if last is not None and last.text == "str":
        return last.value in [a.value for a in registration.given]
    return use.expr.text == registration.undo or _answers(registration.verb, use.expr.text)


_WORDS = re.compile(r"[A-Z]?[a-z]+")
_ANY = {"listener", "callback", "handler", "observer", "subscriber", "subscription", "event", "hook", "all", "from"}


def _answers(verb: str, undo: str) -> bool:
    """`remove_row_listener` answers `add_row_listener`; `off` and `remove_all_listeners` answer all."""
    told = {word.lower().rstrip("s") for word in _WORDS.findall(undo)[1:]} - _ANY
    return told <= {word.lower().rstrip("s") for word in _WORDS.findall(verb)}


def _ends_registry(basis: Basis, registration: Registration) -> Stmt | None:
    """Where the instance ends what it is registered at as well: `self.bus.close()`."""
    place = basis.names.place(registration.receiver)
    if place is None or place.scope.kind == "module":
        return None
    for length in range(1, len(place.path) + 1):
        for use in basis.all_uses(Place(place.scope, place.path[:length])):
            if basis.apis.means("end_of_life_methods", use.verb):
                return use.stmt
    return None


def _sibling(basis: Basis, registration: Registration, klass: Scope, known: _All) -> tuple[Handler, Undoing] | None:
    """Another listener of the same class at the same object, which is taken off."""
    where = _where(registration)
    for other, handler in known.pairs:
        if other is registration or other.verb != registration.verb or _where(other) != where:
            continue
        if _class_of(other) in basis.names.family(klass):
            use = taken_off(basis, other, handler, known)
            if use is not None and not (registration.paired and _for_a_while(registration, handler, use, known)):
                return handler, use
    return None


def _where(registration: Registration) -> str:
    """What it is registered at; of a signal (`model.changed.connect(f)`) the object that has it."""
    receiver = registration.receiver
    signal = registration.paired and receiver is not None and receiver.op == "attr"
    return source(receiver.args[0] if signal and receiver is not None else receiver)


def _for_a_while(registration: Registration, sibling: Handler, use: Undoing, known: _All) -> bool:
    """Is the sibling taken off only to be put back, in a function that knows nothing of this one?"""
    function = use.stmt.scope.function
    again = any(r.scope is function for r, handler in known.pairs if handler.key == sibling.key)
    return again and registration.scope is not function
