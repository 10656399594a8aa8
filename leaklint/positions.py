"""Where a header stands, by its ordinal: the k-th statement of the LibCST tree is the k-th of the `ast` tree.

LibCST nodes carry no positions and its `PositionProvider` costs twice the parse and recurses without limit, whereas
`ast.parse` is an eighth of it; only files with something to report pay for it. See docs/decisions/0001.
"""

from __future__ import annotations

import ast
import warnings

from leaklint.facts import Span

_BODIES = ("body", "handlers", "orelse", "finalbody", "cases")


def headers(tree: ast.Module) -> list[ast.stmt | ast.ExceptHandler | ast.match_case]:
    """All statements, handlers and cases in source order; the index is the ordinal."""
    found: list[ast.stmt | ast.ExceptHandler | ast.match_case] = []
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if not isinstance(node, ast.Module):
            found.append(node)  # type: ignore[arg-type]
        for name in reversed(_BODIES):
            below = getattr(node, name, None)
            if isinstance(below, list):
                stack.extend(reversed(below))
    return found


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


def _characters(line: bytes, offset: int) -> int:
    return len(line[:offset].decode("utf-8", "replace"))


class Positions:
    """Spans of the headers of one file, parsed when the first is asked for. `source` must be UTF-8."""

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._lines: list[bytes] = []
        self._nodes: list[ast.stmt | ast.ExceptHandler | ast.match_case] = []

    def _load(self) -> None:
        if not self._nodes:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # told when the file was first parsed, if at all
                self._nodes = headers(ast.parse(self._source))
            # form feeds and the like end no line here, as in the tokenizer
            self._lines = self._source.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")

    def count(self) -> int:
        self._load()
        return len(self._nodes)

    def span(self, ordinal: int) -> Span:
        """The span of a simple statement, or of a compound statement's header."""
        self._load()
        node = self._nodes[ordinal]
        if isinstance(node, ast.match_case):
            pattern = node.pattern
            return self._make(pattern.lineno, pattern.col_offset, pattern.end_lineno, pattern.end_col_offset)
        end = _end(node)
        if end is None and any(hasattr(node, name) for name in _BODIES):
            first = self._lines[node.lineno - 1]
            stripped = first.split(b"#")[0].rstrip().rstrip(b":")
            end = (node.lineno, max(len(stripped), node.col_offset + 1))
        if end is None:
            end = (node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)
        return self._make(node.lineno, node.col_offset, *end)

    def size(self, ordinal: int | None) -> int:
        """How many lines a whole statement has, or the file."""
        self._load()
        first, last = self.lines(ordinal) if ordinal is not None else (1, len(self._lines) - 1)
        return last - first + 1

    def lines(self, ordinal: int) -> tuple[int, int]:
        """The first and last line of a whole statement, with its decorators and its body."""
        self._load()
        node = self._nodes[ordinal]
        start = node.pattern if isinstance(node, ast.match_case) else node
        decorators = [one.lineno for one in getattr(node, "decorator_list", ())]
        end = node.body[-1] if isinstance(node, ast.match_case) else node
        return min([start.lineno, *decorators]), end.end_lineno or start.lineno

    def has_its_lines(self, ordinal: int) -> bool:
        """Does nothing else stand on the lines of a statement?"""
        first, last = self.lines(ordinal)
        node = self._nodes[ordinal]
        text = self._lines[first - 1]
        if isinstance(node, ast.match_case) or text[: len(text) - len(text.lstrip())] != text[: node.col_offset]:
            return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        rest = self._lines[last - 1][node.end_col_offset :].strip()
        return not rest or rest.startswith(b"#")

    def value(self, ordinal: int) -> str:
        """The source of what a statement assigns or evaluates; empty when it does neither."""
        self._load()
        value = getattr(self._nodes[ordinal], "value", None)
        if not isinstance(value, ast.expr) or value.end_lineno is None or value.end_col_offset is None:
            return ""
        # `ast.get_source_segment` goes through the whole file each time
        lines = self._lines[value.lineno - 1 : value.end_lineno]
        lines[-1] = lines[-1][: value.end_col_offset]
        lines[0] = lines[0][value.col_offset :]
        return b"\n".join(lines).decode("utf-8", "replace")

    def end_of_block(self, ordinal: int) -> int:
        """The last line of the block that a statement stands in."""
        self._load()
        node = self._nodes[ordinal]
        for outer in self._nodes:
            for name in _BODIES:
                body = getattr(outer, name, None)
                if isinstance(body, list) and node in body:
                    return body[-1].end_lineno or self.lines(ordinal)[1]
        return self.lines(ordinal)[1]

    def _make(self, line: int, column: int, end_line: int, end_column: int) -> Span:
        first, last = self._lines[line - 1], self._lines[end_line - 1]
        return Span(line, _characters(first, column) + 1, end_line, _characters(last, end_column) + 1)
