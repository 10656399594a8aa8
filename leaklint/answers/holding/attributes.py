"""Resources in attributes: what the class that acquires one does to release it, in any of its methods."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from leaklint.answers.holding import othername
from leaklint.answers.holding.gathered import gathered
from leaklint.answers.holding.overridden import bereft, overriding
from leaklint.answers.holding.shown import Shown, shown
from leaklint.answers.holding.supposed import Supposed, likely, supposed
from leaklint.answers.opening.acquisitions import Acquisition, acquisitions
from leaklint.answers.opening.madeover import opened_for
from leaklint.answers.owner import lifetime
from leaklint.answers.releasing.endings import abstract, reached
from leaklint.answers.releasing.fate import fate, resource_uses
from leaklint.answers.releasing.handover import given_away
from leaklint.answers.releasing.told import told
from leaklint.answers.shared import is_classmethod, of_class, singleton
from leaklint.answers.ways.handlers import in_handler
from leaklint.apis import Row
from leaklint.facts import OwnerKind
from leaklint.meaning.basis import NO, Answer, Basis, Clue, calls
from leaklint.meaning.names import ELEMENT, Place
from leaklint.meaning.scopes import is_called
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, is_none, statements


@dataclass(frozen=True, slots=True)
class Held:
    """An attribute that is given a resource by its own class; `defence` says why that is well."""

    place: Place
    row: Row
    acquired: Stmt
    value: Expr
    owner: OwnerKind
    defence: Answer
    ending: Scope | None  # the method that ends the instance's life
    sibling: Use | None  # the release of another attribute in it
    only: Use | None  # a release that does not run when the instance's life ends
    base: Expr | None  # a base class that stands in another file, and may release it
    supposed: Supposed | None = None  # no row tells of it: the file that defines its class is asked
    emptied: bool = False  # the ending sets it to None
    likely: bool = True  # where that is not checked, this looks like a leak all the same
    started: bool = False  # by `acquired`, whoever made it
    over: Expr | None = None  # what opens the resource that the attribute's object is made over
    maker: str = ""  # that class or function, or the one which makes what is started here
    heir: Scope | None = None  # a subclass that has none of the methods which release it in another one

    @property
    def name(self) -> str:
        """What the class calls it; `one` is each of several."""
        return "one" if self.place.path[-1] == ELEMENT else f"self.{self.place.path[0]}"

    @property
    def called(self) -> tuple[str, ...]:
        """The methods that are called on it, one of which may open it."""
        if self.supposed is not None:
            return self.supposed.called
        return (self.value.args[0].text,) if self.started and self.value.op == "call" else ()

    @property
    def lent(self) -> bool:
        """Is it made only where none is handed in, as by `self.client = client or Client()`?"""
        return self.acquired.value is not None and self.acquired.value.op in ("bool", "if")

    @property
    def remedy(self) -> str:
        """What is to be done about it, as the rule's hints say it."""
        if self.place.path[-1] == ELEMENT:
            return "each_method" if self.ending is None else "each_to_method"
        if self.over is not None:
            return "keep_inner"
        if self.ending is None:
            return "end_by_method" if self.row.supposed else "add_method"
        if self.wrong == "overridden":
            return "call_super"
        if self.row.supposed and not self.lent:
            return "end_to_method"
        if not self.ending.is_async and next(iter(self.row.release), "") in self.row.awaited:
            return "await_apart"
        return "add_own" if self.lent else "add_before" if self.emptied else "add_to_method"

    @property
    def wrong(self) -> str:
        """What is wrong with its release, as the rule's message says it."""
        if self.heir is not None:
            return "heir"
        if self.only is not None:
            overridden = self.ending is not None and self.only.stmt.scope.function.name == self.ending.name
            return "overridden" if overridden else "only_here"
        if self.base is not None:
            return "base"
        if self.started:
            return "started"
        return "sibling" if self.sibling is not None else "forgotten" if self.ending is not None else "no_method"


