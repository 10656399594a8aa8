"""What the code around a store shows of it: what one entry is, who else holds the same, and where it can go again."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from leaklint.report.audit.parsed import parsed
from leaklint.report.audit.used import STORING, used

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DEPTH = 3
"""Names that are followed one after the other, at most."""

_DISPLAYS = {
    ast.Dict: "mapping",
    ast.DictComp: "mapping",
    ast.List: "list",
    ast.ListComp: "list",
    ast.Set: "set",
    ast.SetComp: "set",
    ast.JoinedStr: "text",
    ast.Compare: "truth",
}
_MADE = {
    **dict.fromkeys(("id", "hash", "len", "int", "float", "time", "monotonic"), "number"),
    **dict.fromkeys(("str", "repr"), "text"),
    **dict.fromkeys(("create_task", "ensure_future"), "task"),
    "bool": "truth",
    "list": "list",
    "dict": "mapping",
    "set": "set",
}
_CONSTANTS = {bool: "truth", int: "number", float: "number", str: "text", bytes: "text"}

_MANY = frozenset({"extend", "update"})
"""Of these, the argument is no entry."""

Means = Callable[[str, str], bool]
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Stored:
    """What one entry is: of a `kind`, or an `instance` of the class `name`, made on `line`."""

    kind: str
    name: str = ""
    line: int = 0
    others: tuple[str, ...] = ()
    """What else is given the same one in that function."""


@dataclass(frozen=True, slots=True)
class Outlet:
    """A method that empties a `sibling` which is kept by the same key, or that is called when what it is kept by ends
    and is given the key."""

    method: str
    line: int
    sibling: str = ""
    key: str = ""


def stored(lines: Sequence[str], at: int) -> Stored | None:
    """Of the statement on line `at`; None where the code does not say."""
    try:
        return _stored(lines, at)
    except RecursionError:  # an expression that is nested more deeply than it can be written
        return None


def _stored(lines: Sequence[str], at: int) -> Stored | None:
    function = _function(lines, at)
    if function is None:
        return None
    every = [(node, *one) for node in ast.walk(function) for one in _stores(node)]
    here = next(((held, value) for node, held, _, value in every if _covers(node, at)), None)
    if here is None or here[1] is None:
        return None
    kind, name, line = _kind(here[1], function, at)
    if kind not in ("instance", "annotated", ""):
        return Stored(kind, name, line)
    same = ast.unparse(here[1]) if isinstance(here[1], ast.Name) else ""
    given = [held for _, held, _, value in every if same and value is not None and ast.unparse(value) == same]
    others = tuple(dict.fromkeys(held for held in given if held != here[0] and "." in held))
    return Stored(kind, name, line, others) if kind or others else None


def outlet(lines: Sequence[str], klass: str, attribute: str, key: str, means: Means) -> Outlet | None:
    """Where entries of an attribute can go again, by what its class does with others."""
    try:
        return next(_outlets(lines, klass, attribute, key, means), None)
    except RecursionError:
        return None


def _outlets(lines: Sequence[str], klass: str, attribute: str, key: str, means: Means) -> Iterator[Outlet]:
    tree = parsed(lines)
    classes = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)) if tree is not None else ()
    found = next((one for one in classes if one.name == klass), None)
    methods = [one for one in found.body if isinstance(one, _FUNCTIONS)] if found is not None else []
    own = f"self.{attribute}"
    sisters: dict[str, None] = {}
    for method in methods:
        kept = [(held, by) for node in ast.walk(method) for held, by, _ in _stores(node) if by]
        keys = {by for held, by in kept if held == own}
        sisters.update((held, None) for held, by in kept if by in keys and held != own and held.startswith("self."))
    for method in methods:
        for node in ast.walk(method):
            for held in (ast.unparse(value) for value, how in used(node) if how == "removed"):
                if held in sisters:
                    yield Outlet(method.name, getattr(node, "lineno", 0), held.removeprefix("self."))
    word = key.rpartition(".")[2]
    for method in methods:
        if means("end_of_life_methods", method.name) and word in {one.arg for one in method.args.args}:
            yield Outlet(method.name, method.lineno, key=word)


def _function(lines: Sequence[str], at: int) -> _Function | None:
    """The innermost one around a line."""
    tree = parsed(lines)
    around = [node for node in ast.walk(tree) if isinstance(node, _FUNCTIONS) and _covers(node, at)] if tree else []
    return max(around, key=lambda node: node.lineno, default=None)


def _covers(node: ast.AST, at: int) -> bool:
    return getattr(node, "lineno", at + 1) <= at <= (getattr(node, "end_lineno", 0) or 0)


def _stores(node: ast.AST) -> Iterator[tuple[str, str, ast.expr | None]]:
    """What is given something, by which key if by one, and what it is given."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Subscript):
        yield (*_held(node.targets[0]), node.value)
    elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Subscript):
        yield (*_held(node.target), None)
    elif (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in STORING and node.args
    ):
        held, key = _held(node.func.value)
        by = key or (ast.unparse(node.args[0]) if len(node.args) > 1 else "")
        yield held, by, None if node.func.attr in _MANY else node.args[-1]


def _held(node: ast.expr) -> tuple[str, str]:
    """`self.x` and `k` of `self.x[k]`."""
    key = ""
    while isinstance(node, ast.Subscript):
        key, node = ast.unparse(node.slice), node.value
    return ast.unparse(node), key


def _kind(value: ast.expr, function: _Function, at: int) -> tuple[str, str, int]:
    for _ in range(_DEPTH):
        if not isinstance(value, ast.Name):
            break
        made = _last(function, value.id, at)
        if made is None:
            args = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
            said = next((one.annotation for one in args if one.arg == value.id), None)
            return ("annotated", said.id, 0) if isinstance(said, ast.Name) and said.id[:1].isupper() else ("", "", 0)
        value = made
    if isinstance(value, ast.Constant):
        return _CONSTANTS.get(type(value.value), ""), "", 0
    if isinstance(value, ast.Call):
        func = value.func
        name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
        if name[:1].isupper():
            return "instance", name, value.lineno
        return _MADE.get(name, ""), "", 0
    return _DISPLAYS.get(type(value), ""), "", 0


def _last(function: _Function, name: str, at: int) -> ast.expr | None:
    """What a local name was bound to last before a line."""
    bound = (
        (node.lineno, node.value)
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and node.lineno < at and [ast.unparse(one) for one in node.targets] == [name]
    )
    return max(bound, key=lambda pair: pair[0], default=(0, None))[1]
