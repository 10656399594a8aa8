"""Is a value what a wrapped function is called with (`args`, `kwargs`, one after the other), or what it returns?"""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import NO, Answer, Basis, Clue
from leaklint.tree.ir import Binding, Expr, Scope, Stmt, ancestors, source, walk

_DEPTH = 5
_BOTH = ("args", "kwargs")
_SAME = frozenset(
    [
        "list",
        "dict",
        "tuple",
        "zip",
        "enumerate",
        "sorted",
        "items",
        "values",
        "copy",
        "bind",
        "bind_partial",
        "getcallargs",
    ]
)

_REGROUPED = _SAME | {"arguments", *_BOTH}


def arguments(basis: Basis, expr: Expr, depth: int = _DEPTH) -> Answer:
    """The parameters of a wrapper, or what is taken from them one after the other; a single one by its index is not."""
    if expr.op != "name" or depth == 0:
        return NO
    if answered := results(basis, expr):
        return answered
    for binding in basis.names.bindings(expr.text, expr.scope):
        if binding.how == "param":
            if _given_all(binding, expr.text):
                return Answer("arguments", (Clue(binding.stmt, "driver", "arguments", {"name": expr.text}),), expr.text)
        elif binding.value is not None and not binding.target.startswith("0"):  # the name of an argument is short
            for part in _through(binding.value):
                found = arguments(basis, part, depth - 1)
                if found:
                    return found
    return _put_in(basis, expr)


def _put_in(basis: Basis, expr: Expr) -> Answer:
    """`values["result"] = result`, of what a wrapped function returns."""
    place = basis.names.place(expr)
    for use in basis.all_uses(place) if place is not None and _nested(expr.scope.function) else ():
        if use.verb == "__setitem__" and use.value is not None and use.value.op == "name":
            found = results(basis, use.value)
            if found:
                return found
    return NO


def results(basis: Basis, expr: Expr) -> Answer:
    """What the wrapped function returns; not where it is asked which one that is."""
    for binding in basis.names.bindings(expr.text, expr.scope):
        function = _answered(binding.value) if binding.value is not None and binding.exact else ""
        if function and not _asked_for(expr.stmt, function):
            return Answer("results", (Clue(binding.stmt, "driver", "results", {"name": expr.text}),), expr.text)
    return NO


def _given_all(binding: Binding, name: str) -> bool:
    """`*args` of a function within a decorator, or `args` of a helper beside `func`."""
    function = binding.stmt.inner
    if function is None:
        return False
    starred = binding.param is not None and bool(binding.param.star)
    plain = {p.name for p in function.params if not p.star}
    return _nested(function) if starred else name in _BOTH and {*_BOTH} <= plain


def _answered(value: Expr) -> str:
    """The `function` of `function(*args, **kwargs)`, where it is the one that is wrapped: whatever it returns."""
    call = value.args[0] if value.op == "await" else value
    if call.op != "call" or call.args[0].op != "name" or not _nested(call.scope.function):
        return ""
    outer, function = call.scope.function.parent, call.args[0].text
    own = outer is not None and any(p.name == function for p in outer.params)
    return function if own and "**" in call.names else ""


def _asked_for(stmt: Stmt, function: str) -> bool:
    """`if function.__name__ != "get_all"`."""
    tests = (t for block, owner in ancestors(stmt) if owner.op == "if" for t in block.exprs)
    return any(e.op == "name" and e.text == function for t in tests for e in walk(t))


def _nested(function: Scope) -> bool:
    """Does the function around it return it?"""
    outer = function.parent
    if outer is None or outer.kind != "function" or outer.block is None:
        return False
    return any(s.op == "return" and source(s.value).find(function.name) >= 0 for s in outer.block.stmts)


def _through(value: Expr) -> Iterator[Expr]:
    """The names that a value is made of, through what only regroups them."""
    stack = [value]
    while stack:
        node = stack.pop()
        if node.op == "name":
            yield node
        elif node.op in ("starred", "list", "tuple", "dict") or (node.op == "attr" and node.text in _REGROUPED):
            stack.extend(node.args)
        elif node.op == "sub" and node.args[-1].op == "slice":
            stack.append(node.args[0])
        elif node.op == "call" and node.args[0].text in _SAME:
            stack.extend(node.args if node.args[0].op == "attr" else node.args[1:])
