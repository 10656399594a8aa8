"""An insert or removal as those see it who call the function that makes it: `self._register(waiter)`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from leaklint.answers import instances
from leaklint.answers.releasing.fate import parameter
from leaklint.meaning.basis import Basis
from leaklint.meaning.scopes import is_called
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, source, walk


@dataclass(frozen=True, slots=True)
class Call:
    """A use seen from a call of its function; `entry` is what the caller gives to say which entry is meant."""

    use: Use
    entry: tuple[str, ...]


def calls_for(basis: Basis, uses: Iterable[Use]) -> Iterator[Call]:
    """From every call of the functions in which the uses stand, when their keys are made of parameters alone."""
    for use in uses:
        function = use.stmt.scope.function
        wanted = _parameters(use.key, function)
        for expr in (*references(basis, function), *_supposed(basis, function)) if wanted else ():
            call = expr.parent
            if call is not None and is_called(expr) and expr.stmt.scope.function is not function:
                yield from _seen(use, function, call, wanted)


def references(basis: Basis, function: Scope) -> Iterator[Expr]:
    """Where a function of this module is spoken of, also through an instance of its class: `manager.connect`."""
    for expr in basis.mentions(function.name) if function.kind == "function" else ():
        if basis.names.local(expr) is function:
            yield expr
        elif expr.op == "attr" and function.method_of is not None:
            klass = instances.klass(basis, expr.args[0])
            if klass is not None and basis.names.method(klass, expr.text) is function:
                yield expr


def _supposed(basis: Basis, function: Scope) -> Iterator[Expr]:
    """`request.app["lobby"].join(guest)`: of what nothing is known, a method by a name that nothing else here has."""
    alone = function.method_of is not None and function.name not in basis.apis.container_methods
    if alone and sum(s.name == function.name and s.kind == "function" for s in basis.module.scopes) == 1:
        for expr in basis.mentions(function.name):
            if expr.op == "attr" and _unknown(basis, expr.args[0]) and instances.klass(basis, expr.args[0]) is None:
                yield expr


def _unknown(basis: Basis, receiver: Expr) -> bool:
    while receiver.op in ("attr", "sub"):
        receiver = receiver.args[0]
    found = basis.names.bindings(receiver.text, receiver.scope) if receiver.op == "name" else ()
    told = any(b.how in ("import", "class", "def") for b in found)
    return bool(found) and not told and basis.names.class_of(receiver) is None


def _seen(use: Use, function: Scope, call: Expr, wanted: tuple[str, ...]) -> Iterator[Call]:
    given = {p.path[0]: a for a in call.args[1:] if (p := parameter(function, call, a)) is not None}
    args = [given[name] for name in wanted if name in given]
    if len(args) == len(wanted):
        seen = replace(use, stmt=call.stmt, site=call, key=args[0], value=None)
        yield Call(seen, tuple(source(a) for a in args))


def _parameters(key: Expr | None, function: Scope) -> tuple[str, ...]:
    """The parameters that a key is made of; empty if it is made of anything else."""
    names = [e for e in walk(key) if e.op == "name"] if key is not None else []
    params = {p.name for p in function.params}
    own = function.params[0].name if function.method_of is not None and function.params else ""
    plain = all(e.text in params - {own} for e in names)
    return tuple(dict.fromkeys(e.text for e in names)) if plain and function.kind == "function" else ()
