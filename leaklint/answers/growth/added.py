"""What makes one more entry: the key, where it is an open one, else what makes the statement run that adds it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from leaklint.answers.driver import context, decorates, fluent
from leaklint.answers.growth import memo, present
from leaklint.answers.growth.known import known
from leaklint.answers.key import key
from leaklint.answers.owner import owner
from leaklint.answers.shared import each_instance
from leaklint.meaning.basis import Answer, Basis, once
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import CONSTRUCTORS, source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Stmt, ancestors, source

_TAKES_OUT = ("pop", "__delitem__", "discard", "remove")


def growth(basis: Basis, use: Use) -> Answer:
    """The driver of one growing use: its key where it has one, else what makes its function run."""
    when = Answer("call", word=use.function) if each_instance(basis, use) else context(basis, use.stmt)
    keyed = key(basis, use.key)
    if when.kind == "import" and _registers_passing(basis, use, keyed):
        return Answer("caller's key", (), keyed.word)
    if when.kind in ("import", "once"):
        return when
    if keyed.kind == "own" and owner(basis, use.place).kind == "process":
        # one entry for each instance: as many as its name says
        few = use.key is not None and use.key.op == "attr" and not basis.apis.means("open_keys", use.key.text)
        return Answer("inventory" if few else "caller's key", (), keyed.word)
    if keyed.kind in ("closed set", "own") or _listed(basis, use) or _said_once(basis, use):
        return Answer("closed set", (), keyed.word)
    if keyed.kind in ("caller's key", "inventory"):
        kind = "inventory" if _address(basis, use) else keyed.kind
        return Answer(kind, when.clues, keyed.word)
    return Answer(when.kind, when.clues, when.word)


def _address(basis: Basis, use: Use) -> bool:
    """`id(value)`: what is at the same address later is taken for it, so that a set of them is soon full; and what is
    made for an object at an address, and looked up again by it, is made for one that stays, unless its name says that
    it comes and goes."""
    added = use.key
    made = basis.names.only_value(added.text, added.scope) if added is not None and added.op == "name" else added
    parts = made.args if made is not None and made.op == "tuple" else (made,)
    ids = [p for p in parts if p is not None and p.op == "call" and basis.types.callee(p).name == "builtins.id"]
    if not ids or any(key(basis, p).kind == "caller's key" for p in parts if p not in ids):
        return False
    if use.verb == "add":
        return True
    passing = any(key(basis, p.args[-1]).kind == "caller's key" for p in ids)
    return not passing and memo.memoises(basis, use.place, use)


def _listed(basis: Basis, use: Use) -> bool:
    """Is the key, or what it is made of, first looked up in another collection, and refused when it is not there?"""
    if use.key is None:
        return False
    wanted = list(_made_of(basis, use.key))
    if _contained(basis, use, {source(e) for e in wanted}) or any(_looked_up(basis, use, e) for e in wanted):
        return True
    return use.verb == "add" and use.key.op == "name" and _of_held(basis, use)


def _of_held(basis: Basis, use: Use) -> bool:
    """`for worker in self.workers: dead.add(worker)`: no more than there are, where none of these goes."""
    bound = basis.names.bindings(use.key.text, use.key.scope) if use.key is not None else ()
    over = [b.value for b in bound if b.how == "for" and b.value is not None]
    places = [basis.names.place(e) for e in over]
    return bool(places) and all(p is not None and _stays(basis, p) for p in places)


@once(meanwhile=False)
def _stays(basis: Basis, place: Place) -> bool:
    """Is it held, filled by whoever makes its holder, and nothing ever taken out?"""
    if place.scope.kind not in ("module", "class") or len(place.path) != 1:
        return False
    uses = basis.all_uses(place)
    return not any(u.verb in (*_TAKES_OUT, "clear", "del") for u in uses) and all(
        u.stmt.scope.function.name in CONSTRUCTORS for u in uses if u.verb == "bind"
    )


def _contained(basis: Basis, use: Use, wanted: set[str]) -> bool:
    """`if name not in KNOWN: raise`."""
    for stmt in basis.branches.get(use.stmt.scope.function, ()):
        test = stmt.value
        if (
            test is None
            or test.op != "compare"
            or source(test.args[0]) not in wanted
            or stmt.ordinal > use.stmt.ordinal
        ):
            continue
        place = basis.names.place(test.args[1])
        if place is None or place == use.place or place.path[:1] == use.place.path[:1]:
            continue
        if any(u.verb in _TAKES_OUT and u.key is not None for u in basis.all_uses(place)):
            continue  # its entries come and go themselves
        inside = any(owner is stmt and block.kind == "body" for block, owner in ancestors(use.stmt))
        refuses = bool(stmt.blocks[0].stmts) and stmt.blocks[0].stmts[-1].op in ("raise", "return", "continue")
        if (test.text == "In" and inside) or (test.text == "NotIn" and refuses):
            return True
    return False


def _looked_up(basis: Basis, use: Use, wanted: Expr) -> bool:
    """`sensor = SENSORS[code]`, or `SENSORS.get(code)` and nothing is stored where that gives none."""
    store = replace(use, key=wanted)
    looks = _looks(basis).get((use.stmt.scope.function, source(wanted)), ())
    return any(
        look.place != use.place
        and _table(basis, look.place)
        and present.present(store, present.reads([look]), inserts_on_read=False)
        for look in looks
    )


@once(meanwhile=None)
def _looks(basis: Basis) -> present.Reads:
    """The look-ups in what modules and objects hold."""
    held = (uses for place, uses in basis.uses.items() if place.scope.kind in ("module", "class"))
    return present.reads(look for uses in held for look in uses)


def _table(basis: Basis, place: Place) -> bool:
    """A mapping that is filled when the module is imported or its holder made, and then stays as it is."""
    rows = [basis.types.row(made) for made in basis.types.bound_values(place)]
    known = [row for row in rows if row is not None and row.kind == "container" and not row.inserts_on_read]
    if len(known) < len(rows) or not (known or place.path[-1].isupper()):
        return False
    changes = {verb for row in known for verb in (*row.grow, *row.shrink)} - {"get"}
    changed = (u for u in basis.all_uses(place) if u.verb in changes)
    return all(context(basis, u.stmt).kind in ("import", "once") for u in changed)


def _said_once(basis: Basis, use: Use) -> bool:
    """`warn_once(message)`: as many as there are calls that say something, where it is what the caller wrote; or what
    is remembered in `self.warned`, unless it comes and goes."""
    if use.key is None:
        return False
    made = basis.names.only_value(use.key.text, use.key.scope) if use.key.op == "name" else use.key
    known = made if made is not None else use.key
    parts = known.args if known.op == "tuple" else (known,)
    if basis.apis.means("said_once_names", use.place.path[-1]):
        return not any(basis.apis.means("passing_keys", source_name(e)) for e in (use.key, *parts))
    once_each = basis.apis.means("reporting_once", use.stmt.scope.function.name)
    words = [p for p in _words(parts) if p.op == "name" or (p.op == "attr" and source(p.args[0]) == "record")]
    if once_each or any(p.op == "attr" for p in words):
        return any(basis.apis.means("message_names", p.text) for p in words)
    return _only_told(basis, use) and not any(basis.apis.means("passing_keys", source_name(e)) for e in parts)


def _words(parts: Iterable[Expr]) -> Iterator[Expr]:
    """`message if key is None else key` is either."""
    for part in parts:
        yield from (part.args[0], part.args[2]) if part.op == "if" else (part,)


def _only_told(basis: Basis, use: Use) -> bool:
    """`if text not in shown: shown.add(text)`, and all that is done then is to tell of it."""
    asked = any(
        test.op == "compare" and (test.text == "NotIn") is truth and basis.names.place(test.args[-1]) == use.place
        for test, truth in known(use.stmt)
        if test.text in ("In", "NotIn")
    )
    home = use.stmt.parent.stmts if asked and use.stmt.parent is not None else ()
    beside = [s for s in home if s is not use.stmt and s.op not in ("assign", "return") and _after(s, use)]
    return bool(beside) and all(s.op == "expr" and _tells(basis, s.value) for s in beside)


def _after(stmt: Stmt, use: Use) -> bool:
    return stmt.op != "if" or stmt.ordinal > use.stmt.ordinal


def _tells(basis: Basis, call: Expr | None) -> bool:
    what = ("telling_methods", "reporting_once", "telling_functions")
    return call is not None and call.op == "call" and any(basis.apis.means(w, source_name(call)) for w in what)


def _registers_passing(basis: Basis, use: Use, keyed: Answer) -> bool:
    """`register_stream(stream_id, ...)`: not what the code lists, but what comes and goes."""
    function = use.stmt.scope.function
    if function.kind != "function" or keyed.kind not in ("caller's key", "inventory") or fluent(function):
        return False
    return not decorates(function) and use.key is not None and basis.apis.means("passing_keys", source_name(use.key))


def _made_of(basis: Basis, key: Expr) -> Iterator[Expr]:
    """A key, and what it was computed from in one step: `name = module_of(key)`."""
    yield key
    made = basis.names.only_value(key.text, key.scope) if key.op == "name" else None
    if made is not None and made.op == "call":
        yield from made.args[1:]
