"""What may raise between the acquisition of a resource and its release?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from leaklint.answers.opening.openers import acquired
from leaklint.answers.releasing.fate import manages
from leaklint.answers.releasing.lending import called, given, is_file
from leaklint.answers.ways.failing import fails, refuses
from leaklint.answers.ways.handlers import contained
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, statements


class Faults:
    """Statements of one function that may raise while a resource is open.

    Any call may, that rows do not know to be harmless. `likely` ones are those that talk to the outside: an await, a
    call of or with the resource or what was made of it, another acquisition, a callback, a function here that raises.
    """

    def __init__(self, basis: Basis, place: Place, row: Row, function: Scope) -> None:
        self.basis, self.place, self.row, self.function = basis, place, row, function

    def any(self, stmt: Stmt) -> Expr | None:
        """The first thing in a statement's header that may raise: an await, or a call not known to be harmless."""
        return next(self.found(stmt), None)

    def likely(self, stmt: Stmt) -> Expr | None:
        """The first of them that has to do with the resource, or is another acquisition, and fails with the outside."""
        touched: set[int] | None = None
        for expr in self.found(stmt):
            if expr.op != "call" or self._last_word(expr):
                return expr
            if not self._fails(expr):
                continue
            if touched is None:
                touched = self._touching(stmt)
            if id(expr) in touched or acquired(self.basis, expr) is not None or self.foreign(expr):
                return expr
        return None

    def telling(self, stmt: Stmt) -> Expr | None:
        """What convinces most of them: that waits for the outside, or does what fails sooner or later."""
        named = [e for e in self.found(stmt) if e.op != "call" or self._fails(e)]
        return min(named, key=self._conviction, default=None)

    def _fails(self, call: Expr) -> bool:
        if closed_when_dropped(self.basis, self.row) and not self._outside(call):
            return False  # what its data may be like, and what the disk may do, is no reason to guard it
        return fails(self.basis, call) or self._works(call)

    def _outside(self, call: Expr) -> bool:
        """Is it more than reading, writing and computing: another acquisition, other people's code, a peer?"""
        if acquired(self.basis, call) is not None or self.foreign(call):
            return True
        return self.basis.apis.means("outside_steps", called(self.basis, call))

    def _works(self, call: Expr) -> bool:
        """`serve(sock)`: what nobody knows is given a resource that rows know, to do the work."""
        callee, names = self.basis.types.callee(call), self.basis.names
        if not self.row.name or callee.row is not None or callee.local is not None or callee.receiver is not None:
            return False
        lower = called(self.basis, call).lstrip("_")[:1].islower()
        return lower and any(arg.op == "name" and names.place(arg) == self.place for arg in call.args[1:])

    def _conviction(self, step: Expr) -> int:
        return 0 if step.op != "call" else 1 if self.basis.apis.means("failing_steps", called(self.basis, step)) else 2

    def waits(self, stmt: Stmt) -> bool:
        """Does the function wait here, so that a cancellation may be raised?"""
        if stmt.op in ("def", "class") or _cleaning(stmt):
            return False
        of_block = manages(self.basis, stmt.scope.function) or any(
            e.op == "yield" and self._provides(e) for e in stmt.flat
        )
        waiting = ("await", "yield") if of_block and stmt.scope.function.is_async else ("await",)
        plain = any(e.op in waiting and e.scope.kind != "lambda" for e in stmt.flat)
        return plain or (stmt.is_async and stmt.op in ("for", "with"))

    def found(self, stmt: Stmt) -> Iterator[Expr]:
        """Everything in a statement's header that may raise, in the order of evaluation."""
        if stmt.op in ("def", "class", "import", "global", "raise"):
            return
        if _cleaning(stmt):
            yield from (e for e in stmt.flat if self._last_word(e))
            return
        for expr in stmt.flat:
            if expr.scope.kind == "lambda":
                continue
            inner = expr.args[0] if expr.op == "await" else expr
            if expr.op in ("await", "call") and (inner.op != "call" or not self._harmless(inner)):
                yield expr
            elif expr.op == "yield" and (manages(self.basis, stmt.scope.function) or self._provides(expr)):
                yield expr  # what is raised in the `with` block comes in here
        if stmt.is_async and stmt.op == "for" and stmt.value is not None:
            yield stmt.value
        if stmt.is_async and stmt.op == "with":
            yield from (v for v, _ in stmt.items if v.op != "call" or not self._harmless(v))

    def _last_word(self, expr: Expr) -> bool:
        """In a `finally`, what is told to a peer or disk that may be gone: `await writer.drain()`, `db.commit()`."""
        if expr.op != "call" or expr.args[0].op != "attr" or expr.stmt.parent is None:
            return False
        told = self.basis.apis.means("last_words", expr.args[0].text)
        return told and expr.stmt.parent.kind == "finally"

    def _provides(self, expr: Expr) -> bool:
        """The generator is given to somebody who makes a context manager of it, as in `Depends(get_db)`."""
        plain = self.function.stmt is not None and not self.function.stmt.decorators
        return plain and bool(expr.args) and self.basis.names.place(expr.args[0]) == self.place

    def _harmless(self, call: Expr) -> bool:
        """A call that cannot fail in practice: rows say so, or its name does."""
        callee = self.basis.types.callee(call)
        if callee.row is not None:
            return not callee.row.raises
        if _any_port(call):
            return True
        if callee.local is not None and callee.local.is_async and (call.parent is None or call.parent.op != "await"):
            return True  # makes a coroutine, and runs nothing yet
        if callee.local is not None and contained(callee.local):
            return True
        if callee.receiver is not None:
            quiet = callee.method in (*callee.receiver.quiet, *callee.receiver.release)
            quiet = quiet or (
                is_file(self.basis, callee.receiver) and self.basis.apis.means("disk_methods", callee.method)
            )
            # what a name is bound to later may be of another kind: `parts = list(parts.values())`
            return quiet or self.basis.apis.means("harmless_calls", called(self.basis, call))
        if callee.local is None and (self._by_name(call) or _merges(call) or _lenient(call)):
            return True
        receiver = call.args[0].args[0] if call.args[0].op == "attr" else None
        plain = receiver is not None and receiver.op == "attr" and callee.method in self._plain
        return plain or callee.method in self.row.release or self._looks(callee.method)

    def _looks(self, method: str) -> bool:
        return self.basis.apis.means("open_states", method) or self.basis.apis.means("closed_states", method)

    def _by_name(self, call: Expr) -> bool:
        """`log.info(...)`, `sock.getsockname()`, and what is only asked for: `self.get_settings()`."""
        name, means = called(self.basis, call), self.basis.apis.means
        awaited = call.parent is not None and call.parent.op == "await"
        return means("harmless_calls", name) or (len(call.args) == 1 and not awaited and means("bare_getters", name))

    @cached_property
    def _plain(self) -> frozenset[str]:
        """What is asked of a part that is most likely text or a mapping: `response.headers.get("x")`."""
        builtins = (self.basis.apis.get(f"builtins.{name}") for name in ("dict", "list", "set", "str"))
        return frozenset(method for row in builtins if row is not None for method in row.quiet)

    @cached_property
    def _derived(self) -> frozenset[Place]:
        """The resource, and the names bound to what was made of it: `cursor = connection.cursor()`."""
        found = {self.place}
        for stmt in statements(self.function.block):
            if stmt.op in ("assign", "with", "for") and any(self.basis.names.place(e) in found for e in stmt.flat):
                places = (self.basis.names.place(e) for e in _bound(stmt))
                found.update(p for p in places if p is not None and p.scope is self.function)
        return frozenset(found)

    def _touching(self, stmt: Stmt) -> set[int]:
        """Ids of the calls of a statement that the resource takes part in."""
        found: set[int] = set()
        for expr in stmt.flat:
            if expr.op in ("name", "attr") and self.basis.names.place(expr) in self._derived:
                node: Expr | None = expr
                while node is not None and id(node) not in found:
                    found.add(id(node))
                    node = node.parent
        return found

    def foreign(self, call: Expr) -> bool:
        """Other people's code, that was handed in; or a function of this module in whose body something is raised."""
        if call.op != "call":
            return False
        local = self.basis.types.callee(call).local
        return refuses(local) if local is not None else given(self.basis, call)


