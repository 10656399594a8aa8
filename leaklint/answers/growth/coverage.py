"""How far does a removal cover an insert: does the entry survive a way out of the function that stores it?

"There is a `pop` somewhere" says little. An entry that is stored and then waited for is taken out by whoever answers;
when nobody answers in time, it stays, unless the one who waits takes it out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from leaklint.answers.faults import Faults
from leaklint.answers.growth.sites import calls_for, references
from leaklint.answers.growth.waiting import stored
from leaklint.answers.guards import Guards
from leaklint.answers.handlers import catches_all, handles
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.flow import Effects, ExitKind, open_exits
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, source, statements, walk

GapKind = Literal["skipped", "cancelled", "returned", "timeout", "abandoned", "refused"]

_LOGGING = ("debug", "info", "warning", "error", "exception", "critical", "log")
_REACH = 3  # calls from the function that removes to the one that is asked about


def _never(_: Stmt) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Gap:
    """An entry that outlives a way out.

    `skipped`: the removal in the same function is not reached when something fails, `cancelled`: by a cancellation,
    which a handler that removes does not see, `returned`: because of a return;
    `timeout`: whoever waits for the entry gives up, `abandoned`: or is cancelled; `refused`: the function fails after
    it has stored the entry.
    """

    kind: GapKind
    insert: Use
    at: Stmt
    removal: Use


def gaps(basis: Basis, row: Row, grows: Sequence[Use], shrinks: Sequence[Use]) -> Iterator[Gap]:
    """The ways out of the storing functions on which the entry survives though something takes such entries out."""
    keyed = [s for s in shrinks if s.key is not None and s.key.op != "slice"]
    if not shrinks:
        return
    removers = {s.stmt.scope.function for s in shrinks}
    removing = reaching(basis, removers)
    others: dict[Scope, set[Scope]] = {}  # who removes, or calls who does, but by the storing function itself
    for insert in grows:
        function = insert.stmt.scope.function
        if not _leaves_by_itself(insert):
            continue
        here = [s for s in shrinks if s.stmt.scope.function is function and s.stmt is not insert.stmt]
        own = [s for s in here if _same_key(s, insert) and s.stmt.ordinal > insert.stmt.ordinal] if keyed else []
        if function not in others:
            others[function] = reaching(basis, removers - {function}, without=function)
        if _by_caller(basis, function, others[function]) or _nested_removal(basis, insert, shrinks):
            continue
        released = set(_removed(here, insert.stmt)) | set(_calling(basis, function, removing))
        faults = Faults(basis, insert.place, row, function)
        exits = _Exits(basis, insert, function, released)
        yield from _gaps_of(basis, faults, exits, own, keyed or [s for s in shrinks if s not in here])
    yield from _by_calls(basis, row, grows, keyed, removing)


def _leaves_by_itself(insert: Use) -> bool:
    """Does it stand in a function that may end after it, and not in the clean-up of something else?"""
    function, stmt = insert.stmt.scope.function, insert.stmt
    runs = function.kind == "function" and function.block is not None and insert.expr.scope.kind != "lambda"
    return runs and not _handling(stmt) and stmt.op not in ("return", "augassign")


def _by_calls(
    basis: Basis, row: Row, grows: Sequence[Use], keyed: Sequence[Use], removing: set[Scope]
) -> Iterator[Gap]:
    """The same of functions that store by a call, and take out by another one: `hub.connect(key)`, `hub.leave(key)`."""
    inserts = [c for c in calls_for(basis, grows) if _leaves_by_itself(c.use)] if keyed else []
    removals = list(calls_for(basis, keyed)) if inserts else []
    for insert in inserts:
        stmt, function = insert.use.stmt, insert.use.stmt.scope.function
        here = [r.use for r in removals if r.use.stmt.scope.function is function and r.entry == insert.entry]
        own = [r for r in here if r.stmt.ordinal > stmt.ordinal]
        if own:
            released = set(_removed(here, stmt)) | set(_calling(basis, function, removing))
            faults = Faults(basis, insert.use.place, row, function)
            exits = _Exits(basis, insert.use, function, released)
            yield from (g for g in _gaps_of(basis, faults, exits, own, own) if g.kind != "returned")


def _gaps_of(basis: Basis, faults: Faults, exits: _Exits, own: Sequence[Use], removals: Sequence[Use]) -> Iterator[Gap]:
    insert = exits.insert
    wanted = stored(basis, insert)
    if wanted.settled:  # it goes with what it waits for, when that comes to be at all
        unsent = exits.by_error(lambda s: _talks(faults, s) and not wanted.awaited(s) and not wanted.limited(s))
        if unsent is not None:
            yield Gap("skipped", insert, unsent, removals[0])
        return
    if own:
        finals = [o for removal in own for block, o in ancestors(removal.stmt) if block.kind == "finally"]
        if finals:  # it is guarded as far as its author thinks that something may fail
            before = exits.by_error(lambda s: _talks(faults, s)) if wanted.here else None
            if before is not None and not any(owner in finals for _, owner in ancestors(before)):
                yield Gap("skipped", insert, before, own[0])
        else:
            found = exits.by_error(lambda s: _fails(basis, faults, s))
            cancelled = exits.cancelled(faults.waits) if found is None or wanted.here else None
            if found is not None and exits.transient():
                yield Gap("skipped", insert, found, own[0])
            elif cancelled is not None:
                yield Gap("cancelled", insert, cancelled, own[0])
        early = exits.early() if len(own) == len(removals) else None
        if early is not None and _past(insert, early, finals):
            yield Gap("returned", insert, early, own[0])
        return
    keyed = any(s.key is not None for s in removals)
    refused = exits.refused(lambda s: _caught(s) and _fails(basis, faults, s)) if keyed else None
    waiting = exits.by_error(wanted.limited) if keyed or (removals and wanted.made) else None
    if refused is not None:
        yield Gap("refused", insert, refused, removals[0])
    elif waiting is not None:
        yield Gap("timeout", insert, waiting, removals[0])
    elif removals and wanted.made and (left := exits.cancelled(wanted.awaited)) is not None:
        yield Gap("abandoned", insert, left, removals[0])


@dataclass(frozen=True, slots=True)
class _Exits:
    """The ways out of a storing function on which the entry is still there."""

    basis: Basis
    insert: Use
    function: Scope
    released: set[Stmt]

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
        return not any(self._first(k, _never, lambda s: s.op == "return" and _handling(s), False) for k in kinds)

    def early(self) -> Stmt | None:
        """A return that leaves the entry, where the function's own end does not."""
        if self._first("end", _never, _never, False) is not None:
            return None
        return self._first("return", _never, _handling, False)

    def _first(
        self,
        kind: ExitKind,
        fails: Callable[[Stmt], bool],
        leaves: Callable[[Stmt], bool],
        caught: bool,
        waits: Callable[[Stmt], bool] = _never,
    ) -> Stmt | None:
        """Where the entry is left behind by this kind of exit; statements that are told to leave take it along."""
        stored, released = self.insert.stmt, self.released
        effects = Effects(
            at=lambda s: "acquire" if s is stored else "release" if s in released or leaves(s) else "",
            fallible=lambda s: s is not stored and fails(s),
            narrow=Guards(self.basis, self.insert.place, stored).narrow,
            swallows=_never,
            catches_all=lambda b: caught or catches_all(b) or any(s in released for s in statements(b)),
            stops=_never,
            waits=lambda s: s is not stored and waits(s),
            handles=lambda b: handles(self.basis, b),
        )
        exits = open_exits(self.function.block, effects) if self.function.block is not None else ()
        return next((e.stmt for e in exits if e.kind == kind), None)


