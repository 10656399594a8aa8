"""Default values of parameters that are mutable: one for all calls, kept by the function itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.answers.listed import public_name
from leaklint.answers.releasing.fate import parameter
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.tree.ir import Expr, Param, Scope


@dataclass(frozen=True, slots=True)
class Default:
    """`place` is where what the default holds can grow: the parameter, or the attribute that it is stored in."""

    function: Scope
    param: Param
    born: Expr
    row: Row
    place: Place


def defaults(basis: Basis) -> Iterator[Default]:
    """Every mutable default, at its parameter and at each attribute that gets it as it is."""
    for function in basis.module.scopes:
        for param in function.params if function.kind == "function" else ():
            row = basis.types.row(param.default) if param.default is not None else None
            row = row or _as_used(basis, Place(function, (param.name,)), param.default)
            if param.default is None or row is None or row.kind not in ("container", "buffer") or row.stringifies:
                continue
            if param.default.op in ("name", "attr", "const") or _always_given(basis, function, param):
                continue
            for place in _places(basis, Place(function, (param.name,))):
                yield Default(function, param, param.default, row, place)


def _as_used(basis: Basis, place: Place, default: Expr | None) -> Row | None:
    """`visited=IdentityMap()` of a class that is not known, by what is done with it: `visited[node] = copy`."""
    made = default.args[0] if default is not None and default.op == "call" and len(default.args) == 1 else None
    if made is None or not public_name(basis, made)[:1].isupper():
        return None
    done = {u.verb for u in basis.all_uses(place)}
    kind = "dict" if done & {"__setitem__", "setdefault"} else "list" if done & {"append", "extend"} else ""
    return basis.apis.get(f"builtins.{kind}") if kind else None


def _places(basis: Basis, place: Place) -> Iterator[Place]:
    uses = basis.all_uses(place)
    if any(u.verb in ("bind", "del") or (u.verb == "__iadd__" and u.stmt.op == "assign") for u in uses):
        return  # bound anew before it grows: `items = list(items)`
    yield place
    for use in uses:
        if use.role == "bound" and use.stmt.op == "assign" and use.stmt.value is use.expr:
            stored = (basis.names.place(t) for t in use.stmt.targets if t.op == "attr")
            yield from (p for p in stored if p is not None and p.is_attribute and len(p.path) == 1)


def _always_given(basis: Basis, function: Scope, param: Param) -> bool:
    """A private function that every call in this file gives the argument."""
    if not function.name.startswith("_") or function.parent is None or function.method_of is not None:
        return False
    place = Place(function, (param.name,))
    calls = [u.site for u in basis.all_uses(Place(function.parent, (function.name,))) if u.verb == "__call__"]
    return bool(calls) and all(any(parameter(function, c, a) == place for a in c.args[1:]) for c in calls)
