"""Which attributes are the matter of one function: filled by it, ended by it, or begun by it for another one to end."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from leaklint.answers.releasing.fate import fate, resource_uses
from leaklint.answers.ways.handlers import in_handler
from leaklint.answers.ways.paths import Paths
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import CONSTRUCTORS
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Scope, Stmt


def made_here(basis: Basis, place: Place) -> bool:
    """Is it an attribute of an object that the function makes itself: `self = cls()`?"""
    head = place.path[0]
    bindings = basis.names.all_bindings(place.scope, head) if place.scope.kind == "function" else []
    values = [b.value for b in bindings]
    return len(bindings) == 1 and values[0] is not None and bindings[0].exact and values[0].op == "call"


def own_matter(basis: Basis, place: Place, row: Row, acquired: Stmt) -> bool:
    """Is an attribute released by the very method that acquires it, where all goes well, and by no other?"""
    releases = [u for u in resource_uses(basis, place, row) if fate(basis, u, row) == "release"]
    function = acquired.scope.function
    if not releases or function.name in CONSTRUCTORS or any(u.stmt.scope.function is not function for u in releases):
        return False
    return not all(in_handler(u.stmt) for u in releases)


def stored(basis: Basis, paths: Paths) -> Iterator[tuple[Place, Use]]:
    """The attributes that what a local name holds is put into, each with the use that does it."""
    for use in paths.escapes:
        yield from ((place, use) for place in kept_in(basis, use))


def kept_in(basis: Basis, use: Use) -> Iterator[Place]:
    """The attributes that a use puts it into: `self.client = client`."""
    for target in use.stmt.targets if use.role == "bound" and use.stmt.value is use.site else ():
        place = basis.names.place(target)
        if place is not None and place.is_attribute:
            yield place


def begun(basis: Basis, place: Place, row: Row, acquired: Stmt, endings: Collection[Scope]) -> bool:
    """Does a method that begins something open it, and only another one close it, when the object's life ends?"""
    function = acquired.scope.function
    named = function.method_of is not None and basis.apis.means("beginning_methods", function.name)
    if not place.is_attribute or row.empty or not named or function.name.startswith("__"):
        return False
    ends = {u.stmt.scope.function for u in resource_uses(basis, place, row) if fate(basis, u, row) == "release"}
    return not ends.isdisjoint(endings) and function not in ends
