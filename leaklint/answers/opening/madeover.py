"""Objects of unknown classes that wrap a resource opened only for them. Only the wrapper can close the resource."""

from __future__ import annotations

from dataclasses import replace

from leaklint.answers.releasing.lending import called
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.tree.ir import Expr


def made_over(basis: Basis, call: Expr) -> Row | None:
    """`Stub(connect(address))`, or the same with a local name in between that nothing else reads."""
    opened = opened_for(basis, call)
    row = basis.types.row(opened)
    return replace(row, name="", noun=f"{called(basis, call)}'s {row.noun}") if row is not None else None


def opened_for(basis: Basis, call: Expr) -> Expr | None:
    """What opens the resource that a call makes an object over."""
    callee = basis.types.callee(call)
    if callee.row is not None or callee.receiver is not None or callee.local is not None:
        return None
    name = called(basis, call)
    if not name.lstrip("_")[:1].isupper() or basis.apis.means("never_open", name):
        return None
    opened = (_opened(basis, arg, call) for arg in call.args[1:])
    return next((value for value in opened if value is not None), None)


def _opened(basis: Basis, arg: Expr, call: Expr) -> Expr | None:
    """What opens a session or connection for an argument, that is given to nobody else."""
    if arg.op == "name":
        place = basis.names.place(arg)
        if place is None or place.scope.kind != "function" or place.scope is not call.stmt.scope:
            return None
        binds = [u for u in basis.below(place) if u.verb == "bind"]
        alone = all(u.verb == "bind" or u.site is call for u in basis.below(place))
        if not alone or not binds or not all(u.value is not None and u.value.op == "call" for u in binds):
            return None
        if any(u.stmt.op == "with" for u in binds):
            return None  # which closes it
        arg = binds[0].value or arg
    row = basis.types.row(arg) if arg.op == "call" and basis.types.callee(arg).local is None else None
    if row is None or row.kind != "resource" or not row.needs_release or row.empty:
        return None
    return arg if basis.apis.means("session_nouns", row.noun.rpartition(" ")[2]) else None
