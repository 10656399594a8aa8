"""Tasks that are put into an attribute of another object, where nothing in the file ends them or waits for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.answers.spawn import LOOKS, Spawn, spawn
from leaklint.answers.tasks.lasting import lasting
from leaklint.meaning.basis import Basis
from leaklint.tree.ir import Expr, Scope


@dataclass(frozen=True, slots=True)
class Lodged:
    """`status.task = create_task(...)`, with the class of this module that declares the attribute."""

    call: Expr
    target: Expr
    spawned: Spawn
    klass: Scope


def lodged(basis: Basis) -> Iterator[Lodged]:
    """Each such task that does not end at once, of which nothing but its state is ever looked at."""
    for call in basis.all_calls:
        stmt = call.stmt
        target = stmt.targets[0] if stmt.op == "assign" and stmt.value is call and len(stmt.targets) == 1 else None
        if target is None or target.op != "attr" or basis.names.class_of(target.args[0]) is not None:
            continue
        found = spawn(basis, call)
        if found is None or found.tracked or found.row.noun != "task" or not lasting(basis, found.coroutine):
            continue
        klass = _declaring(basis, target.text)
        if klass is not None and not any(_read(e) for e in basis.mentions(target.text)):
            yield Lodged(call, target, found, klass)


def _declaring(basis: Basis, attribute: str) -> Scope | None:
    """The one class of the module that has an attribute of that name: what it does not do, nobody else is to do."""
    bound = {place.scope for place in basis.uses if place.path[:1] == (attribute,)}
    found = [s for s in basis.module.scopes if s.kind == "class" and (attribute in s.bindings or s in bound)]
    return found[0] if len(found) == 1 else None


def _read(mention: Expr) -> bool:
    """Is it more than a test of its state, or something that is put there?"""
    above = mention.parent
    if mention.op != "attr" or mention in mention.stmt.targets:
        return False
    if above is None:
        return mention.stmt.op not in ("if", "while", "assert")
    return above.op not in ("compare", "unary", "bool") and not (above.op == "attr" and above.text in LOOKS)
