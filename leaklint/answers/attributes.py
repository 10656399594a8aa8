"""Resources in attributes: what the class that acquires one does to release it, in any of its methods."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.answers.endings import reached
from leaklint.answers.fate import acquired, fate, resource_uses
from leaklint.answers.owner import lifetime
from leaklint.apis import Row
from leaklint.basis import NO, Answer, Basis, Clue
from leaklint.facts import OwnerKind, ReleaseKind
from leaklint.ir import Expr, Scope, Stmt, ancestors, flat_of
from leaklint.names import Place
from leaklint.uses import Use


@dataclass(frozen=True, slots=True)
class Held:
    """An attribute that is given a resource by its own class; `defence` says why that is well."""

    place: Place
    row: Row
    acquired: Stmt
    value: Expr
    owner: OwnerKind
    defence: Answer
    release: ReleaseKind
    ending: Scope | None  # the method that ends the instance's life
    sibling: Use | None  # the release of another attribute in it


def held(basis: Basis, endings: dict[Scope, tuple[Scope, ...]]) -> Iterator[Held]:
    """Every attribute that is bound to a resource acquired on the spot, once."""
    found = [
        (place, row, use.stmt, use.value)
        for place, uses in basis.uses.items()
        if place.is_attribute and len(place.path) == 1
        for use in uses
        if use.verb == "bind"
        and use.stmt.op == "assign"
        and use.stmt.scope.kind != "class"
        and use.value is not None
        and (row := _own(basis, use.value)) is not None
    ]
    ended = {k: any(m.name != "__del__" for m in ms) for k, ms in endings.items()}
    released = {place: _release(basis, place, row, ended.get(place.scope, False)) for place, row, _, _ in found}
    seen: set[Place] = set()
    for place, row, stmt, value in found:
        if place in seen:
            continue
        seen.add(place)
        klass = place.scope
        ends = endings.get(klass, ())
        ending = next((m for m in ends if m.name != "__del__"), None)
        sibling = next(
            (
                u
                for p, u in released.items()
                if u is not None
                and p != place
                and p.scope in basis.names.family(klass)
                and u.stmt.scope.function in ends
            ),
            None,
        )
        if sibling is not None:
            ending = sibling.stmt.scope.function
        use = released[place]
        strayed = use is not None and _strays(basis, place, row, ends)
        defence = NO if strayed else _defence(basis, place, row, use, klass)
        if not defence and sibling is None and _base_elsewhere(basis, klass):
            defence = Answer("a base class elsewhere may release it")
        yield Held(
            place,
            row,
            stmt,
            value,
            lifetime(basis, klass),
            defence,
            "on some paths" if strayed else "never",
            ending,
            sibling,
        )


def _strays(basis: Basis, place: Place, row: Row, ends: tuple[Scope, ...]) -> bool:
    """Is it released in private methods only, of which none runs when the object's life ends?"""
    where = {u.stmt.scope.function for u in resource_uses(basis, place, row) if fate(basis, u, row) == "release"}
    if not ends or any(not f.name.startswith("_") or f.name.startswith("__") or f.method_of is None for f in where):
        return False
    at_end = reached(basis, place.scope, ends)
    return where.isdisjoint(at_end) and not any(_referred(basis, f) for f in where)


def _referred(basis: Basis, method: Scope) -> bool:
    """Is a method handed on uncalled (`add_done_callback(self._closed)`)?"""
    return any(
        e.op == "attr"
        and e.text == method.name
        and not (e.parent is not None and e.parent.op == "call" and e.parent.args[0] is e)
        for stmt in basis.module.stmts
        for e in flat_of(stmt)
    )


_PLAIN_BASES = ("builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol", "enum.Enum")


def _base_elsewhere(basis: Basis, klass: Scope) -> bool:
    """Is there a base class in another file that may know more about ending its instances?"""
    inherits = any(
        basis.names.local(b) is None and b.op != "const" for k in [klass, *basis.names.bases(klass)] for b in k.bases
    )
    known = basis.names.outside_bases(klass)
    return inherits and not (known and all(n in _PLAIN_BASES or _plain_row(basis, n) for n in known))


def _plain_row(basis: Basis, name: str) -> bool:
    return basis.apis.get(name) is not None  # what is known of it is in its row: it ends nothing of a subclass's


def _own(basis: Basis, value: Expr) -> Row | None:
    """Acquired here, also by way of a local name: `client = Client(); self.client = client`."""
    place = basis.names.place(value) if value.op == "name" else None
    if place is None or place.scope.kind != "function":
        return acquired(basis, value)
    return next((row for bound in basis.types.bound_values(place) if (row := acquired(basis, bound)) is not None), None)


def _release(basis: Basis, place: Place, row: Row, ended: bool) -> Use | None:
    """A use that releases it, other than in a handler of the function that acquires it; `ended`: there are endings."""
    births = {u.stmt.scope.function for u in basis.all_uses(place) if u.verb == "bind"}
    uses = [u for u in resource_uses(basis, place, row) if fate(basis, u, row) == "release"]
    found = [u for u in uses if not (u.stmt.scope.function in births and _in_handler(u.stmt))]
    # `__del__` comes late or never: it counts where there is no other ending that could have done it
    strong = [u for u in found if u.stmt.scope.function.name != "__del__"]
    return next(iter(strong if ended else found), None)


def _in_handler(stmt: Stmt) -> bool:
    return any(block.kind == "handler" for block, _ in ancestors(stmt))


def _defence(basis: Basis, place: Place, row: Row, release: Use | None, klass: Scope) -> Answer:
    if release is not None:
        return Answer("released", (Clue(release.stmt, "released", "released"),))
    for use in resource_uses(basis, place, row):
        if use.verb == "bind" and use.value is not None:
            continue
        if fate(basis, use, row) == "escape" and not _given_back(use):
            return Answer("handed over", (Clue(use.stmt, "holder", "escapes"),))
    swept = next((e for word in ("vars", "__dict__") for e in basis.mentions(word) if _sweeps(e, klass)), None)
    if swept is not None:
        return Answer("all attributes are swept", (Clue(swept.stmt, "released", "released"),))
    elsewhere = _elsewhere(basis, place, row)
    if elsewhere is not None:
        return Answer("released elsewhere in the file", (Clue(elsewhere.stmt, "released", "released"),))
    if lifetime(basis, klass) == "long-lived instance" and module_instance(basis, klass):
        return Answer("lives as long as the process")
    return NO


def _sweeps(mention: Expr, klass: Scope) -> bool:
    """`for v in vars(self).values(): v.close()`."""
    return mention.stmt.op == "for" and mention.stmt.scope.function.method_of is klass


def _given_back(use: Use) -> bool:
    """`return self._session` of a getter: the caller borrows what the instance goes on holding."""
    return use.role == "returned"


def _elsewhere(basis: Basis, place: Place, row: Row) -> Use | None:
    """`client.session.close()` anywhere in the file, whatever `client` is."""
    for other, uses in basis.uses.items():
        if len(other.path) > 1 and other.path[-1] == place.path[0] and other != place:
            for use in uses:
                if fate(basis, use, row) == "release":
                    return use
    return None


def module_instance(basis: Basis, klass: Scope) -> bool:
    """Is the class instantiated in the module's own body, or do the settings call it a singleton?"""
    row = basis.own_row(klass)
    return (row is not None and row.single) or any(
        u.verb == "__call__" and u.stmt.op == "assign" and u.stmt.scope.kind == "module" and not any(ancestors(u.stmt))
        for u in basis.all_uses(Place(klass.parent, (klass.name,)) if klass.parent is not None else Place(klass, ()))
    )
