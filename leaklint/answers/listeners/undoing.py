"""What takes listeners off again: this very one, or all of a registry."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from leaklint.answers.listeners.handler import Handler
from leaklint.answers.listeners.registered import ADDING, Registration, is_self
from leaklint.meaning.basis import Basis
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, flat_of, source, walk


@dataclass(frozen=True, slots=True)
class Undoing:
    """A statement that takes a listener off, or hands on what does; `words` are the identifiers in it."""

    stmt: Stmt
    expr: Expr  # the reference to the method that undoes
    words: frozenset[str]
    own: frozenset[str]  # those of them that are attributes of the instance
    through: str = ""  # the registry, where all that it has is looked through
    filled: frozenset[Scope] = frozenset()  # who fills the list of an object that is gone through: `for f in self.on:`


@dataclass(frozen=True, slots=True)
class Known:
    """All listeners of a module with the identifiers they are known by, and all that takes any of them off."""

    pairs: tuple[tuple[Registration, Handler], ...]
    keys: frozenset[str]
    undone: tuple[Undoing, ...]
    kept: frozenset[str] = frozenset()  # attributes that hold what registering has returned
    homes: frozenset[tuple[str, Scope]] = frozenset()  # by which method and where they are registered


def undoings(basis: Basis, registrations: Sequence[Registration]) -> tuple[Undoing, ...]:
    """What takes anything off in this module, by the rows of what is registered and by customary names."""
    exact = {r.undo.rpartition(".")[2] for r in registrations} - {"", "()"}
    undoing = [w for w in basis.identifiers if w in exact or basis.apis.means("unlistening_methods", w)]
    found = []
    for stmt in sorted({e.stmt for word in undoing for e in basis.mentions(word)}, key=lambda s: s.ordinal):
        named = [e for e in flat_of(stmt) if e.op in ("attr", "name")]
        words = frozenset(e.text for e in named if e.op == "attr" or not _is_holder(basis, e))
        own = frozenset(e.text for e in named if e.op == "attr" and basis.names.class_of(e.args[0]) is not None)
        filled = _filling(basis, stmt)
        found += [Undoing(stmt, e, words, own, _gone_through(e), filled) for e in named if e.text in undoing]
    for stmt in basis.module.stmts if "-=" in exact else ():
        if stmt.op == "augassign" and stmt.text == "SubtractAssign":
            named = [e for e in flat_of(stmt) if e.op in ("attr", "name")]
            found.append(Undoing(stmt, stmt.targets[0], frozenset(e.text for e in named), frozenset()))
    return tuple(found)


def _is_holder(basis: Basis, name: Expr) -> bool:
    """The instance, where it is only there for what it has: `self.bus`."""
    return name.parent is not None and name.parent.op == "attr" and is_self(basis, name)


def class_of(registration: Registration) -> Scope | None:
    where: Scope | None = registration.scope
    while where is not None and where.method_of is None:
        where = where.parent
    return where.method_of if where is not None else None


def taken_off(basis: Basis, registration: Registration, handler: Handler, known: Known) -> Undoing | None:
    """A statement that takes this very listener off, or all of them, or those of a list."""
    receiver = source_name(registration.receiver) if registration.receiver is not None else ""
    klass, called_on, handle = class_of(registration), registration.called_on, kept_as(registration)
    related = basis.names.family(klass) if klass is not None else ()
    for use in known.undone:
        other = use.stmt.scope.enclosing("class")
        stranger = other is not None and other not in related and not {handler.key, receiver}.isdisjoint(use.own)
        if use.stmt is registration.stmt or stranger:
            continue
        if handler.key and handler.key in use.words and not _other_one(registration, handler, use):
            return use
        if receiver in use.words:
            listed = _by_list(registration, known, use) if use.filled else ""
            # neither of another callback nor by what registering that has returned
            of_all = known.keys.isdisjoint(use.words) and (known.kept & use.words) <= {handle}
            if listed == "its" or (not listed and of_all and _wholesale(basis, registration, use)):
                return use
        if use.through and use.through == called_on:
            return use
    return None


def _gone_through(undo: Expr) -> str:
    """`for hook in sys.path_hooks: ... sys.path_hooks.remove(hook)`: what is looked through for all that is to go."""
    call, registry = undo.parent, source(undo.args[0]) if undo.op == "attr" else ""
    taken = {e.text for e in call.args[1:] if e.op == "name"} if call is not None and call.op == "call" else set()
    loops = (o for _, o in ancestors(undo.stmt) if o.op == "for" and not taken.isdisjoint(t.text for t in o.targets))
    values = (o.value for o in loops if o.value is not None)
    return registry if any(source(e) == registry for value in values for e in walk(value)) else ""


def kept_as(registration: Registration) -> str:
    """The attribute that holds what registering has returned."""
    stmt = registration.stmt
    alone = stmt.op == "assign" and len(stmt.targets) == 1 and stmt.targets[0].op == "attr"
    return stmt.targets[0].text if alone else ""


def _other_one(registration: Registration, handler: Handler, use: Undoing) -> bool:
    """`remove_listener(partial(self.update, 3))` takes off none that was registered as another such partial."""
    call = use.expr.parent
    if call is None or call.op != "call" or call.args[0] is not use.expr:
        return False
    made = (a for a in call.args[1:] if a.op in ("lambda", "call"))
    anew = any(e.op in ("attr", "name") and e.text == handler.key for a in made for e in walk(a))
    return anew and handler.fresh and any(g.op in ("lambda", "call") for g in registration.given)


def _wholesale(basis: Basis, registration: Registration, use: Undoing) -> bool:
    """`bus.off()`, `bus.off("left")`, `bus.off(event, handler)` with names for any, `loop.remove_reader(fd)`."""
    call = use.expr.parent
    if call is None or call.op != "call" or call.args[0] is not use.expr:
        return False
    last = call.args[-1] if len(call.args) > 1 else None
    if last is not None and last.text == "str":
        return last.value in [a.value for a in registration.given]
    if last is not None and basis.apis.means("deleting_methods", use.expr.text):
        return False  # of an entry of whatever it has
    return use.expr.text == registration.undo or _answers(registration.verb, use.expr.text)


def _by_list(registration: Registration, known: Known, use: Undoing) -> str:
    """`for name, handler in self.events: self.bus.remove(name, handler)`: is it one of those (`its`), being put there
    where it is registered, or are they `others'`, which are?"""
    if registration.scope in use.filled:
        return "its"
    return "others'" if any((registration.verb, scope) in known.homes for scope in use.filled) else ""


def _filling(basis: Basis, stmt: Stmt) -> frozenset[Scope]:
    """The functions that add to the list of an object which a loop around a statement goes through."""
    loops = (o for _, o in ancestors(stmt) if o.op == "for" and o.value is not None)
    places = (p for o in loops if (p := basis.names.place(o.value)) is not None and p.is_attribute)
    place = next(places, None)
    uses = basis.all_uses(place) if place is not None else ()
    return frozenset(u.stmt.scope.function for u in uses if u.verb in ADDING)


_WORDS = re.compile(r"[A-Z]?[a-z]+")
_ANY = {"listener", "callback", "handler", "observer", "subscriber", "subscription", "event", "hook", "all", "from"}


def _answers(verb: str, undo: str) -> bool:
    """`remove_row_listener` answers `add_row_listener`; `off` and `remove_all_listeners` answer all."""
    told = {word.lower().rstrip("s") for word in _WORDS.findall(undo)[1:]} - _ANY
    return told <= {word.lower().rstrip("s") for word in _WORDS.findall(verb)}
