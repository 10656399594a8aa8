"""Tasks in a container: does each take itself out when it is done?"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope


def staying(basis: Basis, adds: Sequence[Use], removals: Sequence[Use], at_end: Collection[Scope]) -> Use | None:
    """The first task that is added and stays, where nothing but the callbacks of others' tasks takes any out."""
    taken = {_called_back(basis, u) for u in removals if u.stmt.scope.function not in at_end}
    if not taken or None in taken:
        return None  # what is removed may be any of them
    return next((u for u in adds if u.value is not None and _handle(basis, u.value) not in taken), None)


def _called_back(basis: Basis, removal: Use) -> Place | None:
    """The local name of the task in whose `add_done_callback` a removal stands; None for any other removal."""
    node: Expr | None = removal.expr
    while node is not None:
        if node.op == "call" and node.args[0].op == "attr" and node.args[0].text == "add_done_callback":
            return _handle(basis, node.args[0].args[0])
        node = node.parent
    return None


def _handle(basis: Basis, task: Expr) -> Place | None:
    place = basis.names.place(task) if task.op == "name" else None
    return place if place is not None and place.scope.kind == "function" else None
