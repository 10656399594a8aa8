"""What is known to be true, or false, when a statement runs: by the branches around it, and those that left before."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.flow import LEAVING
from leaklint.tree.ir import Expr, Stmt


def known(stmt: Stmt) -> Iterator[tuple[Expr, bool]]:
    """Tests, taken apart at `not`, `and` and `or` where each part is known for certain."""
    for test, truth in _tests(stmt):
        yield from _parts(test, truth)


def _tests(stmt: Stmt) -> Iterator[tuple[Expr, bool]]:
    below: Stmt | None = stmt
    while below is stmt or (below is not None and below.op not in ("def", "class")):
        home = below.parent
        for earlier in home.stmts if home is not None else ():
            if earlier is below:
                break
            if earlier.op == "if" and earlier.value is not None and len(earlier.blocks) == 1 and _leaves(earlier):
                yield earlier.value, False
        below = home.parent if home is not None else None
        if below is not None and below.op == "if" and below.value is not None:
            if home is below.blocks[0]:
                yield below.value, True
            elif len(below.blocks) == 2:
                yield below.value, False


def _leaves(stmt: Stmt) -> bool:
    body = stmt.blocks[0].stmts
    return bool(body) and body[-1].op in LEAVING


def _parts(test: Expr, truth: bool) -> Iterator[tuple[Expr, bool]]:
    if test.op == "unary" and test.text == "Not":
        yield from _parts(test.args[0], not truth)
    elif test.op == "bool" and (test.text == "And") is truth:
        for part in test.args:
            yield from _parts(part, truth)
    else:
        yield test, truth