def closed_when_dropped(basis: Basis, row: Row) -> bool:
    """A file of which nobody else knows is closed by CPython as soon as a function is left by an error, or an object is
    not finished."""
    return is_file(basis, row) and not row.closer and not row.awaited


def _bound(stmt: Stmt) -> Iterator[Expr]:
    stack = [*stmt.targets, *(t for _, t in stmt.items if t is not None)]
    while stack:
        target = stack.pop()
        if target.op in ("tuple", "list", "starred"):
            stack.extend(target.args)
        elif target.op == "name":
            yield target


def _merges(call: Expr) -> bool:
    """`headers.update({"a": "b"})`: a mapping takes in what is written there."""
    return call.args[0].text == "update" and all(arg.op == "dict" for arg in call.args[1:])


def _lenient(call: Expr) -> bool:
    """`data.decode("utf-8", errors="replace")`: what it cannot read it puts up with."""
    return call.args[0].text in ("decode", "encode") and "errors" in call.names


def _any_port(call: Expr) -> bool:
    """`sock.bind(("", 0))`: one is always free."""
    address = call.args[1] if call.args[0].text == "bind" and len(call.args) == 2 else None
    port = address.args[1] if address is not None and address.op == "tuple" and len(address.args) > 1 else None
    return port is not None and port.op == "const" and port.value == "0"


def _cleaning(stmt: Stmt) -> bool:
    """In a handler or `finally`, whose own calls are taken to succeed: nobody guards the clean-up of the clean-up.
    Unless a `try` there says that they may fail."""
    for block, owner in ancestors(stmt):
        if block.kind in ("handler", "finally"):
            return True
        if owner.op == "try" and block.kind == "body" and any(b.kind == "handler" for b in owner.blocks):
            return False
    return False
