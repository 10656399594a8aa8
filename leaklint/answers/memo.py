"""Functions whose results are kept by their arguments: which decorator, bounded or not, and what it keeps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.answers.bound import by_type
from leaklint.apis import Row
from leaklint.basis import Answer, Basis
from leaklint.ir import Expr, Scope, source, statements, walk
from leaklint.names import Place
from leaklint.scopes import source_name
from leaklint.uses import Use


@dataclass(frozen=True, slots=True)
class Memo:
    """A decorated function; `klass` when its first parameter, an instance, is part of the key."""

    function: Scope
    decorator: Expr
    row: Row
    bound: Answer
    klass: Scope | None


def memos(basis: Basis) -> Iterator[Memo]:
    """Every function of the module with a memoising decorator."""
    for function in basis.module.scopes:
        if function.kind != "function" or function.stmt is None:
            continue
        for decorator in function.stmt.decorators:
            row = basis.apis.get(basis.names.qualified(decorator.args[0] if decorator.op == "call" else decorator))
            if row is not None and row.memo:
                yield Memo(function, decorator, row, by_type(row, (decorator,)), _instance_in_key(basis, function))


def _instance_in_key(basis: Basis, function: Scope) -> Scope | None:
    klass, stmt = function.method_of, function.stmt
    if klass is None or stmt is None or not function.params or function.params[0].name == "cls":
        return None
    if {source_name(d) for d in stmt.decorators} & {"staticmethod", "classmethod"}:
        return None
    if any(d.op == "call" and "key" in d.names for d in stmt.decorators):
        return None  # a key of its own
    return None if _members_are_fixed(basis, klass) else klass


def _members_are_fixed(basis: Basis, klass: Scope) -> bool:
    """Enum members live as long as their class, whoever keeps them."""
    names = [*basis.names.outside_bases(klass), *(source_name(b) for b in klass.bases)]
    return any(n.startswith("enum.") or n in ("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag") for n in names)


def memoises(basis: Basis, place: Place, stored: Use) -> bool:
    """Is the container looked up and returned from in the function that stores into it? A registry is not."""
    function = stored.stmt.scope.function
    if function.kind != "function":
        return False
    here = [u for u in basis.all_uses(place) if u.stmt.scope.function is function and u is not stored]
    looks = (
        any(u.verb in ("__contains__", "get", "__getitem__", "setdefault") for u in here) or stored.verb == "setdefault"
    )
    if not looks:
        return False
    kept = {source(stored.value)} | {source(t) for t in stored.stmt.targets}
    params = {p.name for p in function.params}
    given = stored.value is not None and stored.value.op == "name" and stored.value.text in params
    returned = (s.value for s in statements(function.block) if s.op == "return" and s.value is not None)
    return not given and any(source(v) in kept or any(basis.names.place(e) == place for e in walk(v)) for v in returned)
