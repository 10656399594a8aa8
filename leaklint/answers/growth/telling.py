"""Does anything that a key is made of say that there may be many of it, or is it only put together of numbers, devices,
shapes and what nothing is known of?"""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.key import key
from leaklint.answers.listed import public_name
from leaklint.meaning.annotations import alternatives
from leaklint.meaning.basis import Basis
from leaklint.tree.ir import Expr, is_none

_TEXTS = ("str", "bytes", "Path", "PurePath", "PathLike", "object", "Any", "AnyStr")
_NUMBERS = ("int", "float", "bool", "complex")
_COMPOSED = ("tuple", "fstring", "format", "binary", "call")
_ANYTHING = ("args", "kwargs", "kwds")  # whatever a decorated function is called with
_DEPTH = 4


def telling(basis: Basis, expr: Expr | None) -> bool:
    """Of a key of several parts at least one says so: by its name, or as a text that is handed in. One that is a whole
    says so unless it is a number: of what else it is, whoever calls decides."""
    made = _made(basis, expr)
    if made is None:
        return expr is None or not _counts(basis, expr)
    parts = list(_parts(basis, made, _DEPTH))
    whole = made.op == "call" and len(parts) == 1 and not _counts(basis, parts[0])  # `hash(name)`
    return whole or _says(basis, made) or any(_says(basis, part) for part in parts)


def handed(basis: Basis, expr: Expr | None) -> bool:
    """Is a parameter among its parts of which nothing is said at all?"""
    made = _made(basis, expr)
    return any(_unsaid(basis, part) for part in (_parts(basis, made, _DEPTH) if made is not None else ()))


def _made(basis: Basis, expr: Expr | None) -> Expr | None:
    """What a key is put together of; None for one that is a whole."""
    for _ in range(_DEPTH):
        if expr is None or expr.op in _COMPOSED:
            return expr
        expr = basis.names.only_value(expr.text, expr.scope) if expr.op == "name" else None
    return None


def _parts(basis: Basis, made: Expr, depth: int) -> Iterator[Expr]:
    func = made.args[0] if made.op == "call" else None
    inside = made.args if func is None else (*func.args[:1], *made.args[1:])  # `url` of `url.lower()`
    for part in inside:
        whole = _made(basis, part) if depth else None
        if whole is None:
            yield part
        else:
            yield from _parts(basis, whole, depth - 1)


def _says(basis: Basis, part: Expr) -> bool:
    if part.op == "name" and part.text in _ANYTHING:
        return True
    return key(basis, part).kind in ("caller's key", "inventory") or _told(basis, part, _TEXTS)


def _counts(basis: Basis, expr: Expr) -> bool:
    """A number, or what there are few of: a device, a type of numbers."""
    return basis.apis.means("few_types", expr.text) or _told(basis, expr, _NUMBERS)


def _unsaid(basis: Basis, part: Expr) -> bool:
    bound = basis.names.bindings(part.text, part.scope) if part.op == "name" else ()
    given = any(b.param is not None and b.param.annotation is None for b in bound)
    return given and key(basis, part).kind == "unknown"


def _told(basis: Basis, expr: Expr, names: tuple[str, ...]) -> bool:
    """Is it a parameter that is said to be one of these?"""
    bound = basis.names.bindings(expr.text, expr.scope) if expr.op == "name" else ()
    annotation = next((b.param.annotation for b in bound if b.param is not None), None)
    told = [public_name(basis, e) for e in alternatives(annotation) if not is_none(e)] if annotation is not None else ()
    return any(word in names for word in told)
