"""Frames and tracebacks that are bound to a name of the function whose frame they hold: a cycle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.meaning.basis import NO, Answer, Basis, Clue
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import CONSTRUCTORS
from leaklint.tree.ir import Expr, Stmt, ancestors, source


@dataclass(frozen=True, slots=True)
class Framed:
    """A name that is bound to a frame or traceback; `defence` says where it is let go, `kind` what it is, `made` where
    an exception that is raised later got its name, `left` where the function returns what holds it."""

    place: Place
    stmt: Stmt
    value: Expr
    kind: str
    defence: Answer
    made: Stmt | None = None
    left: tuple[Stmt, ...] = ()


def framed(basis: Basis) -> Iterator[Framed]:
    """Locals that are bound to the function's own frame or to the traceback of what it caught; attributes, to any."""
    for place, uses in basis.uses.items():
        if len(place.path) != 1 or place.scope.kind not in ("function", "class"):
            continue
        for use in uses:
            value = use.value if use.value is not None else use.stmt.value
            if use.verb != "bind" or use.stmt.op != "assign" or value is None or use.stmt.scope.kind != "function":
                continue
            kind = _kind(basis, use.expr, value, place.is_attribute)
            if kind and (place.is_attribute or place.scope is use.stmt.scope):
                yield Framed(place, use.stmt, value, kind, _let_go(basis, place, use.stmt))
                break


def _kind(basis: Basis, target: Expr, value: Expr, lasting: bool) -> str:
    """`frame` or `traceback`. A caller's frame (`sys._getframe(1)`) does not hold the name."""
    call, index = value, ""
    if value.op == "sub":
        call, index = value.args[0], source(value.args[-1])
    elif target.parent is not None and target.parent.op == "tuple":
        index = str(next(i for i, part in enumerate(target.parent.args) if part is target))
    elif lasting:
        while call.op == "attr" and call.text == "f_back":
            call = call.args[0]
    if call.op == "attr" and call.text == "__traceback__" and call.args[0].op == "name":
        return "traceback" if handled(call.stmt, call.args[0].text) else ""
    row = basis.types.callee(call).row if call.op == "call" else None
    if row is None or not row.frames or row.noun == "failure":
        return ""  # an object that holds frames may let go of them itself
    if row.noun == "traceback":
        return row.noun if index in ("", "1", "2") and handled(call.stmt) else ""
    depth = call.args[1] if len(call.args) > 1 and row.name == "sys._getframe" else None
    return row.noun if not index and (lasting or depth is None or depth.value == "0") else ""


def handled(stmt: Stmt, name: str = "") -> bool:
    """In a handler of the same function, of this name: the traceback goes through its frame."""
    for block, owner in ancestors(stmt):
        if owner.scope is not stmt.scope:
            return False
        if block.kind == "handler" and name in ("", block.name):
            return True
    return False


def _let_go(basis: Basis, place: Place, bound: Stmt) -> Answer:
    """Deleted or bound to something else after: in a `finally`, at its best."""
    for use in basis.all_uses(place):
        later = not _birth(use.stmt) if place.is_attribute else use.stmt.ordinal > bound.ordinal
        if use.stmt is not bound and later and use.verb in ("del", "bind"):
            return Answer("let go", (Clue(use.stmt, "released", "released"),))
    return NO


def _birth(stmt: Stmt) -> bool:
    return stmt.scope.function.name in CONSTRUCTORS
