"""Is a container emptied only when all goes well: after what was in it has been sent?"""

from __future__ import annotations

from collections.abc import Sequence

from leaklint.basis import Answer, Basis, calls
from leaklint.ir import Block, Stmt, ancestors, flat_of, statements
from leaklint.uses import Use

_LEAVES = ("return", "raise", "continue", "break")


def unsent(basis: Basis, grows: Sequence[Use], shrinks: Sequence[Use], bound: Answer) -> Stmt | None:
    """What may fail before every removal, where the failure is caught and nothing is removed; None elsewhere.

    A limit that only starts the removal is none: it is passed when that fails.
    """
    if not shrinks or (bound and not _starts(bound, [u.stmt for u in (*grows, *shrinks)])):
        return None
    found = [_failing(basis, use, {u.stmt for u in shrinks}) for use in shrinks]
    return None if None in found else found[0]


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
    """Before the removal, a call that waits, or is given the container or what was made of it."""
    if stmt.ordinal >= removal.stmt.ordinal:
        return False
    waits = any(e.op == "await" for e in flat_of(stmt))
    given = (e for c in calls(stmt) for e in c.args[1:])
    return waits or any(basis.names.place(e) == removal.place for e in given)


def _starts(bound: Answer, told: Sequence[Stmt]) -> bool:
    """`if len(self.batch) >= 100: self.flush()`: neither leaves, nor adds, nor removes by itself."""
    stmt = bound.clues[0].stmt if bound.kind == "guard" and bound.clues else None
    if stmt is None or stmt.op != "if":
        return False
    within = [s for b in stmt.blocks for s in statements(b)]
    return not any(s.op in _LEAVES or s in told for s in within)
