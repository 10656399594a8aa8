"""Makes the changes of a repair with LibCST, which writes a file as it stands but for what is changed.

The only use of LibCST, and only a report that shows repairs gets here: its parser alone costs more than a whole check.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import libcst as cst

from leaklint.facts import Change, Edit
from leaklint.repairs.repair import VALUE

_BELOW = ("body", "handlers", "orelse", "finalbody", "cases")
_UNNUMBERED = (cst.Module, cst.IndentedBlock, cst.SimpleStatementSuite, cst.SimpleStatementLine, cst.Else, cst.Finally)
_Body = list[Any]  # the statements of a block; LibCST types those of the module and of blocks each on its own


@dataclass(frozen=True, slots=True)
class _Spot:
    """A node, and where it hangs: its place in a field of the one above it."""

    node: Any
    above: _Spot | None = None
    field: str = ""
    index: int | None = None

    def replaced(self, new: Any) -> cst.Module:
        """The module with another node here."""
        spot = self
        while spot.above is not None:
            if spot.index is not None:
                siblings = list(getattr(spot.above.node, spot.field))
                siblings[spot.index] = new
                new = siblings
            new = spot.above.node.with_changes(**{spot.field: new})
            spot = spot.above
        return new  # type: ignore[no-any-return]


class Source:
    """One file to be changed; parsed when the first change is asked for."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines

    def edits(self, changes: Sequence[Change]) -> tuple[Edit, ...]:
        """The edits that make all the changes; none at all where one of them cannot be made."""
        try:
            made = sorted((self._edit(change) for change in changes), key=lambda edit: (edit.first, edit.last))
        except (cst.ParserSyntaxError, RecursionError, _UnwritableError):
            return ()
        apart = all(one.last < other.first for one, other in itertools.pairwise(made))
        return tuple(made) if apart else ()

    @cached_property
    def _module(self) -> cst.Module:
        return cst.parse_module("\n".join(self.lines))

    @cached_property
    def _spots(self) -> list[_Spot]:
        """By ordinal, as `build` numbers them."""
        found, stack = [], [_Spot(self._module)]
        while stack:
            spot = stack.pop()
            if not isinstance(spot.node, _UNNUMBERED):
                found.append(spot)
            if not isinstance(spot.node, cst.BaseSmallStatement):
                stack.extend(reversed(list(_below(spot))))
        return found

    def _edit(self, change: Change) -> Edit:
        spot = self._spots[change.ordinal]
        whole, new = self._module, _changed(spot, change, self._module)
        same = next(k for k, (a, b) in enumerate(itertools.zip_longest(whole.body, new.body)) if a is not b)
        after = len(whole.body) - same - 1
        while after > 0 and whole.body[-after] is not new.body[len(new.body) - after]:
            after -= 1
        first = len(whole.header) + sum(self._heights[:same])
        old_lines = _code(whole, whole.body[same : len(whole.body) - after])
        new_lines = _code(whole, new.body[same : len(new.body) - after])
        begin = _common(old_lines, new_lines)
        end = _common(old_lines[begin:][::-1], new_lines[begin:][::-1])
        return Edit(first + begin + 1, first + len(old_lines) - end, tuple(new_lines[begin : len(new_lines) - end]))

    @cached_property
    def _heights(self) -> list[int]:
        """How many lines each statement of the module has, with the blank ones and the comments before it."""
        return [len(_code(self._module, [stmt])) for stmt in self._module.body]


class _UnwritableError(Exception):
    """What a change asks for cannot be written here."""


def _below(spot: _Spot) -> Iterator[_Spot]:
    for name in _BELOW:
        part = getattr(spot.node, name, None)
        if isinstance(part, (list, tuple)):
            yield from (_Spot(node, spot, name, index) for index, node in enumerate(part))
        elif part is not None:
            yield _Spot(part, spot, name)


def _code(module: cst.Module, body: Sequence[Any]) -> list[str]:
    part = module.with_changes(body=body, header=(), footer=(), has_trailing_newline=True)
    return part.code.split("\n")[:-1] if body else []


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    return next((k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _changed(spot: _Spot, change: Change, module: cst.Module) -> cst.Module:
    """The module with one change made."""
    block, body, at = _block(spot)
    rest = body[at + 1 :]
    new = [*body[:at], *_written(body[at], change, module, rest), *([] if change.how == "around" else rest)]
    if isinstance(block.node, cst.SimpleStatementSuite):  # `if x: y()` becomes a block
        return block.replaced(cst.IndentedBlock(body=new))
    return block.replaced(block.node.with_changes(body=new))


def _block(spot: _Spot) -> tuple[_Spot, _Body, int]:
    """The block that a statement stands in, its statements, each on lines of its own, and the number of this one."""
    line, index = spot.above, spot.index
    if line is None or index is None:
        raise _UnwritableError
    if isinstance(spot.node, cst.BaseCompoundStatement):
        return line, list(line.node.body), index
    apart = _apart(line.node)
    if line.above is None or line.index is None:
        return line, apart, index
    body = line.above.node.body
    return line.above, [*body[: line.index], *apart, *body[line.index + 1 :]], line.index + index


def _apart(line: Any) -> _Body:
    """The statements that share a line, each on its own."""
    small = [cst.SimpleStatementLine([one.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)]) for one in line.body]
    small[0] = small[0].with_changes(leading_lines=getattr(line, "leading_lines", ()))
    small[-1] = small[-1].with_changes(trailing_whitespace=line.trailing_whitespace)
    return list(small)


def _written(stmt: Any, change: Change, module: cst.Module, rest: _Body) -> _Body:
    """What stands instead of a statement."""
    small = stmt.body[0] if isinstance(stmt, cst.SimpleStatementLine) else None
    value = getattr(small, "value", None)
    if (value is None and any(VALUE in line for line in change.lines)) or (change.how == "around" and not rest):
        raise _UnwritableError
    shown = module.code_for_node(value) if value is not None else ""
    text = "\n".join(line.replace(VALUE, shown) for line in change.lines)
    parsed = cst.parse_module(f"{text}\n    pass\n" if change.how == "around" else text, module.config_for_parsing)
    new: _Body = list(parsed.body)
    if change.how == "after":
        return [stmt, *new]
    if change.how == "before":
        lead = list(stmt.leading_lines)
        blank = list(itertools.takewhile(lambda line: line.comment is None, lead))
        wanted = len(list(itertools.takewhile(lambda line: not line, reversed(change.lines))))
        new[0] = new[0].with_changes(leading_lines=blank)
        gap = [cst.EmptyLine(indent=False)] * (max(len(blank), wanted) if wanted else 0)
        return [*new, stmt.with_changes(leading_lines=[*gap, *lead[len(blank) :]])]
    new[0] = new[0].with_changes(leading_lines=stmt.leading_lines)
    said = getattr(stmt, "trailing_whitespace", None)
    if change.how == "around":
        block = new[0].body.with_changes(body=rest)
        new[0] = new[0].with_changes(body=block if said is None else block.with_changes(header=said))
    elif said is not None and said.comment is not None and isinstance(new[0], cst.SimpleStatementLine):
        new[0] = new[0].with_changes(trailing_whitespace=said)
    return new
