"""The normalised tree that every question is asked of: expressions, statements, blocks and scopes.

`build` lowers an `ast` tree into it once. Some sixty node classes become the few operations named below, `elif`
chains become one flat statement, and every expression knows its parent, its statement and its scope, so that a question
("who uses the result of this call?") is answered by looking up and never by a visitor with state.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeAlias

Header: TypeAlias = "ast.stmt | ast.ExceptHandler | ast.match_case"
"""What has an ordinal: a statement, an `elif` (an `If`), a handler, a case."""

# Operations of an expression; `args` are its operands in the order of evaluation.
#   name             text: identifier
#   attr             text: attribute; args: value
#   const            text: none, bool, num, str, bytes, ellipsis; value: the source, cut short
#   call             args: function, arguments; names: "" for the function and positional ones, keyword, "*", "**"
#   sub              args: container, index (a `slice`, a `tuple` or any expression)
#   slice            args: the bounds that are given; text: which ("lower upper step")
#   list tuple set   args: elements
#   dict             args: keys and values in turn; a `**` entry is a `starred`
#   comp             text: list, set, dict, gen; args: iterables, conditions and the element(s), in this order
#   lambda           args: defaults, body (last)
#   fstring          args: one `format` for each replacement; format: args: expression; text: conversion and format spec
#   bool binary compare unary   text: the operators; args: operands
#   if               args: body, test, orelse
#   await yield yieldfrom starred walrus (args: target, value) unknown


@dataclass(slots=True, eq=False, repr=False)
class Expr:
    """One expression; see the table above."""

    op: str
    text: str
    args: tuple[Expr, ...]
    scope: Scope
    stmt: Stmt
    names: tuple[str, ...] = ()
    value: str = ""
    parent: Expr | None = None
    inner: Scope | None = None  # the scope that a lambda or comprehension opens
    targets: tuple[Expr, ...] = ()  # of a comprehension

    def __repr__(self) -> str:
        return source(self)


@dataclass(slots=True, eq=False, repr=False)
class Block:
    """Statements that run one after the other.

    `kind`: body, elif, else (`case _` too), handler, finally, case. `ordinal` places the header of a statement, an
    `elif`, a handler or a case; -1 otherwise. `exprs` are the header's own (a test, caught types, a pattern's guard).
    """

    kind: str
    stmts: tuple[Stmt, ...] = ()
    ordinal: int = -1
    exprs: tuple[Expr, ...] = ()
    flat: tuple[Expr, ...] = ()
    name: str = ""  # `except E as name`
    parent: Stmt | None = None
    below: tuple[Stmt, ...] | None = None  # see `statements`


@dataclass(slots=True, eq=False, repr=False)
class Stmt:
    """One statement.

    `op`: expr assign augassign del return raise assert import global pass break continue (simple);
    if while for with try match def class (compound). `flat` lists every expression of its own header in the order of
    evaluation, those of comprehensions and lambdas included.
    """

    op: str
    ordinal: int
    scope: Scope
    parent: Block | None = None
    text: str = ""  # operator of augassign; name of def and class
    value: Expr | None = None  # assigned, returned, raised, tested, iterated, matched
    targets: tuple[Expr, ...] = ()
    items: tuple[tuple[Expr, Expr | None], ...] = ()  # of with
    annotation: Expr | None = None
    decorators: tuple[Expr, ...] = ()
    is_async: bool = False
    exprs: tuple[Expr, ...] = ()
    flat: tuple[Expr, ...] = ()
    blocks: tuple[Block, ...] = ()
    inner: Scope | None = None  # of def and class

    def __repr__(self) -> str:
        return f"<{self.op} {self.text} #{self.ordinal}>"


@dataclass(slots=True, eq=False, repr=False)
class Param:
    name: str
    annotation: Expr | None = None
    default: Expr | None = None
    star: str = ""


@dataclass(slots=True, eq=False, repr=False)
class Binding:
    """One place where a name is bound.

    `how`: assign augassign for with except import def class param walrus comp match del. `value` is the expression it
    gets (the iterable, for a loop); `target` says the imported name or, for a tuple target, the index path.
    """

    how: str
    stmt: Stmt
    value: Expr | None = None
    target: str = ""
    inner: Scope | None = None
    param: Param | None = None
    exact: bool = True  # false: the value is taken apart first


@dataclass(slots=True, eq=False, repr=False)
class Scope:
    """A module, class, function, lambda or comprehension."""

    kind: str
    name: str
    parent: Scope | None
    stmt: Stmt | None = None
    params: tuple[Param, ...] = ()
    bases: tuple[Expr, ...] = ()
    is_async: bool = False
    is_generator: bool = False
    block: Block | None = None
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    elsewhere: dict[str, str] = field(default_factory=dict)  # name -> global | nonlocal
    children: list[Scope] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.qualname}>"

    @property
    def qualname(self) -> str:
        """`Hub.on_connect`; empty for the module."""
        names = []
        scope: Scope | None = self
        while scope is not None and scope.kind != "module":
            names.append(scope.name)
            scope = scope.parent
        return ".".join(reversed(names))

    @property
    def function(self) -> Scope:
        """The nearest function, class body or module that runs this scope's code."""
        scope = self
        while scope.kind in ("comp", "lambda") and scope.parent is not None:
            scope = scope.parent
        return scope

    def enclosing(self, kind: str) -> Scope | None:
        """The nearest scope of a kind, this one included."""
        scope: Scope | None = self
        while scope is not None and scope.kind != kind:
            scope = scope.parent
        return scope

    @property
    def method_of(self) -> Scope | None:
        """The class whose method this function is."""
        return self.parent if self.kind == "function" and self.parent and self.parent.kind == "class" else None


