"""What a lock or pool lends by one method and gets back by another: on which paths out of a function is it kept?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.answers.ways.faults import Faults
from leaklint.answers.ways.guards import Guards
from leaklint.answers.ways.handlers import catches_all, handles, in_handler
from leaklint.apis import Row
from leaklint.counterparts import counterpart, gives
from leaklint.meaning.basis import Basis
from leaklint.meaning.flow import Effects, Exit, open_exits
from leaklint.meaning.names import ELEMENT, Place
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, source

_KEPT = ("returned", "yielded", "element", "bound")


@dataclass(frozen=True, slots=True)
class Lent:
    """`call` borrows from `place`; `back` gives it back, but not on the way out `left`, where one is known to do so."""

    place: Place
    row: Row
    call: Expr
    giving: str
    back: Use | None
    left: Exit


def lent(basis: Basis) -> Iterator[Lent]:
    """Every loan that a function does not give back on each of its paths."""
    for place, uses in list(basis.uses.items()):
        taken = [u for u in uses if u.verb and u.stmt.scope.kind == "function"]
        row = basis.types.place_row(place) if taken else None
        if row is None:
            row = _by_name(basis, place, uses)
        for use in taken if row is not None and row.lends else ():
            giving = row.lends.get(use.verb) if row is not None else None
            if row is not None and giving is not None and not _kept(basis, row, use):
                yield from _loan(basis, row, use, giving)
        if row is not None and row.lends:
            yield from _worked_off(basis, row, uses)


def _by_name(basis: Basis, place: Place, uses: list[Use]) -> Row | None:
    """What an unknown limiter lends and gets back, by the names of its methods that are called here."""
    verbs = {u.verb for u in uses if u.verb}
    lends = {taking: giving for taking in verbs if (giving := counterpart(taking)) in verbs}
    if not lends:
        return None
    lent_out = any(gives(taking) for taking in lends)
    shown = source(uses[0].expr, 40) if place.path[-1] == ELEMENT else place.path[-1]
    return Row("", basis.module.path, "resource" if lent_out else "function", noun=f"`{shown}`", lends=lends)


def _worked_off(basis: Basis, row: Row, uses: list[Use]) -> Iterator[Lent]:
    """One function takes a turn, and another gives it back when it has called what it was given: unless that fails."""
    for taking, giving in row.lends.items():
        taken = next((u for u in uses if u.verb == taking), None)
        for back in uses:
            worker = back.stmt.scope.function
            others = any(u.verb == taking and u.stmt.scope.function is worker for u in uses)
            if taken is None or back.verb != giving or others or worker.block is None or worker.kind != "function":
                continue
            faults = Faults(basis, back.place, row, worker)
            given = {u.stmt for u in uses if u.verb == giving}
            effects = Effects(
                at=lambda stmt, given=given: "release" if stmt in given else "",  # type: ignore[misc]
                fallible=lambda stmt, faults=faults: any(faults.foreign(e) for e in faults.found(stmt)),  # type: ignore[misc]
                narrow=Guards(basis, back.place, back.stmt).narrow,
                catches_all=catches_all,
                handles=lambda block: handles(basis, block),
            )
            left = next((e for e in open_exits(basis, worker.block, effects, held=True) if e.kind == "raise"), None)
            if left is not None and left.stmt.op != "raise":
                yield Lent(back.place, row, taken.site, giving, back, left)


def _kept(basis: Basis, row: Row, use: Use) -> bool:
    """Is it handed on, tested, or the matter of a `with`; or does another method give it back?"""
    expr = use.site
    while expr.parent is not None and expr.parent.op == "await":
        expr = expr.parent
    stmt = use.stmt
    if expr.parent is not None or stmt.op not in ("expr", "assign"):
        return True
    if stmt.op == "expr" or row.kind != "resource":
        return stmt.op != "expr"  # `got = lock.acquire(timeout=1)`: whether there is a loan is yet to be seen
    name = basis.names.place(stmt.targets[0]) if stmt.targets[0].op == "name" else None
    if name is None or name.scope is not stmt.scope.function:
        return True
    return any(u.role in _KEPT or u.verb in ("__exit__", "__aexit__", "close") for u in basis.all_uses(name))


def _loan(basis: Basis, row: Row, use: Use, giving: str) -> Iterator[Lent]:
    function = use.stmt.scope.function
    backs = [u for u in basis.all_uses(use.place) if u.verb == giving and u.stmt.scope.function is function]
    elsewhere = len(backs) < sum(u.verb == giving for u in basis.all_uses(use.place))
    if function.block is None or (not backs and (elsewhere or row.kind != "resource")):
        return  # another function gives it back
    if backs and all(in_handler(u.stmt) for u in backs):
        return  # it is given back where the loan fails, else kept
    given = {u.stmt for u in backs}
    faults = Faults(basis, use.place, row, function)
    weighed = faults.any if row.name or basis.apis.means("lock_names", use.place.path[-1]) else faults.likely
    effects = Effects(
        at=lambda stmt: "acquire" if stmt is use.stmt else "release" if stmt in given else "",
        fallible=lambda stmt: stmt is not use.stmt and weighed(stmt) is not None,
        narrow=Guards(basis, use.place, use.stmt).narrow,
        catches_all=catches_all,
        waits=lambda stmt: stmt is not use.stmt and faults.waits(stmt),
        handles=lambda block: handles(basis, block),
    )
    # where nothing gives it back, the way without an error is enough to tell
    telling = ("return", "end") if not backs else ("raise", "cancel") if elsewhere else ("return", "raise", "cancel")
    left = next((e for kind in telling for e in open_exits(basis, function.block, effects) if e.kind == kind), None)
    if left is not None:
        yield Lent(use.place, row, use.site, giving, backs[0] if backs else None, left)
