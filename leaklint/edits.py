"""Changes of a repair as lines of the file, and what the file looks like with them: pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leaklint.facts import Edit
from leaklint.positions import Positions
from leaklint.repair import VALUE, Change

STEP = "    "


def edits(changes: Sequence[Change], positions: Positions, lines: Sequence[str]) -> tuple[Edit, ...]:
    """The edits that make all the changes; none at all where one of them cannot be made: a statement shares its lines
    with others, or a text of several lines would be indented."""
    found = [_edit(change, positions, lines) for change in changes]
    made = sorted((edit for edit in found if edit is not None), key=lambda edit: (edit.first, edit.last))
    apart = all(one.last < other.first for one, other in itertools.pairwise(made))
    return tuple(made) if apart and len(made) == len(changes) else ()


def _edit(change: Change, positions: Positions, lines: Sequence[str]) -> Edit | None:
    first, last = positions.lines(change.at.ordinal)
    indent = lines[first - 1][: len(lines[first - 1]) - len(lines[first - 1].lstrip())]
    if not positions.has_its_lines(change.at.ordinal):
        return None
    value = positions.value(change.at.ordinal)
    if any(VALUE in line for line in change.lines) and (not value or "\n" in value):
        return None
    new = [f"{indent}{line.replace(VALUE, value)}" if line else "" for line in change.lines]
    if change.how == "before":
        return Edit(first, first - 1, tuple(new))
    if change.how == "after":
        return Edit(last + 1, last, tuple(new))
    if change.how == "instead":
        return Edit(first, last, tuple(new))
    end = positions.end_of_block(change.at.ordinal)
    rest = lines[last:end]
    if end == last or any('"""' in line or "'''" in line for line in rest):
        return None
    return Edit(first, end, (*new, *(f"{STEP}{line}" if line.strip() else line for line in rest)))


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
