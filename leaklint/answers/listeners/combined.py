"""Events that listeners are added to by `+=`, and taken off by `-=`."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.listeners.registered import Registration, is_method
from leaklint.meaning.basis import Basis


def combined(basis: Basis) -> Iterator[Registration]:
    """`device.changed += self.on_changed`: no number and no list is added to by a method."""
    for stmt in basis.module.stmts:
        target = stmt.targets[0] if stmt.op == "augassign" and stmt.text == "AddAssign" else None
        if target is None or target.op != "attr" or stmt.value is None or not is_method(basis, stmt.value):
            continue
        yield Registration(target, stmt, "+=", "-=", None, target, (stmt.value,))
