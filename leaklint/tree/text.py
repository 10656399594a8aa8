"""The text of a file by the places that `ast` gives: lines from 1, columns in bytes of UTF-8."""

from __future__ import annotations

import ast


class Text:
    """The lines of one file; every end of a line is a `\\n`, and form feeds and the like end none."""

    def __init__(self, text: str) -> None:
        self.whole = text
        self.lines = text.split("\n")

    def column(self, line: int, offset: int) -> int:
        """How many characters of a line stand before a column."""
        row = self.lines[line - 1]
        if row.isascii():
            return min(offset, len(row))
        return len(row.encode("utf-8", "surrogatepass")[:offset].decode("utf-8", "replace"))

    def of(self, node: ast.expr) -> str:
        """The source of an expression, without parentheses around it."""
        first, last = node.lineno, node.end_lineno or node.lineno
        begin, end = self.column(first, node.col_offset), self.column(last, node.end_col_offset or 0)
        if first == last:
            return self.lines[first - 1][begin:end]
        return "\n".join([self.lines[first - 1][begin:], *self.lines[first : last - 1], self.lines[last - 1][:end]])

    def starts(self, node: ast.stmt, word: str) -> bool:
        """Does the source of a statement begin with this word?"""
        return self.lines[node.lineno - 1].startswith(word, self.column(node.lineno, node.col_offset))
