"""Methods that begin something: does somebody end the object when they fail?"""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.releasing.endings import reached
from leaklint.answers.releasing.fate import fate, resource_uses
from leaklint.apis import Row
from leaklint.meaning.basis import Basis, calls
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import source_name, text_of
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, source, statements, walk

_DEPTH = 3
_FALSE = ("False", "None", "0")


def calling_constructor(basis: Basis, acquired: Stmt) -> Iterator[Stmt]:
    """The statement of a constructor that calls the method which acquires something, if nothing guards it there."""
    method = acquired.scope.function
    klass = method.method_of
    init = next((m for m in klass.children if m.name == "__init__"), None) if klass is not None else None
    for stmt in init.block.stmts if init is not None and init is not method and init.block is not None else ():
        if stmt.op == "expr" and any(basis.types.callee(c).local is method for c in calls(stmt)):
            yield stmt


def final(basis: Basis, acquired: Stmt, left: Stmt) -> bool:
    """Is a failure at `left` the last of it: is the object's constructor the one that begins, or does the method do
    nothing when it is called again, because it looks begun?

    Where neither is so, whoever called it may still end the object.
    """
    method = acquired.scope.function
    made = any(e.op == "attr" and e.stmt.scope.function.name == "__init__" for e in basis.mentions(method.name))
    return made or any(source(one) in _set_before(method, left) for one in _asked_first(method))


def ended_when_dropped(basis: Basis, place: Place, row: Row) -> bool:
    """Does `__del__` release it whenever it is there? That runs for what a constructor leaves half made, too."""
    late = [m for m in basis.names.methods(place.scope) if m.name == "__del__"]
    ends = reached(basis, place.scope, late) if late else ()
    return any(
        use.stmt.scope.function in ends and fate(basis, use, row) == "release" and _certain(use)
        for use in (resource_uses(basis, place, row) if ends else ())
    )


def _certain(use: Use) -> bool:
    """Is nothing asked before but whether it is there?"""
    asked = (owner.value for _, owner in ancestors(use.stmt) if owner.op == "if" and owner.value is not None)
    return all(any(use.place.path[-1] in (e.text, text_of(e)) for e in walk(test)) for test in asked)


def _asked_first(method: Scope) -> Iterator[Expr]:
    """What tells a method that it has run already: `if self.socket is not None: return`."""
    for stmt in method.block.stmts if method.block is not None else ():
        if stmt.op == "if" and stmt.value is not None and stmt.blocks[0].stmts[-1].op == "return":
            yield from (e for e in walk(stmt.value) if e.op == "attr")


def _set_before(method: Scope, left: Stmt) -> set[str]:
    """The attributes that are something, and no longer false or None, when it fails."""
    return {
        source(target)
        for stmt in statements(method.block)
        if stmt.op == "assign"
        and stmt.ordinal < left.ordinal
        and stmt.value is not None
        and stmt.value.value not in _FALSE
        for target in stmt.targets
    }


def ended_on_failure(basis: Basis, method: Scope, depth: int = _DEPTH) -> bool:
    """Does the method itself end what was there before, or a caller in this file what it could not begin?

    Callers are followed as long as they are methods that only this file should call.
    """
    if any(_ends(basis, s) for s in statements(method.block)):
        return True
    for stmt in (e.stmt for e in basis.mentions(method.name) if e.op == "attr" and e.parent is not None):
        caller = stmt.scope.function
        inner = depth > 0 and method.name.startswith("_") and caller is not method and caller.kind == "function"
        if _guarded(basis, stmt) or (inner and ended_on_failure(basis, caller, depth - 1)):
            return True
    return False


def _ends(basis: Basis, stmt: Stmt) -> bool:
    return any(e.op == "call" and basis.apis.means("end_of_life_methods", source_name(e)) for e in stmt.flat)


def _guarded(basis: Basis, stmt: Stmt) -> bool:
    """In a `try` that ends something where it fails, or whatever happens."""
    return any(
        block.kind in ("handler", "finally") and any(_ends(basis, s) for s in statements(block))
        for _, owner in ancestors(stmt)
        if owner.op == "try"
        for block in owner.blocks
    )
