"""The identifiers in an `ast` expression: which it begins and ends with, which it is made of, and all of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

# What comes out is made of all that goes in.
_CARRYING = frozenset(
    ("join", "format", "str", "repr", "dumps", "decode", "list", "dict", "tuple", "zip", "enumerate", "sorted")
).union(("items", "values", "copy", "bind", "bind_partial", "getcallargs"))


def last(node: ast.AST | None) -> str:
    """The last identifier of a reference or call."""
    while True:
        kind = type(node)
        if kind is ast.Name:
            return str(node.id)  # type: ignore[union-attr]
        if kind is ast.Attribute:
            return str(node.attr)  # type: ignore[union-attr]
        if kind is ast.Call:
            args = node.args  # type: ignore[union-attr]
            if len(args) > 1 and last(node.func) == "getattr" and type(args[1]) is ast.Constant:  # type: ignore[union-attr]
                return str(args[1].value)
            node = node.func  # type: ignore[union-attr]
        elif kind in (ast.Await, ast.Subscript, ast.Starred, ast.NamedExpr):
            node = node.value  # type: ignore[union-attr]
        else:
            return ""


def first(node: ast.AST) -> str:
    """The identifier that a chain of attributes and entries begins with."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def identifiers(node: ast.AST) -> set[str]:
    return {n.id if type(n) is ast.Name else n.attr for n in ast.walk(node) if type(n) in (ast.Name, ast.Attribute)}  # type: ignore[attr-defined]


def words(annotation: ast.expr) -> set[str]:
    """The last identifiers in an annotation, quoted ones included."""
    texts = (n.value for n in ast.walk(annotation) if type(n) is ast.Constant and type(n.value) is str)
    return identifiers(annotation).union(text.rpartition(".")[2] for text in texts)


def values(node: ast.AST | None) -> Iterator[ast.AST]:
    """The expressions that a value may come from."""
    stack = [node]
    while stack:
        value = stack.pop()
        kind = type(value)
        if kind is ast.IfExp:
            stack += [value.body, value.orelse]  # type: ignore[union-attr]
        elif kind is ast.BoolOp:
            stack += value.values  # type: ignore[union-attr]
        elif kind in (ast.NamedExpr, ast.Await):
            stack.append(value.value)  # type: ignore[union-attr]
        elif value is not None:
            yield value


def put_in(value: ast.AST) -> Iterator[str]:
    """What a tuple, a list or a new object is given to hold, a text is made of, or an order is made of."""
    parts: list[ast.expr] = []
    if isinstance(value, (ast.Tuple, ast.List)):
        parts = value.elts
    elif isinstance(value, ast.Call) and last(value.func)[:1].isupper():
        parts = [*value.args, *(keyword.value for keyword in value.keywords)]
    elif isinstance(value, ast.JoinedStr) or (isinstance(value, ast.Call) and last(value.func) in _CARRYING):
        yield from identifiers(value)
    yield from map(last, parts)
