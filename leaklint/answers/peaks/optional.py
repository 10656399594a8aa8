"""Libraries that a module can do without, and that it imports all the same, for one or two of its functions; and
middle-sized ones that it needs in one of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from leaklint.answers.peaks.imports import MISSING, Import, at_top, for_types, is_heavy, serves, used, weighs
from leaklint.meaning.basis import NO, Answer, Basis, Clue
from leaklint.tree.ir import Stmt, ancestors, flat_of

_FEW = 2  # functions
_MUCH = 50  # megabytes, that a service is spared


def seldom_needed(basis: Basis) -> Iterator[Import]:
    """Imports of which at most two functions make use, and no more than a third of all: of a library that may be
    missing, of one that another function imports for itself, or of one that the rest of a service does not need."""
    if any(e.text == "__name__" for s in basis.module.stmts if s.op == "if" for e in flat_of(s)):
        return
    functions = [s for s in basis.module.scopes if s.kind == "function"]
    for library, stmts in at_top(basis, weighs, conditional=True).items():
        found = used(basis, library, stmts)
        if not found.users or len(found.users) > min(_FEW, len(functions) // 3):
            continue
        light = _optional(stmts) or _late(basis, library, [s for s, _ in stmts])
        if not light and _much(basis, library) and len(found.users) == 1 and not any(_aside(s) for s, _ in stmts):
            light = serves(functions, set(found.users))
        if light:
            yield replace(found, functions=len(functions), light=light)


def _aside(stmt: Stmt) -> bool:
    return any(True for _ in ancestors(stmt))


def _much(basis: Basis, library: str) -> bool:
    row = basis.apis.get(library)
    return row is not None and row.megabytes >= _MUCH


def _optional(stmts: list[tuple[Stmt, str]]) -> Answer:
    """Is each import in a `try` that catches that it is missing?"""
    trying = None
    for stmt, _ in stmts:
        block, owner = next(ancestors(stmt), (None, None))
        handlers = [b for b in owner.blocks if b.kind == "handler"] if owner is not None and owner.op == "try" else []
        if block is None or block.kind != "body" or not any(e.text in MISSING for b in handlers for e in b.exprs):
            return NO
        trying = trying or owner
    return Answer("optional", (Clue(trying, "sibling", "optional"),) if trying is not None else ())


def _late(basis: Basis, library: str, stmts: list[Stmt]) -> Answer:
    """Does a function import the same library for itself, or does the module for annotations alone?"""
    if is_heavy(basis, library) or any(map(_aside, stmts)):
        return NO
    for scope in basis.module.scopes:
        for binding in (b for found in scope.bindings.values() for b in found if b.how == "import"):
            late = scope.function.kind == "function" or for_types(basis, binding.stmt)
            if late and binding.target.partition(".")[0] == library and binding.stmt not in stmts:
                return Answer("late", (Clue(binding.stmt, "sibling", "late", {"other": library}),), library)
    return NO
