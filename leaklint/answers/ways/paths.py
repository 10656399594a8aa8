"""On which paths out of a function is a resource released? Typestate with what `fate` says of each use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from leaklint.answers.closures import borrows, nested, run_at_once
from leaklint.answers.instances import klass
from leaklint.answers.opening.openers import acquired as acquires
from leaklint.answers.opening.openers import openings
from leaklint.answers.opening.wrappers import taker, wrapper
from leaklint.answers.process import stops
from leaklint.answers.releasing.fate import fate, parameter, resource_uses
from leaklint.answers.releasing.handover import used_on
from leaklint.answers.releasing.lending import called, lent
from leaklint.answers.releasing.started import given_to_thread
from leaklint.answers.ways.dormant import before, wakes
from leaklint.answers.ways.failing import function_called
from leaklint.answers.ways.faults import Faults
from leaklint.answers.ways.guards import Guards
from leaklint.answers.ways.handlers import catches_all, comes_to_end, handles
from leaklint.apis import Row
from leaklint.meaning.basis import Basis, calls, once
from leaklint.meaning.flow import Effects, Exit, open_exits
from leaklint.meaning.names import Place
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, statements


@dataclass(frozen=True)
class Paths:
    """A resource in a local name: its releases, where it is handed over, and the exits that leave it open."""

    row: Row
    place: Place
    acquired: Stmt
    releases: tuple[Use, ...]
    escapes: tuple[Use, ...]
    exits: tuple[Exit, ...]
    step: Expr | None = None  # what most likely raises, on the way out of that kind

    def exit(self, kind: str) -> Exit | None:
        return next((e for e in self.exits if e.kind == kind), None)


def trace(
    basis: Basis,
    place: Place,
    row: Row,
    acquired: Stmt,
    *,
    begun: Stmt | None = None,
    judged: bool = False,
    depth: int = 1,
) -> Paths:
    """Follow the resource that `acquired` puts into `place`, through the function it stands in.

    `begun`: where it is opened, when that is later. `judged`: count only likely failures. Where `acquired` defines the
    function, that gets it as a parameter.

    An attribute is followed through the constructor that acquires it: whoever gets no object cannot close it.
    `depth`: how many methods that begin something are followed in turn.
    """
    function = acquired.scope.function if place.is_attribute else place.scope
    fates: dict[Stmt, str] = {}
    releases: list[Use] = []
    escapes: list[Use] = []
    outcomes = list(_outcomes(basis, place, row, function))
    ends = [use for use, outcome in outcomes if outcome == "release" or _given_out(use)]
    for use, what in outcomes:
        if what == "escape" and (place.is_attribute or (ends and lent(basis, use, ends)) or used_on(basis, use, row)):
            continue  # held by an object that nobody gets; or still closed or used here
        if (use.stmt is acquired and what == "rebind") or (what in ("escape", "rebind") and wraps(basis, use)):
            continue
        outcome = "late" if what == "escape" and _kept_late(basis, use, row) else what
        if outcome in ("release", "attempt"):
            releases.append(use)
        elif outcome in ("escape", "late"):
            escapes.append(use)
        if outcome != "borrow" and fates.get(use.stmt) not in ("release", "escape", "attempt"):
            fates[use.stmt] = "attempt" if outcome == "late" else outcome
    if len(place.path) == 2:
        _of_holder(basis, place, row, fates, releases, escapes)
    if place.is_attribute:
        fates |= dict.fromkeys(_ended(basis, place, row, function), "release")
    else:
        _nested(basis, function, place, row, fates, escapes)
    given = acquired.op == "def"
    begun = begun or (_begun(basis, place, row, acquired) if not given else None)
    if begun is not None and begun is not acquired and _shared(fates, begun):
        begun = None
    if row.lazy and begun is acquired:
        begun = wakes(basis, place, row, acquired, fates)
    half = depth > 0 and row.empty and begun is not None and _half_open(basis, place, row, begun, depth)
    faults = Faults(basis, place, row, function)
    # if the function has a `try` or `with` for it, the author has decided what can fail before it, so only likely
    # failures count there; the same if the resource is handed on
    judged = judged or place.is_attribute or not releases or not row.needs_release or any(guarded(u) for u in releases)
    weighed = faults.likely if judged else faults.telling
    half = half or (row.lazy and begun is not None and begun is not acquired and weighed(begun) is not None)
    guards = Guards(basis, place, acquired, [s for s, outcome in fates.items() if outcome in ("release", "attempt")])
    fates |= {s: "escape" for s in guards.kept if s.ordinal > acquired.ordinal and s not in fates}
    effects = Effects(
        at=lambda stmt: ("begin" if half else "acquire") if stmt is begun else fates.get(stmt, ""),
        fallible=lambda stmt: fates.get(stmt) != "wrap" and (fates.get(stmt) == "attempt" or weighed(stmt) is not None),
        narrow=guards.narrow,
        swallows=lambda stmt: any(v.op == "call" and _swallows(basis, v) for v, _ in stmt.items),
        catches_all=lambda block: catches_all(block) or any(fates.get(s) == "release" for s in statements(block)),
        stops=lambda stmt: stops(basis, stmt),
        waits=faults.waits,
        handles=lambda block: handles(basis, block),
    )
    exits = open_exits(basis, function.block, effects, held=given) if function.block is not None else ()
    raised = next((e.stmt for e in exits if e.kind == "raise"), None)
    step = (faults.telling(raised) or faults.any(raised)) if raised is not None else None
    return Paths(row, place, acquired, tuple(releases), tuple(escapes), exits, step)


def _outcomes(basis: Basis, place: Place, row: Row, function: Scope) -> Iterator[tuple[Use, str]]:
    """What each use does to the resource; what one object is made over becomes what that becomes."""
    for use in resource_uses(basis, place, row):
        outcome = _by_thread(basis, use, row) or _outcome(basis, use, row, place, function)
        mine = outcome == "escape" and not place.is_attribute
        over, taken = (wrapper(basis, use), taker(basis, use)) if mine else (None, None)
        holder = over or taken
        if holder is None:
            yield use, outcome
            continue
        yield use, "wrap" if holder is over else "borrow"
        for later in resource_uses(basis, holder, row):
            if later.stmt is not use.stmt and (holder is over or later.verb != "bind"):
                yield later, _outcome(basis, later, row, holder, function)


def _by_thread(basis: Basis, use: Use, row: Row) -> str:
    """A thread gets it, with a function here that comes to its end: does that leave it open?"""
    param = given_to_thread(basis, use)
    function = param.scope.stmt if param is not None else None
    if param is None or function is None:
        return ""
    return "borrow" if _left_by(basis, param, row, function) else "escape"


@once(meanwhile=False)
def _left_by(basis: Basis, param: Place, row: Row, function: Stmt) -> bool:
    inner = trace(basis, param, row, function, judged=True, depth=0)
    return not inner.releases and not inner.escapes and any(comes_to_end(basis, e) for e in inner.exits)


def _outcome(basis: Basis, use: Use, row: Row, place: Place, function: Scope) -> str:
    """What a use does to the resource, where it runs: what a nested function does is done by whoever calls it."""
    if use.place.path != place.path:
        # `callback(f.close)`, `response.content.decode()`; but `f.close` by itself does nothing
        return "borrow" if use.role == "discarded" and not use.verb else "escape"
    if use.stmt.scope.function is not function.function and use.expr.scope.function is not function:
        inner = nested(use, function)
        return "borrow" if inner is not None and borrows(basis, inner, place, row) else "escape"
    outcome = fate(basis, use, row)
    if use.expr.scope.kind == "lambda" and (outcome == "release" or not run_at_once(basis, use)):
        return "escape"
    return "attempt" if outcome == "release" and _timed(basis, use) else outcome


def _kept_late(basis: Basis, use: Use, row: Row) -> bool:
    """Is it given to a function here that may fail before it has kept it: `await self._start(stream)`?"""
    local = function_called(basis, use.site) if use.role == "argument" and not row.closer else None
    if local is None or local.kind != "function" or local.is_generator:
        return False
    param = parameter(local, use.site, use.value)
    return param is not None and _fails_open(basis, param, row)


@once(meanwhile=False)
def _fails_open(basis: Basis, param: Place, row: Row) -> bool:
    function = param.scope.stmt
    inner = trace(basis, param, row, function, judged=True, depth=0) if function is not None else None
    return inner is not None and bool(inner.escapes) and inner.exit("raise") is not None


def _given_out(use: Use) -> bool:
    """Does the function return it, by itself or with others? What it was given to before has not taken it over."""
    return use.role == "returned" or (use.role == "element" and use.stmt.op == "return")


def wraps(basis: Basis, use: Use) -> bool:
    """Does the name get what a call makes of its own value (`peer = cast(Peer, peer)`)? What it holds stays open."""
    stmt = use.stmt
    call = stmt.value if stmt.op == "assign" else None
    while call is not None and call.op == "await":
        call = call.args[0]
    if call is None or call.op != "call" or acquires(basis, call) is not None:
        return False
    row = basis.types.callee(call).row
    if row is not None and row.takes and row.returns:
        return False
    names = basis.names
    return any(names.place(t) == use.place for t in stmt.targets) and any(
        arg.op == "name" and names.place(arg) == use.place for arg in call.args[1:]
    )


def _begun(basis: Basis, place: Place, row: Row, acquired: Stmt) -> Stmt | None:
    """Where it begins to hold something open: what is entered by hand does then, and what is empty when new where it
    takes something over."""
    if not row.empty:
        return next((u.stmt for u in basis.all_uses(place) if u.verb == "__aenter__"), acquired)
    first = next((u.stmt for u in basis.all_uses(place) if u.verb in row.own), None)
    entered = first is not None and any(
        owner.op == "with" and any(basis.names.place(v) == place for v, _ in owner.items)
        for _, owner in ancestors(first)
    )
    return None if entered or first is None else before(first, acquired)


def _shared(fates: Mapping[Stmt, str], begun: Stmt) -> bool:
    """Has somebody else got it before it was open?"""
    return any(outcome == "escape" and stmt.ordinal < begun.ordinal for stmt, outcome in fates.items())


def _of_holder(
    basis: Basis, place: Place, row: Row, fates: dict[Stmt, str], releases: list[Use], escapes: list[Use]
) -> None:
    """What becomes of the object whose attribute holds it becomes of it."""
    for use in basis.all_uses(Place(place.scope, place.path[:1])):
        outcome = fate(basis, use, row)
        if outcome in ("release", "escape"):
            (releases if outcome == "release" else escapes).append(use)
            fates.setdefault(use.stmt, outcome)


def _half_open(basis: Basis, place: Place, row: Row, begun: Stmt, depth: int) -> bool:
    """Does a method of this module that begins it leave something open when it fails?"""
    for use in basis.all_uses(place):
        owner = klass(basis, use.expr) if use.stmt is begun and use.verb in row.own else None
        method = basis.names.method(owner, use.verb) if owner is not None else None
        for one in openings(basis, method) if method is not None else ():
            if trace(basis, one.place, one.row, one.stmt, depth=depth - 1).exit("raise") is not None:
                return True
    return False


def _timed(basis: Basis, use: Use) -> bool:
    """A release that only waits, and gives up: `process.wait(timeout=5)`, `wait_for(process.wait(), 5)`, a `wait` in
    `async with timeout(5)`."""
    if any(basis.apis.means(ends, use.verb) for ends in ("end_of_life_methods", "closing_methods")):
        return False
    limited = use.site.parent if use.site.op == "call" else None
    row = basis.types.callee(limited).row if limited is not None and limited.op == "call" else None
    within = (value for _, owner in ancestors(use.stmt) if owner.is_async for value, _ in owner.items)
    limits = any(v.op == "call" and basis.apis.means("time_limits", called(basis, v)) for v in within)
    return "timeout" in use.site.names or (row is not None and row.passes) or limits


def _nested(basis: Basis, function: Scope, place: Place, row: Row, fates: dict[Stmt, str], escapes: list[Use]) -> None:
    """A nested function that mentions the name keeps it from where it is defined, if others may call that."""
    for use in basis.below(place):
        inner = nested(use, function)
        if inner is not None and inner.stmt is not None and not borrows(basis, inner, place, row):
            fates[inner.stmt] = "escape"
            escapes.append(use)


def _ended(basis: Basis, place: Place, row: Row, constructor: Scope) -> Iterator[Stmt]:
    """Statements of a constructor that call a method of the object which releases the attribute."""
    releases = (u for u in resource_uses(basis, place, row) if fate(basis, u, row) == "release")
    releasing = {u.stmt.scope.function for u in releases}
    for stmt in statements(constructor.block):
        for call in calls(stmt):
            local = basis.types.callee(call).local
            if local in releasing or (local is None and basis.apis.means("end_of_life_methods", call.args[0].text)):
                yield stmt


def guarded(use: Use) -> bool:
    """Is it released whatever happens in a block: by `with`, in a handler or `finally`?"""
    guards = ("handler", "finally")
    return use.verb in ("__exit__", "__aexit__") or any(b.kind in guards for b, _ in ancestors(use.stmt))


def _swallows(basis: Basis, call: Expr) -> bool:
    row = basis.types.callee(call).row
    return row is not None and row.swallows
