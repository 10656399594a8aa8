"""Is a container bounded: by its type, by an argument, by a guard on its length?"""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.apis import Row
from leaklint.basis import NO, Answer, Basis, Clue
from leaklint.ir import Expr, source
from leaklint.names import Place
from leaklint.uses import Use

_UNBOUNDED = ("None", "0", "-1", "float('inf')", 'float("inf")')
_EMPTINESS = ("0", "1")


def bound(basis: Basis, place: Place, row: Row, born: tuple[Expr, ...]) -> Answer:
    """By type (`deque(maxlen=9)`, a weak map), else by a comparison of its length anywhere in reach."""
    return by_type(basis, row, born) or by_guard(basis, place)


def by_type(basis: Basis, row: Row, born: tuple[Expr, ...]) -> Answer:
    if row.bounded or row.weak:
        return Answer("bounded type" if row.bounded else "weak", tuple(Clue(b.stmt, "bound", "bound", {"what": row.name}) for b in born[:1]), row.name)
    for value in born:
        limit = _limit(value, row)
        if limit is not None:
            return Answer("bounded type", (Clue(value.stmt, "bound", "bound", {"what": source(value)}),), source(limit))
    return NO


def _limit(call: Expr, row: Row) -> Expr | None:
    if call.op != "call":
        return None
    positional = [a for a, n in zip(call.args[1:], call.names[1:], strict=True) if not n]
    named = [a for a, n in zip(call.args[1:], call.names[1:], strict=True) if n in row.bound]
    given = named + (positional[row.bound_at : row.bound_at + 1] if row.bound_at >= 0 else [])
    return next((a for a in given if source(a) not in _UNBOUNDED), None)


def by_guard(basis: Basis, place: Place) -> Answer:
    """`if len(self.items) > LIMIT` or `while len(buf) < n`; a test for emptiness is none."""
    for use in _lengths(basis, place):
        parent = use.site.parent
        while parent is not None and parent.op in ("binary", "unary", "call"):
            parent = parent.parent
        if parent is None or parent.op != "compare":
            continue
        others = [a for a in parent.args if use.site not in (a, *_inside(a))]
        if all(o.op == "const" and o.value in _EMPTINESS for o in others):
            continue
        if any(word in parent.text for word in ("LessThan", "GreaterThan")):
            return Answer("guard", (Clue(use.stmt, "bound", "bound", {"what": source(parent)}),), source(parent))
    return NO


def _inside(expr: Expr) -> Iterator[Expr]:
    stack = list(expr.args)
    while stack:
        node = stack.pop()
        yield node
        stack.extend(node.args)


def _lengths(basis: Basis, place: Place) -> Iterator[Use]:
    for use in basis.all_uses(place):
        if use.verb == "__len__" or use.verb in ("qsize", "tell", "getbuffer", "__sizeof__"):
            yield use
