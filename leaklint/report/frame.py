"""Source lines with places underlined and labelled, as rustc shows them.

    12 |     task = create_task(work())
       |     ^^^^^^^^^^^^^^^^^^^^^^^^^^ started here

Columns are those of a terminal: tabs take four, wide characters two, combining ones none.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from leaklint.facts import Severity, Span
from leaklint.report import Look, Tone

TAB = 4
LEAD = 24
"""Columns that are kept before a place in a line that is too long to be shown whole."""

LONG_SPAN = 6
"""Lines of one statement beyond which its middle is left out."""


class Mark(NamedTuple):
    """A place to show. `severity` is that of the finding where it is the finding's own place, None elsewhere."""

    span: Span
    labels: tuple[str, ...]
    severity: Severity | None = None

    @property
    def tone(self) -> Tone:
        return self.severity or "second"

    @property
    def sign(self) -> str:
        return "^" if self.severity else "-"


class _Cut(NamedTuple):
    """The part of a line that is shown, in columns from `start` characters on."""

    text: str
    start: int
    columns: tuple[int, ...]  # of each character in the part, and of what comes after the last
    lead: str = ""

    def column(self, character: int) -> int:
        """The column of a character (from 0), moved to the border when it is not in the part."""
        inside = min(max(character - self.start, 0), len(self.columns) - 1)
        return len(self.lead) + self.columns[inside]


def _shown(character: str) -> str:
    """A character as it can be printed: control and direction characters must not reach a terminal."""
    if character == "\t":
        return " " * TAB
    if character < " ":
        return chr(0x2400 + ord(character))
    return "\ufffd" if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") else character


def _columns(character: str) -> int:
    if character == "\t":
        return TAB
    if character.isascii():
        return 1
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(line: str, character: int, width: int) -> _Cut:
    """The part of `line` that is shown in `width` columns when `character` (from 0) must be seen."""
    start = 0
    if len(line) > width or sum(map(_columns, line)) > width:
        start = max(0, min(character - LEAD, len(line)))
    room = width - 2 * bool(start)
    columns, end = [0], start
    while end < len(line) and columns[-1] + _columns(line[end]) <= room - (end + 1 < len(line)):
        columns.append(columns[-1] + _columns(line[end]))
        end += 1
    lead = "… " if start else ""
    text = "".join(map(_shown, line[start:end]))
    return _Cut(f"{lead}{text}{'…' if end < len(line) else ''}", start, tuple(columns), lead)


def fits(lines: Sequence[str], span: Span) -> bool:
    """Is there such a place in these lines?"""
    return (
        1 <= span.line <= span.end_line <= len(lines)
        and 1 <= span.column <= len(lines[span.line - 1]) + 1
        and 1 <= span.end_column <= len(lines[span.end_line - 1]) + 1
    )


_NO_BAR = "  "


class _Row(NamedTuple):
    """A line of the frame; `number` is that of a source line, 0 below one, -1 for a gap."""

    number: int
    text: str
    tone: Tone | None = None
    bar: str = _NO_BAR  # beside a statement of several lines
    bar_tone: Tone = "second"


def _labels(mark: Mark, before: str, sign: str) -> Iterator[_Row]:
    """The underline after the columns `before`, the labels after it, one below the other."""
    first, *others = mark.labels or ("",)
    yield _Row(0, f"{before}{sign} {first}".rstrip(), mark.tone)
    for label in others:
        yield _Row(0, f"{' ' * len(before + sign)} {label}", mark.tone)


def _short(line: str, number: int, marks: Sequence[Mark], width: int) -> Iterator[_Row]:
    """A line with the marks that lie in it; one that is too long is shown again for each."""
    shown: _Cut | None = None
    for mark in sorted(marks, key=lambda m: (m.severity is None, m.span.column)):
        part = cut(line, mark.span.column - 1, width)
        if part != shown:
            yield _Row(number, part.text.rstrip())
        shown = part
        first, last = part.column(mark.span.column - 1), part.column(mark.span.end_column - 1)
        yield from _labels(mark, " " * first, mark.sign * max(1, last - first))
    if shown is None:
        yield _Row(number, cut(line, 0, width).text.rstrip())


