"""Resources in a `with` that does not release them, and that nothing else does either."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.answers.opening.openers import acquired
from leaklint.answers.releasing.fate import fate, resource_uses, takes_over
from leaklint.apis import Row
from leaklint.meaning.basis import Answer, Basis, Clue
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr


@dataclass(frozen=True, slots=True)
class Entered:
    """A resource that a `with` enters as it is acquired; `defence` says why that is well. `name` may be empty."""

    row: Row
    call: Expr
    name: str
    defence: Answer


def entered(basis: Basis) -> Iterator[Entered]:
    """Each `with` over a resource of which its row says that leaving the block does not release it."""
    for stmt in basis.module.stmts:
        for value, target in stmt.items:
            row = acquired(basis, value)
            if row is not None and row.exit_keeps_open:
                name = target.text if target is not None and target.op == "name" else ""
                yield Entered(row, value, name, _defence(basis, target, row))


def _defence(basis: Basis, target: Expr | None, row: Row) -> Answer:
    place = basis.names.place(target)
    for use in resource_uses(basis, place, row) if place is not None else ():
        outcome = fate(basis, use, row)
        if outcome == "release":
            return Answer("released", (Clue(use.stmt, "released", "released"),))
        if outcome == "escape" and not _lent(basis, use):
            return Answer("handed over", (Clue(use.stmt, "holder", "handed_over"),))
    return Answer()


def _lent(basis: Basis, use: Use) -> bool:
    """Passed to a call of which nothing is known: whoever writes `with` means to keep it."""
    if use.role != "argument":
        return False
    callee = basis.types.callee(use.site)
    return (callee.row is None and callee.receiver is None) or not takes_over(callee)
