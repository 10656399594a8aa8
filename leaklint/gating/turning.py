"""May something refer to itself: an object that is put into what it holds, a nested function?"""

from __future__ import annotations

import ast

from leaklint.gating.identifiers import identifiers


def contains(value: ast.AST, name: str) -> bool:
    """Is a name itself an element of a value that is put together: `(handler, (self,) + args)`?"""
    stack = [value]
    while stack:
        part = stack.pop()
        if isinstance(part, ast.Name) and part.id == name:
            return True
        if isinstance(part, (ast.Tuple, ast.List, ast.Set, ast.Starred, ast.BinOp, ast.Dict)):
            stack += [p for p in ast.iter_child_nodes(part) if isinstance(p, ast.expr)]
    return False


def calls_itself(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """May a function that is defined in this one call itself?"""
    nested = (s for s in function.body if isinstance(s, (ast.FunctionDef, ast.AsyncFunctionDef)))
    return any(s.name in identifiers(s) for s in nested)
