"""Where is something opened anew over what is still open: in an attribute or a global?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.answers.driver import context
from leaklint.answers.opening.acquisitions import Acquisition, acquisitions, within
from leaklint.answers.releasing.endings import reached
from leaklint.answers.releasing.fate import fate, resource_uses
from leaklint.answers.resources.turns import opened_each_turn
from leaklint.answers.ways.handlers import cleans_up
from leaklint.apis import Row
from leaklint.meaning.annotations import generic
from leaklint.meaning.basis import Basis, calls
from leaklint.meaning.flow import LEAVING
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import is_called
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, flat_of, is_none, statements, walk

_ENDING = ("end_of_life_methods", "removing_methods")
_MAKING_ROOM = ("on_demand_methods", "setting_methods")


@dataclass(frozen=True, slots=True)
class Reopened:
    """`stmt` puts a new one into `place`; `first` opened the old one, `closed` is a use that closes such a one.

    One of `first` and `closed` is known; without `first`, the name of the function says that it opens anew, or that of
    the one which calls it at `again`. `emptied`: it puts None there, for the next one to be opened.
    """

    place: Place
    row: Row
    stmt: Stmt
    value: Expr
    first: Stmt | None
    closed: Use | None
    again: Stmt | None = None
    emptied: bool = False


def reopened(basis: Basis) -> Iterator[Reopened]:
    """Every statement that loses what is still open."""
    by_place: dict[Place, list[Acquisition]] = {}
    for one in (*acquisitions(basis), *within(basis), *_closed_elsewhere(basis)):
        by_place.setdefault(one.place, []).append(one)
    for place, found in by_place.items():
        klass = place.scope if place.is_attribute else None
        if klass is None or not basis.apis.means("test_classes", klass.name):
            yield from _of_place(basis, place, found)


def _of_place(basis: Basis, place: Place, found: list[Acquisition]) -> Iterator[Reopened]:
    yield from _forgotten(basis, place, found)
    first = next((a for a in found if a.row.name and _at_birth(basis, a.stmt)), None)
    seen: set[Stmt] = set()
    for one in found:
        function = one.stmt.scope.function
        if one.stmt in seen or function.kind != "function" or _at_birth(basis, one.stmt):
            continue
        seen.add(one.stmt)
        changed = basis.apis.means("change_events", function.name)
        anew = changed or (basis.apis.means("reopening_methods", function.name) and not _sole(basis, place, function))
        means, name = basis.apis.means, function.name
        begins = means("beginning_methods", name) and not means("setting_methods", name)
        born = first is not None and one.row.name != "" and not begins and not _emptied(basis, place)
        again = None if anew or born else _called_anew(basis, one)
        if not anew and again is None and (again := opened_each_turn(basis, one)) is not None:
            yield from _hits(basis, place, one, None, again if again is not one.stmt else None)
        elif (anew or born or again is not None) and not _cared_for(basis, one, always=born or changed):
            yield from _hits(basis, place, one, first if born else _on_demand(found, one) if anew else None, again)


def _forgotten(basis: Basis, place: Place, found: list[Acquisition]) -> Iterator[Reopened]:
    """Where a method makes room for the next one, and the one that is there is still open."""
    one = next((a for a in found if a.row.name), None)
    if one is None:
        return
    uses = list(resource_uses(basis, place, one.row))
    closed = next((u for u in uses if fate(basis, u, one.row) == "release"), None)
    # an attribute that nobody closes at all is known for that, and a global by the function that is to end it
    known = closed is None and place.is_attribute and len(place.path) == 1
    kinds = _MAKING_ROOM if closed is not None or place.is_attribute else _ENDING
    for use in uses if not known else []:
        stmt, function = use.stmt, use.stmt.scope.function
        emptied = use.verb == "del" or (use.verb == "bind" and is_none(use.value))
        makes_room = emptied and not cleans_up(stmt) and _makes_room(basis, function, kinds)
        if makes_room and not _looks_after(basis, one, function, stmt, always=True):
            yield Reopened(place, one.row, stmt, one.value, None, closed, emptied=True)


def _makes_room(basis: Basis, function: Scope, kinds: tuple[str, ...]) -> bool:
    """By its name, or as what runs for `del self.connection`."""
    decorators = function.stmt.decorators if function.stmt is not None else ()
    named = function.kind == "function" and any(basis.apis.means(what, function.name) for what in kinds)
    return named or any(d.op == "attr" and d.text == "deleter" for d in decorators)


def _sole(basis: Basis, place: Place, function: Scope) -> bool:
    """Is nothing bound to it but by the `reset` of a class without a constructor, which sets all up?"""
    klass = function.method_of if basis.apis.means("on_demand_methods", function.name) else None
    born = any(m.name == "__init__" for m in basis.names.methods(klass)) if klass is not None else True
    return not born and all(u.stmt.scope.function is function for u in basis.all_uses(place) if u.verb == "bind")


def _hits(
    basis: Basis, place: Place, one: Acquisition, before: Acquisition | None, again: Stmt | None
) -> Iterator[Reopened]:
    closes = (u for u in resource_uses(basis, place, one.row) if fate(basis, u, one.row) == "release")
    closed = next(closes, None)
    if before is not None or closed is not None:
        opened = before.stmt if before is not None else None
        yield Reopened(place, one.row, one.stmt, one.value, opened, closed, again)


def _on_demand(found: list[Acquisition], one: Acquisition) -> Acquisition | None:
    """Another function that opens it, of what a row knows."""
    others = (a for a in found if a.row.name and a.stmt.scope.function is not one.stmt.scope.function)
    return next(others, None) if one.row.name else None


def _called_anew(basis: Basis, one: Acquisition) -> Stmt | None:
    """Where a method that reconnects calls the one that opens, and nothing looks after the old one before."""
    function = one.stmt.scope.function
    for mention in basis.mentions(function.name):
        caller = mention.stmt.scope.function
        if basis.names.local(mention) is not function:
            continue
        if one.row.pooled and cleans_up(mention.stmt) and function is not caller:
            return mention.stmt  # where a request has failed, the pool it went through is still there
        if function is not caller and not cleans_up(mention.stmt) and _in_use(basis, one, mention.stmt):
            return mention.stmt
        if basis.apis.means("reopening_methods", caller.name):
            callers = (e for e in basis.mentions(caller.name) if basis.names.local(e) is caller)
            if not any(_looks_after(basis, one, e.stmt.scope.function, e.stmt) for e in callers):
                return mention.stmt
    return None


def _in_use(basis: Basis, one: Acquisition, again: Stmt) -> bool:
    """Does a method use what is open, and then call what opens it: `if response.status == 401: await self.login()`?"""
    caller = again.scope.function
    return caller.kind == "function" and any(
        u.stmt.scope.function is caller and u.stmt.ordinal < again.ordinal and u.role == "" and u.verb != "bind"
        for u in resource_uses(basis, one.place, one.row)
        if _leads(u.stmt, again)
    )


def _at_birth(basis: Basis, stmt: Stmt) -> bool:
    return context(basis, stmt).kind in ("once", "import")


def _closed_elsewhere(basis: Basis) -> Iterator[Acquisition]:
    """Attributes that get what no row knows, and that their class closes: what is closed somewhere is to be closed."""
    for place, uses in basis.uses.items():
        if not place.is_attribute or len(place.path) != 1:
            continue
        closes = (u.verb for u in uses if u.verb and not u.verb.startswith("__"))
        verbs = tuple(dict.fromkeys(v for v in closes if basis.apis.means("end_of_life_methods", v)))
        if verbs:
            row = Row("", basis.module.path, "resource", noun=place.path[0].lstrip("_"), release=verbs)
            binds = ((u.stmt, u.value) for u in uses if u.verb == "bind" and u.stmt.op == "assign")
            for stmt, value in binds:
                made = value.args[0] if value is not None and value.op == "await" else value
                unknown = made is not None and made.op == "call" and basis.types.row(made) is None
                if value is not None and made is not None and unknown and not _in_memory(basis, made):
                    yield Acquisition(place, row, stmt, value)


def _in_memory(basis: Basis, made: Expr) -> bool:
    called = generic(made.args[0])
    return basis.apis.means("memory_objects", called.text)


def _emptied(basis: Basis, place: Place) -> bool:
    """Is the place set to None, or deleted, when it holds nothing any more?"""
    return any(
        u.verb == "del" or (u.verb == "bind" and is_none(u.value) and not _at_birth(basis, u.stmt))
        for u in basis.all_uses(place)
    )


def _cared_for(basis: Basis, one: Acquisition, always: bool) -> bool:
    """Is the old one closed, handed over, looked at or known to be dead before the new one takes its place?

    `always`: there is always an old one, so that only what is said of that tells of it.
    """
    function, stmt = one.stmt.scope.function, one.stmt
    if cleans_up(stmt) and not one.row.pooled:
        return True  # what has failed is over; a pool is not
    return _looks_after(basis, one, function, stmt, always) or any(
        _looks_after(basis, one, e.stmt.scope.function, e.stmt)
        for e in basis.mentions(function.name)
        if basis.names.local(e) is function
    )


def _looks_after(basis: Basis, one: Acquisition, function: Scope, stmt: Stmt, always: bool = False) -> bool:
    """Does a function see to the old one before it comes to `stmt`?"""
    if ended_before(basis, one, function, stmt):
        return True
    earlier = [s for s in statements(function.block) if s.ordinal <= stmt.ordinal]
    asking = [s for s in earlier if s.op in ("if", "while", "assert", "match", "try")]
    here = function is one.stmt.scope.function
    heeded = [s for s in asking if _heeds(basis, s, stmt)]
    return any(_asks(basis, e, one, here and _decides(s, stmt), always) for s in heeded for e in flat_of(s))


def ended_before(basis: Basis, one: Acquisition, function: Scope, stmt: Stmt) -> bool:
    """Does a function close the old one, or hand it over, before it comes to `stmt`?"""
    place, row = one.place, one.row
    uses = list(resource_uses(basis, place, row))
    for use in uses:
        if use.stmt.scope.function is function and use.expr is not one.value and _leads(use.stmt, stmt):
            # by way of a local name, the old one can be closed after it was replaced
            before = use.stmt.ordinal <= stmt.ordinal or use.expr.op == "name"
            kept = use.role in ("bound", "element", "argument") and use.stmt.ordinal <= stmt.ordinal
            if (kept and not _named(basis, use)) or (before and fate(basis, use, row) in ("release", "escape")):
                return True
    closers = {u.stmt.scope.function for u in uses if fate(basis, u, row) == "release"}
    earlier = (s for s in statements(function.block) if s.ordinal <= stmt.ordinal)
    return any(_closes(basis, c, one, closers) for s in earlier if _leads(s, stmt) for c in calls(s))


def _named(basis: Basis, use: Use) -> bool:
    """Is it only given a local name, of which all uses are known as its own: `connection = self.state.connection`?"""
    names = [t for t in use.stmt.targets if t.op == "name"] if use.role == "bound" else []
    mentions = (e for t in names for e in basis.mentions(t.text) if e is not t and e.scope is t.scope)
    return bool(names) and all(basis.names.place(e) == use.place for e in mentions)


def _leads(earlier: Stmt, stmt: Stmt) -> bool:
    """Can `stmt` run after an earlier statement: does no branch between them end in a return or raise?"""
    around = {block for block, _ in ancestors(stmt)}
    apart = (block for block, _ in ancestors(earlier) if block not in around)
    return not any(block.stmts[-1].op in LEAVING for block in apart)


def _heeds(basis: Basis, asking: Stmt, stmt: Stmt) -> bool:
    """Does the outcome of a test matter: to whether `stmt` runs, or to what is done with the holder's things before?

    `if self.ws is not None: self.ws = None` asks, and loses the old one all the same.
    """
    inner = (s for block in asking.blocks for s in statements(block))
    called = (e for s in inner for c in calls(s) for arg in c.args for e in walk(arg))
    own = (e.op == "attr" and basis.names.class_of(e.args[0]) is not None for e in called)
    return _decides(asking, stmt) or any(own)


def _decides(asking: Stmt, stmt: Stmt) -> bool:
    """Does the outcome of a test decide whether `stmt` runs?"""
    inner = (s for block in asking.blocks for s in statements(block))
    around = any(owner is asking for _, owner in ancestors(stmt))
    return asking.op != "if" or around or any(s.op in LEAVING for s in inner)


def _asks(basis: Basis, expr: Expr, one: Acquisition, here: bool, always: bool) -> bool:
    """Is the old one asked about, or (`here`, where it is replaced) a state of its holder?"""
    if basis.names.place(expr) == one.place:
        return True
    attribute = here and expr.op == "attr" and basis.names.class_of(expr.args[0]) is not None
    if always and not any(basis.apis.means(what, expr.text) for what in ("closed_states", "open_states")):
        return False
    return attribute and not is_called(expr)


def _closes(basis: Basis, call: Expr, one: Acquisition, closers: set[Scope]) -> bool:
    """A call of another function here that closes it, itself or by a further one."""
    local = basis.types.callee(call).local
    if local is None or local.kind != "function" or local is one.stmt.scope.function:
        return False
    return bool(closers & (reached(basis, one.place.scope, [local]) if one.place.is_attribute else {local}))
