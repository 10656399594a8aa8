"""What a coroutine that runs as a task waits for: when does it end?"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leaklint.report.audit.parsed import parsed

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SLEEPS = "sleep"
_LONG = 60


@dataclass(frozen=True, slots=True)
class Wait:
    """`task` runs until the `code` of `line` is over, which is a loop without an end if it is `endless`. `signal` is
    the name of the event that is waited for."""

    task: str
    line: int
    code: str
    endless: bool = False
    signal: str = ""


def waits(lines: Sequence[str], at: int) -> Wait | None:
    """What the coroutine waits for that a statement on line `at` starts; None where nothing here says so."""
    tree = parsed(lines)
    if tree is None:
        return None
    functions = [node for node in ast.walk(tree) if isinstance(node, _FUNCTIONS)]
    for name in _started(tree, at):
        named = [one for one in functions if one.name == name]
        around = [one for one in functions if one.lineno <= at <= (one.end_lineno or 0)]
        near = next((one for outer in reversed(around) for one in named if one in outer.body), None)
        found = near or (named[0] if len(named) == 1 else None)
        if found is not None:
            return _of(found)
    return None


def _started(tree: ast.Module, at: int) -> Iterator[str]:
    """The functions that calls on this line are given the calls of: `create_task(work())`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.lineno <= at <= (node.end_lineno or 0):
            for arg in node.args:
                func = arg.func if isinstance(arg, ast.Call) else None
                if isinstance(func, (ast.Name, ast.Attribute)):
                    yield func.id if isinstance(func, ast.Name) else func.attr


def _of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Wait | None:
    for node in _own(function):
        if isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and node.test.value:
            if not any(isinstance(one, (ast.Break, ast.Return)) for one in ast.walk(node)):
                return Wait(function.name, node.lineno, "", endless=True)
        elif isinstance(node, ast.Await) and isinstance(node.value, ast.Call):
            func = node.value.func
            name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
            if name != _SLEEPS:
                held = func.value if isinstance(func, ast.Attribute) and name == "wait" else None
                signal = held.attr if isinstance(held, ast.Attribute) else getattr(held, "id", "")
                return Wait(function.name, node.lineno, _brief(node.value), signal=signal)
    return None


def _brief(call: ast.Call) -> str:
    text = ast.unparse(call)
    return text if len(text) <= _LONG else f"{ast.unparse(call.func)}(...)"


def _own(function: ast.AST) -> Iterator[ast.AST]:
    """What stands in a function itself, in order."""
    for child in ast.iter_child_nodes(function):
        if not isinstance(child, (*_FUNCTIONS, ast.ClassDef, ast.Lambda)):
            yield child
            yield from _own(child)