@dataclass(slots=True, eq=False, repr=False)
class Module:
    """A whole file."""

    path: str
    name: str
    scope: Scope
    stmts: tuple[Stmt, ...]  # all of them, by ordinal where they have one
    scopes: tuple[Scope, ...]
    headers: tuple[Header, ...]  # by ordinal: where things stand


def statements(block: Block | None) -> tuple[Stmt, ...]:
    """All statements below a block in source order, those of nested functions and classes not included."""
    if block is None:
        return ()
    if block.below is None:  # asked for again and again
        found, stack = [], list(reversed(block.stmts))
        while stack:
            found.append(stmt := stack.pop())
            for inner in reversed(stmt.blocks) if stmt.op not in ("def", "class") else ():
                stack.extend(reversed(inner.stmts))
        block.below = tuple(found)
    return block.below


def ancestors(stmt: Stmt) -> Iterator[tuple[Block, Stmt]]:
    """From the inside out: each block that a statement stands in, with the statement that has this block."""
    block = stmt.parent
    while block is not None and block.parent is not None:
        yield block, block.parent
        block = block.parent.parent


def in_loop(stmt: Stmt) -> bool:
    """Does it run more than once in one call of its function?"""
    return any(
        owner.op in ("for", "while") and block.kind == "body"
        for block, owner in ancestors(stmt)
        if owner.scope is stmt.scope
    )


def flat_of(stmt: Stmt) -> tuple[Expr, ...]:
    """Every expression in a statement's own header and in those of its blocks."""
    if not stmt.blocks:
        return stmt.flat
    below = [block.flat for block in stmt.blocks if block.flat]
    return tuple(chain(stmt.flat, *below)) if below else stmt.flat


def walk(expr: Expr) -> Iterator[Expr]:
    """An expression and all below it, from the outside in."""
    stack = [expr]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.args))


def outermost(expr: Expr) -> Expr:
    """The expression that its value ends up in without being changed: through await, parentheses, ternary, walrus."""
    while expr.parent is not None and (
        expr.parent.op in ("await", "walrus", "starred")
        or (expr.parent.op == "if" and expr is not expr.parent.args[1])
        or expr.parent.op == "bool"
    ):
        expr = expr.parent
    return expr


def is_none(expr: Expr | None) -> bool:
    """The constant None."""
    return expr is not None and expr.op == "const" and expr.text == "none"


def source(expr: Expr | None, limit: int = 60) -> str:
    """The expression as text, normalised and cut short: for messages and fingerprints."""
    text = _text(expr, 6) if expr is not None else ""
    return text if len(text) <= limit else text[: limit - 3] + "..."


_SYMBOLS = {
    "And": "and", "Or": "or", "Add": "+", "Subtract": "-", "Multiply": "*", "Divide": "/", "Modulo": "%",
    "FloorDivide": "//", "Power": "**", "BitOr": "|", "BitAnd": "&", "LessThan": "<", "LessThanEqual": "<=",
    "GreaterThan": ">", "GreaterThanEqual": ">=", "Equal": "==", "NotEqual": "!=", "Is": "is", "IsNot": "is not",
    "In": "in", "NotIn": "not in",
}  # fmt: skip


def _text(e: Expr, depth: int) -> str:
    if depth == 0:
        return "..."
    parts = [_text(a, depth - 1) for a in e.args[:8]]
    if e.op == "name":
        return e.text
    if e.op == "const":
        return e.value or e.text
    if e.op == "attr":
        return f"{parts[0]}.{e.text}"
    if e.op == "sub":
        return f"{parts[0]}[{', '.join(parts[1:])}]"
    if e.op == "call":
        words = [
            p if n == "" else f"{n}{p}" if n[0] == "*" else f"{n}={p}"
            for p, n in zip(parts[1:], e.names[1:], strict=False)
        ]
        return f"{parts[0]}({', '.join(words)})"
    if e.op in ("list", "tuple", "set"):
        brackets = {"list": "[]", "tuple": "()", "set": "{}"}[e.op]
        return brackets[0] + ", ".join(parts) + brackets[1]
    if e.op in ("await", "yield"):
        return f"{e.op} {' '.join(parts)}"
    if e.op in ("binary", "compare", "bool"):
        signs = [_SYMBOLS.get(word, word) for word in e.text.split()]
        return parts[0] + "".join(f" {s} {p}" for s, p in zip(signs * len(parts), parts[1:], strict=False))
    if e.op == "unary":
        return {"Minus": "-", "Not": "not ", "Plus": "+", "BitInvert": "~"}.get(e.text, "") + parts[0]
    if e.op == "slice":
        return ":" + "".join(parts[-1:]) if e.text[:1] in ("", "u") else parts[0] + ":" + "".join(parts[1:2])
    return {"dict": "{...}" if parts else "{}", "fstring": 'f"..."', "comp": "[...]", "lambda": "lambda ..."}.get(
        e.op, " ".join(parts)
    )
