"""Where does the text of an error go to be kept or sent, however long it is: a stored row, a record, an answer?

An exception says what whoever raised it likes: a statement with all its parameters, a whole response. The text of a
traceback has a line or two for each frame besides, of each exception in its chain.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.answers.ways.handlers import catches_all
from leaklint.meaning.basis import Basis, once
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Block, Expr, Scope, ancestors, flat_of, source, statements

_DEPTH = 3
_TRACEBACKS = {
    "traceback.format_exc": "traceback",
    "traceback.format_exception": "traceback",
    "traceback.format_tb": "frames",
}
_COMPOSING = ("tuple", "list", "dict", "starred", "format", "fstring", "binary", "bool", "if", "await", "attr")
_SHAPING = ("join", "format", "replace", "strip", "rstrip", "encode", "dumps", "str", "repr")


@dataclass(frozen=True, slots=True)
class Described:
    """`whole` is the text of `error`, and goes whole `where`; `handler` has caught it.

    `kind`: `failure` (of any error that may come), `traceback`, `frames` (a traceback without the error).
    """

    whole: Expr
    error: str
    kind: str
    where: str
    handler: Block | None


def described(basis: Basis) -> Iterator[Described]:
    """Each text that is made of an error, and kept or sent as it is."""
    calls = ((kind, call) for name, kind in _TRACEBACKS.items() for call in basis.calls_of.get(name, ()))
    for kind, call in calls:
        where = _goes(basis, call, _DEPTH, traceback=True) if "limit" not in call.names else ""
        if where:
            yield Described(call, source(call), kind, where, _handler(call))
    for handler in (b for s in basis.module.stmts for b in s.blocks if b.kind == "handler" and b.name):
        if catches_all(handler):
            yield from _failures(basis, handler)


def _failures(basis: Basis, handler: Block) -> Iterator[Described]:
    """The texts that a handler of any error makes of it."""
    for expr in (e for s in statements(handler) for e in flat_of(s) if e.op == "name" and e.text == handler.name):
        whole = _text(basis, expr) if expr.parent is not None and _handler(expr) is handler else None
        where = _goes(basis, whole, _DEPTH) if whole is not None else ""
        if whole is not None and where:
            yield Described(whole, expr.text, "failure", where, handler)


def _handler(expr: Expr) -> Block | None:
    return next((b for b, _ in ancestors(expr.stmt) if b.kind == "handler"), None)


def _text(basis: Basis, error: Expr) -> Expr | None:
    """`str(error)`, `f"{error}"`, `"%s" % error`."""
    above = error.parent
    if above is None:
        return None
    if above.op == "format" and "." not in above.text:
        return above
    row = basis.types.callee(above).row if above.op == "call" and error is not above.args[0] else None
    return above if row is not None and row.stringifies else None


def _goes(basis: Basis, text: Expr, depth: int, traceback: bool = False) -> str:
    """Where a text arrives whole; empty where it is cut, told to a log, or goes on to nowhere that keeps it."""
    below, node = text, text.parent
    while node is not None:
        if node.op == "sub":
            return ""
        if node.op == "call" and below is not node.args[0]:
            word = source_name(node)
            if basis.apis.means("cutting_functions", word):
                return ""
            if word not in _SHAPING:
                return _taken(basis, node, below, traceback)
        elif node.op not in (*_COMPOSING, "call"):
            return ""
        below, node = node, node.parent
    stmt = text.stmt
    if stmt.op != "assign" or len(stmt.targets) != 1 or below is not stmt.value:
        return ""
    target = stmt.targets[0]
    if target.op == "attr":
        kept = basis.apis.means("failure_fields", target.text) and stmt.ordinal < _stores(basis, stmt.scope.function)
        return source(target) if kept else ""
    place = basis.names.place(target) if target.op == "name" and depth else None
    return _by_name(basis, place, depth, traceback) if place is not None else ""


@once(meanwhile=-1)
def _stores(basis: Basis, function: Scope) -> int:
    """The ordinal of the last statement that stores a record: `job.save()`, `session.commit()`; -1 where none does."""
    stores = (
        s.ordinal
        for s in statements(function.block)
        for e in flat_of(s)
        if e.op == "call" and e.args[0].op == "attr" and basis.apis.means("storing_methods", e.args[0].text)
    )
    return max(stores, default=-1)


def _taken(basis: Basis, call: Expr, given: Expr, traceback: bool) -> str:
    word = source_name(call)
    if basis.apis.means("statement_methods", word):
        return source(call.args[0])
    name = dict(zip(map(id, call.args), call.names, strict=False)).get(id(given), "")
    if basis.apis.means("failure_fields", name) and basis.apis.means("recording_methods", word):
        return source(call.args[0])
    if not traceback or basis.apis.means("telling_methods", word) or basis.apis.names_error(word):
        return ""
    row = basis.types.callee(call).row
    made = name.isidentifier() and (word[:1].isupper() or basis.apis.means("making_functions", word))
    return source(call.args[0]) if made and (row is None or row.kind != "task") else ""


@once(meanwhile="")
def _by_name(basis: Basis, place: Place, depth: int, traceback: bool) -> str:
    """The same of what a name stands for, however often it is bound."""
    uses = [u for u in basis.all_uses(place) if u.verb != "bind"]
    if any(_measured(u.expr) for u in uses):
        return ""
    return next((w for u in uses if (w := _goes(basis, u.expr, depth - 1, traceback))), "")


def _measured(name: Expr) -> bool:
    """`len(text) > LIMIT`."""
    return name.parent is not None and name.parent.op == "call" and source_name(name.parent) == "len"
