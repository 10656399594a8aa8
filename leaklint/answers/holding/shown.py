"""Attributes that hold what no row knows, and of which the class shows itself that they are to be closed: it closes
another one that was made or started in the same way, or this one, but not in the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from leaklint.answers.holding.gathered import looks, put
from leaklint.answers.holding.supposed import attached
from leaklint.answers.instances import held_in
from leaklint.answers.opening.makers import makers
from leaklint.answers.opening.openers import acquired
from leaklint.answers.releasing.endings import reached
from leaklint.answers.releasing.lending import called
from leaklint.answers.ways.handlers import in_handler
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import ELEMENT, Place
from leaklint.meaning.scopes import text_of
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors


@dataclass(frozen=True, slots=True)
class Shown:
    """`stmt` makes or starts what `place` holds. `sibling` is where a method that ends the object closes another one,
    or None where this one is closed, but by no such method. `started`: by `stmt`, whoever made it."""

    place: Place
    row: Row
    stmt: Stmt
    value: Expr
    sibling: Use | None = None
    started: bool = False
    maker: str = ""
    """The class or function of another file that makes it: only that file knows whether it has to be ended."""


def shown(basis: Basis, endings: Mapping[Scope, tuple[Scope, ...]]) -> Iterator[Shown]:
    """Every such attribute of a class that has an ending."""
    by_class: dict[Scope, list[Place]] = {}
    parts: set[Place] = set()  # of which a part is ended: `self.client.socket.close()`
    for place, uses in basis.uses.items():
        if place.is_attribute and len(place.path) == 1:
            by_class.setdefault(place.scope, []).append(place)
        elif place.is_attribute and (any(_ends(basis, u.verb) for u in uses) or _ends(basis, place.path[-1])):
            parts.add(Place(place.scope, place.path[:1]))
    for klass, places in by_class.items():
        ends = frozenset(m for m in endings.get(klass, ()) if m.name != "__del__")
        if ends:
            closed = [
                u for p in places for u in basis.all_uses(p) if _ends(basis, u.verb) and u.stmt.scope.function in ends
            ]
            for place in places:
                row = basis.types.place_row(place) if place not in parts else None
                if place not in parts and (row is None or row.kind == "container"):
                    one = _beside(basis, place, closed) or _before_end(basis, place, reached(basis, klass, ends))
                    if one is not None:
                        yield one


def _ends(basis: Basis, verb: str) -> bool:
    return bool(verb) and basis.apis.means("end_of_life_methods", verb)


def _beside(basis: Basis, place: Place, closed: list[Use]) -> Shown | None:
    """What is made or started as another attribute is, and other than that never ended nor waited for."""
    uses = basis.all_uses(place) if closed else []
    if not uses or any(_ends(basis, u.verb) or basis.apis.means("waiting_methods", u.verb) for u in uses):
        return None
    if attached(basis, uses):
        return None
    return _akin(basis, place, closed) or _started(basis, place, closed)


def _akin(basis: Basis, place: Place, closed: list[Use]) -> Shown | None:
    """What is made as another attribute is that the class closes in the end; or each of several that are."""
    for bind, value, entries in _made(basis, place):
        made = makers(basis, value)
        for close in closed:
            if close.place == place or not basis.apis.means("closing_methods", close.verb):
                continue
            if any(
                not made.isdisjoint(makers(basis, other))
                for _, other, several in _made(basis, close.place)
                if not several
            ):
                where = place.entry if entries else place
                return Shown(where, _row(basis, where, close), bind.stmt, value, close)
    return None


def _made(basis: Basis, place: Place) -> Iterator[tuple[Use, Expr, bool]]:
    """What an unknown call makes for it, by the statement that puts it there; for its entries too, where nothing takes
    one out or goes through them."""
    uses = basis.all_uses(place)
    filled = all(looks(u) for u in uses) and not any(_ends(basis, u.verb) for u in basis.all_uses(place.entry))
    for use in uses:
        if use.stmt.scope.kind == "class":
            continue  # `client = Field(default=None)` says what instances have, and makes nothing
        kept = [(use.value, False)] if use.verb == "bind" and use.stmt.op == "assign" and use.value is not None else []
        kept += [(one, True) for one in put(use)] if filled else []
        for value, entry in kept:
            call = _call(value)
            if call is not None and acquired(basis, value) is None and (entry or not _handed_in(basis, place, call)):
                yield use, value, entry


def _handed_in(basis: Basis, place: Place, call: Expr) -> bool:
    """Does a call only pass on what came in by the attribute's name: `check(store, Store)`, `kwargs.pop("store")`?"""
    name, makes = place.path[0].strip("_"), called(basis, call)
    opens = makes[:1].isupper() or basis.apis.means("opening_functions", makes)
    if opens or basis.types.callee(call).local is not None:
        return False
    return any((arg.text if arg.op == "name" else text_of(arg)) == name for arg in call.args[1:])


