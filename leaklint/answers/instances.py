"""Which class of this module an expression's value is an instance of; unknown is a legal answer."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.tree.ir import Expr, Scope, is_none, statements

_DEPTH = 4


def klass(basis: Basis, expr: Expr | None, depth: int = _DEPTH) -> Scope | None:
    """By constructor, by annotation, by what a function here returns; None where bindings disagree."""
    if expr is None or depth == 0:
        return None
    branches = list(leaves(expr))
    if branches != [expr]:
        return _agreed({k for b in branches if (k := klass(basis, b, depth - 1)) is not None})
    if expr.op == "call":
        return _made(basis, expr, depth)
    if expr.op not in ("name", "attr"):
        return None
    own = basis.names.class_of(expr)
    if own is not None:
        return own if expr.text != own.name else None  # the class itself is no instance of it
    place = basis.names.place(expr)
    return held_in(basis, place, depth) if place is not None else None


def held_in(basis: Basis, place: Place, depth: int = _DEPTH) -> Scope | None:
    """The class of what a place holds."""
    if len(place.path) == 1:
        annotation = basis.types.annotation(place)
        if annotation is not None:
            return _annotated(basis, annotation)
    bound = basis.types.bound_values(place)
    values = [v for v in bound if not is_none(v) and basis.names.place(v) != place]  # its own entry says nothing new
    found = [klass(basis, v, depth - 1) for v in values]
    return _agreed(set(found)) if found else None


def _agreed(found: set[Scope | None]) -> Scope | None:
    return found.pop() if len(found) == 1 else None


def _annotated(basis: Basis, annotation: Expr) -> Scope | None:
    named = annotation
    if named.op == "binary" and any(is_none(a) for a in named.args):  # `Conn | None`
        named = next((a for a in named.args if not is_none(a)), named)
    elif named.op == "sub" and named.args[0].text == "Optional" and len(named.args) == 2:
        named = named.args[1]
    if named.op == "const" and named.text == "str":
        text = named.value.strip("\"' ").removeprefix("Optional[").removesuffix("]").removesuffix(" | None")
        bindings = basis.names.bindings(text, named.scope) if text.isidentifier() else []
        found = next((b.inner for b in bindings if b.inner is not None), None)
    else:
        found = basis.names.local(named)
    return found if found is not None and found.kind == "class" else None


def _made(basis: Basis, call: Expr, depth: int) -> Scope | None:
    callee = basis.types.callee(call)
    if callee.row is not None and callee.row.passes:
        return klass(basis, call.args[1], depth - 1) if len(call.args) > 1 else None
    local = callee.local
    if local is None and call.args[0].op == "name" and call.args[0].text == "cls":
        local = basis.names.class_of(call.args[0])
    if local is None or local.kind == "class":
        return local
    if local.is_generator:
        return None
    if local.stmt is not None and local.stmt.annotation is not None:
        return _annotated(basis, local.stmt.annotation)
    returned = [s.value for s in statements(local.block) if s.op == "return" and not is_none(s.value)]
    if returned and all(r is not None and _is_cls_call(r, local) for r in returned):
        return local.method_of
    return _agreed({klass(basis, r, depth - 1) for r in returned})


def _is_cls_call(expr: Expr, function: Scope) -> bool:
    """`return cls(...)` of a class method."""
    first = function.params[0].name if function.method_of is not None and function.params else ""
    return expr.op == "call" and expr.args[0].op == "name" and expr.args[0].text == first == "cls"


def leaves(value: Expr) -> Iterator[Expr]:
    """The expressions that a value may come from: through await, and each branch of a condition."""
    stack = [value]
    while stack:
        value = stack.pop()
        if value.op in ("await", "starred", "walrus"):
            stack.append(value.args[-1])
        elif value.op == "if":
            stack += [value.args[0], value.args[2]]
        elif value.op == "bool":
            stack += value.args
        else:
            yield value
