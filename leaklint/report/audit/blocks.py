"""What the document is made of. Text is ours: names and code stand in it between backticks, `**` makes it strong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from leaklint.facts import Severity
from leaklint.repairs.edits import Part


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Steps:
    """A list in order; each with what is to be said of it."""

    items: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the cells of the last `numbers` columns are numbers. In any text `-> P0-1` is a link to that
    finding."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: int = 0


@dataclass(frozen=True, slots=True)
class Snippet:
    """Lines of code with places underlined; `place` says where the first is."""

    place: str
    lines: tuple[str, ...]


Point = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Item:
    """Findings with one repair, or on one thing. `rules` are names by codes. `points` are labels with their
    texts, several where the places differ; `repair` is the last of them, before the comparison."""

    number: str
    severity: Severity
    rules: Mapping[str, str]
    path: str
    title: str
    points: tuple[Point, ...]
    brief: tuple[str, ...]
    """Where it is, what is wrong, what to do, in a line each."""
    evidence: tuple[str, tuple[Snippet, ...]]
    repair: Point
    patch: tuple[str, tuple[tuple[str, tuple[Part, ...]], ...]]
    """Of each file."""
    notes: tuple[Point, ...]

    @property
    def anchor(self) -> str:
        return self.number.lower()


@dataclass(frozen=True, slots=True)
class Brief:
    """Items that are told in a line each; `head` are the names of the columns, `patches` that of what comes after
    them."""

    head: tuple[str, ...]
    items: tuple[Item, ...]
    patches: str


Block = Text | Bullets | Steps | Table | Brief | Item


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it."""

    name: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """The whole report."""

    language: str
    title: str
    made: tuple[str, ...]
    sections: tuple[Section, ...]

    @property
    def items(self) -> tuple[Item, ...]:
        blocks = (block for section in self.sections for block in section.blocks)
        told = ((one,) if isinstance(one, Item) else one.items if isinstance(one, Brief) else () for one in blocks)
        return tuple(item for some in told for item in some)
