"""Is a value the content of something, by what is done with it beside: is it sent as a body, unpacked, or answered?"""

from __future__ import annotations

from leaklint.meaning.basis import NO, Answer, Basis, Clue
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Expr, Scope, flat_of, source, statements

_SMALL = ("const", "fstring", "dict", "list", "tuple")


def content(basis: Basis, expr: Expr, depth: int = 1) -> Answer:
    """`sent` or `unpacked` as a whole, in the function at hand or by one that it is handed to."""
    if expr.op not in ("name", "attr") or _made_here(basis, expr):
        return NO
    return _used(basis, expr.scope.function, source(expr), depth)


def _made_here(basis: Basis, expr: Expr) -> bool:
    """Put together by the function itself, or small by its name."""
    if basis.apis.means("short_names", expr.text.lower()):
        return True
    values = [b.value for b in basis.names.bindings(expr.text, expr.scope)] if expr.op == "name" else []
    return any(value is not None and value.op in _SMALL for value in values)


def _used(basis: Basis, function: Scope, text: str, depth: int) -> Answer:
    for call in (e for s in statements(function.block) for e in flat_of(s) if e.op == "call"):
        for index, (name, arg) in enumerate(zip(call.names[1:], call.args[1:], strict=False)):
            if source(arg) != text:
                continue
            found = _use(basis, call, index, name)
            if found:
                return found
            helper = basis.types.callee(call).local if depth and not name else None
            if helper is not None and helper.kind == "function" and index < len(helper.params) and not helper.method_of:
                found = _used(basis, helper, helper.params[index].name, depth - 1)
                if found:
                    return found
    return NO


def _use(basis: Basis, call: Expr, index: int, name: str) -> Answer:
    word = source_name(call)
    body = name == "json" or basis.apis.means("sent_arguments", name) or (word == "request" and not name and index == 2)
    if body and call.args[0].op == "attr" and basis.apis.means("sending_calls", word):
        kind = "sent"
    elif index == 0 and basis.apis.means("unpacking_functions", word):
        kind = "unpacked"
    else:
        return NO
    return Answer(kind, (Clue(call.stmt, "driver", kind, {"what": source(call.args[0])}),), source(call.args[0]))
