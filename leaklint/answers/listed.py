"""What does the code itself list: the values of a type, what a loop goes through?"""

from __future__ import annotations

from leaklint.meaning.annotations import alternatives
from leaklint.meaning.basis import Basis
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Expr, is_none


def closed_type(basis: Basis, annotation: Expr | None) -> bool:
    """`Literal["a", "b"]`, `type`, `bool`, an Enum of this module, what there is one of, or few: the code lists the
    values. Or one of these and None."""
    return annotation is not None and all(_closed_class(basis, node) for node in alternatives(annotation))


def _closed_class(basis: Basis, node: Expr) -> bool:
    row, name = basis.types.annotated(node), public_name(basis, node)
    if name in ("Literal", "type", "Type", "bool") or is_none(node) or (row is not None and row.single):
        return True
    if basis.apis.means("few_types", name):
        return True
    local = basis.names.local(node)
    if local is None or local.kind != "class":
        return False
    return any("Enum" in source_name(b) or "Flag" in source_name(b) for b in local.bases)


def public_name(basis: Basis, expr: Expr) -> str:
    """The last identifier of what is referred to, whatever it was imported as."""
    return (basis.names.qualified(expr) or source_name(expr)).rpartition(".")[2]


def literal(basis: Basis, iterated: Expr | None) -> bool:
    """A loop over what stands in the code: a literal, a class, a constant of the module, range()."""
    if iterated is None:
        return False
    if iterated.op in ("list", "tuple", "set", "dict"):
        return all(a.op in ("const", "name", "tuple", "attr") for a in iterated.args)
    if iterated.op == "call":
        return source_name(iterated) in ("range", "enumerate", "zip", "sorted", "items", "keys", "values") and all(
            literal(basis, a) or a.op in ("const", "attr") for a in (iterated.args[1:] or iterated.args[0].args)
        )
    home = basis.names.scope_of(iterated.text, iterated.scope) if iterated.op == "name" else None
    return home is not None and home.kind == "module"
