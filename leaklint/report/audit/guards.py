"""Branches that are taken once, whatever calls the function around them: what they test is set in them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from leaklint.report.audit.parsed import parsed
from leaklint.report.audit.used import used
from leaklint.report.sources import Sources

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_LEAVES = (ast.Return, ast.Raise, ast.Continue)
_FILLING = frozenset({"add", "append", "setdefault"})
_LONG = 60

Once = Literal["object", "key", "process"]
_At = tuple[int, int]  # a line, and a column of it


@dataclass(frozen=True, slots=True)
class Guard:
    """Lines `first` to `last` run once for each object, for each key, or in each process, as the `code` of `line`
    says. `what` is the object or the key."""

    once: Once
    what: str
    code: str
    line: int
    first: int
    last: int
    held: str = ""
    """The map that is looked into for a key."""


class Guards:
    """Of the checked files."""

    def __init__(self, read: Sources) -> None:
        self._read = read
        self._known: dict[str, tuple[Guard, ...]] = {}

    def at(self, path: str, line: int) -> Guard | None:
        """The innermost around a line."""
        if path not in self._known:
            self._known[path] = guards(self._read(path) or ())
        return next((one for one in reversed(self._known[path]) if one.first <= line <= one.last), None)


def guards(lines: Sequence[str]) -> tuple[Guard, ...]:
    """All of a file, the outer before the inner; none where the lines are no Python."""
    tree = parsed(lines)
    if tree is None:
        return ()
    try:
        setters, emptied = _setters(tree), _emptied(tree)
        functions = (node for node in ast.walk(tree) if isinstance(node, _FUNCTIONS))
        found = [one for function in functions for one in _of(function, setters)]
    except RecursionError:  # an expression that is nested more deeply than it can be written
        return ()
    lasting = (one for one in found if one.held not in emptied)
    return tuple(sorted(lasting, key=lambda one: (one.first, -one.last)))


def _emptied(tree: ast.Module) -> set[str]:
    """Maps from which a key is taken again: what is behind a look for it comes more than once."""
    return {ast.unparse(held) for node in ast.walk(tree) for held, how in used(node) if how == "removed"}


def _setters(tree: ast.Module) -> dict[str, set[str]]:
    """What methods set that are called on the object itself: `self.m()` sets `self.x`. By their names alone."""
    found: dict[str, set[str]] = {}
    for klass in ast.walk(tree):
        for method in klass.body if isinstance(klass, ast.ClassDef) else ():
            if isinstance(method, _FUNCTIONS):
                found.setdefault(f"self.{method.name}", set()).update(text for text, _, _ in _set([method]))
    return found


@dataclass(frozen=True, slots=True)
class _Done:
    """What a function sets, and calls with which first argument, each by its text and with the places where it does."""

    sets: dict[str, list[_At]]
    calls: dict[str, list[tuple[_At, str]]]

    @classmethod
    def of(cls, function: ast.AST) -> _Done:
        sets: dict[str, list[_At]] = {}
        calls: dict[str, list[tuple[_At, str]]] = {}
        for text, value, at in _set([function]):
            if not _is_empty(value) or text.endswith("]"):  # an entry is there, whatever it is
                sets.setdefault(text, []).append(at)
        for node in ast.walk(function):
            if isinstance(node, ast.Call):
                given = ast.unparse(node.args[0]) if node.args else ""
                calls.setdefault(ast.unparse(node.func), []).append(((node.lineno, node.col_offset), given))
        return cls(sets, calls)

    def fills(self, body: Sequence[ast.stmt], text: str, key: str, setters: dict[str, set[str]]) -> bool:
        """Is what was not there set in these statements, or by a method that they call on the object itself?"""
        begins, last = min(map(_begin, body)), body[-1]
        ends = last.end_lineno or last.lineno, last.end_col_offset or 0
        if any(begins <= at < ends for at in self.sets.get(f"{text}[{key}]" if key else text, ())):
            return True
        if key:
            called = (one for method in _FILLING for one in self.calls.get(f"{text}.{method}", ()))
            return any(begins <= at < ends and given == key for at, given in called)
        methods = (name for name, texts in setters.items() if text in texts) if text.startswith("self.") else ()
        return any(begins <= at < ends for name in methods for at, _ in self.calls.get(name, ()))


def _begin(stmt: ast.stmt) -> _At:
    first = next(iter(getattr(stmt, "decorator_list", ())), stmt)
    return first.lineno, first.col_offset


def _of(function: ast.FunctionDef | ast.AsyncFunctionDef, setters: dict[str, set[str]]) -> Iterator[Guard]:
    done = _Done.of(function)
    shared = {name for node in ast.walk(function) if isinstance(node, ast.Global) for name in node.names}
    caught = {id(one) for node in ast.walk(function) if isinstance(node, ast.ExceptHandler) for one in ast.walk(node)}
    emptied = {text for text, value, _ in _set([function]) if _is_empty(value) and id(value) not in caught}
    for block in _blocks(function):
        for at, stmt in enumerate(block):
            if isinstance(stmt, ast.Try):
                yield from _missed(stmt, done)
            if not isinstance(stmt, ast.If):
                continue
            leaves = isinstance(stmt.body[-1], _LEAVES) and not stmt.orelse
            rest = block[at + 1 :] if leaves else []
            for body, wanted in ((stmt.body, True), (rest, False)):
                for node, key in _asked(stmt.test, wanted) if body else ():
                    text = ast.unparse(node)
                    if text in emptied or not done.fills(body, text, key, setters):
                        continue
                    what = _what(node, key, shared)
                    if what is not None:
                        code = ast.unparse(stmt.test)
                        shown = f"if {code}" if len(code) <= _LONG else f"if {text} ..."
                        held = text if key else ""
                        yield Guard(*what, shown, stmt.lineno, body[0].lineno, body[-1].end_lineno or 0, held)


def _missed(stmt: ast.Try, done: _Done) -> Iterator[Guard]:
    """`except KeyError` after a look into a map, where it fills that entry."""
    looked = next((node for node in ast.walk(stmt.body[0]) if isinstance(node, ast.Subscript)), None)
    for handler in stmt.handlers if looked is not None and isinstance(looked.value, ast.Attribute) else ():
        if isinstance(handler.type, ast.Name) and handler.type.id == "KeyError" and looked is not None:
            text, key = ast.unparse(looked.value), ast.unparse(looked.slice)
            if done.fills(handler.body, text, key, {}):
                first, last = handler.body[0].lineno, handler.body[-1].end_lineno or 0
                yield Guard("key", key, f"except KeyError: {text}[{key}]", handler.lineno, first, last, text)


def _blocks(function: ast.AST) -> Iterator[list[ast.stmt]]:
    """The lists of statements of a function itself."""
    stack: list[ast.AST] = [function]
    while stack:
        node = stack.pop()
        for name in ("body", "orelse", "finalbody", "handlers"):
            block = getattr(node, name, None)
            if isinstance(block, list) and block:
                yield from [block] if isinstance(block[0], ast.stmt) else []
                stack += [one for one in block if not isinstance(one, (*_FUNCTIONS, ast.ClassDef))]


def _asked(test: ast.expr, wanted: bool) -> Iterator[tuple[ast.expr, str]]:
    """What a test finds not there yet, when it is true or, not `wanted`, when it is false; of a map also the key."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And if wanted else ast.Or):
        for one in test.values:
            yield from _asked(one, wanted)
    elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield from _asked(test.operand, not wanted)
    elif isinstance(test, ast.Compare) and len(test.ops) == 1:
        op, right = test.ops[0], test.comparators[0]
        if isinstance(op, ast.Is if wanted else ast.IsNot) and isinstance(right, ast.Constant) and right.value is None:
            yield test.left, ""
        elif isinstance(op, ast.NotIn if wanted else ast.In):
            yield right, ast.unparse(test.left)
    elif not wanted and isinstance(test, (ast.Name, ast.Attribute)):
        yield test, ""
    elif not wanted and isinstance(test, ast.Call) and ast.unparse(test.func) == "hasattr" and len(test.args) > 1:
        held, name = test.args[:2]
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            yield ast.Attribute(held, name.value, ast.Load()), ""


