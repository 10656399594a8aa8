"""Who makes an object, how often, and does anybody keep it?"""

from __future__ import annotations

from leaklint.answers.driver import context
from leaklint.answers.holding.attributes import module_instance
from leaklint.answers.owner import lifetime
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope


def single(basis: Basis, klass: Scope) -> bool:
    """Is there one instance for as long as the process runs?"""
    if lifetime(basis, klass) == "long-lived instance" and module_instance(basis, klass):
        return True
    if made_by_set_up(basis, klass) or _is_program(basis, klass):
        return True
    new = next((m for m in klass.children if m.name == "__new__"), None)
    return new is not None and any(
        e.op == "attr" and basis.names.class_of(e.args[0]) is klass and "instance" in e.text
        for s in basis.module.stmts
        if s.scope.function is new
        for e in s.flat
    )


def _is_program(basis: Basis, klass: Scope) -> bool:
    """`main = Hub.launch_instance`, of a class that derives from somebody else's."""
    named = (e.parent for e in basis.mentions(klass.name) if e.stmt.scope.kind == "module" and e.stmt.op == "assign")
    starts = (e.text for e in named if e is not None and e.op == "attr" and e is e.stmt.value)
    return bool(klass.bases) and any(basis.apis.means("beginning_methods", word) for word in starts)


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


def unkept(basis: Basis, klass: Scope) -> bool:
    """Does whoever makes one, but for events, start it and keep nothing of it: `Watcher(bus).setup()`? It is to live by
    what it registers."""
    made = _makings(basis, klass)
    calm = all(context(basis, u.stmt).kind not in ("event", "stream", "loop") for u in made)
    return bool(made) and calm and all(_only_started(basis, u.site) for u in made)


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
