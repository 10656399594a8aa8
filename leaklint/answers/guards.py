"""What does an open resource make of a test: is it true, false, or can it not be told?"""

from __future__ import annotations

from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.tree.ir import Block, Expr, Stmt, ancestors, is_none, source

_NAMESPACES = ("locals", "globals", "vars")


class Guards:
    """Tests of the resource itself, of a flag set beside it, of what it was acquired under."""

    def __init__(self, basis: Basis, place: Place, acquired: Stmt) -> None:
        self.basis, self.place = basis, place
        self.conditions: dict[str, Block] = {
            source(b.exprs[0]): b for b, _ in ancestors(acquired) if b.kind in ("body", "elif") and b.exprs
        }
        self.flags = _flags(acquired)

    def narrow(self, test: Expr) -> bool | None:
        if test.op == "unary" and test.text == "Not":
            return _opposite(self.narrow(test.args[0]))
        if test.op == "bool":
            known = [self.narrow(a) for a in test.args]
            decisive = test.text == "Or"
            return decisive if decisive in known else (None if None in known else not decisive)
        if test.op in ("name", "attr") and source(test) in self.flags:
            return self.flags[source(test)]
        if test.op == "compare":
            return self._compared(test)
        if self._refers(test):
            return True
        if test.op == "call" and test.args[0].text in ("hasattr", "getattr", "callable", "bool", "isinstance"):
            return True if any(self._refers(a) or self.narrow(a) for a in test.args[1:2]) else None
        state = self._state(test)
        return True if state is None and source(test) in self.conditions else state

    def _compared(self, test: Expr) -> bool | None:
        """`f is not None`, `"f" in locals()`, `process.returncode is None`."""
        left, right = test.args[0], test.args[1]
        positive = test.text in ("IsNot", "NotEqual")
        if is_none(right) and (self._refers(left) or self._state(left) is not None):
            return positive if self._refers(left) or self._state(left) else not positive
        named = left.text == "str" and left.value.strip("\"'") == self.place.path[0]
        if named and right.op == "call" and right.args[0].text in _NAMESPACES:
            return test.text == "In"
        return True if source(test) in self.conditions else None

    def _refers(self, expr: Expr) -> bool:
        return self.basis.names.place(expr) == self.place

    def _below(self, expr: Expr) -> bool:
        """Is it the resource, or a part of it: `client.transport.is_closing()`?"""
        place = self.basis.names.place(expr)
        depth = len(self.place.path)
        return place is not None and place.scope is self.place.scope and place.path[:depth] == self.place.path

    def _state(self, expr: Expr) -> bool | None:
        """`f.closed`, `client.port.isOpen()`: by its name an attribute or method that tells whether it is open."""
        if expr.op == "call" and len(expr.args) == 1:
            expr = expr.args[0]
        if expr.op != "attr" or not self._below(expr.args[0]):
            return None
        if self.basis.apis.means("closed_states", expr.text):
            return False
        return True if self.basis.apis.means("open_states", expr.text) else None


def _opposite(truth: bool | None) -> bool | None:
    return None if truth is None else not truth


def _flags(acquired: Stmt) -> dict[str, bool]:
    """Names that are set to a truth value beside the acquisition."""
    flags: dict[str, bool] = {}
    around = [acquired.parent] if acquired.parent is not None else []
    around += [owner.parent for _, owner in ancestors(acquired) if owner.parent is not None]
    for block in around:
        for stmt in block.stmts:
            value = stmt.value
            near = block is acquired.parent or stmt.ordinal > acquired.ordinal
            if near and stmt.op == "assign" and value is not None and value.op == "const" and value.text == "bool":
                flags |= {source(t): value.value == "True" for t in stmt.targets if t.op in ("name", "attr")}
    return flags