def held(basis: Basis, endings: Mapping[Scope, tuple[Scope, ...]]) -> Iterator[Held]:
    """Every attribute that is bound to a resource acquired on the spot, once: certain resources first, inferred ones
    after them."""
    found: dict[Place, Acquisition | Shown | Supposed] = {}
    for one in _found(basis, endings):
        found.setdefault(one.place, one)
    ended = {k: any(m.name != "__del__" for m in ms) for k, ms in endings.items()}
    released = {p: _release(basis, p, one.row, ended.get(p.scope, False)) for p, one in found.items()}
    for place, one in found.items():
        klass, row = place.scope, one.row
        ends = endings.get(klass, ())
        ending = next((m for m in ends if m.name != "__del__"), None)
        sibling = one.sibling if isinstance(one, Shown) else None
        sibling = sibling or _sibling(basis, place, released, ends)
        if sibling is not None:
            ending = sibling.stmt.scope.function
        use, only = released[place], _makes_room(basis, place, row)
        if use is not None and _strays(basis, place, row, ends):
            use, only = None, use
        skipped, heir = None, None
        if use is not None:
            releases = [u for u in resource_uses(basis, place, row) if fate(basis, u, row) == "release"]
            skipped = overriding(basis, releases, one.stmt.scope.function)
            heir = bereft(basis, releases, one.stmt.scope.function)
        if skipped is not None:
            use, only, ending, sibling = None, use, skipped, None
        elif heir is not None:
            use, only, ending, sibling = None, use, None, None
        defence = _defence(basis, place, row, use, ends)
        base = _base_elsewhere(basis, klass) if sibling is None and only is None else None
        guess = one if isinstance(one, Supposed) else None
        sure = guess is None or likely(basis, guess, ends, sibling)
        yield Held(
            place,
            row,
            one.stmt,
            one.value,
            lifetime(basis, klass),
            defence,
            ending,
            sibling,
            only,
            base,
            guess,
            emptied=_emptied(basis, place, ending),
            likely=sure,
            maker=guess.maker if guess is not None else one.maker if isinstance(one, Shown) else "",
            started=isinstance(one, Shown) and one.started,
            heir=heir,
            over=opened_for(basis, one.value) if one.value.op == "call" and isinstance(one, Acquisition) else None,
        )


def _found(basis: Basis, endings: Mapping[Scope, tuple[Scope, ...]]) -> Iterator[Acquisition | Shown | Supposed]:
    yield from _certain(basis)
    yield from shown(basis, endings)
    yield from supposed(basis)
    yield from gathered(basis)


def _certain(basis: Basis) -> Iterator[Acquisition]:
    for one in acquisitions(basis):
        if one.place.is_attribute and _of_instance(basis, one) and _filled(basis, one):
            yield one


def _sibling(basis: Basis, place: Place, released: Mapping[Place, Use | None], ends: Collection[Scope]) -> Use | None:
    """Where the class releases another attribute in the end."""
    family = basis.names.family(place.scope)
    others = (u for p, u in released.items() if u is not None and p != place and p.scope in family)
    return next((u for u in others if u.stmt.scope.function in ends), None)


def _emptied(basis: Basis, place: Place, ending: Scope | None) -> bool:
    """Is it set to None in the end? Then it has to be released before that."""
    nones = (u for u in basis.all_uses(place) if u.verb == "bind" and is_none(u.value))
    return any(u.stmt.scope.function is ending for u in nones)


def _of_instance(basis: Basis, one: Acquisition) -> bool:
    """Does each instance get one of its own: by a method, or as a field that is made by a factory?"""
    row = basis.types.callee(one.value).row if one.value.op == "call" else None
    return one.stmt.scope.kind != "class" or (row is not None and row.factory != "")


def _filled(basis: Basis, one: Acquisition) -> bool:
    """Does what is empty when it is new take something over?"""
    return not one.row.empty or any(use.verb in one.row.own for use in basis.all_uses(one.place))


def _strays(basis: Basis, place: Place, row: Row, ends: tuple[Scope, ...]) -> bool:
    """Is it released in private methods only, of which none runs when the object's life ends?"""
    where = {u.stmt.scope.function for u in resource_uses(basis, place, row) if fate(basis, u, row) == "release"}
    if not ends or any(not f.name.startswith("_") or f.name.startswith("__") or f.method_of is None for f in where):
        return False
    at_end = reached(basis, place.scope, ends)
    if any(abstract(m) for m in at_end):
        return False  # a subclass in another file says how it ends
    return where.isdisjoint(at_end) and not any(referred(basis, f) for f in where)


def referred(basis: Basis, method: Scope) -> bool:
    """Is a method handed on uncalled (`add_done_callback(self._closed)`)?"""
    return any(e.op == "attr" and not is_called(e) for e in basis.mentions(method.name))


_PLAIN_BASES = ("builtins.object", "abc.ABC", "abc.ABCMeta", "typing.Generic", "typing.Protocol", "enum.Enum")


def _base_elsewhere(basis: Basis, klass: Scope) -> Expr | None:
    """A base class in another file that may know more about ending its instances: one that no row tells of."""
    bases = (b for k in [klass, *basis.names.bases(klass)] for b in k.bases if b.op in ("name", "attr", "sub"))
    return next((b for b in bases if basis.names.local(b) is None and not _plain(basis, b)), None)


