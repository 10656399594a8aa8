"""Is an entry removed only under a condition that its insert does not ask about: a state, or a setting?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leaklint.meaning.basis import NO, Answer, Basis, Clue
from leaklint.meaning.flow import LEAVING
from leaklint.meaning.scopes import CONSTRUCTORS
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Stmt, ancestors, is_none, source, walk


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
    shared = set.intersection(*(set(_states(basis, s.stmt)) for s in shrinks))
    for condition in sorted(shared):
        guarded = next((u for u in grows if condition in _states(basis, u.stmt)), None)
        if guarded is not None:
            for insert in grows:
                if condition not in _states(basis, insert.stmt):
                    yield Narrower(insert, guarded, shrinks[0], condition)


def optional(basis: Basis, grows: Sequence[Use], shrinks: Sequence[Use]) -> Answer:
    """The setting under which alone entries are taken out, while they are added without it: where it is not set, they
    all stay."""
    states = [_states(basis, s.stmt) for s in shrinks]
    asked = {condition for u in grows for condition in _states(basis, u.stmt)}
    for condition, test in states[0].items() if states else ():
        if condition not in asked and all(condition in other for other in states) and _setting(basis, test, shrinks[0]):
            return Answer("only_if", (Clue(test.stmt, "driver", "setting"),), condition)
    return NO


def _setting(basis: Basis, test: Expr, removal: Use) -> bool:
    """Is an attribute one of the settings by its name, or what the constructor is given or not, and never changed?"""
    place = basis.names.place(test)
    if place is None or place.path[0] == removal.place.path[0] or basis.names.local(test) is not None:
        return False
    if len(place.path) > 1:
        return basis.apis.means("settings_objects", place.path[0])
    bound = [u for u in basis.all_uses(place) if u.verb in ("bind", "del")]
    at_birth = all(u.stmt.scope.function.name in CONSTRUCTORS for u in bound)
    return bool(bound) and at_birth and all(_may_be_given(basis, u.value) for u in bound)


def _may_be_given(basis: Basis, value: Expr | None) -> bool:
    """A parameter that has a default."""
    found = basis.names.bindings(value.text, value.scope) if value is not None and value.op == "name" else []
    return bool(found) and all(b.param is not None and b.param.default is not None for b in found)


def _states(basis: Basis, stmt: Stmt) -> dict[str, Expr]:
    """The conditions on the holder's own state under which a statement runs."""
    found: dict[str, Expr] = {}
    below: Stmt = stmt
    for block, owner in [*ancestors(stmt), (None, None)]:
        if owner is not None and owner.op == "if" and block is not None and block.kind == "body":
            found |= {source(e): e for e in _asks(basis, block.exprs[0])}
        home = below.parent
        for earlier in home.stmts if home is not None else ():
            if earlier is below:
                break
            found |= {source(e): e for e in _refuses(basis, earlier)}
        if owner is None:
            break
        below = owner
    return found


def _asks(basis: Basis, test: Expr) -> Iterator[Expr]:
    """`self.stream`, `self.stream is not None`, or that as one part of an `and`."""
    for part in test.args if test.op == "bool" and test.text.startswith("And") else (test,):
        there = part.op == "compare" and part.text == "IsNot" and is_none(part.args[-1])
        asked = part.args[0] if there else part
        if _state(basis, asked):
            yield asked


def _refuses(basis: Basis, stmt: Stmt) -> Iterator[Expr]:
    """`if not self.stream: return`, `if self.stream is None: return`, or that as one part of an `or`."""
    test = stmt.value
    last = stmt.blocks[0].stmts[-1] if stmt.op == "if" and len(stmt.blocks) == 1 and stmt.blocks[0].stmts else None
    if test is None or last is None or last.op not in LEAVING:
        return
    for part in test.args if test.op == "bool" and test.text.startswith("Or") else (test,):
        missing = part.op == "compare" and part.text == "Is" and is_none(part.args[-1])
        if (missing or (part.op == "unary" and part.text == "Not")) and _state(basis, part.args[0]):
            yield part.args[0]


def _state(basis: Basis, test: Expr) -> bool:
    """Is it about an attribute of the holder and nothing else?"""
    names = [e for e in walk(test) if e.op == "name"]
    return test.op == "attr" and len(names) == 1 and basis.names.class_of(names[0]) is not None