def _set(body: Iterable[ast.AST]) -> Iterator[tuple[str, ast.expr | None, _At]]:
    """The targets of assignments, what they are set to where that is one thing, and where."""
    for node in (one for stmt in body for one in ast.walk(stmt)):
        targets: list[tuple[ast.expr, ast.expr | None]] = []
        if isinstance(node, ast.Assign):
            for target in node.targets:
                many = target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
                targets += [(one, node.value if len(many) == 1 else None) for one in many]
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
            targets.append((node.target, node.value))
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            targets += [(item.optional_vars, None) for item in node.items if item.optional_vars]
        if targets and isinstance(node, (ast.stmt, ast.expr)):
            yield from ((ast.unparse(one), value, (node.lineno, node.col_offset)) for one, value in targets)


def _is_empty(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and not value.value


def _what(node: ast.expr, key: str, shared: set[str]) -> tuple[Once, str] | None:
    """How often: once for each key, object or process; None of what only a call knows."""
    if key:
        return ("key", key) if isinstance(node, ast.Attribute) or ast.unparse(node).isupper() else None
    if isinstance(node, ast.Name):
        return ("process", "") if node.id in shared else None
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        holder = node.value.id
        return ("process", "") if holder == "cls" or holder[:1].isupper() else ("object", holder)
    return None
