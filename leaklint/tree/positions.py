"""Where a header stands, by its ordinal: lines and columns as a reader counts them."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from leaklint.facts import Span

if TYPE_CHECKING:
    from leaklint.tree.ir import Header
    from leaklint.tree.text import Text

_BODIES = ("body", "handlers", "orelse", "finalbody", "cases")


def _end(node: ast.AST) -> tuple[int, int] | None:
    """End of the last expression of a compound statement's header (line, column in UTF-8 bytes)."""
    parts: list[ast.AST | None] = []
    if isinstance(node, (ast.If, ast.While)):
        parts = [node.test]
    elif isinstance(node, (ast.For, ast.AsyncFor)):
        parts = [node.iter]
    elif isinstance(node, (ast.With, ast.AsyncWith)):
        parts = [node.items[-1].optional_vars or node.items[-1].context_expr]
    elif isinstance(node, ast.ExceptHandler):
        parts = [node.type]
    elif isinstance(node, ast.Match):
        parts = [node.subject]
    ends = [(p.end_lineno, p.end_col_offset) for p in parts if p is not None]  # type: ignore[attr-defined]
    return max(ends) if ends else None


class Positions:
    """Spans of the headers of one file."""

    def __init__(self, headers: Sequence[Header], text: Text) -> None:
        self._nodes, self._text = headers, text

    def span(self, ordinal: int) -> Span:
        """The span of a simple statement, or of a compound statement's header."""
        node = self._nodes[ordinal]
        if isinstance(node, ast.match_case):
            pattern = node.pattern
            return self._make(pattern.lineno, pattern.col_offset, pattern.end_lineno, pattern.end_col_offset)
        end = _end(node)
        if end is None and any(hasattr(node, name) for name in _BODIES):
            first = self._text.lines[node.lineno - 1].encode("utf-8", "surrogatepass")
            stripped = first.split(b"#")[0].rstrip().rstrip(b":")
            end = (node.lineno, max(len(stripped), node.col_offset + 1))
        if end is None:
            end = (node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)
        return self._make(node.lineno, node.col_offset, *end)

    def size(self, ordinal: int | None) -> int:
        """How many lines a whole statement has, or the file."""
        first, last = self.lines(ordinal) if ordinal is not None else (1, len(self._text.lines) - 1)
        return last - first + 1

    def lines(self, ordinal: int) -> tuple[int, int]:
        """The first and last line of a whole statement, with its decorators and its body."""
        node = self._nodes[ordinal]
        start = node.pattern if isinstance(node, ast.match_case) else node
        decorators = [one.lineno for one in getattr(node, "decorator_list", ())]
        end = node.body[-1] if isinstance(node, ast.match_case) else node
        return min([start.lineno, *decorators]), end.end_lineno or start.lineno

    def _make(self, line: int, column: int, end_line: int, end_column: int) -> Span:
        return Span(line, self._text.column(line, column) + 1, end_line, self._text.column(end_line, end_column) + 1)
