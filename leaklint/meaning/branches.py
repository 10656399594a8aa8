"""Which statements never run, and which of two never run both?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from leaklint.meaning.flow import LEAVING
from leaklint.tree.ir import Stmt, ancestors, source


def unreachable(stmts: Iterable[Stmt]) -> frozenset[Stmt]:
    """Of statements in source order, those that never run: after a way out of their block, and all below such ones."""
    found: set[Stmt] = set()
    for stmt in stmts:
        for block in stmt.blocks:
            over = stmt in found
            for inner in block.stmts:
                if over:
                    found.add(inner)
                over = over or inner.op in LEAVING
    return frozenset(found)


def apart(one: Stmt, other: Stmt) -> bool:
    """In different branches, or under tests of the same thing against different constants: where one runs the other
    does not."""
    blocks = {owner: block for block, owner in ancestors(one) if owner.op == "if"}
    if any(blocks.get(owner, block) is not block for block, owner in ancestors(other)):
        return True
    told = dict(_told(one))
    return any(told.get(what, value) != value for what, value in _told(other))


def _told(stmt: Stmt) -> Iterator[tuple[str, str]]:
    """What is known where a statement runs: `kind == "end"`, by itself or with something else."""
    for block, owner in ancestors(stmt):
        test = block.exprs[0] if owner.op in ("if", "while") and block.exprs else None
        both = test is not None and test.op == "bool" and test.text == "And"
        for part in (test.args if both else (test,)) if test is not None else ():
            if part.op == "compare" and part.text == "Equal" and len(part.args) == 2 and part.args[1].op == "const":
                yield source(part.args[0]), source(part.args[1])
