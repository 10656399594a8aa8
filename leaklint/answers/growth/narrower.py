"""Is an entry removed only under a condition that its insert does not ask about?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leaklint.meaning.basis import Basis
from leaklint.meaning.flow import LEAVING
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Stmt, ancestors, source, walk


@dataclass(frozen=True, slots=True)
class Narrower:
    """An insert without the condition under which every removal stands, and another insert that has it."""

    insert: Use
    guarded: Use
    removal: Use
    condition: str


def narrower(basis: Basis, grows: Sequence[Use], shrinks: Sequence[Use]) -> Iterator[Narrower]:
    """Inserts that are made whatever the holder's state is, while removals, and other inserts, ask for one state."""
    if not any(s.key is not None for s in shrinks):
        return
    shared = set.intersection(*(_states(basis, s.stmt) for s in shrinks))
    for condition in sorted(shared):
        guarded = next((u for u in grows if condition in _states(basis, u.stmt)), None)
        if guarded is not None:
            for insert in grows:
                if condition not in _states(basis, insert.stmt):
                    yield Narrower(insert, guarded, shrinks[0], condition)


def _states(basis: Basis, stmt: Stmt) -> set[str]:
    """The conditions on the holder's own state under which a statement runs."""
    found = set()
    below: Stmt = stmt
    for block, owner in [*ancestors(stmt), (None, None)]:
        if owner is not None and owner.op == "if" and block is not None and block.kind == "body":
            found |= set(_asks(basis, block.exprs[0]))
        home = below.parent
        for earlier in home.stmts if home is not None else ():
            if earlier is below:
                break
            found |= set(_refuses(basis, earlier))
        if owner is None:
            break
        below = owner
    return found


def _asks(basis: Basis, test: Expr) -> Iterator[str]:
    """`self.stream`, or that as one part of an `and`."""
    for part in test.args if test.op == "bool" and test.text.startswith("And") else (test,):
        if _state(basis, part):
            yield source(part)


def _refuses(basis: Basis, stmt: Stmt) -> Iterator[str]:
    """`if not self.stream: return`."""
    test = stmt.value
    if stmt.op != "if" or test is None or len(stmt.blocks) != 1 or test.op != "unary" or test.text != "Not":
        return
    last = stmt.blocks[0].stmts[-1] if stmt.blocks[0].stmts else None
    if last is not None and last.op in LEAVING and _state(basis, test.args[0]):
        yield source(test.args[0])


def _state(basis: Basis, test: Expr) -> bool:
    """Is it about an attribute of the holder and nothing else?"""
    names = [e for e in walk(test) if e.op == "name"]
    return test.op == "attr" and len(names) == 1 and basis.names.class_of(names[0]) is not None
