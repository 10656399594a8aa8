"""Methods that end an object: does a step that may fail keep one of them from what it releases after that?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from leaklint.answers.ways.failing import fails
from leaklint.answers.ways.faults import Faults
from leaklint.answers.ways.guards import Guards
from leaklint.answers.ways.handlers import handles
from leaklint.apis import Row
from leaklint.meaning.basis import Basis, calls
from leaklint.meaning.flow import Effects, open_exits
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Block, Expr, Scope, Stmt, statements


@dataclass(frozen=True, slots=True)
class Unwound:
    """`ending` calls `close`, unless `step` raises before."""

    ending: Scope
    close: Use
    step: Stmt
    noun: str


def unwound(basis: Basis, endings: Mapping[Scope, tuple[Scope, ...]]) -> Iterator[Unwound]:
    """Of each method that ends an object: the first release that a parting word to the outside may skip."""
    for klass, methods in endings.items():
        for ending in methods:
            if ending.block is not None and ending.method_of is klass and ending.name != "__del__":
                found = next(_skipped(basis, klass, ending, ending.block), None)
                if found is not None:
                    yield found


def _skipped(basis: Basis, klass: Scope, ending: Scope, body: Block) -> Iterator[Unwound]:
    steps = [s for s in statements(body) if any(_parting(c) for c in calls(s))]
    for place, uses in basis.uses.items() if steps else ():
        closes = [u for u in uses if u.stmt.scope.function is ending and _closing(basis, u.verb)]
        if place.scope is not klass or len(place.path) != 1 or not closes or not basis.budget:
            continue
        row = basis.types.place_row(place)
        if row is not None and (row.kind != "resource" or not row.needs_release):
            continue
        step = _passed_by(basis, body, ending, closes, row)
        if step is not None:
            yield Unwound(ending, closes[0], step, row.noun if row is not None and row.noun else "resource")


def _passed_by(basis: Basis, body: Block, ending: Scope, closes: list[Use], row: Row | None) -> Stmt | None:
    """The step that leaves it open when it raises."""
    place, closing = closes[0].place, {u.stmt for u in closes}
    known = row or Row("", basis.module.path, "resource", release=tuple(u.verb for u in closes))
    faults = Faults(basis, place, known, ending)
    effects = Effects(
        at=lambda stmt: "release" if stmt in closing else "",
        fallible=lambda stmt: any(e.op == "call" and _fails(basis, e, place, known) for e in faults.found(stmt)),
        narrow=Guards(basis, place, closes[0].stmt).narrow,
        swallows=lambda stmt: any((r := basis.types.callee(c).row) is not None and r.swallows for c in calls(stmt)),
        catches_all=lambda _: True,  # who catches some error of a last word has thought of those that matter
        handles=lambda block: handles(basis, block),
    )
    exits = open_exits(basis, body, effects, held=True)
    return next((e.stmt for e in exits if e.kind == "raise" and e.stmt.op != "raise"), None)


def _closing(basis: Basis, verb: str) -> bool:
    return bool(verb) and basis.apis.means("closing_methods", verb)


def _parting(call: Expr) -> bool:
    """A method of something, which is given what to send; a base class's own ending is not such a step."""
    method = call.args[0]
    inherited = method.op == "attr" and method.args[0].op == "call" and method.args[0].args[0].text == "super"
    return method.op == "attr" and not inherited and not (method.text == "shutdown" and len(call.args) == 1)


def _fails(basis: Basis, call: Expr, place: Place, row: Row) -> bool:
    """Is it a last word that fails, as far as its function here tells, and to a peer? What is only written out fails
    when the disk is full, which is no reason to close in a `finally` what nobody needs any more."""
    word = source_name(call)
    if not _parting(call) or not basis.apis.means("parting_steps", word):
        return False
    local = basis.types.callee(call).local
    if local is not None and not fails(basis, call):
        return False
    peer = basis.apis.means("peer_names", place.path[-1]) or basis.apis.means(
        "session_nouns", row.called.rpartition(" ")[2]
    )
    waited = call.parent is not None and call.parent.op == "await"
    return peer or waited or not basis.apis.means("written_steps", word)
