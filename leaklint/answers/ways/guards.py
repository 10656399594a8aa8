"""What does an open resource make of a test: is it true, false, or can it not be told?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import text_of
from leaklint.tree.ir import Expr, Stmt, ancestors, is_none, source, statements

_ASKING = ("hasattr", "getattr", "callable", "bool", "isinstance", "exists", "isdir", "isfile", "iscoroutine")
_APART = ("IsNot", "NotEqual")
_NAMESPACES = ("locals", "globals", "vars")


class Guards:
    """Tests of the resource itself, of a flag set beside it, of what it was acquired under."""

    def __init__(self, basis: Basis, place: Place, acquired: Stmt, releases: Collection[Stmt] = ()) -> None:
        self.basis, self.place = basis, place
        self.known = dict(_under(acquired))
        self.known |= dict(_otherwise(acquired.value))
        # `transport, protocol = await connect(Protocol)`: what came with it is there too, and of that type
        self.beside = {source(part) for t in acquired.targets if t.op == "tuple" for part in t.args}
        self.known |= dict(self._flags(acquired))
        flags = dict(flag for stmt in releases for flag in _cleared(stmt))
        self.kept = {s for s in statements(acquired.scope.function.block) if _turned(s, flags)} if flags else set()
        if self.kept:
            self.known |= flags

    def narrow(self, test: Expr) -> bool | None:
        if test.op == "unary" and test.text == "Not":
            return _opposite(self.narrow(test.args[0]))
        if test.op == "bool":
            known = [self.narrow(a) for a in test.args]
            decisive = test.text == "Or"
            return decisive if decisive in known else (None if None in known else not decisive)
        if test.op == "compare":
            return self._compared(test)
        if self._refers(test) or source(test) in self.beside:  # `db, own = open_one()`, `if own:`
            return True
        asked = test.op == "call" and test.args[0].text in _ASKING
        if asked and any(self._refers(a) or self.narrow(a) or source(a) in self.beside for a in test.args[1:2]):
            return True
        state = self._state(test)
        return self.known.get(source(test)) if state is None else state

    def _compared(self, test: Expr) -> bool | None:
        """`f is not None`, `"f" in locals()`, `process.returncode is None`."""
        left, right = test.args[0], test.args[1]
        positive = test.text in _APART
        if is_none(right) and (self._refers(left) or self._state(left) is not None):
            return positive if self._refers(left) or self._state(left) else not positive
        if self._refers(left) and right.op in ("name", "attr") and test.text in ("Is", "Equal", *_APART):
            return positive  # `if f is not sys.stdout`: what is opened here is nothing that was there before
        named = text_of(left) == self.place.path[0]
        if named and right.op == "call" and right.args[0].text in _NAMESPACES:
            return test.text == "In"
        return self._before(test)

    def _before(self, test: Expr) -> bool | None:
        """What a test gave before the acquisition: `own = client is None`, then `client = client or make()`."""
        if test.op == "compare" and is_none(test.args[1]) and self.known.get(source(test.args[0])) is False:
            return test.text not in _APART
        if test.op == "unary" and test.text == "Not":
            return _opposite(self._before(test.args[0]))
        return self.known.get(source(test))

    def _flags(self, acquired: Stmt) -> Iterator[tuple[str, bool]]:
        """Names that are set to a truth value beside the acquisition, or before it to what it was acquired under."""
        around = [acquired.parent] if acquired.parent is not None else []
        around += [owner.parent for _, owner in ancestors(acquired) if owner.parent is not None]
        for block in around:
            for stmt in block.stmts:
                value = stmt.value
                if stmt.op != "assign" or value is None:
                    continue
                near = block is acquired.parent or stmt.ordinal > acquired.ordinal or self._settled(stmt, acquired)
                truth = value.value == "True" if near and value.op == "const" and value.text == "bool" else None
                if truth is None and value.op in ("compare", "unary"):
                    truth = self._before(value)
                if truth is not None:
                    yield from ((source(t), truth) for t in stmt.targets if t.op in ("name", "attr"))

    def _settled(self, flag: Stmt, acquired: Stmt) -> bool:
        """Is it set anew in other branches only than the one that acquires?"""
        branches = {owner: block for block, owner in ancestors(acquired) if owner.op == "if"}
        binds = (
            u.stmt
            for t in flag.targets
            if (place := self.basis.names.place(t)) is not None
            for u in self.basis.all_uses(place)
            if u.verb == "bind" and u.stmt is not flag
        )
        return all(any(branches.get(o, b) is not b for b, o in ancestors(bind)) for bind in binds)

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


def _cleared(release: Stmt) -> Iterator[tuple[str, bool]]:
    """The flags under which a handler or `finally` releases it: `finally: if not done: sock.close()`."""
    for block, owner in ancestors(release):
        test = owner.value if owner.op == "if" and block is owner.blocks[0] else None
        if test is not None and any(b.kind in ("handler", "finally") for b, _ in ancestors(owner)):
            for part in test.args if test.op == "bool" and test.text == "And" else (test,):
                negated = part.op == "unary" and part.text == "Not"
                flag = part.args[0] if negated else part
                if flag.op == "name":
                    yield flag.text, not negated


def _turned(stmt: Stmt, flags: Mapping[str, bool]) -> bool:
    """Does it say that it is kept from now on: `done = True`?"""
    value = stmt.value if stmt.op == "assign" else None
    turned = value is not None and value.op == "const" and value.text == "bool"
    return turned and any(
        t.op == "name" and t.text in flags and (value is not None and value.value == "True") != flags[t.text]
        for t in stmt.targets
    )


def _under(acquired: Stmt) -> Iterator[tuple[str, bool]]:
    """What the tests gave under which it is acquired: that of its branch, and those of the branches before."""
    for block, owner in ancestors(acquired):
        for branch in owner.blocks:
            if branch.exprs and owner.op in ("if", "while"):
                yield source(branch.exprs[0]), branch is block
            if branch is block:
                break


def _opposite(truth: bool | None) -> bool | None:
    return None if truth is None else not truth


def _otherwise(value: Expr | None) -> Iterator[tuple[str, bool]]:
    """What is known where the part of a value that acquires is evaluated: `given or make()`, `make() if own else x`."""
    while value is not None and value.op == "await":
        value = value.args[0]
    if value is not None and value.op == "bool" and value.text == "Or":
        yield from ((source(one), False) for one in value.args[:-1] if one.op in ("name", "attr"))
    if value is not None and value.op == "if":
        yield source(value.args[1]), value.args[0].op in ("call", "await")
