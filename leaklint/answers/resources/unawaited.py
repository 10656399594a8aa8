"""Closes that do nothing: the coroutine of an asynchronous close is made and dropped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.answers.holding.gathered import put
from leaklint.answers.instances import klass, leaves
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import ELEMENT, Place
from leaklint.tree.ir import Expr, Scope, is_none, outermost

_MIXING = ("extend", "insert", "update", "appendleft", "__iadd__", "__ior__")  # who knows what these bring in


@dataclass(frozen=True, slots=True)
class Unawaited:
    """`receiver.method()` is a coroutine that nobody awaits. `defined`: where this module defines the method.

    `returned`: an `async def` that ends an object's life returns it, so that its callers await only the outer one.
    """

    call: Expr
    receiver: Expr
    method: str
    noun: str
    returned: bool
    defined: Scope | None


def unawaited(basis: Basis) -> Iterator[Unawaited]:
    """Every asynchronous close that is called without being awaited, or handed to someone who awaits it."""
    for call in basis.all_calls:
        if call.args[0].op != "attr" or len(call.args[0].args) != 1:
            continue
        returned = _returned(basis, call)
        if not returned and not _dropped(basis, call):
            continue
        receiver, method = call.args[0].args[0], call.args[0].text
        rows = _rows(basis, receiver)
        if rows and all(method in row.awaited and method not in row.bulk for row in rows):
            yield Unawaited(call, receiver, method, rows[0].called, returned, None)
        elif not rows and basis.apis.means("end_of_life_methods", method):
            own = _coroutine(basis, receiver, method)
            if own is not None and own.method_of is not None:
                yield Unawaited(call, receiver, method, own.method_of.name, returned, own)


def uncalled(basis: Basis) -> Iterator[Expr]:
    """Every statement that names a closing method and does not call it: `file.close`."""
    for stmt in basis.module.stmts:
        value = stmt.value
        if stmt.op == "expr" and value is not None and value.op == "attr":
            row = basis.types.row(value.args[0])
            if basis.apis.means("closing_methods", value.text) or (row is not None and value.text in row.release):
                yield value


def _dropped(basis: Basis, call: Expr) -> bool:
    """A statement by itself, an element of a comprehension that is one, or a local name that is never read."""
    expr = call
    while expr.parent is not None and (expr.parent.op in ("if", "bool", "comp", "await")):
        if expr.parent.op == "await" or (expr.parent.op == "if" and expr is expr.parent.args[1]):
            return False
        expr = expr.parent
    if expr.parent is not None or expr.scope.kind == "lambda":
        return False
    if call.stmt.op == "expr":
        return True
    return call.stmt.op == "assign" and expr is call and all(_unread(basis, t) for t in call.stmt.targets)


def _unread(basis: Basis, target: Expr) -> bool:
    place = basis.names.place(target) if target.op == "name" else None
    return place is not None and place.scope.kind == "function" and all(u.verb for u in basis.all_uses(place))


def _returned(basis: Basis, call: Expr) -> bool:
    function = call.stmt.scope.function
    ends = function.is_async and basis.apis.means("end_of_life_methods", function.name)
    return ends and call.stmt.op == "return" and outermost(call).parent is None and not _awaited(call)


def _awaited(call: Expr) -> bool:
    expr = call
    while expr.parent is not None:
        if expr.parent.op == "await":
            return True
        expr = expr.parent
    return False


def _rows(basis: Basis, receiver: Expr) -> list[Row]:
    """What the receiver may be: by annotation alone, else by everything that is bound to it."""
    place = basis.names.place(receiver) if receiver.op in ("name", "attr", "sub") else None
    if place is not None and place.path[-1] == ELEMENT:
        return _entries(basis, place)
    annotated = place is not None and len(place.path) == 1 and basis.types.annotation(place) is not None
    if place is None or annotated:
        row = basis.types.row(receiver) if place is None else basis.types.place_row(place)
        return [row] if row is not None and row.kind != "spawner" else []
    values = [
        v
        for v in (leaf for bound in basis.types.bound_values(place) for leaf in leaves(bound))
        if not is_none(v) and not _passed_in(basis, v)
    ]
    found = [basis.types.row(v) for v in values]
    known = [row for row in found if row is not None]
    return known if len(known) == len(found) else []


def _entries(basis: Basis, entry: Place) -> list[Row]:
    """What an entry of a container may be: by the annotation of that, else by all that is put in."""
    held = Place(entry.scope, entry.path[:-1])
    annotation = basis.types.annotation(held) if len(held.path) == 1 else None
    if annotation is not None and annotation.op == "sub":
        row = basis.types.annotated(annotation.args[-1])
        return [row] if row is not None else []
    values = [value for use in basis.all_uses(held) for value in put(use)]
    rows = [row for value in values if (row := basis.types.row(value)) is not None]
    mixed = any(use.verb in _MIXING for use in basis.all_uses(held))
    return rows if len(rows) == len(values) and not mixed else []


def _passed_in(basis: Basis, value: Expr) -> bool:
    """A parameter without an annotation: most likely of the type that is made where none is given."""
    bindings = basis.names.bindings(value.text, value.scope) if value.op == "name" else []
    return bool(bindings) and all(b.how == "param" for b in bindings) and basis.types.row(value) is None


def _coroutine(basis: Basis, receiver: Expr, method: str) -> Scope | None:
    """The plain `async def` of this module that `receiver.method` is."""
    owner = klass(basis, receiver)
    function = basis.names.method(owner, method) if owner is not None else None
    plain = function is not None and function.stmt is not None and not function.stmt.decorators
    return function if function is not None and plain and function.is_async and not function.is_generator else None
