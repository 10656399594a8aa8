"""A flag that says what has begun, set only when all of it has: until then the ending returns at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from leaklint.answers.releasing.lending import called
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import CONSTRUCTORS
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Scope, Stmt, ancestors, statements


@dataclass(frozen=True, slots=True)
class Flagged:
    """`begun` begins what `ending` ends, unless `step` raises before `flag`: without that `ending` does nothing."""

    begun: Use
    step: Stmt
    flag: Stmt
    ending: Scope
    ended: Use


def flagged(basis: Basis, endings: Mapping[Scope, tuple[Scope, ...]]) -> Iterator[Flagged]:
    """Each flag that is set too late, once."""
    owned: dict[Scope, list[Place]] = {}
    for place in basis.uses:
        if place.is_attribute:
            owned.setdefault(place.scope, []).append(place)
    for klass, methods in endings.items():
        for ending in methods:
            flag = _asked(basis, ending)
            set_ = next((u.stmt for u in basis.all_uses(flag) if _true(u)), None) if flag is not None else None
            found = _late(basis, owned.get(klass, []), ending, set_) if set_ is not None else None
            if found is not None:
                yield found


def _asked(basis: Basis, ending: Scope) -> Place | None:
    """The flag without which the ending returns at once."""
    for stmt in ending.block.stmts if ending.block is not None else ():
        test = stmt.value if stmt.op == "if" else None
        if test is not None and test.op == "unary" and test.text == "Not" and stmt.blocks[0].stmts[-1].op == "return":
            place = basis.names.place(test.args[0])
            return place if place is not None and place.is_attribute and len(place.path) == 1 else None
        if stmt.op != "expr":
            return None
    return None


def _true(use: Use) -> bool:
    set_ = (
        use.verb == "bind" and use.stmt.op == "assign" and use.stmt.value is not None and use.stmt.value.value == "True"
    )
    return set_ and use.stmt.scope.function.name not in CONSTRUCTORS


def _late(basis: Basis, places: Sequence[Place], ending: Scope, flag: Stmt) -> Flagged | None:
    """What the method that sets the flag has begun before a step that may fail."""
    method = flag.scope.function
    for place in places:
        uses = basis.all_uses(place)
        ended = next(
            (u for u in uses if u.stmt.scope.function is ending and _means(basis, "end_of_life_methods", u)), None
        )
        begun = next((u for u in uses if u.stmt.scope.function is method and _begins(basis, u)), None)
        if ended is None or begun is None or begun.stmt.ordinal >= flag.ordinal:
            continue
        step = next(
            (s for s in statements(method.block) if begun.stmt.ordinal < s.ordinal < flag.ordinal and _fails(basis, s)),
            None,
        )
        if step is not None and not _ends_there(basis, step):
            return Flagged(begun, step, flag, ending, ended)
    return None


def _means(basis: Basis, words: str, use: Use) -> bool:
    return bool(use.verb) and basis.apis.means(words, use.verb)


def _begins(basis: Basis, use: Use) -> bool:
    return _means(basis, "beginning_methods", use) or (
        use.verb == "bind" and use.value is not None and use.value.op in ("call", "await")
    )


def _fails(basis: Basis, stmt: Stmt) -> bool:
    """Is something waited for, or called that by its name fails sooner or later?"""
    return any(
        e.op == "await" or (e.op == "call" and basis.apis.means("failing_steps", called(basis, e))) for e in stmt.flat
    )


def _ends_there(basis: Basis, step: Stmt) -> bool:
    """Does a handler or `finally` around the step end something?"""
    return any(
        e.op == "call" and basis.apis.means("end_of_life_methods", e.args[0].text)
        for _, owner in ancestors(step)
        for block in owner.blocks
        if block.kind in ("handler", "finally")
        for stmt in statements(block)
        for e in stmt.flat
    )
