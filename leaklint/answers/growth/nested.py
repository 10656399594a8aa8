"""What a container holds that is a container itself: what is it, and under which key?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.tree.ir import Expr, source


def constant_key(basis: Basis, expr: Expr) -> str:
    """The constant under which an entry was looked up, by itself or for the name it was given; empty for others."""
    found = basis.names.only_value(expr.text, expr.scope) if expr.op == "name" else expr
    key = found.args[1] if found is not None and found.op in ("sub", "call") and len(found.args) > 1 else None
    return source(key) if key is not None and key.op == "const" else ""


def row(basis: Basis, place: Place, born: Sequence[Expr], under: str) -> Row | None:
    """What the entries are, by what is stored under that key, or by what a default dict makes."""
    known = (r for value in values(basis, place, born, under) if (r := basis.types.row(value)) is not None)
    made = (r for f in _factories(born) if (r := basis.apis.get(basis.names.qualified(f))) is not None)
    return next(known, None) or next(made, None)


def values(basis: Basis, place: Place, born: Sequence[Expr], under: str) -> Iterator[Expr]:
    """The entries as they are made: in a display, by a store, by the lambda of a default dict."""
    yield from _written(born, under)
    yield from _stored(basis, place, under)
    yield from (factory.args[-1] for factory in _factories(born) if factory.op == "lambda")


def _factories(born: Sequence[Expr]) -> Iterator[Expr]:
    return (b.args[1] for b in born if b.op == "call" and len(b.args) > 1)


def _written(born: Sequence[Expr], under: str) -> Iterator[Expr]:
    """`{"messages": [], "users": {}}`."""
    for display in born:
        pairs = zip(display.args[::2], display.args[1::2], strict=False) if display.op == "dict" else ()
        yield from (value for key, value in pairs if source(key) == under)


def _stored(basis: Basis, place: Place, under: str) -> Iterator[Expr]:
    """`d[key] = []`, `d.setdefault(key, [])`, also by a name for what is stored."""
    for use in basis.all_uses(place):
        constant = source(use.key) if use.key is not None and use.key.op == "const" else ""
        if use.verb in ("__setitem__", "setdefault") and use.value is not None and constant == under:
            named = basis.names.bindings(use.value.text, use.value.scope) if use.value.op == "name" else ()
            yield from (b.value for b in named if b.exact and b.value is not None)
            yield use.value