def _fails(basis: Basis, faults: Faults, stmt: Stmt) -> bool:
    """Does a statement do what may well fail: wait for something, or call what is neither known nor a mere look?"""
    return any(
        e.op != "call" or (basis.types.callee(e).receiver is None and not _mild(basis, e)) for e in faults.found(stmt)
    )


def _talks(faults: Faults, stmt: Stmt) -> bool:
    """Does it wait for something that fails when the outside does: `await self.socket.send(request)`?"""
    return any(e.op == "await" for e in faults.found(stmt))


def _mild(basis: Basis, call: Expr) -> bool:
    """By its name a log call, or one that only changes a container."""
    method = call.args[0]
    return method.op == "attr" and (method.text in _LOGGING or method.text in basis.apis.container_methods)


def _goes_on(stmt: Stmt) -> bool:
    """A regular return, or a handler after which the function goes on."""
    if stmt.op == "return":
        return not _handling(stmt)
    home = stmt.parent
    first = home is not None and home.kind == "handler" and home.stmts[0] is stmt
    return first and home is not None and home.stmts[-1].op not in ("return", "raise")


def _caught(stmt: Stmt) -> bool:
    """In a `try` that has handlers."""
    return any(
        block.kind == "body" and owner.op == "try" and any(b.kind == "handler" for b in owner.blocks)
        for block, owner in ancestors(stmt)
    )


