"""How is what is never released to be released, so that the program still runs?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.tree.ir import Expr, Stmt, ancestors

Mend = Literal["close", "later", "with", "inside", "around", "stack", "shared", "copied"]


@dataclass(frozen=True, slots=True)
class Care:
    """Why the plain repair would break something, and what that is about: the `other` descriptor, the arguments."""

    mend: Mend
    other: Expr | None = None


def care(basis: Basis, row: Row, call: Expr, place: Place | None) -> Care | None:
    """What has to be minded, if anything."""
    while call.op == "await":
        call = call.args[0]
    given = next((arg for name, arg in zip(call.names, call.args, strict=False) if name == "**"), None)
    if row.borrows and row.scoped and given is not None:
        return Care("shared", given)
    if place is None:
        return None
    uses = basis.all_uses(place)
    copied = (u.site for u in uses if u.role == "argument" and u.site.op == "call" and len(u.site.args) > 2)
    onto = next((c.args[2] for c in copied if basis.names.qualified(c.args[0]) == "os.dup2"), None)
    if onto is not None:
        return Care("copied", onto)
    return Care("stack") if row.scoped and _outlives_branch(basis, place, call.stmt) else None


def _outlives_branch(basis: Basis, place: Place, opened: Stmt) -> bool:
    """Is it opened in one branch, or in a `try`, and used after that, by this name or another?"""
    branches = [owner for _, owner in ancestors(opened) if owner.scope is opened.scope]
    ways = {owner for owner in branches if owner.op in ("if", "try", "match")}
    if not ways:
        return False
    uses = basis.all_uses(place)
    names = {basis.names.place(t) for u in uses if u.role == "bound" for t in u.stmt.targets if t.op == "name"}
    later = (*uses, *(u for name in names if name is not None for u in basis.all_uses(name)))
    return any(
        u.verb != "bind" and u.stmt.ordinal > opened.ordinal and not ways <= {owner for _, owner in ancestors(u.stmt)}
        for u in later
    )
