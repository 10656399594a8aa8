"""Containers that are filled together: is one of them cleaned where the other is not?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from leaklint.answers.growth.coverage import reaching
from leaklint.meaning.basis import Basis
from leaklint.meaning.scopes import CONSTRUCTORS
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, source
from leaklint.value import Value


@dataclass(frozen=True, slots=True)
class Sibling:
    """Another container of the same holder with the removal by key that this one lacks."""

    value: Value
    removal: Use


def pruned(value: Value, others: Iterable[Value]) -> Iterator[Sibling]:
    """Those that gain entries next to `value` and lose them again by key."""
    for other in _beside(value, others):
        if not value.stored.isdisjoint(other.stored):
            words = {_word(u.key) for u in other.grows}
            keyed = next((s for s in other.shrinks if s.key is not None and _one_of(_word(s.key), words)), None)
            if keyed is not None:
                yield Sibling(other, keyed)


def outlasts(basis: Basis, value: Value, others: Iterable[Value]) -> Iterator[Sibling]:
    """Those that lose by the very key, where what it stands for ends, what `value` keeps: `stats[node.name]`, and
    `nodes.pop(node.name)` in `node_removed(node)`.

    A key by a word that any may have is the same where a function that fills `value` asks the other for it.
    """
    keys = {source(u.key): u for u in value.grows if u.verb in _KEYED and _given(u)}
    filling = {u.stmt.scope.function for u in value.grows}
    for other in _of_holder(value, others) if keys and not value.shrinks else ():
        for removal in other.shrinks:
            insert = keys.get(source(removal.key))
            function = removal.stmt.scope.function
            if insert is None or not _given(removal) or function in filling:
                continue
            here = insert.stmt.scope.function
            asks = any(u.stmt.scope.function is here and source(u.key) == source(insert.key) for u in other.uses)
            said = insert.key is not None and not basis.apis.means("vague_keys", source(insert.key))
            if (asks or said) and any(basis.apis.means(ends, function.name) for ends in _ENDS):
                yield Sibling(other, removal)
                break


_KEYED = ("__setitem__", "setdefault", "add")
_ENDS = ("parting_methods", "ending_events")


def _given(use: Use) -> bool:
    """Is the key a parameter of its function, or an attribute of one?"""
    key = use.key
    while key is not None and key.op == "attr":
        key = key.args[0]
    params = use.stmt.scope.function.params
    own = params[0].name if params and use.stmt.scope.function.method_of is not None else ""
    return key is not None and key.op == "name" and key.text != own and any(p.name == key.text for p in params)


def _one_of(word: str, words: Collection[str]) -> bool:
    """`user_id` is the `id` of `user.id`."""
    return word in words or word.rpartition("_")[2] in words


def left_behind(basis: Basis, value: Value, others: Iterable[Value]) -> Iterator[Sibling]:
    """Those that are filled and cleaned together with `value`, and in one more function are cleaned alone.

    Sets that tell states apart are filled and cleaned each in their own places: `value` must go wherever it goes along
    with its sibling.
    """
    own = {s.stmt.scope.function for s in value.shrinks}
    if own <= {u.stmt.scope.function for u in value.grows}:
        return  # what its own function takes out again is there for one call
    if not all(s.key is not None and s.key.op != "slice" for s in value.shrinks):
        return
    covered = reaching(basis, own)
    for other in _beside(value, others):
        removals = [s for s in other.shrinks if s.key is not None and s.key.op != "slice"]
        if not _always_together(value, other) or not own <= {s.stmt.scope.function for s in removals}:
            continue
        filling = {u.stmt.scope.function for u in other.grows}
        for removal in removals:
            function = removal.stmt.scope.function
            alone = function not in covered | filling and function.name not in CONSTRUCTORS
            if alone and not _answered_by_caller(basis, function, covered):
                yield Sibling(other, removal)
                break


def _always_together(value: Value, other: Value) -> bool:
    """Is each insert beside one into the other under the same key, or is the key the holder's own (`self.id`)?"""
    beside = {(u.stmt.parent, source(u.key)) for u in other.grows}
    keys = {source(u.key) for u in other.grows}
    return bool(value.grows) and all(
        u.key is not None and ((u.stmt.parent, source(u.key)) in beside or (_of_self(u) and source(u.key) in keys))
        for u in value.grows
    )


def _of_self(insert: Use) -> bool:
    method = insert.stmt.scope.function
    key = insert.key
    return bool(
        method.method_of
        and method.params
        and key is not None
        and key.op == "attr"
        and key.args[0].op == "name"
        and key.args[0].text == method.params[0].name
    )


def _answered_by_caller(basis: Basis, function: Scope, covered: set[Scope]) -> bool:
    callers = {e.stmt.scope.function for e in basis.mentions(function.name) if basis.names.local(e) is function}
    return bool(callers) and callers <= covered


def _beside(value: Value, others: Iterable[Value]) -> Iterator[Value]:
    return (other for other in _of_holder(value, others) if other.row.kind == value.row.kind)


def _of_holder(value: Value, others: Iterable[Value]) -> Iterator[Value]:
    return (o for o in others if o.place.scope is value.place.scope and o.place != value.place)


def _word(key: Expr | None) -> str:
    """The identifier that a key ends in: `session.id` and `id` are likely the same."""
    return key.text if key is not None and key.op in ("name", "attr") else source(key)
