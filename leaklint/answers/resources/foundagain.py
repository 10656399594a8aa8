"""What is made only where there is none yet, and put where it is looked for: one, however often the function runs."""

from __future__ import annotations

from collections.abc import Iterable

from leaklint.answers.shared import of_class
from leaklint.meaning.basis import Basis
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Expr, Stmt, ancestors, flat_of, source, statements, walk


def found_again(basis: Basis, call: Expr) -> bool:
    """Does what a call makes take the place of what there was none of, for the thread or for the process?"""
    return _of_thread(basis, call) or _of_process(basis, call)


def _of_thread(basis: Basis, call: Expr) -> bool:
    """`set_event_loop(loop)`, in a handler of what looks for one or under a test of the one that was found."""
    stmt = call.stmt
    place = basis.names.place(stmt.targets[0]) if stmt.op == "assign" and stmt.value is call else None
    body = stmt.scope.function.block
    if place is None or body is None:
        return False
    given = (e for s in statements(body) for e in s.flat if e.op == "call" and len(e.args) == 2)
    rows = (basis.types.callee(e).row for e in given if basis.names.place(e.args[1]) == place)
    finders = {row.found_by for row in rows if row is not None and row.found_by}
    return any(
        (block.kind == "handler" and _looks(basis, statements(owner.blocks[0]), finders))
        or (owner.op == "if" and _of_found(basis, block.exprs, stmt, finders))
        for block, owner in ancestors(stmt)
    )


def _looks(basis: Basis, stmts: Iterable[Stmt], finders: set[str]) -> bool:
    return any(_finds(basis, e, finders) for s in stmts for e in flat_of(s))


def _finds(basis: Basis, expr: Expr, finders: set[str]) -> bool:
    return expr.op == "call" and basis.names.qualified(expr.args[0]) in finders


def _of_found(basis: Basis, tests: Iterable[Expr], made: Stmt, finders: set[str]) -> bool:
    """`loop = get_event_loop()`, then `if loop.is_closed():`."""
    names = (e for t in tests for e in walk(t) if e.op == "name" and e.text == source_name(made.targets[0]))
    values = (v for e in names if (p := basis.names.place(e)) is not None for v in basis.types.bound_values(p))
    return any(_finds(basis, v, finders) for v in values)


def _of_process(basis: Basis, call: Expr) -> bool:
    """`if Store._data is None: Store._data = Manager().dict()`."""
    stmt = call.stmt
    target = stmt.targets[0] if stmt.op == "assign" and len(stmt.targets) == 1 else None
    place = basis.names.place(target) if target is not None else None
    if target is None or place is None or not (place.scope.kind == "module" or of_class(basis, place)):
        return False
    tests = (e for block, owner in ancestors(stmt) if owner.op == "if" for e in block.exprs)
    kept = source(target)
    return any(e.op in ("name", "attr") and source(e) == kept for t in tests for e in walk(t))
