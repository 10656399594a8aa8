"""Attributes that hold what another file's class makes, and that are open to all appearance: by its name, by what is
called on it, by what becomes of it. The file that defines the class has the last word, where it is checked too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from leaklint.answers.opening.addressed import addressed, dialed, gives_cursors
from leaklint.answers.opening.makers import making
from leaklint.answers.opening.openers import acquired, sources
from leaklint.answers.opening.precedents import begins, noun
from leaklint.answers.releasing.lending import called
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt, flat_of, is_none, statements


@dataclass(frozen=True, slots=True)
class Supposed:
    """`stmt` gives `place` what a call of the imported `maker` returns; `called` are the methods called on it."""

    place: Place
    row: Row
    stmt: Stmt
    value: Expr
    call: Expr
    maker: str
    called: tuple[str, ...]


def supposed(basis: Basis) -> Iterator[Supposed]:
    """What classes keep of which no row tells, nor the rest of the file, and that may have to be closed."""
    for place, uses in basis.uses.items():
        if not place.is_attribute or len(place.path) != 1:
            continue
        called = tuple(dict.fromkeys(u.verb for u in uses if u.site.op == "call" and not u.verb.startswith("__")))
        for use in uses if not _seen_to(basis, place, uses) else ():
            if use.verb == "bind" and use.stmt.op == "assign" and use.stmt.scope.kind != "class":
                made = next((m for v in sources(basis, use.value) if (m := _made(basis, v)) is not None), None)
                if made is not None and not over_closed(basis, place, made[0]):
                    call, maker = made
                    yield Supposed(place, presumable(basis, maker), use.stmt, use.value or call, call, maker, called)
                    break


def _seen_to(basis: Basis, place: Place, uses: list[Use]) -> bool:
    """Is it ended by a part of it (`self.client.socket.close()`), attached to its holder (`part.set_parent(self)`) or
    another object of that, the maker of one that is ended, waited for, or made to be used anew (`self.crypto.reset()`),
    which what is open is not?"""
    if any(not made_anew(uses, part) for part in _closed_parts(basis, place)):
        return True
    if any(basis.apis.means(words, u.verb) for u in uses for words in ("restarting_methods", "waiting_methods")):
        return True
    if any(_closed(basis, p) for u in uses if u.verb and u.site.op == "call" for p in _attributes(basis, u.stmt)):
        return True  # `self.context = self.client.set_up()`
    if attached(basis, uses):
        return True
    handed = (a for u in uses if u.verb and u.site.op == "call" for a in u.site.args[1:] if a.op == "attr")
    others = (basis.names.place(a) for a in handed)
    return any(p is not None and p.is_attribute and p != place and _closed(basis, p) for p in others)


def attached(basis: Basis, uses: list[Use]) -> bool:
    """Is it made a part of its holder, which ends it along with itself: `self.part.set_parent(self)`?"""
    given = (a for u in uses if basis.apis.means("attaching_methods", u.verb) for a in u.site.args[1:])
    return any(basis.names.class_of(a) is not None for a in given)


def over_closed(basis: Basis, place: Place, call: Expr) -> bool:
    """Is it made over another part of the object, which the object ends (`Api(self.session)`), or over what another
    local name holds, which its function ends?"""
    given = (basis.names.place(arg) for arg in call.args[1:] if arg.op in ("name", "attr"))
    alike = (p for p in given if p is not None and p != place and p.is_attribute == place.is_attribute)
    return any(_closed(basis, p) for p in alike)


def _attributes(basis: Basis, stmt: Stmt) -> Iterator[Place]:
    """The attributes that a statement binds."""
    places = (basis.names.place(t) for t in stmt.targets if t.op == "attr")
    yield from (p for p in places if p is not None and p.is_attribute)


def _closed_parts(basis: Basis, place: Place) -> Iterator[Use]:
    for use in basis.below(place):
        if use.place != place:
            handed_on = basis.apis.means("end_of_life_methods", use.place.path[-1])  # `defer(self.engine.stop)`
            if handed_on or basis.apis.means("closing_methods", use.verb or _awaited_for(use)):
                yield use


def _awaited_for(use: Use) -> str:
    """`await (await self.client.session).aclose()`: the method that is called on what a part of it gives."""
    waits = use.expr.parent
    called = waits.parent if waits is not None and waits.op == "await" else None
    return called.text if called is not None and called.op == "attr" else ""


def made_anew(uses: list[Use], part: Use) -> bool:
    """Is a part closed where the whole is made anew after that?"""
    return any(
        u.verb == "bind"
        and u.stmt.scope.function is part.stmt.scope.function
        and u.stmt.ordinal > part.stmt.ordinal
        and not is_none(u.value)
        for u in uses
    )


def _closed(basis: Basis, place: Place) -> bool:
    return any(basis.apis.means("end_of_life_methods", u.verb) for u in basis.all_uses(place))


def likely(basis: Basis, one: Supposed, ends: Collection[Scope], sibling: Use | None) -> bool:
    """Does a class that ends other things when its own life ends look as if it had forgotten this one?

    Or has it no ending at all, and connects what it makes?"""
    if next(_closed_parts(basis, one.place), None) is not None:
        return True  # before it is made anew
    uses = basis.all_uses(one.place)
    dropped = any(u.stmt.scope.function in ends and (u.verb == "del" or _emptied(u)) for u in uses)
    begun = any(basis.apis.means("connecting_methods", verb) for verb in (*one.called, *begins(basis, one.call)))
    last = one.maker.rpartition(".")[2]
    named = basis.apis.means("connection_classes", last)
    opens = (begun and last.lstrip("_")[:1].isupper()) or basis.apis.means("opening_names", last)
    opens = opens or dialed(basis, one.call)
    ended = [m for m in ends if m.name != "__del__"]
    beside = sibling is not None and basis.apis.means("closing_methods", sibling.verb)
    lent = lends(basis, one.call)
    told = basis.apis.means("connection_classes", last) and addressed(basis, one.call)
    told = told or (last.islower() and gives_cursors(basis, one.call))
    if not ended:  # then only what the class has connected itself tells, or where it sends that
        return (begun or told) and not lent and basis.apis.means("opening_names", last)
    known = beside or dropped or begun or named or told
    return opens and not lent and any(known or _ends_others(basis, m) for m in ended)


def _emptied(use: Use) -> bool:
    return use.verb == "bind" and is_none(use.value)


def _ends_others(basis: Basis, ending: Scope) -> bool:
    """Does it do something about its object, more than to say that it was called?"""
    return any(
        e.op == "attr" and basis.names.class_of(e.args[0]) is not None
        for s in statements(ending.block)
        for e in flat_of(s)
    )


def _made(basis: Basis, value: Expr) -> tuple[Expr, str] | None:
    """The call that makes what no row tells of, and the class or function of another file that does it in the end."""
    for call in making(basis, value):
        callee = basis.types.callee(call)
        if callee.row is not None or callee.receiver is not None or acquired(basis, call) is not None:
            continue
        maker = stranger(basis, callee.name, callee.local)
        if maker is None and callee.local is None and dialed(basis, call):
            maker = called(basis, call)
        if maker is not None:
            return call, maker
    return None


def stranger(basis: Basis, name: str | None, local: Scope | None) -> str | None:
    """The class of another file that a call makes an instance of, if its name allows that it is open."""
    if local is not None:  # of a class of this module, it is the base class that may know how to be closed
        bases = basis.names.outside_bases(local) if local.kind == "class" else ()
        return next((b for b in bases if b and _opens(basis, b) and basis.apis.get(b) is None), None)
    made = _made_by(basis, name) if name is not None else ""
    return made if made and not made.startswith("builtins.") and _opens(basis, made) else None


def _made_by(basis: Basis, name: str) -> str:
    """The class that `AcmeClient.from_url()` makes an instance of."""
    owner, _, last = name.rpartition(".")
    named = owner.rpartition(".")[2].lstrip("_")
    return owner if named[:1].isupper() and basis.apis.means("other_constructors", last) else name


def _opens(basis: Basis, name: str) -> bool:
    last = name.rpartition(".")[2]
    public = "." in name and (last.lstrip("_")[:1].isupper() or basis.apis.means("opening_names", last))
    return public and not last.isupper() and not basis.apis.means("never_open", last)


def lends(basis: Basis, call: Expr) -> bool:
    """Is what it is made over, a socket or a session, somebody else's: by its own name, by that of the parameter,
    or by that of the function which gives it, as in `Client(url, session=get_session())`?"""
    means = basis.apis.means
    for keyword, arg in zip(call.names[1:], call.args[1:], strict=True):
        name = source_name(arg)
        held = arg.op in ("name", "attr") and basis.names.local(arg) is None
        given = arg.op == "call" and name.lstrip("_")[:1].islower()
        words = (word for word in (name, keyword) if word)
        if (held or given) and any(means("connection_names", word) for word in words):
            return True
    return False


def presumable(basis: Basis, maker: str) -> Row:
    """What would be known of it if it had a row."""
    last = maker.rpartition(".")[2]
    return Row(maker, basis.module.path, "resource", noun=noun(last), release=("close",), supposed=True)
