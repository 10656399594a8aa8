"""The repairs of an entry as one comparison that `git apply` takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from leaklint.facts import Edit
from leaklint.repairs.edits import Part, Row, comparison

_END = Row("\\", " No newline at end of file")


def _clash(one: Edit, other: Edit) -> bool:
    """Do they change the same lines, or does one come in between lines that the other changes?"""
    return one.first <= other.last and other.first <= one.last


def _defines(edit: Edit) -> bool:
    """Does it only add lines of the module itself? Once is enough for the file."""
    return edit.last < edit.first and all(line[:1] not in (" ", "\t") for line in edit.lines)


def together(repairs: Iterable[Sequence[Edit]]) -> tuple[Edit, ...]:
    """The edits of several repairs in one file; of two that are in each other's way the first."""
    taken: list[Edit] = []
    for edits in repairs:
        new = [
            edit
            for edit in edits
            if edit not in taken and not (_defines(edit) and any(edit.lines == one.lines for one in taken))
        ]
        if not any(_clash(edit, one) for edit in new for one in taken):
            taken += new
    return tuple(sorted(taken, key=lambda edit: (edit.first, edit.last)))


def parts_of(lines: Sequence[str], edits: Sequence[Edit]) -> tuple[Part, ...]:
    """The comparison of a file's lines with what edits make of them."""
    if not edits:
        return ()
    if lines[-1] == "":  # what follows the last line break is no line
        return tuple(comparison(lines[:-1], edits))
    parts = comparison(lines, edits)
    return (*parts[:-1], *_unended(parts[-1], len(lines)))


def _unended(part: Part, length: int) -> tuple[Part, ...]:
    """The part, told that no line break ends the last of `length` lines; nothing where lines come after that one."""
    old = [at for at, row in enumerate(part.rows) if row.sign in " -"]
    new = [at for at, row in enumerate(part.rows) if row.sign in " +"]
    if part.first + len(old) <= length:
        return (part,)
    if part.rows[old[-1]].sign == " " and new[-1] > old[-1]:
        return ()
    ends = {old[-1], new[-1]}
    return (
        Part(part.first, tuple(one for at, row in enumerate(part.rows) for one in (row, _END)[: 1 + (at in ends)])),
    )


def header(part: Part, shift: int) -> tuple[str, int]:
    """The `@@` line of a part that comes after parts that made the file `shift` lines longer; and the shift after."""
    old = sum(row.sign in " -" for row in part.rows)
    new = sum(row.sign in " +" for row in part.rows)
    return f"@@ -{part.first},{old} +{part.first + shift},{new} @@", shift + new - old


def unified(path: str, parts: Sequence[Part]) -> Iterator[tuple[str, str]]:
    """The lines of the comparison as (sign, text): `@` is a header, else the sign is a part of the line."""
    yield "@", f"--- a/{path}"
    yield "@", f"+++ b/{path}"
    shift = 0
    for part in parts:
        head, shift = header(part, shift)
        yield "@", head
        yield from ((row.sign, row.sign + row.text) for row in part.rows)
