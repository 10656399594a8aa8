"""Who makes an object, how often, and does anybody keep it?"""

from __future__ import annotations

from leaklint.answers.driver import context
from leaklint.answers.holding.attributes import module_instance
from leaklint.answers.listeners.registered import ADDING, Registration, looks_up
from leaklint.answers.listeners.undoing import kept_as
from leaklint.answers.owner import lifetime
from leaklint.answers.shared import singleton
from leaklint.meaning.basis import Basis, once
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import is_called
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, source, walk


def single(basis: Basis, klass: Scope) -> bool:
    """Is there one instance for as long as the process runs?"""
    return made_once(basis, klass) or singleton(basis, klass)


@once(meanwhile=False)
def made_once(basis: Basis, klass: Scope) -> bool:
    """Is one made in a process? The constructor of what `__new__` gives out again runs each time."""
    lasting = lifetime(basis, klass) == "long-lived instance" and module_instance(basis, klass)
    known = lasting or made_by_set_up(basis, klass) or _is_program(basis, klass)
    return known or _globals_alone(basis, klass) or _is_process(basis, klass)


def _is_program(basis: Basis, klass: Scope) -> bool:
    """A command line or an application, by its base's name; `main = Hub.launch_instance`, of somebody else's class."""
    named = (e.parent for e in basis.mentions(klass.name) if e.stmt.scope.kind == "module" and e.stmt.op == "assign")
    starts = (e.text for e in named if e is not None and e.op == "attr" and e is e.stmt.value)
    bases = (name.rpartition(".")[2] for name in basis.names.outside_bases(klass))
    by_base = any(basis.apis.means("program_classes", name) for name in bases)
    return by_base or (bool(klass.bases) and any(basis.apis.means("beginning_methods", word) for word in starts))


def _is_process(basis: Basis, klass: Scope) -> bool:
    """Is it about this very process: one that it forks, or puts on record by its number, `Entry(pid=os.getpid())`?"""
    for expr in (e for word in ("fork", "setsid", "getpid") for e in basis.mentions(word)):
        call = expr.parent
        if call is None or not is_called(expr) or expr.stmt.scope.enclosing("class") is not klass:
            continue
        around = call.parent
        named = zip(around.names, around.args, strict=False) if around is not None and around.op == "call" else ()
        name = basis.names.qualified(expr)
        if name in ("os.fork", "os.setsid") or (
            name == "os.getpid" and any(a is call and n == "pid" for n, a in named)
        ):
            return True
    return False


def _globals_alone(basis: Basis, klass: Scope) -> bool:
    """Is each one that is made here put into a global: `global _tracker; _tracker = Tracker()`?"""
    made = _makings(basis, klass)
    targets = [u.stmt.targets[0] if u.stmt.op == "assign" and u.stmt.value is u.site else None for u in made]
    places = [basis.names.place(t) if t is not None else None for t in targets]
    return bool(made) and all(p is not None and p.scope.kind == "module" for p in places)


def made_by_set_up(basis: Basis, klass: Scope) -> bool:
    """Made by the set-up of a plug-in alone, in a module that has nothing to take it down with again?"""
    homes = {u.stmt.scope.function for u in _makings(basis, klass)}
    if not homes or not all(basis.apis.means("plugin_setups", f.name) for f in homes):
        return False
    functions = [s for s in basis.module.scope.children if s.kind == "function"]
    rows = (basis.apis.get(name) for name in basis.names.outside_bases(klass))
    hosted = any(row is not None and row.kind == "base" and row.ends for row in rows)  # its host ends it
    again = ("plugin_takedowns", "entry_setups")
    undone = hosted or any(basis.apis.means(what, f.name) for f in functions for what in again)
    return not undone and homes <= set(functions)


@once(meanwhile=False)
def unkept(basis: Basis, klass: Scope) -> bool:
    """Does whoever makes one, but for events, start it and keep nothing of it: `Watcher(bus).setup()`? It is to live by
    what it registers."""
    made = _makings(basis, klass)
    calm = all(context(basis, u.stmt).kind not in ("event", "stream", "loop") for u in made)
    return bool(made) and calm and all(_only_started(basis, u.site) for u in made)


def outlives(basis: Basis, registration: Registration, klass: Scope) -> bool:
    """Does what an instance is given, and registers at, outlive it? By its name all watch it, it is looked up, what
    takes a listener off it is used, or one instance after the other is made for it."""
    receiver = registration.receiver
    place = basis.names.place(receiver)
    if receiver is None or _undone(basis, registration, receiver):
        return True
    lasting = ("shared_registries", "lasting_objects")
    if any(basis.apis.means(what, e.text) for e in walk(receiver) if e.op in ("name", "attr") for what in lasting):
        return True
    if place is not None and any(v.op == "call" and looks_up(v) for v in basis.types.bound_values(place)):
        return True
    return _made_again(basis, klass)


@once(meanwhile=False)
def _made_again(basis: Basis, klass: Scope) -> bool:
    """Is one instance after the other made, by events or in a loop?"""
    return any(context(basis, u.stmt).kind in ("event", "stream", "loop") for u in _makings(basis, klass))


def _undone(basis: Basis, registration: Registration, receiver: Expr) -> bool:
    """Is anything taken off such an object in this module, or what would do so kept? Of a list, off one that the same
    object has."""
    if registration.verb not in ADDING:
        known = registration.undo or kept_as(registration)
        return bool(known) or source(receiver) in _removed_from(basis)  # `bus.remove("over", f)`
    owner = source(receiver.args[0]) if receiver.op == "attr" else ""
    lists = (e.args[0] for e in basis.mentions(registration.undo) if e.op == "attr")
    return any(e.op == "attr" and source(e.args[0]) == owner for e in lists)


@once(meanwhile=frozenset())
def _removed_from(basis: Basis) -> frozenset[str]:
    """All that anything is removed from in this module, as text."""
    return frozenset(source(e.args[0]) for e in basis.mentions("remove") if e.op == "attr")


def _makings(basis: Basis, klass: Scope) -> list[Use]:
    return [u for u in basis.all_uses(Place(basis.module.scope, (klass.name,))) if u.verb == "__call__"]


def _only_started(basis: Basis, made: Expr) -> bool:
    stmt, call = made.stmt, made.parent.parent if made.parent is not None and made.parent.op == "attr" else None
    if stmt.op == "expr":
        while call is not None and call.parent is not None and call.parent.op == "await":
            call = call.parent
        return call is not None and stmt.value is call
    place = basis.names.place(stmt.targets[0]) if stmt.op == "assign" and stmt.value is made else None
    if place is None or place.scope.kind != "function" or len(place.path) > 1:
        return False
    uses = [u for u in basis.below(place) if u.verb != "bind"]
    return bool(uses) and all(u.verb and u.place == place and u.stmt.op == "expr" for u in uses)
