"""Where is a value turned into text as a whole: f-strings, `%`, `format`, `str`, `decode`, arguments of log calls?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.answers.driver import runs_aside
from leaklint.answers.exceptions.sink import Sink, carries, is_traced, sink
from leaklint.meaning.basis import Basis
from leaklint.meaning.branches import unreachable
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Expr, flat_of, walk

_DECODING = ("decode", "hex")
_SHORT_PERCENT = re.compile(r"%-?\d*\.(\d+|\*)[rsa]")
_SHORT_FIELD = re.compile(r"\{[^{}]*:[^{}]*\.\d+s?\}")
_CUTTING_ABOVE = 6  # levels: `shorten(str(body).strip(), 200)`


@dataclass(frozen=True, slots=True)
class Text:
    """`expr` is what becomes text, `whole` the text, `how` a word for it, `sink` where the text goes.

    `lazy`: only a log call that is on makes the text. `cut`: the next step takes a slice of it.
    """

    expr: Expr
    whole: Expr
    how: str
    sink: Sink | None = None
    lazy: bool = False
    cut: bool = False


def stringified(basis: Basis) -> Iterator[Text]:
    """Every reference or call that becomes text whole; slices, lengths and what a row calls cut are not. None of a
    script or an example, whose texts its user waits for."""
    if runs_aside(basis):
        return
    never = unreachable(basis.module.stmts)
    for stmt in basis.module.stmts:
        for expr in flat_of(stmt) if stmt not in never else ():
            if expr.op in ("name", "attr", "call", "await"):
                how = _how(basis, expr)
                if how is not None and not _is_made_text(basis, expr) and not _cut_above(basis, how[0]):
                    lazy = how[0].op == "call" and carries(basis, how[0], expr) and not _makes_text(basis, expr)
                    yield Text(expr, how[0], how[1], sink(basis, expr), lazy, _sliced(how[0]))


def _makes_text(basis: Basis, expr: Expr) -> bool:
    """`response.text`, `frame.to_string()`: it is made before the log is asked."""
    rendered = expr.op == "call" and basis.apis.means("rendering_methods", source_name(expr))
    return rendered or (expr.op == "attr" and _gives_text(basis, expr))


def _is_made_text(basis: Basis, expr: Expr) -> bool:
    """`str(body)`, `body.decode()`: there the text is made, and `body` is what becomes it."""
    if expr.op != "call":
        return False
    row = basis.types.callee(expr).row
    return (row is not None and row.stringifies) or source_name(expr) in _DECODING


def _sliced(text: Expr) -> bool:
    return text.parent is not None and text.parent.op == "sub" and text.parent.args[-1].op == "slice"


def _cut_above(basis: Basis, text: Expr) -> bool:
    """Does a function that shortens get the text: one that a row says so of, or by its name?"""
    node = text.parent
    for _ in range(_CUTTING_ABOVE):
        if node is None:
            return False
        if node.op == "call" and text is not node.args[0]:
            row = basis.types.callee(node).row
            if (row is not None and row.cuts) or basis.apis.means("cutting_functions", source_name(node)):
                return True
        text, node = node, node.parent
    return False


def _how(basis: Basis, expr: Expr) -> tuple[Expr, str] | None:
    parent = expr.parent
    if parent is None:
        return None
    if parent.op == "format" and expr is parent.args[0]:
        return None if "." in parent.text else (parent, "an f-string")
    if parent.op == "binary" and parent.text == "Add" and expr is parent.args[1] and _is_text(parent.args[0]):
        return parent, "`+`"
    if parent.op == "binary" and parent.text == "Modulo" and expr is parent.args[1] and _is_text(parent.args[0]):
        return None if _precise(parent.args[0], _SHORT_PERCENT) else (parent, "`%`")
    if parent.op in ("tuple", "dict") and parent.parent is not None:
        percent = parent.parent
        if percent.op == "binary" and percent.text == "Modulo" and _is_text(percent.args[0]):
            return None if _precise(percent.args[0], _SHORT_PERCENT) else (percent, "`%`")
        return None
    if parent.op == "attr":
        return _method(basis, parent)
    if parent.op == "call" and expr is not parent.args[0]:
        return _argument(basis, parent, expr)
    return None


def _is_text(expr: Expr) -> bool:
    return expr.op in ("const", "fstring") and expr.text in ("str", "")


def _precise(template: Expr, mark: re.Pattern[str]) -> bool:
    """Does a template limit what it shows: `%.200r`, `{:.200}`? The places of a number (`%.2f`) are no limit."""
    return any(mark.search(part.value) for part in walk(template) if part.op == "const")


def _method(basis: Basis, attr: Expr) -> tuple[Expr, str] | None:
    call = attr.parent
    if call is None or call.op != "call" or call.args[0] is not attr or attr.text not in _DECODING:
        return None
    up = call.parent
    if up is None:  # `message += body.decode()`
        return (call, f"`.{attr.text}()`") if call.stmt.op == "augassign" and call is call.stmt.value else None
    return ((up.op == "sub" or bool(_how(basis, call))) and (call, f"`.{attr.text}()`")) or None


def _argument(basis: Basis, call: Expr, expr: Expr) -> tuple[Expr, str] | None:
    callee = basis.types.callee(call)
    word = source_name(call)
    if callee.row is not None and callee.row.stringifies:
        return None if _is_text_already(basis, expr, word) else (call, f"`{word}()`")
    if call.args[0].op == "attr" and call.args[0].text == "format" and _is_text(call.args[0].args[0]):
        return None if _precise(call.args[0].args[0], _SHORT_FIELD) else (call, "`format`")
    if carries(basis, call, expr):
        return None if _precise(call.args[1], _SHORT_PERCENT) else (call, "a log argument")
    if callee.name == "builtins.print":
        return call, "`print()`"
    if is_traced(basis, call):
        return call, f"`{word}()`"
    if call.stmt.op == "raise" and call is call.stmt.value and expr.op != "name":
        return None if _is_text_already(basis, expr) else (call, "the exception's argument")
    return None


def _is_text_already(basis: Basis, expr: Expr, function: str = "str") -> bool:
    """What `str()`, or an exception, is given is a text by itself: it makes no other of it."""
    if function != "str":
        return False
    values = [b.value for b in basis.names.bindings(expr.text, expr.scope)] if expr.op == "name" else [expr]
    return bool(values) and all(value is not None and _gives_text(basis, value) for value in values)


def _gives_text(basis: Basis, value: Expr) -> bool:
    """`response.text`, `await response.text()`, `body.decode()`, `f"..."`."""
    while value.op == "await":
        value = value.args[0]
    if value.op == "fstring" or (value.op == "const" and value.text == "str"):
        return True
    reference = value.args[0] if value.op == "call" else value
    if reference.op != "attr":
        return False
    row = basis.types.row(reference.args[0])
    return reference.text == "decode" or (row is not None and row.kind != "buffer" and reference.text in row.text)
