"""Can a removal ever find what was inserted? Keys of different kinds are never equal: an object and its id, text and a
number, a tuple and one of its parts, the identity of something that is gone."""

from __future__ import annotations

from dataclasses import dataclass

from leaklint.answers.growth.memo import taken_apart
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Stmt, ancestors, source, walk

_INSERTS = ("__setitem__", "setdefault", "add")
_REMOVES = ("pop", "__delitem__", "discard", "remove")
_TEXT = ("builtins.str", "builtins.repr", "builtins.format", "builtins.ascii")
_NUMBERS = ("builtins.int", "builtins.len", "builtins.id", "builtins.hash")
_PLAIN = {"builtins.str": "text", "builtins.int": "number", "builtins.bytes": "bytes", "builtins.tuple": "tuple"}
_STEPS = 3


@dataclass(frozen=True, slots=True)
class Mismatch:
    """An insertion and the removal that never finds it, each with what its key is."""

    insert: Use
    remove: Use
    inserted: str
    removed: str


def mismatch(basis: Basis, place: Place, row: Row, shrinks: tuple[Use, ...]) -> Mismatch | None:
    """Of a container all of whose removals go by a key, pass over what they do not find, and can find nothing."""
    inserts = [u for u in basis.all_uses(place) if u.verb in _INSERTS and u.verb in row.grow and u.key is not None]
    other = any(u.verb in row.grow and u.verb not in _INSERTS for u in basis.all_uses(place))
    keyed = all(u.verb in _REMOVES and u.key is not None and _quiet(basis, place, u) for u in shrinks)
    if not inserts or not shrinks or other or not keyed:
        return None
    pairs = [_apart(basis, i, r) for i in inserts for r in shrinks]
    return pairs[0] if all(pair is not None for pair in pairs) else None


def _quiet(basis: Basis, place: Place, remove: Use) -> bool:
    """Does nobody notice when the key is not there? A `KeyError` would have been."""
    if remove.verb == "discard" or (remove.verb == "pop" and len(remove.site.args) > 2):
        return True
    for block, owner in ancestors(remove.stmt):
        caught = owner.op == "try" and block.kind == "body" and any(b.kind == "handler" for b in owner.blocks)
        suppressed = owner.op == "with" and any(source_name(v) == "suppress" for v, _ in owner.items)
        if caught or suppressed or any(_asks(basis, place, test) for test in block.exprs):
            return True
    return False


def _asks(basis: Basis, place: Place, test: Expr) -> bool:
    """`if key in self.items`."""
    return any(e.op == "compare" and e.text == "In" and basis.names.place(e.args[1]) == place for e in walk(test))


def _apart(basis: Basis, insert: Use, remove: Use) -> Mismatch | None:
    if insert.key is None or remove.key is None:
        return None
    one, other = (_several(use) or _kind(basis, use.key) for use in (insert, remove) if use.key is not None)
    if "temporary" in (one, other):
        return Mismatch(insert, remove, one or "unknown", other or "unknown")
    if {one, other} == {"object", "tuple"}:
        return None  # a named tuple is both
    if one and other and one != other:
        return Mismatch(insert, remove, one, other)
    if other == "object" and _part_of(basis, insert.key, remove.key):
        return Mismatch(insert, remove, "part", "object")
    if one == "object" and _part_of(basis, remove.key, insert.key):
        return Mismatch(insert, remove, "object", "part")
    return None


def _several(use: Use) -> str:
    """`self.items[a, b]`: the key is a tuple without brackets, of which `Use.key` is the first part."""
    return "tuple" if use.site.op == "sub" and len(use.site.args) > 2 else ""


def _part_of(basis: Basis, part: Expr, whole: Expr) -> bool:
    """`user.id`, where the other key is `user`, an object."""
    part = _value(basis, part)
    return part.op == "attr" and part.args[0].op == "name" and source(part.args[0]) == source(whole)


def _value(basis: Basis, key: Expr) -> Expr:
    """What a local name was bound to, if to one expression."""
    for _ in range(_STEPS):
        made = basis.names.only_value(key.text, key.scope) if key.op == "name" else None
        if made is None or made.op not in ("call", "tuple", "fstring", "const", "attr", "name"):
            break
        key = made
    return key


def _kind(basis: Basis, key: Expr) -> str:
    """tuple, text, number, bytes, object, temporary; empty when that is not certain."""
    key = _value(basis, key)
    if key.op in ("tuple", "fstring"):
        return "tuple" if key.op == "tuple" else "text"
    if key.op == "const":
        return {"str": "text", "num": "number", "bytes": "bytes"}.get(key.text, "")
    if key.op == "call":
        name = basis.names.qualified(key.args[0])
        if name == "builtins.id" and len(key.args) == 2 and _short_lived(basis, key.args[1]):
            return "temporary"
        return "text" if name in _TEXT else "number" if name in _NUMBERS else ""
    if key.op != "name":
        return ""
    return _of_name(basis, key)


def _of_name(basis: Basis, name: Expr) -> str:
    place = basis.names.place(name)
    if place is None or place.scope.kind != "function" or len(place.path) > 1:
        return "object" if basis.names.class_of(name) is not None else ""
    annotation = basis.types.annotation(place)
    if annotation is not None:
        local = basis.names.local(annotation)
        known = _PLAIN.get(basis.names.qualified(annotation) or "", "")
        return known or ("object" if local is not None and local.kind == "class" and not local.bases else "")
    return "object" if basis.names.class_of(name) is not None or taken_apart(basis, place) else ""


def _short_lived(basis: Basis, value: Expr) -> bool:
    """Made for this expression and gone after it: a call's result, a display, a method taken from an instance."""
    if value.op in ("call", "list", "dict", "set", "lambda", "comp", "fstring"):
        return value.op != "call" or basis.names.local(value.args[0]) is not None
    method = basis.names.local(value) if value.op == "attr" else None
    return method is not None and method.method_of is not None and not _decorated(method.stmt)


def _decorated(stmt: Stmt | None) -> bool:
    return stmt is not None and bool(stmt.decorators)
