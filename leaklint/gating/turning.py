"""May something refer to itself: an object that is put into what it holds, a nested function?"""

from __future__ import annotations

import ast

from leaklint.gating.identifiers import first, identifiers
from leaklint.gating.seen import Seen

DISPLAYS = frozenset({ast.Dict, ast.Set, ast.List, ast.Tuple, ast.DictComp, ast.ListComp, ast.SetComp})


def turn(target: ast.AST, value: ast.AST, seen: Seen) -> None:
    """What is put into an attribute may refer to what the attribute belongs to."""
    place = isinstance(target, (ast.Attribute, ast.Subscript))
    back = gives_back(target, value) if isinstance(target, (ast.Attribute, ast.Subscript)) else ""
    seen.itself = seen.itself or back == "itself" or (place and contains(value, first(target)))
    if back:
        seen.given.add(back)
    if type(value) in DISPLAYS:
        seen.displayed |= identifiers(value)
    elif isinstance(value, ast.Lambda) or (isinstance(value, ast.Name) and place and value.id == first(target)):
        seen.closing = True


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


def gives_back(target: ast.Attribute | ast.Subscript, value: ast.AST) -> str:
    """What an object is given that may refer to it: `render` of `context["render"] = render`; `itself` where it does.

    Of the instance of a method only what wraps what it had (`self.run = traced(self.run)`): another class's, perhaps.
    """
    own = target.value.id if isinstance(target.value, ast.Name) else ""
    if isinstance(value, ast.Call) and own:
        given = [*value.args, *(k.value for k in value.keywords)]
        again = isinstance(target, ast.Attribute) and any(
            isinstance(arg, ast.Attribute) and arg.attr == target.attr for arg in given
        )
        return "itself" if again or (own != "self" and own in set().union(*map(identifiers, given))) else ""
    if own in ("", "self"):
        return ""
    if isinstance(value, (ast.Lambda, ast.Attribute)):
        return "itself" if own in identifiers(value) else ""
    return value.id if isinstance(value, ast.Name) and value.id != own else ""


def calls_itself(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """May a function that is defined in this one call itself?"""
    nested = (s for s in function.body if isinstance(s, (ast.FunctionDef, ast.AsyncFunctionDef)))
    return any(s.name in identifiers(s) for s in nested)