def _removed(removals: Sequence[Use], stored: Stmt) -> Iterator[Stmt]:
    """Where the entry is taken out: at the head of a loop through what has been stored, which is taken to run."""
    around = {owner for _, owner in ancestors(stored)}
    for removal in removals:
        yield removal.stmt
        yield from (o for _, o in ancestors(removal.stmt) if o.op == "for" and o not in around)


def _handling(stmt: Stmt) -> bool:
    return any(block.kind == "handler" for block, _ in ancestors(stmt))


def _past(insert: Use, left: Stmt, finals: Sequence[Stmt]) -> bool:
    """Does a way out branch off behind the insert, and outside every `try` whose end takes the entry out?

    A branch that stores and then returns means to leave the entry.
    """
    around = list(ancestors(left))
    return any(b is insert.stmt.parent for b, _ in around[1:]) and not any(owner in finals for _, owner in around)


def _same_key(removal: Use, insert: Use) -> bool:
    return removal.key is None or source(removal.key) == source(insert.key)


def reaching(basis: Basis, functions: set[Scope], without: Scope | None = None) -> set[Scope]:
    """These functions and those of the module that call them, through a few calls, but not through `without`."""
    found, fresh = set(functions), set(functions)
    for _ in range(_REACH):
        fresh = {c for f in fresh if f is not without for c in _callers(basis, f)} - found
        found |= fresh
    return found


def _callers(basis: Basis, function: Scope) -> Iterator[Scope]:
    return (expr.stmt.scope.function for expr in references(basis, function))


def _calling(basis: Basis, function: Scope, removing: set[Scope]) -> Iterator[Stmt]:
    """Statements of a function that call, or hand on, a function which removes; or define one."""
    for stmt in statements(function.block):
        if (stmt.inner is not None and stmt.inner in removing) or any(
            e.op in ("name", "attr") and basis.names.local(e) in removing for e in stmt.flat
        ):
            yield stmt


def _by_caller(basis: Basis, function: Scope, removing: set[Scope]) -> bool:
    """Does who calls the storing function clean up after it?"""
    return any(c in removing and c is not function for c in _callers(basis, function))


def _nested_removal(basis: Basis, insert: Use, shrinks: Sequence[Use]) -> bool:
    """A removal of this very entry in a function within: a callback, which runs whenever it is called."""
    function = insert.stmt.scope.function
    nested = (s for s in shrinks if s.stmt.scope.function is not function and _within(s.stmt.scope.function, function))
    return any(s.key is None or s.key.op == "slice" or _closes_over(basis, s.key, function) for s in nested)


def _closes_over(basis: Basis, key: Expr, function: Scope) -> bool:
    """Is a key made of what the outer function binds?"""
    return any(e.op == "name" and basis.names.scope_of(e.text, e.scope) is function for e in walk(key))


def _within(scope: Scope, function: Scope) -> bool:
    outer: Scope | None = scope
    while outer is not None and outer is not function:
        outer = outer.parent
    return outer is function
