"""What an annotation says that a value may be, through Optional, unions and Annotated; classes with type arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator

from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Expr

_WRAPPERS = ("Optional", "Annotated", "Final", "ClassVar", "Union", "Required", "NotRequired")

_DOTTED = re.compile(r"[\"']\s*([A-Za-z_][\w.]*)")


def alternatives(annotation: Expr) -> Iterator[Expr]:
    """Each class that is named: a reference or a quoted one, without its type arguments."""
    queue = [annotation]
    while queue:
        node = queue.pop(0)
        if node.op == "sub" and source_name(node.args[0]) in _WRAPPERS:
            queue.extend(a for arg in node.args[1:] for a in (arg.args if arg.op == "tuple" else (arg,)))
        elif node.op == "binary":
            queue.extend(node.args)
        else:
            yield node.args[0] if node.op == "sub" else node


def generic(called: Expr) -> Expr:
    """The class in `Pool[Connection](5)`; what is called itself, where it is no class with type arguments."""
    name = source_name(called.args[0]) if called.op == "sub" else ""
    typed = (
        name.lstrip("_")[:1].isupper()
        and not name.isupper()
        and all(a.op != "const" or a.text == "str" for a in called.args[1:])
    )
    return called.args[0] if typed else called


def quoted_name(annotation: Expr) -> str:
    """The dotted name that stands first in a quoted one: `"app.Hub"`; empty if none does."""
    match = _DOTTED.match(annotation.value)
    return match[1] if match is not None else ""
