"""Changed lines of a file: what it looks like with them, and how it differs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leaklint.facts import Edit


def applied(lines: Sequence[str], made: Sequence[Edit]) -> list[str]:
    """The lines with all edits made."""
    result = list(lines)
    for edit in reversed(made):
        result[edit.first - 1 : edit.last] = edit.lines
    return result


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a comparison: `sign` is `+`, `-`, or a space for a line that stays."""

    sign: str
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """Lines of a comparison that belong together, from line `first` of the old file on."""

    first: int
    rows: tuple[Row, ...]


def _rows(edit: Edit, lines: Sequence[str]) -> Iterator[Row]:
    """What an edit takes and gives; a line that only gets another indentation is taken and given too."""
    old, new = lines[edit.first - 1 : edit.last], edit.lines
    same = 0
    while same < min(len(old), len(new)) and old[-1 - same] == new[-1 - same]:
        same += 1
    yield from (Row("-", line) for line in old[: len(old) - same])
    yield from (Row("+", line) for line in new[: len(new) - same])
    yield from (Row(" ", line) for line in old[len(old) - same :])


def comparison(lines: Sequence[str], made: Sequence[Edit], context: int = 2) -> list[Part]:
    """The old and the new lines around each edit; parts that touch are one."""
    parts: list[Part] = []
    shown = 0  # the last old line that is shown already
    for number, edit in enumerate(made):
        start = max(shown + 1, edit.first - context, 1)
        rows = [Row(" ", line) for line in lines[start - 1 : edit.first - 1]] + list(_rows(edit, lines))
        until = made[number + 1].first - 1 if number + 1 < len(made) else len(lines)
        end = min(edit.last + context, until)
        rows += [Row(" ", line) for line in lines[edit.last : end]]
        if parts and start == shown + 1:
            parts[-1] = Part(parts[-1].first, (*parts[-1].rows, *rows))
        else:
            parts.append(Part(start, tuple(rows)))
        shown = end
    return parts
