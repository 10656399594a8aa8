"""Is a container emptied only when all goes well: after what was in it has been sent?"""

from __future__ import annotations

from collections.abc import Sequence

from leaklint.meaning.basis import NO, Answer, Basis, Clue, calls
from leaklint.meaning.flow import LEAVING
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Block, Expr, Scope, Stmt, ancestors, statements, walk

_SIGNALS = ("set", "notify", "notify_all", "release")
_RETURNING = ("extendleft", "appendleft", "insert", "extend", "append", "__iadd__")
_STEPS = 3  # names from what was taken out to what is put back


def unsent(basis: Basis, grows: Sequence[Use], shrinks: Sequence[Use], bound: Answer) -> Answer:
    """Do all removals leave all entries when something fails, or put them back then?

    A limit that only starts the removal is none: it is passed when that fails.
    """
    if not shrinks or (bound and not starts(basis, bound, [u.stmt for u in (*grows, *shrinks)])):
        return NO
    back = [_put_back(basis, use, (*grows, *shrinks)) for use in shrinks]
    if back[0] is not None and None not in back:
        return Answer("unsent", (Clue(back[0], "missing", "put_back"),))
    if not all(map(_wholesale, shrinks)):
        return NO
    found = [_failing(basis, use, {u.stmt for u in shrinks}) for use in shrinks]
    if found[0] is None or None in found:
        return NO
    return Answer("unsent", (Clue(found[0], "missing", "fails"),))


def _wholesale(removal: Use) -> bool:
    return removal.verb in ("clear", "bind", "del") or (removal.key is not None and removal.key.op == "slice")


def _put_back(basis: Basis, removal: Use, uses: Sequence[Use]) -> Stmt | None:
    """Where what was taken out goes back when it could not be sent: in a handler, or on a branch."""
    function = removal.stmt.scope.function
    for use in uses:
        if use.stmt.scope.function is function and _adds(use) and use.value is not None and _turns_back(use.stmt):
            names = (e for e in walk(use.value) if e.op == "name")
            if any(_taken(basis, e, removal.place, function) for e in names):
                return use.stmt
    return None


def _adds(use: Use) -> bool:
    return use.verb in _RETURNING or (use.verb == "__setitem__" and use.key is not None and use.key.op == "slice")


def _turns_back(stmt: Stmt) -> bool:
    """In a handler, or on a branch that looks at how a call went."""
    for block, owner in ancestors(stmt):
        if owner.scope is not stmt.scope:
            break
        if block.kind == "handler" or (owner.op == "if" and any(_asks(e) for e in block.exprs)):
            return True
    return False


def _asks(test: Expr) -> bool:
    """`if not self._post(batch)`, `if batch and not sent`."""
    return any(e.op == "unary" and e.text == "Not" for e in walk(test))


def _taken(basis: Basis, name: Expr, place: Place, function: Scope, steps: int = _STEPS) -> bool:
    """Does a name hold what came out of the container: by an assignment, or filled with its entries?"""
    if steps == 0 or basis.names.scope_of(name.text, name.scope) is not function:
        return False
    bound = (b.value for b in basis.names.bindings(name.text, name.scope))
    filled = (u.value for u in basis.all_uses(Place(function, (name.text,))) if u.verb in _RETURNING)
    for expr in (e for value in (*bound, *filled) if value is not None for e in walk(value)):
        if basis.names.place(expr) == place:
            return True
        if expr.op == "name" and expr.text != name.text and _taken(basis, expr, place, function, steps - 1):
            return True
    return False


def _failing(basis: Basis, removal: Use, removals: set[Stmt]) -> Stmt | None:
    for block, owner in ancestors(removal.stmt):
        if owner.op != "try" or block.kind not in ("body", "else"):
            continue
        return _caught(basis, owner, removal, removals)
    home = removal.stmt.parent
    for earlier in home.stmts if home is not None else ():
        if earlier is removal.stmt:
            break
        if earlier.op == "try" and all(map(_leaves, _handlers(earlier))):
            found = _caught(basis, earlier, removal, removals)
            if found is not None:
                return found
    return None


def _caught(basis: Basis, attempt: Stmt, removal: Use, removals: set[Stmt]) -> Stmt | None:
    """What is sent in a `try` of which no handler empties the container or lets the failure be known."""
    handlers = _handlers(attempt)
    others = [b for b in attempt.blocks if b.kind in ("handler", "finally")]
    if not handlers or any(s in removals for b in others for s in statements(b)) or any(map(_raises, handlers)):
        return None
    return next((s for s in statements(attempt.blocks[0]) if _sends(basis, s, removal)), None)


def _handlers(attempt: Stmt) -> list[Block]:
    return [b for b in attempt.blocks if b.kind == "handler"]


def _leaves(handler: Block) -> bool:
    return bool(handler.stmts) and handler.stmts[-1].op in LEAVING


def _raises(handler: Block) -> bool:
    return any(s.op == "raise" for s in statements(handler))


def _sends(basis: Basis, stmt: Stmt, removal: Use) -> bool:
    """Before the removal, a call that is given the container, or what a name here was made of it."""
    if stmt.ordinal >= removal.stmt.ordinal:
        return False
    given = [e for c in calls(stmt) for a in c.args[1:] for e in walk(a)]
    made = (basis.names.only_value(e.text, e.scope) for e in given if e.op == "name")
    return any(basis.names.place(e) == removal.place for e in (*given, *(p for m in made if m for p in walk(m))))


def starts(basis: Basis, bound: Answer, told: Sequence[Stmt]) -> bool:
    """Does a limit only start the removal: `if len(self.batch) >= 100: self.flush()`, itself or in what is asked
    whether it is due?"""
    stmt = bound.clues[0].stmt if bound.kind == "guard" and bound.clues else None
    if stmt is None:
        return False
    function = stmt.scope.function
    if stmt.op == "return" or (stmt.op == "if" and _says_so(stmt)):
        asking = [e.stmt for e in basis.mentions(function.name) if basis.names.local(e) is function]
        return bool(asking) and all(s.op == "if" and _only_starts(s, told) for s in asking)
    return stmt.op == "if" and _only_starts(stmt, told)


def _only_starts(stmt: Stmt, told: Sequence[Stmt]) -> bool:
    """Neither leaves, nor adds, nor removes by itself."""
    within = [s for b in stmt.blocks for s in statements(b)]
    return not any(s.op in LEAVING or s in told for s in within)


def _says_so(stmt: Stmt) -> bool:
    """`if len(self.batch) >= self.size: return True`."""
    last = stmt.blocks[0].stmts[-1] if stmt.blocks[0].stmts else None
    return last is not None and last.op == "return" and last.value is not None and last.value.value == "True"


def signals(bound: Answer) -> bool:
    """Does a limit only wake who empties: `if len(self.batch) >= 100: self.wake.set()`?"""
    stmt = bound.clues[0].stmt if bound.kind == "guard" and bound.clues else None
    if stmt is None or stmt.op != "if" or len(stmt.blocks) != 1:
        return False
    done = stmt.blocks[0].stmts
    return all(s.op == "expr" and s.value is not None and source_name(s.value) in _SIGNALS for s in done)
