"""Live connections that are taken out of the registry that holds them, and not closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.answers.bound import by_type
from leaklint.answers.holding.gathered import stored
from leaklint.answers.opening.openers import acquired, sources
from leaklint.answers.releasing.endings import reached
from leaklint.answers.ways.handlers import caught_types, cleans_up
from leaklint.apis import Row
from leaklint.meaning.basis import NO, Basis
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, flat_of, statements

_KEYED = ("__setitem__", "setdefault")


@dataclass(frozen=True, slots=True)
class Evicted:
    """`use` drops an entry of `place`, or all of them; elsewhere `opened` puts one in, or `closed` closes one: one of
    them is known."""

    place: Place
    use: Use
    noun: str
    opened: Stmt | None
    closed: Use | None

    @property
    def all(self) -> bool:
        """Does it drop all that there are?"""
        return _empties(self.use)


def evicted(basis: Basis) -> Iterator[Evicted]:
    """Entries dropped by an eviction, on a timeout or when the object is done with them: elsewhere the peer may have
    closed them."""
    for place, uses in basis.uses.items():
        if place.scope.kind not in ("class", "module") or len(place.path) != 1:
            continue
        drops = [u for u in uses if u.stmt.scope.kind != place.scope.kind and (_takes(u) or _empties(u))]
        begun = _begun(basis, uses) if drops and place.is_attribute else None
        put = next((one for u in uses if drops and u.verb in _KEYED for one in stored(basis, u)), None)
        opened = put.stmt if put is not None else begun.stmt if begun is not None else None
        row = put.row if put is not None else None
        noun = row.called if row is not None else "entry"
        closes = [u for u in basis.all_uses(place.entry) if drops and _means(basis, "end_of_life_methods", u.verb)]
        closed = closes[0] if closes and begun is None else None
        for use in drops if opened is not None or closed is not None else ():
            one = _drops(use, begun) and _lives(basis, use.stmt, opened is not None) and not _closes_some(basis, use)
            # what a class never closes is known for that
            left = any(_closing(basis, u) for u in closes) or (row is not None and not place.is_attribute)
            if one or (_empties(use) and left and _leaves_all(basis, use)):
                yield Evicted(place, use, noun, opened, closed)


def _closing(basis: Basis, use: Use) -> bool:
    return basis.apis.means("closing_methods", use.verb)


def _takes(use: Use) -> bool:
    return use.verb in ("pop", "__delitem__")


def _empties(use: Use) -> bool:
    """`self.sockets.clear()`, `self.sockets = []`."""
    return use.verb == "clear" or (
        use.verb == "bind" and use.value is not None and use.value.op in ("list", "dict") and not use.value.args
    )


def _leaves_all(basis: Basis, use: Use) -> bool:
    """Does the end of the object, or a reset, empty it without a look at what is in it, there or where it is called?"""
    function = use.stmt.scope.function
    named = any(basis.apis.means(what, function.name) for what in ("end_of_life_methods", "on_demand_methods"))
    if not named or _sets_up(basis, use) or cleans_up(use.stmt):
        return False
    callers = [e.stmt.scope.function for e in basis.mentions(function.name) if basis.names.local(e) is function]
    around = {*reached(basis, function.method_of, [function]), *callers}
    return not any(u is not use and u.stmt.scope.function in around for u in basis.below(use.place))


def _sets_up(basis: Basis, use: Use) -> bool:
    """Is the place bound nowhere else? Then the constructor calls this to make it, and there is no old one."""
    return use.verb == "bind" and not any(
        u.verb == "bind" and u.stmt.scope.function is not use.stmt.scope.function for u in basis.all_uses(use.place)
    )


@dataclass(frozen=True, slots=True)
class Crowded:
    """`stmt` puts something that is open into `place`, which drops older entries when it is full, and does no more."""

    place: Place
    row: Row
    stmt: Stmt
    value: Expr
    made: Expr  # with its bound


def crowded(basis: Basis) -> Iterator[Crowded]:
    """Caches with a bound that hold resources, and are given nothing to call for what they drop."""
    for place, uses in basis.uses.items():
        held = place.scope.kind in ("class", "module") and len(place.path) == 1
        kept = (u for u in uses if u.verb in (*_KEYED, "append")) if held else ()
        found = ((u, v, row) for u in kept for v in sources(basis, u.value) if (row := acquired(basis, v)) is not None)
        use, value, row = next(found, (None, None, None))
        if use is not None and value is not None and row is not None:
            kind = basis.types.place_row(place)
            born = tuple(v for v in basis.types.bound_values(place) if v.op == "call")
            full = by_type(basis, kind, born) if kind is not None and kind.kind == "container" else NO
            if full.kind == "bounded type" and born and not any(_told(basis, b) for b in born):
                yield Crowded(place, row, use.stmt, value, born[0])


def _told(basis: Basis, made: Expr) -> bool:
    """Is a cache given a function for what it drops?"""
    return any(name and basis.apis.means("eviction_callbacks", name) for name in made.names)


def _begun(basis: Basis, uses: list[Use]) -> Use | None:
    """Where the object puts in what it has started or opened itself, and ends when that fails."""
    for use in uses:
        value = use.value if use.verb == "__setitem__" else None
        place = basis.names.place(value) if value is not None and value.op == "name" else None
        if place is not None and place.scope.kind == "function":
            verbs = [u.verb for u in basis.all_uses(place) if u.site.op == "call"]
            if any(_means(basis, "opening_methods", v) for v in verbs) and any(
                _means(basis, "end_of_life_methods", v) for v in verbs
            ):
                return use
    return None


def _means(basis: Basis, what: str, verb: str) -> bool:
    return bool(verb) and basis.apis.means(what, verb)


def _drops(use: Use, begun: Use | None) -> bool:
    """Is an entry taken out, and nothing kept of it? Of one that was `begun` here, it may be asked if there was one."""
    parent = use.site.parent
    asked = begun is not None and parent is not None and parent.op in ("compare", "unary", "bool")
    taken = use.verb == "pop" and (asked or (parent is None and use.stmt.op == "expr"))
    return taken or (use.verb == "__delitem__" and not (use.key is not None and use.key.op == "slice"))


def _lives(basis: Basis, stmt: Stmt, own: bool) -> bool:
    """Is the entry dropped because of its age or a timeout, or because the object is done with what is its `own`, and
    not because it has ended?"""
    for block, _ in ancestors(stmt):
        if block.kind == "finally":
            return False
        if block.kind == "handler":
            caught = caught_types(block)
            return bool(caught) and all(basis.apis.means("timeouts", source_name(e)) for e in caught)
    name = stmt.scope.function.name
    return basis.apis.means("evicting_methods", name) or (own and basis.apis.means("removing_methods", name))


def _closes_some(basis: Basis, use: Use) -> bool:
    """Is anything closed, or is the entry's state asked about, in the same function?"""
    return any(_ends(basis, use, stmt, use.stmt.scope.function) for stmt in statements(use.stmt.scope.function.block))


def _ends(basis: Basis, use: Use, stmt: Stmt, function: Scope) -> bool:
    for expr in flat_of(stmt):
        if expr.op == "attr" and basis.apis.means("end_of_life_methods", expr.text) and expr.text != function.name:
            return True
        asked = stmt.op in ("if", "while") and expr.op == "attr"
        if asked and basis.names.place(expr.args[0]) == use.place.entry:
            return True
    return False
