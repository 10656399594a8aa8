"""Pooled clients that are built for each event, or for each turn of a loop, and closed again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leaklint.answers.driver import context
from leaklint.answers.listed import literal
from leaklint.answers.opening.openers import acquired
from leaklint.answers.ways.paths import Paths
from leaklint.apis import Row
from leaklint.meaning.basis import Answer, Basis
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, statements, walk


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A client and what makes one more; `defence` says why it cannot be kept."""

    row: Row
    call: Expr
    name: str
    when: Answer
    defence: str = ""


def rebuilt(basis: Basis, traces: Sequence[tuple[Paths, Expr]]) -> Iterator[Rebuilt]:
    """Those in a `with`, and those in a local name that the function releases and hands to nobody."""
    for stmt in basis.module.stmts:
        for value, target in stmt.items:
            row = acquired(basis, value)
            if row is not None and row.pooled and row.scoped:
                yield _rebuilt(basis, row, value, target.text if target is not None and target.op == "name" else "")
    for paths, value in traces:
        if paths.row.pooled and paths.releases and not paths.escapes:
            yield _rebuilt(basis, paths.row, value, paths.place.path[0])


def _rebuilt(basis: Basis, row: Row, call: Expr, name: str) -> Rebuilt:
    loop = _loop(basis, call.stmt)
    when = context(basis, call.stmt) if loop is None else Answer("loop")
    given = {e.text for e in walk(call) if e.op == "name"}
    if given & (_names(loop) if loop is not None else _parameters(call.stmt.scope.function)):
        return Rebuilt(row, call, name, when, "made for what it is given")
    if when.kind not in ("event", "stream", "loop") or (when.kind == "stream" and _lasts(call.stmt)):
        return Rebuilt(row, call, name, when, "not known to be made often")
    return Rebuilt(row, call, name, when)


def _loop(basis: Basis, stmt: Stmt) -> Stmt | None:
    """The `for` over data that makes one for each entry. A `while` or a `range` reconnects, or tries again."""
    for block, owner in ancestors(stmt):
        if owner.scope is stmt.scope and owner.op == "for" and block.kind == "body":
            ranged = owner.value is not None and owner.value.op == "call" and owner.value.args[0].text == "range"
            return None if ranged or literal(basis, owner.value) else owner
    return None


def _lasts(stmt: Stmt) -> bool:
    """Is it opened anew when a connection is lost, rather than for each of many: in a `while`, or for one?"""
    inner = statements(stmt.blocks[0]) if stmt.op == "with" else ()
    return any(s.op == "while" or (s.op == "for" and s.is_async) for s in inner) or any(
        owner.op == "while" for _, owner in ancestors(stmt) if owner.scope is stmt.scope
    )


def _names(loop: Stmt) -> set[str]:
    """What a turn of a loop binds: its target, and whatever its body assigns."""
    bound = [*loop.targets]
    for block in loop.blocks:
        bound += [target for stmt in block.stmts for target in stmt.targets]
    return {e.text for target in bound for e in walk(target) if e.op == "name"}


def _parameters(function: Scope) -> set[str]:
    own = function.method_of is not None
    return {p.name for p in function.params[1 if own else 0 :]}
