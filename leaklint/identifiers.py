"""The identifiers in an `ast` expression: which a reference begins and ends with, and all of them."""

from __future__ import annotations

import ast


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
