"""Makes the changes of a repair with LibCST, which writes a file as it stands but for what is changed.

The only use of LibCST, and only a report that shows repairs gets here: its parser alone costs more than a whole check.
"""

from __future__ import annotations

import ast
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

    @property
    def after(self) -> Sequence[Any]:
        """What follows it in its block."""
        return getattr(self.above.node, self.field)[self.index + 1 :] if self.above and self.index is not None else ()

    def within(self, unit: _Spot, new: Any) -> Any:
        """The node of `unit`, which is further up, with another node here."""
        spot = self
        while spot is not unit and spot.above is not None:
            if spot.index is not None:
                siblings = list(getattr(spot.above.node, spot.field))
                siblings[spot.index] = new
                new = siblings
            new = spot.above.node.with_changes(**{spot.field: new})
            spot = spot.above
        return new

    def alone(self, nodes: Sequence[Any]) -> list[str]:
        """The lines of the module with these in the place of the node, and of all around only what it stands in."""
        spot, new = self, nodes
        while spot.above is not None:
            new = [spot.above.node.with_changes(**{spot.field: new if spot.index is not None else new[0]})]
            spot = spot.above
        module = new[0].with_changes(header=(), footer=(), has_trailing_newline=True)
        return module.code.split("\n")[:-1]  # type: ignore[no-any-return]


_NAME = "_leaklint_"
_MARK = cst.SimpleStatementLine([cst.Expr(cst.Name(_NAME))])


class Source:
    """One file to be changed; parsed when the first change is asked for."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines

    def edits(self, changes: Sequence[Change]) -> tuple[Edit, ...]:
        """The edits that make all the changes; none at all where one of them cannot be made."""
        try:
            made = sorted((self._edit(change) for change in changes), key=lambda edit: (edit.first, edit.last))
        except (cst.ParserSyntaxError, SyntaxError, RecursionError, _UnwritableError):
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

    @cached_property
    def _starts(self) -> list[int]:
        """The first line of each statement, its decorators included, by ordinal."""
        found, stack = list[int](), list[ast.AST]([ast.parse("\n".join(self.lines))])
        while stack:
            node = stack.pop()
            if not isinstance(node, ast.Module):
                begins = [node.pattern] if isinstance(node, ast.match_case) else [node]
                found.append(min(one.lineno for one in (*begins, *getattr(node, "decorator_list", ()))))
            below = (getattr(node, name, None) for name in _BELOW)
            stack.extend(reversed([one for part in below if isinstance(part, list) for one in part]))
        return found

    @cached_property
    def _ordinals(self) -> dict[int, int]:
        return {id(spot.node): ordinal for ordinal, spot in enumerate(self._spots)}

    def _edit(self, change: Change) -> Edit:
        spot = self._spots[change.ordinal]
        unit = _unit(spot)
        after = unit.after if change.how == "around" else ()
        old, new = unit.alone([unit.node, *after]), unit.alone(_changed(spot, unit, change, after, self._module))
        begin = _common(old, new)
        end = _common(old[begin:][::-1], new[begin:][::-1])
        mark = next(at for at, line in enumerate(unit.alone([_MARK])) if line.strip() == _NAME)
        shift = self._first(unit) - mark
        return Edit(shift + begin, shift + len(old) - end - 1, tuple(new[begin : len(new) - end]))

    def _first(self, unit: _Spot) -> int:
        """The line of the file that a statement begins on, with the blank lines and comments before it."""
        first = unit.node if id(unit.node) in self._ordinals else unit.node.body[0]
        return self._starts[self._ordinals[id(first)]] - len(unit.node.leading_lines)


class _UnwritableError(Exception):
    """What a change asks for cannot be written here."""


def _below(spot: _Spot) -> Iterator[_Spot]:
    for name in _BELOW:
        part = getattr(spot.node, name, None)
        if isinstance(part, (list, tuple)):
            yield from (_Spot(node, spot, name, index) for index, node in enumerate(part))
        elif part is not None:
            yield _Spot(part, spot, name)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    return next((k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _unit(spot: _Spot) -> _Spot:
    """The statement that a change is in which has lines of its own in a block."""
    while spot.above is not None and not isinstance(spot.above.node, (cst.Module, cst.IndentedBlock)):
        spot = spot.above
    if spot.index is None:
        raise _UnwritableError
    return spot


def _changed(spot: _Spot, unit: _Spot, change: Change, after: Sequence[Any], module: cst.Module) -> _Body:
    """What stands in the place of the unit and, where the change is `around` these, of all `after` it."""
    if spot is unit:
        return _written(spot.node, change, module, [*after])
    line, index = spot.above, spot.index
    if line is None or index is None or isinstance(spot.node, cst.BaseCompoundStatement):
        raise _UnwritableError
    apart = _apart(line.node)
    rest = [*apart[index + 1 :], *(after if line is unit else ())]
    written = _written(apart[index], change, module, rest)
    new = [*apart[:index], *written, *([] if change.how == "around" else rest)]
    # `if x: y()` becomes a block
    return new if line is unit else [line.within(unit, cst.IndentedBlock(body=new))]


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
