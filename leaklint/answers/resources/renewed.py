"""Opened anew though the old one is there, because a caller asks for it: `if force or self.session is None`."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.driver import callers
from leaklint.answers.opening.acquisitions import Acquisition, acquisitions
from leaklint.answers.releasing.fate import fate, resource_uses
from leaklint.answers.resources.reopened import Reopened, ended_before
from leaklint.meaning.basis import Basis
from leaklint.meaning.flow import LEAVING
from leaklint.meaning.names import Place
from leaklint.tree.ir import Expr, Stmt, ancestors, walk


def renewed(basis: Basis) -> Iterator[Reopened]:
    """Each that a parameter lets through where there is one already, and that is closed elsewhere, but not before."""
    for one in acquisitions(basis):
        function, row = one.stmt.scope.function, one.row
        if not row.name or function.kind != "function":
            continue
        for at in (one.stmt, *(call.stmt for call in callers(basis, function))):
            if _let_through(basis, one.place, at) and not _ended(basis, one, at):
                closes = (u for u in resource_uses(basis, one.place, row) if fate(basis, u, row) == "release")
                closed = next(closes, None)
                if closed is not None:
                    again = at if at is not one.stmt else None
                    yield Reopened(one.place, row, one.stmt, one.value, None, closed, again)
                break


def _ended(basis: Basis, one: Acquisition, at: Stmt) -> bool:
    within = one.stmt.scope.function
    return ended_before(basis, one, at.scope.function, at) or ended_before(basis, one, within, one.stmt)


def _let_through(basis: Basis, place: Place, at: Stmt) -> bool:
    """Does a test come to `at` though the place holds something: `if force or self.conn is None:`, `if self.conn and
    not renew: return`?"""
    for block, owner in ancestors(at):
        asks = owner.op == "if" and block is owner.blocks[0] and owner.value is not None
        if asks and owner.value is not None and _mentions(basis, place, owner.value):
            return _by_flag(basis, owner.value, "Or")
        before = (s for s in block.stmts if s.op == "if" and s.ordinal < at.ordinal and len(s.blocks) == 1)
        for stmt in before:
            leaves = stmt.blocks[0].stmts[-1].op in LEAVING
            if leaves and stmt.value is not None and _mentions(basis, place, stmt.value):
                return _by_flag(basis, stmt.value, "And")
    return False


def _mentions(basis: Basis, place: Place, test: Expr) -> bool:
    return any(basis.names.place(e) == place for e in walk(test))


def _by_flag(basis: Basis, test: Expr, how: str) -> bool:
    parts = test.args if test.op == "bool" and test.text == how else ()
    return any(_flag(basis, part, negated=how == "And") for part in parts)


def _flag(basis: Basis, part: Expr, *, negated: bool) -> bool:
    """A parameter by itself, or the contrary of one."""
    if negated:
        if part.op != "unary" or part.text != "Not":
            return False
        part = part.args[0]
    place = basis.names.place(part) if part.op == "name" else None
    return place is not None and len(place.path) == 1 and place.is_given