def _call(value: Expr | None) -> Expr | None:
    while value is not None and value.op == "await":
        value = value.args[0]
    return value if value is not None and value.op == "call" else None


def _started(basis: Basis, place: Place, closed: list[Use]) -> Shown | None:
    """What is started along with another attribute that the class ends."""
    if basis.apis.means("short_running", place.path[0]):
        return None
    own = held_in(basis, place)
    if own is not None and not any(basis.apis.means("end_of_life_methods", m.name) for m in basis.names.methods(own)):
        return None
    begun = [u for u in basis.all_uses(place) if _starts(basis, u)]
    for use in begun:
        for close in closed:
            together = (u.verb == use.verb and _one_way(u.stmt, use.stmt) for u in basis.all_uses(close.place))
            if close.place != place and any(together):
                maker = _imported(basis, place)
                row = _row(basis, place, close, supposed=bool(maker))
                return Shown(place, row, use.stmt, use.site, close, started=True, maker=maker)
    return None


def _imported(basis: Basis, place: Place) -> str:
    """What it is made by, by the name that another file gives it; empty for what nobody sees."""
    made = (_call(u.value) for u in basis.all_uses(place) if u.verb == "bind")
    callees = (basis.types.callee(call) for call in made if call is not None)
    named = (c.name for c in callees if c.name and c.local is None and c.row is None and c.receiver is None)
    return next((name for name in named if "." in name and not name.startswith("builtins.")), "")


def _one_way(one: Stmt, other: Stmt) -> bool:
    """Does a function come by both, as by no branch that ends in a return or raise?"""
    around = [{block for block, _ in ancestors(stmt)} for stmt in (one, other)]
    apart = around[0] ^ around[1]
    return one.scope.function is other.scope.function and not any(b.stmts[-1].op in ("return", "raise") for b in apart)


def _starts(basis: Basis, use: Use) -> bool:
    called = use.site.op == "call" and not in_handler(use.stmt)
    return called and basis.apis.means("opening_methods", use.verb)


def _before_end(basis: Basis, place: Place, at_end: frozenset[Scope]) -> Shown | None:
    """What the class closes in private methods only, none of which runs when the object's life ends."""
    closes = [u for u in basis.all_uses(place) if bool(u.verb) and basis.apis.means("closing_methods", u.verb)]
    where = {u.stmt.scope.function for u in closes}
    if not closes or not where.isdisjoint(at_end) or not all(_clears(basis, f) for f in where):
        return None
    own = ((b.stmt, value) for b, value, entry in _made(basis, place) if not entry)
    made = next(own, None)
    return Shown(place, _row(basis, place, closes[0]), *made) if made is not None else None


def _clears(basis: Basis, function: Scope) -> bool:
    """A private method that ends or resets something by its name."""
    means, name = basis.apis.means, function.name
    return name.startswith("_") and any(means(w, name) for w in ("end_of_life_methods", "on_demand_methods"))


def _row(basis: Basis, place: Place, close: Use, supposed: bool = False) -> Row:
    awaited = close.site.parent is not None and close.site.parent.op == "await"
    return Row(
        "",
        basis.module.path,
        "resource",
        noun=_noun(place),
        release=(close.verb,),
        awaited=(close.verb,) if awaited else (),
        supposed=supposed,
    )


def _noun(place: Place) -> str:
    return "entry" if place.path[-1] == ELEMENT else place.path[0].strip("_").replace("_", " ")