def _plain(basis: Basis, base: Expr) -> bool:
    """It ends nothing of a subclass's: what is known of it is in its row."""
    name = basis.names.qualified(base.args[0] if base.op == "sub" else base)
    return name is not None and (name in _PLAIN_BASES or basis.apis.get(name) is not None)


def _release(basis: Basis, place: Place, row: Row, ended: bool) -> Use | None:
    """A use that releases it, other than in a handler of the function that acquires it; `ended`: there are endings."""
    births = {u.stmt.scope.function for u in basis.all_uses(place) if u.verb == "bind"}
    uses = [u for u in resource_uses(basis, place, row) if fate(basis, u, row) == "release"]
    found = [u for u in uses if not _reopens(basis, u)]
    found = [u for u in found if not (u.stmt.scope.function in births and in_handler(u.stmt))]
    # `__del__` comes late or never: it counts where there is no other ending that could have done it
    strong = [u for u in found if u.stmt.scope.function.name != "__del__"]
    return next(iter(strong if ended else found), None)


def _makes_room(basis: Basis, place: Place, row: Row) -> Use | None:
    """A release that is followed by the next acquisition, as in a reconnect: the last one stays open."""
    uses = (u for u in resource_uses(basis, place, row) if fate(basis, u, row) == "release")
    return next((u for u in uses if _reopens(basis, u)), None)


def _reopens(basis: Basis, release: Use) -> bool:
    """Does the function go on to open the next one, itself or by a method that does: `self.sock.close()`,
    `self.connect()`?"""
    function = release.stmt.scope.function
    binds = [u for u in basis.all_uses(release.place) if u.verb == "bind" and not _empties(u.value)]
    if not binds or any(b.kind == "finally" for b, _ in ancestors(release.stmt)):
        return False
    openers = {u.stmt.scope.function for u in binds} - {function}
    after = [s for s in statements(function.block) if s.ordinal > release.stmt.ordinal]
    here = {u.stmt for u in binds}
    return any(s in here or any(basis.types.callee(c).local in openers for c in calls(s)) for s in after)


def _empties(value: Expr | None) -> bool:
    """None, or what stands for it: `-1`, `MISSING`."""
    number = value is not None and value.op == "unary" and value.args[0].op == "const"
    return is_none(value) or (value is not None and (number or value.op == "const" or value.text.isupper()))


def _defence(basis: Basis, place: Place, row: Row, release: Use | None, ends: Collection[Scope]) -> Answer:
    klass = place.scope
    if release is not None:
        return Answer("released", (Clue(release.stmt, "released", "released"),))
    otherwise = othername.released(basis, place, row)
    if otherwise is not None:
        return Answer("released by another name", (Clue(otherwise, "released", "released"),))
    end = told(basis, place, row, ends)
    if end is not None:  # who only tells it to end leaves a zombie, and not a process that runs on
        return Answer("told to end", (Clue(end, "released", "released"),))
    bases = (basis.apis.get(name) for name in basis.names.outside_bases(klass))
    if any(base is not None and place.path[0] in base.closes for base in bases):
        return Answer("closed by its base class")
    for use in resource_uses(basis, place, row):
        if use.verb == "bind" and use.value is not None:
            continue
        if given_away(basis, use, row):
            return Answer("handed over", (Clue(use.stmt, "holder", "escapes"),))
    sweep = othername.swept(basis, klass)
    if sweep is not None:
        return Answer("all attributes are swept", (Clue(sweep, "released", "released"),))
    elsewhere = othername.elsewhere(basis, place, row)
    if elsewhere is not None:
        return Answer("released elsewhere in the file", (Clue(elsewhere.stmt, "released", "released"),))
    lasting = lifetime(basis, klass) == "long-lived instance" and module_instance(basis, klass)
    lasting = lasting or (of_class(basis, place) and not any(is_classmethod(m) for m in ends))
    if lasting or (singleton(basis, klass) and not ends):
        return Answer("lives as long as the process")
    return NO


def module_instance(basis: Basis, klass: Scope) -> bool:
    """Is the class instantiated in the module's own body, or do the settings call it a singleton?"""
    row = basis.own_row(klass)
    return (row is not None and row.single) or any(
        u.verb == "__call__" and u.stmt.op == "assign" and u.stmt.scope.kind == "module" and not any(ancestors(u.stmt))
        for u in basis.all_uses(Place(klass.parent, (klass.name,)) if klass.parent is not None else Place(klass, ()))
    )
