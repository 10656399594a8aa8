"""The attribute's resource is released through another expression: the local variable or the context manager it came
from, a part of it (`client.aio`), a property that gives it, a caller of the method that returns it, or a loop over all
attributes.
"""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.holding.supposed import made_anew
from leaklint.answers.releasing.fate import fate, resource_uses
from leaklint.answers.releasing.handover import local_name
from leaklint.answers.ways.handlers import in_handler
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import is_property, source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Scope, Stmt, ancestors, flat_of, statements

_ENTERING, _LEAVING = ("__enter__", "__aenter__"), ("__exit__", "__aexit__")


def released(basis: Basis, place: Place, row: Row) -> Stmt | None:
    """The statement that releases it by another name."""
    binds = [u for u in basis.all_uses(place) if u.verb == "bind" and u.stmt.op == "assign"]
    ways = (
        w
        for bind in binds
        for w in (
            _by_local(basis, bind, row),
            _by_twin(basis, bind, row),
            _by_half(basis, place, row),
            _by_part(basis, place, row),
            _by_property(basis, place, row),
            _by_manager(basis, bind),
        )
    )
    found = (use.stmt for way in ways for use in way)
    return next(found, None) or next((s for bind in binds for s in _by_callers(basis, bind)), None)


def _by_local(basis: Basis, bind: Use, row: Row) -> Iterator[Use]:
    """`ws = await connect(); self._ws = ws`, and at the end `await ws.close()`, not only where that fails."""
    names = [t for t in bind.stmt.targets if t.op == "name"]
    names += [bind.value] if bind.value is not None and bind.value.op == "name" else []
    for name in names:
        local = basis.names.place(name)
        if local is not None and local.scope.kind == "function":
            for use in resource_uses(basis, local, row):
                later = use.stmt.ordinal > bind.stmt.ordinal and not in_handler(use.stmt)
                if later and fate(basis, use, row) == "release":
                    yield use


def _by_twin(basis: Basis, bind: Use, row: Row) -> Iterator[Use]:
    """`self.source = self.sink = connect()`, and at the end `self.sink.close()`."""
    places = (basis.names.place(t) for t in bind.stmt.targets if t.op == "attr" and t is not bind.expr)
    for place in places:
        if place is not None and place.is_attribute:
            yield from (use for use in resource_uses(basis, place, row) if fate(basis, use, row) == "release")


def _by_half(basis: Basis, place: Place, row: Row) -> Iterator[Use]:
    """`self.client.aio.aclose()`: who closes the half that it works with has thought of it."""
    for name, target in row.makes.items():
        half = basis.apis.get(target)
        if half is not None and half.kind == "resource" and half.noun == row.noun:
            uses = resource_uses(basis, Place(place.scope, (*place.path, name)), half)
            yield from (use for use in uses if fate(basis, use, half) == "release")


def _by_part(basis: Basis, place: Place, row: Row) -> Iterator[Use]:
    """`self.writer.transport.close()`: what is under it is open no more."""
    whole = basis.all_uses(place)
    for use in basis.below(place) if not row.asks else ():  # the pipes of a process are not the process
        under = use.place.path[len(place.path) :]
        means = basis.apis.means
        closed = len(under) == 1 and means("peer_names", under[0]) and means("closing_methods", use.verb)
        if closed and not made_anew(whole, use):
            yield use


def _by_property(basis: Basis, place: Place, row: Row) -> Iterator[Use]:
    """`self.driver.quit()`, or the same by a local name, where the property `driver` gives `self._driver`."""
    for use in basis.all_uses(place):
        method = use.stmt.scope.function
        if use.role == "returned" and method.method_of is not None and is_property(method):
            given = Place(place.scope, (method.name,))
            uses = list(resource_uses(basis, given, row))
            uses += [u for one in uses if (local := local_name(basis, one)) for u in resource_uses(basis, local, row)]
            yield from (u for u in uses if fate(basis, u, row) == "release")


def _by_manager(basis: Basis, bind: Use) -> Iterator[Use]:
    """`self.page = await self.manager.__aenter__()`, and at the end `await self.manager.__aexit__(...)`."""
    value = bind.value.args[0] if bind.value is not None and bind.value.op == "await" else bind.value
    method = value.args[0] if value is not None and value.op == "call" else None
    manager = basis.names.place(method.args[0]) if method is not None and method.text in _ENTERING else None
    yield from (u for u in basis.all_uses(manager) if u.verb in _LEAVING) if manager is not None else ()


def _by_callers(basis: Basis, bind: Use) -> Iterator[Stmt]:
    """`with self._open():` around what a method made, kept and returned."""
    function = bind.stmt.scope.function
    returned = any(u.role == "returned" and u.stmt.scope.function is function for u in basis.all_uses(bind.place))
    for mention in basis.mentions(function.name) if returned else ():
        items = (v.args[0] if v.op == "await" else v for v, _ in mention.stmt.items)
        if basis.names.local(mention) is function and any(v is mention.parent for v in items):
            yield mention.stmt


def swept(basis: Basis, klass: Scope) -> Stmt | None:
    """A loop of a method that ends all that the object has: `for v in vars(self).values(): v.close()`, or all that it
    has by certain names: `getattr(self, name).close()`."""
    loops = [e.stmt for word in ("vars", "__dict__") for e in basis.mentions(word) if e.stmt.op == "for"]
    for name in basis.mentions("getattr"):
        given = name.parent.args[1:] if name.parent is not None and name.parent.op == "call" else ()
        if len(given) > 1 and given[1].op != "const" and basis.names.class_of(given[0]) is klass:
            loops += [owner for _, owner in ancestors(name.stmt) if owner.op == "for"]
    return next((s for s in loops if s.scope.function.method_of is klass and _ends(basis, s)), None)


def _ends(basis: Basis, loop: Stmt) -> bool:
    named = (source_name(e.args[0]) for s in statements(loop.blocks[0]) for e in flat_of(s) if e.op == "call")
    return any(basis.apis.means(what, name) for name in named for what in ("end_of_life_methods", "ending_functions"))


def elsewhere(basis: Basis, place: Place, row: Row) -> Use | None:
    """`client.session.close()` anywhere in the file, whatever `client` is."""
    others = (p for p in basis.places_called(place.path[0]) if len(p.path) > 1 and p != place)
    return next((u for other in others for u in basis.uses[other] if fate(basis, u, row) == "release"), None)
