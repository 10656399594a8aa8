"""What weighs among the variables of a function, which whoever holds its frame holds with it?"""

from __future__ import annotations

from leaklint.answers.bulky import bulky
from leaklint.answers.peaks.weight import weight
from leaklint.meaning.basis import Basis
from leaklint.tree.ir import Binding, Scope


def bulk(basis: Basis, function: Scope, holder: str, given_on: bool) -> str:
    """By the class, by where it comes from, and last by the name; and what a wrapper is called with, which may be
    anything, where its errors are `given_on`. `holder` is what holds the frame."""
    wraps = given_on and function.parent is not None and function.parent.kind == "function"
    stars = {p.name for p in function.params if p.star} if wraps else ()
    for name, bindings in function.bindings.items():
        named = any(basis.apis.means(what, name) for what in ("bulky_names", "many_names"))
        if name != holder and (name in stars or named or any(_weighs(basis, b) for b in bindings)):
            return name
    return ""


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
