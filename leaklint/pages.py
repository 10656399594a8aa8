"""How a rule's page is read: its `toml` block, its sections, its fenced examples, its message templates.

A page is Markdown of the simplest kind; this module knows its form and nothing of what stands in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

SECTIONS = ("What it does", "Why is this bad", "Example", "Use instead", "When it is wrong", "References")
"""The headings that every page has."""

_FENCE = r" {0,3}(`{3,}|~{3,})[ \t]*(.*)"
_HEADING = r"#{1,6}[ \t]+(.+?)[ \t#]*"
_SENTENCE = r"(?s).+?[.!?](?=\s+[A-Z`*_(]|\s*$)"
_PIECE = r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_]*)\}|[{}]"


class PageError(ValueError):
    """A page or a template that does not have the form it should have."""


class Block(NamedTuple):
    """A fenced block: the heading above it, what follows the fence (`python`), its text, the line it begins on."""

    heading: str
    info: str
    text: str
    line: int

    @property
    def language(self) -> str:
        return self.info.split(maxsplit=1)[0] if self.info else ""


class _Line(NamedTuple):
    """One line of a page; `inside` tells fenced text from prose, `fence` the lines that open and close it."""

    text: str
    number: int
    heading: str
    inside: bool = False
    fence: bool = False
    info: str = ""


def _lines(markdown: str) -> Iterator[_Line]:
    heading, closes, info = "", "", ""
    for number, text in enumerate(markdown.split("\n"), 1):
        fence = re.fullmatch(_FENCE, text.rstrip())
        if closes:
            if fence and fence[1].startswith(closes) and not fence[2]:
                closes = ""
                yield _Line(text, number, heading, fence=True)
            else:
                yield _Line(text, number, heading, inside=True, info=info)
        elif fence:
            closes, info = fence[1], fence[2].strip()
            yield _Line(text, number, heading, inside=True, fence=True, info=info)
        else:
            title = re.fullmatch(_HEADING, text.rstrip())
            heading = title[1] if title else heading
            yield _Line(text, number, heading)
    if closes:
        raise PageError(f"the fenced block under {heading or 'no heading'!r} is not closed")


def blocks(markdown: str) -> tuple[Block, ...]:
    """All fenced blocks, in order. Raises PageError for one that is not closed."""
    found: list[Block] = []
    for line in _lines(markdown):
        if line.inside and line.fence:
            found.append(Block(line.heading, line.info, "", line.number + 1))
        elif line.inside:
            last = found[-1]
            found[-1] = Block(last.heading, last.info, f"{last.text}{line.text}\n", last.line)
    return tuple(found)


def sections(markdown: str) -> dict[str, str]:
    """The text under each heading, fenced blocks included.

    Raises PageError where one of `SECTIONS` is missing, empty or stands twice.
    """
    bodies: dict[str, list[str]] = {}
    twice: list[str] = []
    for line in _lines(markdown):
        if not line.inside and not line.fence and re.fullmatch(_HEADING, line.text.rstrip()):
            twice += [line.heading] if line.heading in bodies else []
            bodies.setdefault(line.heading, [])
        elif line.heading:
            bodies[line.heading].append(line.text)
    for name in SECTIONS:
        if name not in bodies:
            raise PageError(f"the section {name!r} is missing")
        if name in twice:
            raise PageError(f"the section {name!r} stands twice")
        if not "".join(bodies[name]).strip():
            raise PageError(f"the section {name!r} is empty")
    return {name: "\n".join(body).strip() for name, body in bodies.items()}


def split(text: str) -> tuple[str, str]:
    """The `toml` block of a page, and the page without it.

    Raises PageError when the first fenced block is not TOML.
    """
    first = next(iter(blocks(text)), None)
    if first is None or first.language != "toml":
        raise PageError("the first fenced block must be ```toml")
    lines = text.split("\n")
    length = first.text.count("\n")
    rest = lines[: first.line - 2] + lines[first.line + length :]
    return first.text, "\n".join(rest).strip() + "\n"


def first_sentence(prose: str) -> str:
    """The first sentence of the first paragraph, on one line."""
    paragraph = prose.strip().split("\n\n", 1)[0]
    sentence = re.match(_SENTENCE, paragraph)
    return " ".join((sentence[0] if sentence else paragraph).split())


def bullets(prose: str) -> tuple[str, ...]:
    """The items of the lists in a section, each on one line; what else stands there is left out."""
    items = re.findall(r"^- (.+(?:\n +\S.*)*)", prose, re.MULTILINE)
    return tuple(" ".join(item.split()) for item in items)


def fields(template: str) -> tuple[str, ...]:
    """The names of the fields of a message template, in order, without repeats.

    Raises PageError for anything in braces but a plain name: templates cannot reach attributes or items.
    """
    names: dict[str, None] = {}
    for piece in re.finditer(_PIECE, template):
        if piece[0] in ("{", "}"):
            raise PageError(f"{template[piece.start() :][:30]!r}: a field is {{name}}, a brace is {{{{ or }}}}")
        if piece[1]:
            names[piece[1]] = None
    return tuple(names)


def fill(template: str, args: Mapping[str, str]) -> str:
    """The template with its fields filled; what is filled in is never read as a template. Raises KeyError."""
    return re.sub(_PIECE, lambda piece: args[piece[1]] if piece[1] else piece[0][:1], template)
