"""Objects that add up tensors of many batches: a metric whose sum grows by one more graph each time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from leaklint.answers.peaks.demand import in_own_loop
from leaklint.answers.peaks.tensors import Retained, body_of, graph_free, puts, recorded, through
from leaklint.meaning.basis import Basis, once
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import is_called, source_name
from leaklint.tree.ir import Expr, Scope, Stmt, statements, walk

_TENSOR = "tensor"


def metered(basis: Basis) -> Iterator[Retained]:
    """`self.sum += value` in the `update` of an object whose sum begins as a tensor, by what it is given."""
    for function in basis.module.scopes:
        if function.method_of is None or not basis.apis.means("metering_methods", function.name):
            continue
        for stmt in statements(function.block):
            for holder, value, summed in puts(stmt) if stmt.scope is function else ():
                place = basis.names.place(holder) if summed and holder.op == "attr" else None
                birth = _born(basis, place) if place is not None and place.is_attribute else None
                if birth is not None and _may_record(basis, function, value) and not graph_free(basis, function):
                    yield Retained(stmt, value, holder, birth, None, True, given=True)


def fed(basis: Basis) -> Iterator[Retained]:
    """`losses.update(loss)`, of an object of this module that adds up what it is given as it is."""
    for function in basis.module.scopes:
        if function.method_of is None or not basis.apis.means("metering_methods", function.name):
            continue
        kept = [
            (index, stmt)
            for index, param in enumerate(function.params[1:], 1)
            for stmt in statements(function.block)
            for holder, value, _ in puts(stmt)
            if holder.op == "attr" and recorded(basis, value)
            if any(e.op == "name" and e.text == param.name for e in through(basis, value))
        ]
        for call in _fed(basis, function.name).get(function.method_of, ()) if kept else ():
            index, stmt = kept[0]
            body = body_of(basis, call.scope.function)
            value = call.args[index] if index < len(call.args) and not call.names[index] else None
            if body is None or body.proof is None or value is None or graph_free(basis, call.scope.function):
                continue
            if any(body.carries(part, call.stmt) for part in through(basis, value)):
                yield Retained(call.stmt, value, call.args[0].args[0], stmt, in_own_loop(call.stmt), True)


@once(meanwhile=MappingProxyType({}))
def _fed(basis: Basis, method: str) -> Mapping[Scope, list[Expr]]:
    """By class: where a method of this name is called on what it makes."""
    found: dict[Scope, list[Expr]] = {}
    for call in (e.parent for e in basis.mentions(method) if is_called(e)):
        meter = _meter_of(basis, call) if call is not None else None
        if call is not None and meter is not None:
            found.setdefault(meter, []).append(call)
    return found


def _meter_of(basis: Basis, call: Expr) -> Scope | None:
    """The class of this module that makes what a method is called on."""
    meter = call.args[0].args[0] if call.args[0].op == "attr" else None
    made = basis.names.only_value(meter.text, meter.scope) if meter is not None and meter.op == "name" else None
    return basis.types.callee(made).local if made is not None and made.op == "call" else None


def _born(basis: Basis, place: Place) -> Stmt | None:
    """Where it is made, as a tensor; a module's parameters and buffers are made by other calls."""
    for value in basis.types.bound_values(place):
        row = basis.types.row(value)
        if value.op == "call" and row is not None and row.noun == _TENSOR:
            return value.stmt
    return None


def _may_record(basis: Basis, function: Scope, value: Expr) -> bool:
    """Is it computed from an argument, by nothing through which no gradient goes: a comparison, a size, a cut?"""
    made = _made_of(basis, function, value)
    given = {p.name for p in function.params[1:]}
    parts = [e for one in made for e in walk(one)]
    through = all(recorded(basis, one) for one in made) and not any(_graphless(basis, e) for e in parts)
    return through and any(e.op == "name" and e.text in given for e in parts)


def _graphless(basis: Basis, expr: Expr) -> bool:
    return expr.op == "compare" or (expr.op in ("attr", "call") and basis.apis.means("graphless", source_name(expr)))


def _made_of(basis: Basis, function: Scope, value: Expr) -> list[Expr]:
    """A value, and what the names in it are bound to in the function, as far as the budget of the file goes."""
    found, names = [value], {e.text for e in walk(value) if e.op == "name"}
    assigns = [s for s in statements(function.block) if s.op == "assign" and s.value is not None]
    basis.budget.left -= len(assigns)
    if not basis.budget:
        return found
    for stmt in reversed([s for s in assigns if s.ordinal < value.stmt.ordinal]):
        bound = {e.text for target in stmt.targets for e in walk(target) if e.op == "name"}
        if stmt.value is not None and bound & names:
            found.append(stmt.value)
            names |= {e.text for e in walk(stmt.value) if e.op == "name"}
    return found
