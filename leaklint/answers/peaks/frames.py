"""Tables and arrays that grow by being copied, or that are collected to be joined."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from leaklint.answers.listed import literal
from leaklint.answers.peaks.demand import in_own_loop
from leaklint.answers.peaks.loads import whole
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.tree.ir import Expr, Stmt, ancestors, source, walk


@dataclass(frozen=True, slots=True)
class Grown:
    """`stmt` copies all of `name` to add a part in each round of `loop`; or joins parts that `loop` has collected."""

    stmt: Stmt
    name: str
    tool: str
    loop: Stmt
    how: Literal["copied", "joined"]
    part: Stmt


def grown(basis: Basis) -> Iterator[Grown]:
    """Every table or array that a loop makes larger round by round."""
    for call in basis.all_calls:
        row = basis.types.callee(call).row
        if row is not None and row.copies:
            yield from _by_copy(basis, call.stmt, call) or _joined(basis, call.stmt, call)
        elif call.args[0].op == "attr" and call.args[0].text == "append" and call.stmt.value is call:
            yield from _by_copy(basis, call.stmt, call)


def _by_copy(basis: Basis, stmt: Stmt, call: Expr) -> list[Grown]:
    """`df = pd.concat([df, part])`, `df = df.append(part)`."""
    loop = in_own_loop(stmt)
    if loop is None or stmt.op != "assign" or stmt.value is not call or literal(basis, loop.value):
        return []
    given = {source(e) for e in walk(call) if e.op in ("name", "attr")}
    names = [source(t) for t in stmt.targets if t.op in ("name", "attr") and source(t) in given]
    anew = any(_bound_in(basis, loop, t, stmt) for t in stmt.targets if t.op == "name")
    return [Grown(stmt, names[0], source(call.args[0]), loop, "copied", stmt)] if names and not anew else []


def _bound_in(basis: Basis, loop: Stmt, target: Expr, growing: Stmt) -> bool:
    """Does each round begin with a new one?"""
    return any(
        b.stmt is loop or (b.stmt is not growing and b.stmt.value is not None and _starts(b.stmt, loop, target))
        for b in basis.names.bindings(target.text, target.scope)
    )


def _starts(stmt: Stmt, loop: Stmt, target: Expr) -> bool:
    inside = any(owner is loop for _, owner in ancestors(stmt))
    return (
        inside and stmt.value is not None and not any(e.text == target.text for e in walk(stmt.value) if e.op == "name")
    )


def _joined(basis: Basis, stmt: Stmt, call: Expr) -> list[Grown]:
    """A list that a loop has filled with whole tables, joined: both are in memory then."""
    parts = call.args[1] if len(call.args) > 1 else None
    place: Place | None = basis.names.place(parts) if parts is not None and parts.op == "name" else None
    for use in basis.all_uses(place) if place is not None else ():
        loop = in_own_loop(use.stmt)
        if (
            use.verb == "append"
            and loop is not None
            and loop is not in_own_loop(stmt)
            and not literal(basis, loop.value)
        ):
            found = whole(basis, use.value)
            if found is not None and found.kind == "frame" and parts is not None:
                return [Grown(stmt, source(parts), source(call.args[0]), loop, "joined", use.stmt)]
    return []
