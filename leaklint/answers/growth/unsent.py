"""Is a container emptied only when all goes well: after what was in it has been sent?"""

from __future__ import annotations

from collections.abc import Sequence

from leaklint.meaning.basis import Answer, Basis, calls
from leaklint.meaning.flow import LEAVING
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Block, Stmt, ancestors, statements, walk


def unsent(basis: Basis, grows: Sequence[Use], shrinks: Sequence[Use], bound: Answer) -> Stmt | None:
    """What may fail before every removal, where the failure is caught and nothing is removed; None elsewhere.

    A limit that only starts the removal is none: it is passed when that fails.
    """
    if (
        not shrinks
        or not all(map(_wholesale, shrinks))
        or (bound and not _starts(bound, [u.stmt for u in (*grows, *shrinks)]))
    ):
        return None
    found = [_failing(basis, use, {u.stmt for u in shrinks}) for use in shrinks]
    return None if None in found else found[0]


def _wholesale(removal: Use) -> bool:
    return removal.verb in ("clear", "bind", "del") or (removal.key is not None and removal.key.op == "slice")


def _failing(basis: Basis, removal: Use, removals: set[Stmt]) -> Stmt | None:
    for block, owner in ancestors(removal.stmt):
        if owner.op != "try" or block.kind not in ("body", "else"):
            continue
        handlers = [b for b in owner.blocks if b.kind == "handler"]
        others = [b for b in owner.blocks if b.kind in ("handler", "finally")]
        if not handlers or any(s in removals for b in others for s in statements(b)) or any(map(_raises, handlers)):
            return None
        return next((s for s in statements(owner.blocks[0]) if _sends(basis, s, removal)), None)
    return None


def _raises(handler: Block) -> bool:
    return any(s.op == "raise" for s in statements(handler))


def _sends(basis: Basis, stmt: Stmt, removal: Use) -> bool:
    """Before the removal, a call that is given the container, or what a name here was made of it."""
    if stmt.ordinal >= removal.stmt.ordinal:
        return False
    given = [e for c in calls(stmt) for a in c.args[1:] for e in walk(a)]
    made = (basis.names.only_value(e.text, e.scope) for e in given if e.op == "name")
    return any(basis.names.place(e) == removal.place for e in (*given, *(p for m in made if m for p in walk(m))))


def _starts(bound: Answer, told: Sequence[Stmt]) -> bool:
    """`if len(self.batch) >= 100: self.flush()`: neither leaves, nor adds, nor removes by itself."""
    stmt = bound.clues[0].stmt if bound.kind == "guard" and bound.clues else None
    if stmt is None or stmt.op != "if":
        return False
    within = [s for b in stmt.blocks for s in statements(b)]
    return not any(s.op in LEAVING or s in told for s in within)
