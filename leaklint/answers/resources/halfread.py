"""Streamed bodies that only their end closes: who stops before that, or hands the stream on, leaves them open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from leaklint.answers.releasing.fate import manages
from leaklint.answers.releasing.lending import called
from leaklint.answers.ways.paths import Paths
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.scopes import is_called
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Stmt, ancestors, statements

_CLOSING = ("background", "on_close")


@dataclass(frozen=True, slots=True)
class Halfread:
    """`left` stops reading, is where a generator may be left, or hands the stream on."""

    paths: Paths
    value: Expr
    left: Stmt
    way: Literal["stopped", "abandoned", "forwarded"]


def halfread(basis: Basis, traces: Iterable[tuple[Paths, Expr]]) -> Iterator[Halfread]:
    """Of those that a function reads piece by piece and never closes: the first way on which it does not come to the
    end."""
    for paths, value in traces:
        if not paths.releases or paths.escapes or not all(_reads(basis, u) for u in paths.releases):
            continue
        found = next((h for u in paths.releases for h in _left(basis, u)), None)
        if found is not None:
            yield Halfread(paths, value, *found)


def read_whole(basis: Basis, row: Row, call: Expr, left: Stmt | None = None) -> bool:
    """Is a response read to its end, by `response.read()` without a size, or in the statement that asks for it? That
    closes it, unless it fails. `left`: on the way to this statement."""
    given = call.parent
    if given is not None and given.op == "attr":
        reading = given.parent if is_called(given) else None
        return given.text in row.bulk and reading is not None and len(reading.args) == 1
    if given is not None and given.op == "call" and given.args[0] is not call:
        return basis.apis.means("reading_functions", called(basis, given))
    stmt = call.stmt
    place = basis.names.place(stmt.targets[0]) if stmt.op == "assign" and len(stmt.targets) == 1 else None
    uses = basis.all_uses(place) if place is not None else ()
    reads = (u.stmt for u in uses if u.verb in row.bulk and u.site.op == "call" and len(u.site.args) == 1)
    blocks = {block for block, _ in ancestors(left)} if left is not None else set()
    return any(left is None or (s.ordinal < left.ordinal and s.parent in blocks) for s in reads)


def _reads(basis: Basis, use: Use) -> bool:
    return basis.apis.means("stream_methods", use.verb)


def _left(basis: Basis, read: Use) -> Iterator[tuple[Stmt, Literal["stopped", "abandoned", "forwarded"]]]:
    loop, function = read.stmt, read.stmt.scope.function
    if loop.op == "for":
        # a flag or a handler that closes it would be a release of its own
        for stmt in statements(loop.blocks[0]):
            if stmt.op in ("return", "raise") or (stmt.op == "break" and _loop_of(stmt) is loop):
                yield stmt, "stopped"
            elif any(e.op == "yield" for e in stmt.flat) and not manages(basis, function):
                yield stmt, "abandoned"
    elif loop.op == "return" and read.verb.startswith("a"):  # no last reference closes what has to be awaited
        call = _given_to(read.site)
        if call is not None and not set(call.names) & set(_CLOSING):
            yield loop, "forwarded"


def _loop_of(stmt: Stmt) -> Stmt | None:
    return next((owner for _, owner in ancestors(stmt) if owner.op in ("for", "while")), None)


def _given_to(stream: Expr) -> Expr | None:
    """The outermost call that gets the stream, in a statement that returns what that gives."""
    found: Expr | None = None
    expr = stream
    while (parent := expr.parent) is not None and parent.op == "call" and expr is not parent.args[0]:
        found = expr = parent
    return found if expr.parent is None else None
