"""What no row knows, gets no name or a local one, and is ended by nobody: open to all appearance, since it is given an
address, or told to connect. The file that defines its class has the last word, where it is checked too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from leaklint.answers.driver import context
from leaklint.answers.holding.supposed import lends, presumable, stranger
from leaklint.answers.instances import leaves
from leaklint.answers.opening.addressed import addressed, dialed, gives_cursors
from leaklint.answers.opening.openers import acquired
from leaklint.answers.releasing.fate import fate
from leaklint.answers.releasing.lending import called
from leaklint.answers.resources.derived import derived
from leaklint.answers.resources.unreleased import Unreleased, dropped
from leaklint.answers.ways.paths import trace, wraps
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr


def presumed(basis: Basis) -> Iterator[Unreleased]:
    """Each local name that gets such a thing, and each call of which the result is only looked at."""
    for place in list(basis.uses):
        if place.scope.kind == "function" and len(place.path) == 1:
            yield from _named(basis, place)
    for call in basis.all_calls:
        yield from _looked_at(basis, call)


def _named(basis: Basis, place: Place) -> Iterator[Unreleased]:
    uses = basis.all_uses(place)
    binds = [u for u in uses if u.verb == "bind"]
    if len(binds) != 1 or binds[0].stmt.op != "assign" or any(t.op != "name" for t in binds[0].stmt.targets):
        return
    made = ((v, _row(basis, v)) for v in leaves(binds[0].value or binds[0].expr))
    call, row = next(((v, r) for v, r in made if r is not None), (binds[0].expr, None))
    if row is None or wraps(basis, binds[0]):
        return
    plain = replace(row, name="")  # how it ends is not known either
    if any(fate(basis, u, plain) in ("release", "escape") or _lasts(basis, u) for u in uses):
        return
    verbs = tuple(dict.fromkeys(u.verb for u in uses if u.site.op == "call" and not u.verb.startswith("__")))
    likely = _likely(basis, call, uses, row)
    if likely or (_named_open(basis, row) and not _handed_on(basis, place)):
        paths = trace(basis, place, plain, binds[0].stmt, judged=True)
        if paths.exits and not paths.releases and not paths.escapes:
            yield Unreleased(place.text, row, call, place.path[0], maker=row.name, asked=verbs, likely=likely)


def _looked_at(basis: Basis, call: Expr) -> Iterator[Unreleased]:
    looked = call.parent.parent if call.parent is not None and call.parent.op == "await" else call.parent
    row = _row(basis, call) if looked is not None and looked.op == "attr" else None
    if row is not None and looked is not None and dropped(basis, call, row) and derived(basis, call, None) is None:
        subject = f"{call.stmt.scope.function.qualname or '<module>'}.{called(basis, call)}"
        likely = _likely(basis, call, (), row)
        if likely or _named_open(basis, row):
            yield Unreleased(subject, row, call, maker=row.name, asked=(looked.text,), likely=likely)


def _row(basis: Basis, call: Expr) -> Row | None:
    """What an unknown class or function makes by a call; its row names the class, if it is one."""
    if call.op != "call" or acquired(basis, call) is not None:
        return None
    callee = basis.types.callee(call)
    if callee.row is not None or callee.receiver is not None or callee.local is not None or _over(basis, call):
        return None
    maker = stranger(basis, callee.name, None)
    if maker is not None and maker.rpartition(".")[2].lstrip("_")[:1].isupper():
        return presumable(basis, maker)
    name = called(basis, call)
    if basis.apis.means("connection_makers", name):
        return presumable(basis, name)
    return replace(presumable(basis, name), noun="connection") if dialed(basis, call) else None


def _named_open(basis: Basis, row: Row) -> bool:
    """Is it worth asking the file that defines its class?"""
    return basis.apis.means("opening_names", row.name.rpartition(".")[2])


def _over(basis: Basis, call: Expr) -> bool:
    """Is it made over something that is open, and that somebody else ends?"""
    rows = (basis.types.row(arg) for arg in call.args[1:])
    return lends(basis, call) or any(row is not None and row.kind == "resource" for row in rows)


def _handed_on(basis: Basis, place: Place) -> bool:
    """Is a method or part of it given to somebody, who keeps it by that: `bus.on_change = view.refresh`?"""
    return any(u.place != place and u.role in ("bound", "argument", "element", "returned") for u in basis.below(place))


def _likely(basis: Basis, call: Expr, uses: Collection[Use], row: Row) -> bool:
    """Is it open for all that this file shows?"""
    made, name = row.name.rpartition(".")[2], called(basis, call)
    name = made if made.lstrip("_")[:1].isupper() else name  # `AcmeClient.from_url()`
    if not name.lstrip("_")[:1].isupper():  # what it opens it gives, where it is awaited or called like a connection
        waited = call.parent is not None and call.parent.op == "await"
        named = any(basis.apis.means("peer_names", t.text) for t in call.stmt.targets)
        return waited or not uses or named or gives_cursors(basis, call)
    named = basis.apis.means("opening_names", name)
    connects = (u.verb for u in uses if basis.apis.means("connecting_methods", u.verb) and _done(u))
    if any(named or not basis.apis.means("login_methods", verb) for verb in connects):
        return True
    if name.endswith("Session") and any(basis.apis.means("request_methods", u.verb) for u in uses):
        return True
    if not named or not addressed(basis, call):
        return False
    # what is only called a client may send each request by itself: one more each time is worth a look
    often = context(basis, call.stmt).kind in ("loop", "event", "stream")
    return often or basis.apis.means("connection_classes", name)


def _done(use: Use) -> bool:
    """Is it called for what it does, and not for what it gives: `await client.connect()`, `client.login(user)`?"""
    around = use.site.parent
    if around is not None and around.op == "await":
        around = around.parent
    return use.site.op == "call" and around is None and use.stmt.op == "expr"


def _lasts(basis: Basis, use: Use) -> bool:
    """Does it run until the program ends: `client.run_forever()`?"""
    return bool(use.verb) and basis.apis.means("lasting_methods", use.verb)
