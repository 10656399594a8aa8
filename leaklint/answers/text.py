"""Where is a value turned into text as a whole: f-strings, `%`, `format`, `str`, `decode`, log arguments?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.basis import Basis
from leaklint.ir import Block, Expr, Stmt, ancestors, flat_of
from leaklint.scopes import source_name

_LOG_METHODS = ("debug", "info", "warning", "warn", "error", "exception", "critical", "log", "fatal")


@dataclass(frozen=True, slots=True)
class Text:
    """`expr` is what becomes text, `whole` the text, `how` a word for it."""

    expr: Expr
    whole: Expr
    how: str


def stringified(basis: Basis) -> Iterator[Text]:
    """Every reference or call that becomes text whole; slices, lengths and what a row calls cut are not."""
    for stmt in basis.module.stmts:
        for expr in flat_of(stmt):
            if expr.op in ("name", "attr", "call", "await"):
                how = _how(basis, expr)
                if how is not None:
                    yield Text(expr, how[0], how[1])


def _how(basis: Basis, expr: Expr) -> tuple[Expr, str] | None:
    parent = expr.parent
    if parent is None:
        return None
    if parent.op == "format" and expr is parent.args[0]:
        return None if "." in parent.text else (parent, "an f-string")
    if parent.op == "binary" and parent.text == "Add" and expr is parent.args[1] and _is_text(parent.args[0]):
        return parent, "`+`"
    if parent.op == "binary" and parent.text == "Modulo" and expr is parent.args[1] and _is_text(parent.args[0]):
        return None if "%." in parent.args[0].value else (parent, "`%`")
    if (
        parent.op == "tuple"
        and parent.parent is not None
        and parent.parent.op == "binary"
        and parent.parent.text == "Modulo"
    ):
        return (
            (parent.parent, "`%`")
            if _is_text(parent.parent.args[0]) and "%." not in parent.parent.args[0].value
            else None
        )
    if parent.op == "attr":
        return _method(basis, parent)
    if parent.op == "call" and expr is not parent.args[0]:
        return _argument(basis, parent)
    return None


def _is_text(expr: Expr) -> bool:
    return expr.op in ("const", "fstring") and expr.text in ("str", "")


def _method(basis: Basis, attr: Expr) -> tuple[Expr, str] | None:
    call = attr.parent
    if call is None or call.op != "call" or call.args[0] is not attr or attr.text not in ("decode", "hex"):
        return None
    up = call.parent
    if up is None:
        return None
    # a slice of the text comes too late: the whole has been decoded
    return ((up.op == "sub" or bool(_how(basis, call))) and (call, f"`.{attr.text}()`")) or None


def _argument(basis: Basis, call: Expr) -> tuple[Expr, str] | None:
    callee = basis.types.callee(call)
    word = source_name(call)
    cut_next = call.parent is not None and call.parent.op == "sub"
    if callee.row is not None and callee.row.stringifies and not cut_next:
        return call, f"`{word}()`"
    if call.args[0].op == "attr" and call.args[0].text == "format" and _is_text(call.args[0].args[0]):
        return call, "`format`"
    if (
        call.args[0].op == "attr"
        and word in _LOG_METHODS
        and len(call.args) > 2
        and "log" in source_name(call.args[0].args[0]).lower()
    ):
        return None if "%." in call.args[1].value else (call, "a log argument")
    return None


def error_branch(stmt: Stmt) -> tuple[Block | None, Stmt] | None:
    """The handler that a statement stands in; a `raise` is an error branch by itself."""
    for block, owner in ancestors(stmt):
        if block.kind == "handler":
            return block, owner
    return (None, stmt) if stmt.op == "raise" else None
