"""The ways out of a function on which an entry that it has stored, or is to take out, is still there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from leaklint.answers.ways.faults import Faults
from leaklint.answers.ways.guards import Guards
from leaklint.answers.ways.handlers import catches_all, handles, in_handler
from leaklint.meaning.basis import Basis
from leaklint.meaning.branches import apart
from leaklint.meaning.flow import Effects, ExitKind, open_exits
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, source, statements, walk

_LOGGING = ("debug", "info", "warning", "error", "exception", "critical", "log")


def _never(_: Stmt) -> bool:
    return False


@dataclass(frozen=True)
class Exits:
    """The ways out of a function on which the entry is still there, since its insert or (`held`) from its beginning."""

    basis: Basis
    insert: Use
    function: Scope
    released: set[Stmt]
    held: bool = False

    def by_error(self, fails: Callable[[Stmt], bool]) -> Stmt | None:
        """What fails, or raises, on the first way out by an error, caught on the way or not."""
        return self._first("raise", fails, _never, False)

    def cancelled(self, waits: Callable[[Stmt], bool]) -> Stmt | None:
        """Where a cancellation passes the handlers that take the entry out."""
        return self._first("cancel", _never, _never, False, waits)

    def refused(self, fails: Callable[[Stmt], bool]) -> Stmt | None:
        """The same where the function itself gives up: it raises, or leaves from within a handler."""
        return self._first("raise", fails, _goes_on, True)

    def transient(self) -> bool:
        """Is the entry gone again whenever the function succeeds?"""
        kinds: tuple[ExitKind, ...] = ("end", "return")
        return not any(self._first(k, _never, lambda s: s.op == "return" and in_handler(s), False) for k in kinds)

    def ends(self) -> bool:
        """Is the entry gone when the function comes to its end?"""
        return self._first("end", _never, _never, False) is None

    def early(self) -> Stmt | None:
        """A return that leaves the entry, where the function's own end does not."""
        if not self.ends():
            return None
        return self._first("return", _never, in_handler, False)

    @cached_property
    def _guards(self) -> Guards:
        """What the entry makes of a test. A holder that is over has let go of all, or goes with it."""
        guards = Guards(self.basis, self.insert.place, self.insert.stmt)
        for stmt in statements(self.function.block):
            over = (e for e in stmt.flat if stmt.op == "if" and e.op == "attr" and self._over(e))
            guards.known |= {source(e): False for e in over}
            guards.known |= {source(e): e.text == "In" for e in stmt.flat if e.op == "compare" and self._asks(e)}
        return guards

    def _asks(self, test: Expr) -> bool:
        """`key in self.pending`, of the entry itself."""
        asked, holder = test.args[0], test.args[1]
        same = test.text in ("In", "NotIn") and source(asked) == source(self.insert.key)
        return same and self.basis.names.place(holder) == self.insert.place

    def _over(self, expr: Expr) -> bool:
        """`self._closed`, of the object that holds the container."""
        place, held = self.basis.names.place(expr), self.insert.place
        beside = (
            place is not None and place.scope is held.scope and place.scope.kind == "class" and len(place.path) == 1
        )
        return beside and self.basis.apis.means("closed_states", expr.text)

    @cached_property
    def _others(self) -> frozenset[Stmt]:
        """What stands before the insert, or in another branch, in a loop that stores one after the other: what fails
        there is about another one, and those before it are where they are to be."""
        inside = {s for loop in self._rounds for block in loop.blocks for s in statements(block)}
        stored = self.insert.stmt
        return frozenset(s for s in inside if s.ordinal < stored.ordinal or apart(s, stored))

    @cached_property
    def _rounds(self) -> frozenset[Stmt]:
        """The loops that store under a key of their own in each round, and behind which nothing is taken out."""
        around = {o for _, o in ancestors(self.insert.stmt) if o.op in ("for", "while")}
        named = (e for e in walk(self.insert.key) if e.op == "name") if self.insert.key is not None else ()
        bound = {b.stmt for e in named for b in self.basis.names.bindings(e.text, e.scope)}
        anew = {o for stmt in bound for o in (stmt, *(owner for _, owner in ancestors(stmt)))}
        later = [s for s in self.released if s.ordinal > self.insert.stmt.ordinal]
        kept = {loop for loop in around if any(loop not in [o for _, o in ancestors(s)] for s in later)}
        return frozenset(around & anew - kept)

    def _first(
        self,
        kind: ExitKind,
        fails: Callable[[Stmt], bool],
        leaves: Callable[[Stmt], bool],
        caught: bool,
        waits: Callable[[Stmt], bool] = _never,
    ) -> Stmt | None:
        """Where the entry is left behind by this kind of exit; statements that are told to leave take it along."""
        if self.function.block is None or not self.basis.budget:
            return None
        stored, released, others = self.insert.stmt, self.released, self._others

        def over(stmt: Stmt) -> bool:
            return stmt.op == "raise" and stmt in others

        effects = Effects(
            at=lambda s: "acquire" if s is stored else "release" if s in released or leaves(s) or over(s) else "",
            fallible=lambda s: s is not stored and s not in others and fails(s),
            narrow=self._guards.narrow,
            catches_all=lambda b: caught or catches_all(b) or any(s in released for s in statements(b)),
            waits=lambda s: s is not stored and s not in others and waits(s),
            handles=lambda b: handles(self.basis, b),
        )
        exits = open_exits(self.basis, self.function.block, effects, held=self.held)
        return next((e.stmt for e in exits if e.kind == kind), None)


def fails(basis: Basis, faults: Faults, stmt: Stmt) -> bool:
    """Does a statement do what may well fail: wait for something, or call what is neither known nor a mere look?"""
    return any(
        e.op != "call" or (basis.types.callee(e).receiver is None and not _mild(basis, e)) for e in faults.found(stmt)
    )


def talks(faults: Faults, stmt: Stmt) -> bool:
    """Does it wait for something that fails when the outside does: `await self.socket.send(request)`?"""
    return any(e.op == "await" for e in faults.found(stmt))


def _mild(basis: Basis, call: Expr) -> bool:
    """By its name a log call, or one that only changes a container."""
    method = call.args[0]
    return method.op == "attr" and (method.text in _LOGGING or method.text in basis.apis.container_methods)


def _goes_on(stmt: Stmt) -> bool:
    """A regular return, or a handler after which the function goes on."""
    if stmt.op == "return":
        return not in_handler(stmt)
    home = stmt.parent
    first = home is not None and home.kind == "handler" and home.stmts[0] is stmt
    return first and home is not None and home.stmts[-1].op not in ("return", "raise")


def caught(stmt: Stmt) -> bool:
    """In a `try` that has handlers."""
    return any(
        block.kind == "body" and owner.op == "try" and any(b.kind == "handler" for b in owner.blocks)
        for block, owner in ancestors(stmt)
    )
