"""What other modules have, and each run of a function wraps once more."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.listeners.registered import Registration
from leaklint.answers.listeners.repeated import Repeated
from leaklint.answers.listeners.reruns import driver, guard, reruns
from leaklint.meaning.basis import Answer, Basis, Clue
from leaklint.tree.ir import Expr, flat_of, source, statements


def wrapped(basis: Basis) -> Iterator[Repeated]:
    """Attributes of other modules that each run of a function replaces by a wrapper of what was there."""
    for stmt in basis.module.stmts:
        target = stmt.targets[0] if stmt.op == "assign" and stmt.targets else None
        if target is None or target.op != "attr" or stmt.value is None or stmt.scope.function.kind != "function":
            continue
        if not _imported(basis, target) or not _wraps(basis, stmt.value, target):
            continue
        when = reruns(basis, stmt)
        if not when:
            continue
        name = source(target)
        registration = Registration(stmt.value, stmt, target.text, "", None, target, ())
        again = (e.stmt for e in basis.mentions(target.text) if e.stmt is not stmt and e in e.stmt.targets)
        restored = next((other for other in again if source(other.targets[0]) == name), None)
        defence = guard(basis, stmt, name)
        if restored is not None:
            defence = Answer("restored", (Clue(restored, "released", "released"),))
        yield Repeated(
            registration, source(stmt.value, 40), when, driver(basis, registration.scope, when), defence, wraps=True
        )


def _imported(basis: Basis, target: Expr) -> bool:
    """Does the target belong to a module or class that an import binds?"""
    while target.op == "attr":
        target = target.args[0]
    return target.op == "name" and any(b.how == "import" for b in basis.names.bindings(target.text, target.scope))


def _wraps(basis: Basis, value: Expr, target: Expr) -> bool:
    """Is the value a call with what the target held, or a function made here that refers to it?"""
    old = source(target)
    function = value.stmt.scope.function
    kept = {
        t.text
        for s in statements(function.block)
        if s.op == "assign" and s.value is not None and source(s.value) == old
        for t in s.targets
    }
    if value.op == "call":
        if (basis.names.qualified(value.args[0]) or "").startswith("builtins."):
            return False  # `settings.limit = max(settings.limit, 16)`
        return any(source(a) == old or a.text in kept for a in value.args[1:])
    made = next((b.inner for b in basis.names.bindings(value.text, value.scope) if b.how == "def"), None)
    if value.op != "name" or made is None or made.parent is not function:
        return False
    return any(e.op == "name" and e.text in kept for s in statements(made.block) for e in flat_of(s))
