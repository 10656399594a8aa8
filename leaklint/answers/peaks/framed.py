"""What weighs among the variables of a function, which whoever holds its frame holds with it?"""

from __future__ import annotations

from leaklint.answers.bulky import bulky
from leaklint.answers.peaks.weight import weight
from leaklint.meaning.basis import Basis
from leaklint.meaning.branches import apart
from leaklint.tree.ir import Binding, Scope, Stmt, ancestors


def bulk(basis: Basis, function: Scope, holder: str, given_on: bool, end: Stmt | None = None) -> str:
    """By the class, by where it comes from, and last by the name; and what a wrapper is called with, which may be
    anything, where its errors are `given_on`. `holder` is what holds the frame, `end` the statement that leaves it."""
    wraps = given_on and function.parent is not None and function.parent.kind == "function"
    stars = {p.name for p in function.params if p.star} if wraps else ()
    for name, every in function.bindings.items():
        bindings = [b for b in every if end is None or _bound_at(b, end)]
        named = any(basis.apis.means(what, name) for what in ("bulky_names", "many_names"))
        if name != holder and bindings and (name in stars or named or any(_weighs(basis, b) for b in bindings)):
            return name
    return ""


def _bound_at(binding: Binding, end: Stmt) -> bool:
    """May a name be bound where the function is left: before that, and not in the branch that is not taken, nor by what
    failed, after which nothing else is done but to return it?"""
    if binding.how == "param":
        return True
    around = {id(o) for _, o in ancestors(end) if o.op in ("for", "while")}
    again = any(id(o) in around for _, o in ancestors(binding.stmt))
    if binding.stmt.ordinal > end.ordinal or apart(binding.stmt, end):
        return again
    block, owner = next(iter(ancestors(binding.stmt)))
    rest = block.stmts[block.stmts.index(binding.stmt) + 1 :]
    succeeds = owner.op == "try" and block is owner.blocks[0] and all(s.op == "return" for s in rest)
    return again or not succeeds or end in block.stmts


def _weighs(basis: Basis, binding: Binding) -> bool:
    if bulky(basis, binding.param.annotation if binding.param is not None else None):
        return True
    value = binding.value if binding.how in ("assign", "with") and binding.exact else None
    while value is not None and value.op == "await":
        value = value.args[0]
    row = basis.types.row(value)
    if row is not None and (row.kind == "buffer" or row.noun == "HTTP response"):
        return not row.stringifies
    return value is not None and bool(weight(basis, value))