def _end_of(line: str) -> int:
    return len(line.rstrip()) + 1


def _arrange(lines: Sequence[str], marks: Sequence[Mark]) -> tuple[dict[int, Mark], dict[int, list[Mark]]]:
    """Marks of several lines by their first one, and marks within one by that. The former must not overlap:
    the later of two that do is shown by its first line alone."""
    tall: dict[int, Mark] = {}
    flat: dict[int, list[Mark]] = {}
    free = 0
    for mark in sorted(marks, key=lambda m: (m.span.line, m.severity is None)):
        span = mark.span
        if span.end_line > span.line and span.line > free:
            tall[span.line], free = mark, span.end_line
            continue
        if span.end_line > span.line:
            end = max(span.column + 1, _end_of(lines[span.line - 1]))
            mark = mark._replace(span=Span(span.line, span.column, span.line, end))  # noqa: PLW2901
        flat.setdefault(span.line, []).append(mark)
    return tall, flat


def _numbers(tall: Mapping[int, Mark], flat: Mapping[int, Sequence[Mark]]) -> list[int]:
    """The lines to show: a gap of a single line is filled."""
    wanted = set(flat)
    for mark in tall.values():
        first, last = mark.span.line, mark.span.end_line
        wanted |= set(range(first, last + 1)) if last - first < LONG_SPAN else {first, first + 1, last - 1, last}
    wanted |= {number + 1 for number in wanted if number + 2 in wanted}
    return sorted(wanted)


def _closing(line: str, mark: Mark, width: int) -> Iterator[_Row]:
    """Below the last line of a statement of several lines."""
    end = cut(line, 0, width).column(mark.span.end_column - 1)
    first, *others = _labels(mark, "_" * (end - 1), mark.sign)
    yield first._replace(bar="|_", bar_tone=mark.tone)
    yield from others


def _rows(lines: Sequence[str], marks: Sequence[Mark], width: int) -> Iterator[_Row]:
    tall, flat = _arrange(lines, marks)
    previous, open_mark = 0, None
    for number in _numbers(tall, flat):
        bar = "| " if open_mark else _NO_BAR
        if previous and number > previous + 1:
            yield _Row(-1, "", bar=bar, bar_tone=open_mark.tone if open_mark else "second")
        previous = number
        open_mark = tall.get(number, open_mark)
        for row in _short(lines[number - 1], number, flat.get(number, ()), width):
            here = bar if not open_mark else "/ " if row.number and number in tall else "| "
            yield row._replace(bar=here, bar_tone=open_mark.tone if open_mark else "second")
        if open_mark and number == open_mark.span.end_line:
            yield from _closing(lines[number - 1], open_mark, width)
            open_mark = None


def frame(lines: Sequence[str], marks: Sequence[Mark], look: Look, gutter: int) -> Iterator[str]:
    """The lines of a frame. All marks must fit the lines; `gutter` is the width of the line numbers."""
    rows = list(_rows(lines, marks, look.width))
    has_bar = any(row.bar != _NO_BAR for row in rows)
    rule = look.paint("|", "gutter")
    yield f"{' ' * gutter} {rule}"
    for row in rows:
        left = f"{look.paint(f'{row.number or str():>{gutter}}', 'gutter')} {rule}"
        if row.number < 0:
            left = look.paint("...".ljust(gutter + 2), "gutter")
        bar = row.bar if row.bar == _NO_BAR else look.paint(row.bar, row.bar_tone)
        text = look.paint(row.text, row.tone) if row.tone else row.text
        yield f"{left} {bar if has_bar else ''}{text}".rstrip()
    yield f"{' ' * gutter} {rule}"
