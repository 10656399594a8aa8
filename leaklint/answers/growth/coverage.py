"""How far does a removal cover an insert: does the entry survive a way out of the function that stores it?

"There is a `pop` somewhere" says little. An entry that is stored and then waited for is taken out by whoever answers;
when nobody answers in time, it stays, unless the one who waits takes it out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from leaklint.answers.growth import record
from leaklint.answers.growth.exits import Exits, caught, fails, talks
from leaklint.answers.growth.queues import in_turn
from leaklint.answers.growth.sites import calls_for, references
from leaklint.answers.growth.waiting import Stored, started, stored
from leaklint.answers.ways.faults import Faults
from leaklint.answers.ways.handlers import in_handler, when_cancelled
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.branches import apart
from leaklint.meaning.flow import LEAVING
from leaklint.meaning.names import ELEMENT
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, source, statements, walk

GapKind = Literal[
    "skipped",
    "cancelled",
    "returned",
    "timeout",
    "abandoned",
    "refused",
    "run",
    "rejected",
    "called_off",
    "looked_up",
    "late",
]

_REACH = 3  # calls from the function that removes to the one that is asked about


@dataclass(frozen=True, slots=True)
class Gap:
    """An entry that outlives a way out.

    `skipped`: the removal in the same function is not reached when something fails, `cancelled`: by a cancellation,
    which a handler that removes does not see, `returned`: because of a return;
    `timeout`: whoever waits for the entry gives up, `abandoned`: or is cancelled; `refused`: the function fails after
    it has stored the entry; `run`: the task that is the entry fails, or returns, before it takes itself out;
    `rejected`: the function says no to who brought it; `called_off`: the timer that takes it out is cancelled;
    `looked_up`: a function in which it ends only reads it; `late`: who would take it out has given up waiting.
    """

    kind: GapKind
    insert: Use
    at: Stmt
    removal: Use
    waiter: Scope | None = None  # where the entry is to go whatever happens; None: it stays when all goes well


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
        if not basis.budget:
            return  # no way out is found any more
        if not _leaves_by_itself(insert) or (in_handler(insert.stmt) and not stored(basis, insert).made):
            continue
        here = [s for s in shrinks if s.stmt.scope.function is function and s.stmt is not insert.stmt]
        own = [s for s in here if _same_key(basis, s, insert) and _behind(s, insert)] if keyed else []
        if function not in others:
            others[function] = reaching(basis, removers - {function}, without=function)
        if _by_caller(basis, function, others[function]) or _nested_removal(basis, insert, shrinks):
            continue
        removals = keyed or [s for s in shrinks if s not in here]
        if not removals or any(_begins_anew(s, insert) for s in here):
            continue
        released = set(_removed(basis, here, insert)) | set(_calling(basis, function, removing))
        faults = Faults(basis, insert.place, row, function)
        exits = Exits(basis, insert, function, released)
        yield from _gaps_of(basis, faults, exits, own, removals)
    yield from _by_calls(basis, row, grows, keyed, removing)
    yield from _by_runs(basis, row, grows, keyed)


def _leaves_by_itself(insert: Use) -> bool:
    """Does it stand in a function that may end after it?"""
    function, stmt = insert.stmt.scope.function, insert.stmt
    runs = function.kind == "function" and function.block is not None and insert.expr.scope.kind != "lambda"
    return runs and stmt.op not in ("return", "augassign")


def _by_calls(
    basis: Basis, row: Row, grows: Sequence[Use], keyed: Sequence[Use], removing: set[Scope]
) -> Iterator[Gap]:
    """The same of functions that store by a call, and take out by another one: `hub.connect(key)`, `hub.leave(key)`."""
    calls = (c for c in calls_for(basis, grows) if not in_handler(c.use.stmt)) if keyed else ()
    inserts = [c for c in calls if _leaves_by_itself(c.use)]
    removals = list(calls_for(basis, keyed)) if inserts else []
    for insert in inserts:
        function = insert.use.stmt.scope.function
        here = [r.use for r in removals if r.use.stmt.scope.function is function and r.entry == insert.entry]
        own = [r for r in here if _behind(r, insert.use)]
        if own:
            released = set(_removed(basis, here, insert.use)) | set(_calling(basis, function, removing))
            faults = Faults(basis, insert.use.place, row, function)
            exits = Exits(basis, insert.use, function, released)
            yield from (g for g in _gaps_of(basis, faults, exits, own, own) if g.kind != "returned")


def _by_runs(basis: Basis, row: Row, grows: Sequence[Use], keyed: Sequence[Use]) -> Iterator[Gap]:
    """The same of tasks and threads that are to take themselves out: `tasks[key] = create_task(self._run(key))`."""
    for insert in grows if keyed else ():
        runs = started(basis, insert)
        own = [s for s in keyed if s.stmt.scope.function is runs]
        if runs is None or not own or stored(basis, insert).settled or any(sweeps(basis, s) for s in keyed):
            continue
        faults = Faults(basis, insert.place, row, runs)
        exits = Exits(basis, insert, runs, {s.stmt for s in own}, held=True)
        at = exits.early() or exits.by_error(lambda s, f=faults: fails(basis, f, s))  # type: ignore[misc]
        if at is not None and exits.ends():
            yield Gap("run", insert, at, own[0], runs)


def sweeps(basis: Basis, removal: Use) -> bool:
    """Does it take out one entry after the other, whichever are over?"""
    key = removal.key
    found = basis.names.bindings(key.text, key.scope) if key is not None and key.op == "name" else ()
    return any(b.how in ("for", "comp") for b in found)


def _gaps_of(basis: Basis, faults: Faults, exits: Exits, own: Sequence[Use], removals: Sequence[Use]) -> Iterator[Gap]:
    insert = exits.insert
    gone = exits.function if exits.transient() else None
    nested = insert.place.path[-1] == ELEMENT  # often part of what is built: only who waits for it is asked about
    wanted = stored(basis, insert)
    unsent = exits.by_error(lambda s: talks(faults, s) and not wanted.awaited(s) and not wanted.limited(s))
    if wanted.settled:  # it goes with what it waits for, when that comes to be at all
        if unsent is not None:
            yield Gap("skipped", insert, unsent, removals[0])
        return
    waits = [s for s in statements(exits.function.block) if wanted.limited(s) or wanted.awaited(s)]
    if own and not (waits and all(_refuses(o, insert) and o.stmt.ordinal < waits[0].ordinal for o in own)):
        finals = [o for removal in own for block, o in ancestors(removal.stmt) if block.kind == "finally"]
        if finals:  # it is guarded as far as its author thinks that something may fail
            if unsent is not None and wanted.here and not any(o in finals for _, o in ancestors(unsent)):
                yield Gap("skipped", insert, unsent, own[0], exits.function)
        else:  # it is to stay where all goes well; a method that others call too may end it later
            plain = insert.expr.stmt is insert.stmt and not wanted.own
            undone = plain and all(when_cancelled(basis, o.stmt) for o in own)
            found = exits.by_error(lambda s: talks(faults, s) if nested or undone else fails(basis, faults, s))
            cancelled = exits.cancelled(faults.waits) if found is None and not nested else None
            if found is not None and (gone is not None or undone):
                yield Gap("skipped", insert, found, own[0], gone)
            elif cancelled is not None:
                yield Gap("cancelled", insert, cancelled, own[0], gone)
        early = exits.early() if len(own) == len(removals) else None
        if early is not None and _past(insert, early, finals):
            yield Gap("returned", insert, early, own[0], exits.function)
        return
    keyed = any(s.key is not None for s in removals)
    swept = any(sweeps(basis, s) for s in removals)
    plain = keyed and not swept and not nested and not _announced(insert) and _leaves_again(basis, insert, wanted)
    refused = exits.refused(lambda s: caught(s) and fails(basis, faults, s)) if plain else None
    limited = any(wanted.limited(s) for s in waits) and (keyed or wanted.made)
    waiting = exits.by_error(wanted.limited) if limited else None
    if refused is not None:
        yield Gap("refused", insert, refused, removals[0])
    elif waiting is not None:
        yield Gap("timeout", insert, waiting, removals[0], wanted.waiter(waiting))
    elif wanted.made and not in_turn(removals) and (left := exits.cancelled(wanted.awaited)) is not None:
        yield Gap("abandoned", insert, left, removals[0], exits.function)


def _removed(basis: Basis, removals: Sequence[Use], insert: Use) -> Iterator[Stmt]:
    """Where the entry is taken out: at the head of a loop through what has been stored, which is taken to run, or of a
    question whether it is still used (`if queue.empty(): del queues[key]`)."""
    around = {owner for _, owner in ancestors(insert.stmt)}
    names = stored(basis, insert).names
    for removal in removals:
        yield removal.stmt
        for block, owner in ancestors(removal.stmt):
            asked = owner.value if owner.op == "if" and block.stmts[-1].op not in LEAVING else None
            used = asked is not None and any(e.op == "name" and e.text in names for e in walk(asked))
            if owner not in around and (owner.op == "for" or used):
                yield owner


def _begins_anew(removal: Use, insert: Use) -> bool:
    """Does the function first empty the container, so that it holds what one call has stored?"""
    whole = removal.key is None and removal.verb in ("bind", "clear")
    return whole and removal.stmt.parent is removal.stmt.scope.block and removal.stmt.ordinal < insert.stmt.ordinal


def _behind(removal: Use, insert: Use) -> bool:
    """May it come next, and not in another round, or another call: `if kind == "begin"`, `elif kind == "end"`?"""
    return removal.stmt.ordinal > insert.stmt.ordinal and not apart(removal.stmt, insert.stmt)


def _refuses(removal: Use, insert: Use) -> bool:
    """Does it stand in a branch that gives up: `if not sent: pending.pop(key)`, then `raise`?"""
    around = {block for block, _ in ancestors(insert.stmt)}
    branches = (block for block, owner in ancestors(removal.stmt) if block not in around and owner.op == "if")
    return any(block.stmts[-1].op == "raise" for block in branches)


def _past(insert: Use, left: Stmt, finals: Sequence[Stmt]) -> bool:
    """Does a way out branch off behind the insert, and outside every `try` whose end takes the entry out?

    A branch that stores and then returns means to leave the entry.
    """
    around = list(ancestors(left))
    return any(b is insert.stmt.parent for b, _ in around[1:]) and not any(owner in finals for _, owner in around)


def _leaves_again(basis: Basis, insert: Use, wanted: Stored) -> bool:
    """Is it one that comes and goes: waited for, or of somebody who is let in? What is put on record is to stay."""
    arriving = basis.apis.means("arriving_methods", insert.stmt.scope.function.name)
    return wanted.made or arriving or record.passing(basis, insert)


def _announced(insert: Use) -> bool:
    """`waiting.append(device)`, then `raise NoSession`: who is told so comes again, and the entry waits for that."""
    for block, owner in ancestors(insert.stmt):
        if owner.op in ("for", "while"):
            return False
        if block.stmts[-1].op == "raise":
            return block.kind != "handler"
    return False


def _same_key(basis: Basis, removal: Use, insert: Use) -> bool:
    """Is it the same key, and not another one of that name, that a loop goes through which does not store?"""
    if removal.key is None or insert.key is None:
        return removal.key is None
    names = [e for e in walk(removal.key) if e.op == "name"]
    scope_of = basis.names.scope_of
    if source(removal.key) != source(insert.key) or any(
        scope_of(e.text, e.scope) is not scope_of(e.text, insert.key.scope) for e in names
    ):
        return False
    around = {owner for _, owner in ancestors(insert.stmt)}
    loops = (o for _, o in ancestors(removal.stmt) if o.op == "for" and o not in around)
    through = {part.text for loop in loops for target in loop.targets for part in walk(target)}
    return through.isdisjoint(e.text for e in names)


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
