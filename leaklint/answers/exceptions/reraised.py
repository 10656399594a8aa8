"""Exceptions that are made once and raised again and again: each `raise` adds to the traceback of the one object."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.answers.exceptions.errors import is_error_class
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.tree.ir import Stmt


@dataclass(frozen=True, slots=True)
class Reraised:
    """`made` is run by import, once; `raises` are in functions, which run any number of times."""

    place: Place
    made: Stmt
    raises: tuple[Stmt, ...]


def reraised(basis: Basis) -> Iterator[Reraised]:
    """Exceptions of a module's or class's body that functions raise as they are; not where the traceback is cleared."""
    found: dict[Place, list[Stmt]] = {}
    for stmt in basis.module.stmts:
        if stmt.op == "raise" and stmt.value is not None and stmt.scope.function.kind == "function":
            place = basis.names.place(stmt.value)
            if place is not None and place.scope.kind in ("module", "class") and len(place.path) == 1:
                found.setdefault(place, []).append(stmt)
    for place, raises in found.items():
        values = list(dict.fromkeys(basis.types.bound_values(place)))
        made = values[0] if len(values) == 1 and values[0].op == "call" and is_error_class(basis, values[0]) else None
        if made is not None and made.stmt.scope is place.scope and not _cleared(basis, place):
            yield Reraised(place, made.stmt, tuple(raises))


def _cleared(basis: Basis, place: Place) -> bool:
    """`FAILED.__traceback__ = None`, somewhere in the module."""
    cleared = Place(place.scope, (*place.path, "__traceback__"))
    return any(use.verb in ("bind", "del") for use in basis.uses.get(cleared, ()))
