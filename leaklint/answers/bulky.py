"""Does an annotation name a class whose instances fill memory: a tensor, an array, a table?"""

from __future__ import annotations

from leaklint.meaning.annotations import alternatives
from leaklint.meaning.basis import Basis
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Expr


def bulky(basis: Basis, annotation: Expr | None) -> str:
    """The name of that class."""
    named = alternatives(annotation) if annotation is not None else ()
    words = ((basis.names.qualified(one) or source_name(one)).rpartition(".")[2] for one in named)
    return next((word for word in words if basis.apis.means("bulky_classes", word)), "")
