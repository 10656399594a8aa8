"""Tasks that are put into an attribute of another object, where nothing in the file ends them or waits for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.answers.spawn import LOOKS, Spawn, spawn
from leaklint.answers.tasks.lasting import lasting
from leaklint.meaning.basis import Basis, once
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
        classes = _declared(basis).get(target.text, ())  # what the only one does not do, nobody else is to do
        if len(classes) == 1 and not looked_at(basis, target.text):
            yield Lodged(call, target, found, *classes)


@once(meanwhile={})
def _declared(basis: Basis) -> dict[str, set[Scope]]:
    """The classes of the module that have an attribute, by its name."""
    found: dict[str, set[Scope]] = {}
    named = ((s, name) for s in basis.module.scopes for name in s.bindings)
    for scope, name in (*named, *((place.scope, place.path[0]) for place in basis.uses)):
        if scope.kind == "class":
            found.setdefault(name, set()).add(scope)
    return found


@once(meanwhile=True)
def looked_at(basis: Basis, attribute: str) -> bool:
    """Does anything do more with an attribute of that name than test its state, or put something there?"""
    return any(_read(e) for e in basis.mentions(attribute))


def _read(mention: Expr) -> bool:
    """Is it more than a test of its state, or something that is put there?"""
    above = mention.parent
    if mention.op != "attr" or mention in mention.stmt.targets:
        return False
    if above is None:
        return mention.stmt.op not in ("if", "while", "assert")
    return above.op not in ("compare", "unary", "bool") and not (above.op == "attr" and above.text in LOOKS)
