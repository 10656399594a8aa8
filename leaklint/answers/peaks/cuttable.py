"""Is a value known to be text or bytes, which can be sliced? What was parsed may be a mapping or an object."""

from __future__ import annotations

from leaklint.answers.peaks.weight import SHAPING
from leaklint.meaning.basis import Basis
from leaklint.tree.ir import Expr


def cuttable(basis: Basis, expr: Expr) -> bool:
    """By its type, or by all that is bound to its name."""
    row = basis.types.row(expr)
    if row is not None and row.kind == "buffer":
        return True
    place = basis.names.place(expr)
    # a name that stands for an attribute has been bound to it
    own = basis.names.bindings(expr.text, expr.scope) if expr.op == "name" else ()
    values = [b.value for b in own if b.exact and b.value is not None]
    values = values or (list(basis.types.bound_values(place)) if place is not None else [expr])
    return bool(values) and all(_text(basis, value) for value in values)


def _text(basis: Basis, value: Expr) -> bool:
    value = value.args[0] if value.op == "await" else value
    attr = value.args[0] if value.op == "call" else value
    if attr.op != "attr" or basis.apis.means("parsing_methods", attr.text):
        return False
    owner = basis.types.row(attr.args[0])
    return attr.text in SHAPING or attr.text in ("join", "read") or (owner is not None and attr.text in owner.bulk)
