"""The identifiers in an `ast` expression: which it begins and ends with, which it is made of, and all of them."""

from __future__ import annotations

import ast
import functools
import sys
from collections.abc import Iterator
from typing import Any

# What comes out is made of all that goes in.
_CARRYING = frozenset(
    ("join", "format", "str", "repr", "dumps", "decode", "list", "dict", "tuple", "zip", "enumerate", "sorted")
).union(("items", "values", "copy", "bind", "bind_partial", "getcallargs"))


_LEAVES = frozenset(
    [
        "ctx",
        "op",
        "ops",
        "id",
        "attr",
        "arg",
        "name",
        "names",
        "kind",
        "type_comment",
        "level",
        "module",
        "conversion",
        "is_async",
        "simple",
        "asname",
        "rest",
        "kwd_attrs",
        "type_ignores",
    ]
)


@functools.cache
def inner(kind: type[ast.AST]) -> tuple[str, ...]:
    """The fields of a node that hold nodes, or lists of them that may hold None as well. A constant's value, names
    and operators are none."""
    leaf = kind in (ast.Constant, ast.MatchSingleton)
    return () if leaf else tuple(name for name in getattr(kind, "_fields", ()) if name not in _LEAVES)


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
    """All that names and attributes in a node are called."""
    found: set[str] = set()
    stack: list[Any] = [node]
    while stack:
        one = stack.pop()
        kind = one.__class__
        if kind is ast.Name:
            found.add(one.id)
            continue
        if kind is ast.Attribute:
            found.add(one.attr)
        for name in inner(kind):
            part = getattr(one, name, None)
            if part.__class__ is list:
                stack += part
            elif part is not None:
                stack.append(part)
    return found


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


def adds_method(node: ast.AugAssign) -> bool:
    """It may be one: `device.changed += self.show`, and not `self.total += self.step`."""
    target, value = node.target, node.value
    if not isinstance(target, ast.Attribute) or not isinstance(value, ast.Attribute):
        return False
    own = isinstance(target.value, ast.Name) and target.value.id == getattr(value.value, "id", "")
    return isinstance(value.value, ast.Name) and not own


def passed_on(node: ast.ImportFrom, name: ast.alias) -> bool:
    """Is it a module of the standard library that a project's module hands on: `from .compat import sqlite3`?"""
    return bool(node.level and node.module) and name.name in sys.stdlib_module_names
