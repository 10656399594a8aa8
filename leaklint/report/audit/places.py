"""What a line of code stands in: the classes and functions around it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leaklint.report.audit.parsed import parsed
from leaklint.report.sources import Sources

_BLOCKS = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Around:
    """The names of the classes and functions around a line, the outermost first; `function` is the innermost function,
    with its class before it, empty where the line is in none."""

    names: tuple[str, ...] = ()
    function: str = ""
    outer: tuple[int, int] | None = None
    """The lines of the function that the innermost one stands in."""
    own: tuple[int, int] | None = None
    """Those of the innermost function."""

    @property
    def holder(self) -> str:
        """The outermost of them."""
        return self.names[0] if self.names else ""


@dataclass(frozen=True, slots=True)
class Definition:
    """A class or function and the lines it takes, its decorators included."""

    name: str
    is_class: bool
    first: int
    last: int


def definitions(lines: Sequence[str]) -> tuple[Definition, ...]:
    """All of them, the outer before the inner; none where the lines are no Python."""
    tree = parsed(lines)
    found = _definitions(tree) if tree is not None else ()
    return tuple(sorted(found, key=lambda one: (one.first, -one.last)))


def _definitions(tree: ast.AST) -> Iterator[Definition]:
    for node in ast.walk(tree):
        if isinstance(node, _BLOCKS):
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            yield Definition(node.name, isinstance(node, ast.ClassDef), first, node.end_lineno or node.lineno)


def around(known: Sequence[Definition], line: int) -> Around:
    """What line `line`, counted from 1, stands in."""
    outer = [one for one in known if one.first <= line <= one.last]
    inner = max((at for at, one in enumerate(outer) if not one.is_class), default=-1)
    start = inner - 1 if inner > 0 and outer[inner - 1].is_class else inner
    function = ".".join(one.name for one in outer[start : inner + 1]) if inner >= 0 else ""
    above = next((one for one in reversed(outer[:inner]) if not one.is_class), None) if inner > 0 else None
    own = (outer[inner].first, outer[inner].last) if inner >= 0 else None
    return Around(
        tuple(one.name for one in outer), function, (above.first, above.last) if above is not None else None, own
    )


class Places:
    """What lines of the checked files stand in."""

    def __init__(self, read: Sources) -> None:
        self._read = read
        self._known: dict[str, tuple[Definition, ...]] = {}

    def definitions(self, path: str) -> tuple[Definition, ...]:
        if path not in self._known:
            self._known[path] = definitions(self._read(path) or ())
        return self._known[path]

    def line(self, path: str, line: int) -> str:
        """Its code."""
        lines = self._read(path) or ()
        return lines[line - 1].strip() if line <= len(lines) else ""

    def around(self, path: str, line: int) -> Around:
        return around(self.definitions(path), line)
