"""Notebooks: the code of all cells as one module, and the way back from its lines to cells.

What only IPython understands is passed over: magics, shell lines, cells in other languages.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any, NamedTuple

from leaklint.facts import Cleared, Evidence, Finding, Run, Span, Suppression
from leaklint.project.paths import in_cell

ENDING = ".ipynb"

_OF_IPYTHON = r"(?P<indent>[ \t]*)(?:[%!?]|(?P<target>[^=\"'#()]+=)[ \t]*[%!]|[^\"'#()]*\?\s*$)"
_PYTHON_CELLS = ("%%time", "%%timeit", "%%capture", "%%prun", "%%python3", "%%ipytest")


class NotANotebook(ValueError):  # noqa: N818  it is what the message says
    """Content that cannot be read as a notebook."""


class Notebook(NamedTuple):
    """The text of all code cells, with the number of each (among all cells, from 1) and the line it begins on."""

    text: str
    starts: tuple[int, ...]
    numbers: tuple[int, ...]

    def cell(self, line: int) -> tuple[int, int]:
        """The number of the cell that a line of the text is in, and how many lines come before the cell."""
        index = max(bisect_right(self.starts, line) - 1, 0)
        return (self.numbers[index], self.starts[index] - 1) if self.numbers else (1, 0)

    def lines(self) -> dict[int, tuple[str, ...]]:
        """The lines of each cell, by its number."""
        rows = self.text.split("\n")
        ends = (*self.starts[1:], len(rows)) if self.starts else ()
        return {
            number: tuple(rows[start - 1 : end - 1])
            for number, start, end in zip(self.numbers, self.starts, ends, strict=True)
        }


def _parses(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _plain(code: str) -> Iterator[str]:
    """The lines of a cell with those that are IPython's own made empty of effect, each in its place."""
    goes_on = False
    for line in code.split("\n"):
        found = None if goes_on else re.match(_OF_IPYTHON, line)
        if goes_on:
            yield ""
        elif not found:
            yield line
            continue
        else:
            target = found["target"]
            yield f"{found['indent']}{target.strip()} None" if target else f"{found['indent']}pass"
        goes_on = line.endswith("\\")


def _python(code: str) -> str:
    """A cell as Python: as it is when it parses, else without what is IPython's own."""
    first = code.lstrip().partition("\n")[0]
    if first.startswith("%%") and not first.startswith(_PYTHON_CELLS):
        return "\n" * code.count("\n")
    return code if _parses(code) else "\n".join(_plain(code))


def _sources(content: bytes) -> Iterator[tuple[int, str]]:
    """Each code cell with its number."""
    try:
        book: Any = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise NotANotebook(f"not JSON: {str(error).partition(chr(10))[0]}") from None
    cells = book.get("cells") if isinstance(book, dict) else None
    if not isinstance(cells, list):
        raise NotANotebook("not a notebook of format 4: it has no list of cells")
    metadata = book.get("metadata")
    about: Any = metadata if isinstance(metadata, dict) else {}
    for key, name in (("kernelspec", "language"), ("language_info", "name")):
        language = about.get(key, {}).get(name) if isinstance(about.get(key), dict) else None
        if isinstance(language, str) and language.lower() not in ("python", "ipython", "python3"):
            return
    for number, cell in enumerate(cells, 1):
        source = cell.get("source") if isinstance(cell, dict) and cell.get("cell_type") == "code" else None
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = "".join(source)
        if isinstance(source, str):
            yield number, source.replace("\r\n", "\n").replace("\r", "\n")


def read(content: bytes) -> Notebook:
    """The notebook in a file's bytes. Raises NotANotebook."""
    texts: list[str] = []
    starts: list[int] = []
    numbers: list[int] = []
    line = 1
    for number, source in _sources(content):
        starts.append(line)
        numbers.append(number)
        texts.append(_python(source.removesuffix("\n")) + "\n")
        line += texts[-1].count("\n")
    return Notebook("".join(texts), tuple(starts), tuple(numbers))


def _span(span: Span, before: int) -> Span:
    return Span(max(span.line - before, 1), span.column, max(span.end_line - before, 1), span.end_column)


class _Places:
    """Gives what is found in notebooks the places that people know: cell and line within it."""

    def __init__(self, notebooks: dict[str, Notebook]) -> None:
        self._notebooks = notebooks

    def _place(self, path: str, span: Span) -> tuple[str, Span]:
        book = self._notebooks.get(path)
        if book is None:
            return path, span
        number, before = book.cell(span.line)
        return in_cell(path, number), _span(span, before)

    def evidence(self, one: Evidence) -> Evidence:
        path, span = self._place(one.path, one.span)
        return one._replace(path=path, span=span)

    def finding(self, one: Finding) -> Finding:
        path, span = self._place(one.path, one.span)
        repair = one.repair if path == one.path else ()  # it counts the statements of all cells together
        return one._replace(path=path, span=span, evidence=tuple(map(self.evidence, one.evidence)), repair=repair)

    def cleared(self, one: Cleared) -> Cleared:
        path, span = self._place(one.path, one.span)
        return one._replace(path=path, span=span, evidence=tuple(map(self.evidence, one.evidence)))

    def silenced(self, finding: Finding, by: Suppression) -> tuple[Finding, Suppression]:
        book = self._notebooks.get(finding.path)
        before = book.cell(by.line)[1] if book else 0
        return self.finding(finding), by._replace(line=by.line - before)


def relocate(run: Run, notebooks: dict[str, Notebook]) -> Run:
    """The run with cells and lines within them instead of lines of the joined text; `notebooks` go by path."""
    if not notebooks:
        return run
    places = _Places(notebooks)
    return run._replace(
        findings=tuple(map(places.finding, run.findings)),
        suppressed=tuple(places.silenced(*pair) for pair in run.suppressed),
        cleared=tuple(map(places.cleared, run.cleared)),
        sound=tuple(map(places.cleared, run.sound)),
    )
