"""What a coroutine waits for, by name: other files ask whether it runs through in its first step."""

from __future__ import annotations

import ast

from leaklint.gating.identifiers import last

WAITS = ""
"""Among the names that a coroutine awaits: it may wait by itself."""

_MANY = 8
_IN_MEMORY = ("local_only", "memory_only", "in_memory_only")  # what is asked for that goes to no server
_NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_WAITING = (ast.AsyncFor, ast.AsyncWith, ast.Yield, ast.YieldFrom)


def awaited(function: ast.AsyncFunctionDef) -> frozenset[str]:
    """The last names of the coroutines that it awaits. What does nothing is there to be overridden: it may wait."""
    if all(isinstance(s, (ast.Pass, ast.Raise)) or _is_text(s) for s in function.body):
        return frozenset({WAITS})
    names: set[str] = set()
    stack: list[ast.AST] = list(function.body)
    while stack:
        node = stack.pop()
        if isinstance(node, _NESTED):
            continue
        if isinstance(node, ast.Await) and not _in_memory(node.value):
            names.add(last(node.value) if isinstance(node.value, ast.Call) else WAITS)
        if isinstance(node, _WAITING) or getattr(node, "is_async", False) or len(names) > _MANY:
            return frozenset({WAITS})
        stack.extend(ast.iter_child_nodes(node))
    return frozenset(names)


def _in_memory(called: ast.expr) -> bool:
    """`cache.put(key, value, local_only=True)`."""
    given = called.keywords if isinstance(called, ast.Call) else []
    return any(k.arg in _IN_MEMORY and isinstance(k.value, ast.Constant) and k.value.value is True for k in given)


def _is_text(stmt: ast.stmt) -> bool:
    return isinstance(stmt, ast.Expr) and isinstance(stmt.value, ast.Constant)
