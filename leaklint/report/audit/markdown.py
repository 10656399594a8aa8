"""The document as Markdown that GitHub and GitLab show."""

from __future__ import annotations

import re
from collections.abc import Iterator

from leaklint.report.audit.blocks import Block, Brief, Bullets, Document, Item, Point, Steps, Table, Text
from leaklint.report.audit.patch import unified
from leaklint.report.audit.words import words
from leaklint.report.markdown import code

_SPAN = re.compile(r"`([^`]+)`|(\*\*|~~)|-> (P[0-2]-[0-9]+)")
_SPECIAL = re.compile(r"[\\*_\[\]<>#|~$`]")


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda sign: f"\\{sign[0]}", text).replace("@", "@\u200b")  # nobody is called


def inline(text: str) -> str:
    """A text of ours: code between backticks, strong between `**`, links to findings; all else is no Markdown."""
    pieces, end = [], 0
    for span in _SPAN.finditer(text):
        pieces.append(_escaped(text[end : span.start()]))
        if span[1]:
            pieces.append(code(span[1]))
        else:
            pieces.append(f"[{span[3]}](#{span[3].lower()})" if span[3] else span[2])
        end = span.end()
    return "".join([*pieces, _escaped(text[end:])])


def _cell(text: str) -> str:
    """A border within code would end the cell: nothing but an escape helps there."""
    return re.sub(r"(?<!\\)\|", r"\\|", inline(text))


def _table(table: Table) -> Iterator[str]:
    yield f"| {' | '.join(map(_cell, table.head))} |"
    signs = ["---"] * (len(table.head) - table.numbers) + ["--:"] * table.numbers
    yield f"|{'|'.join(signs)}|"
    for row in table.rows:
        yield f"| {' | '.join(map(_cell, row))} |"


def _fenced(lines: list[str], language: str) -> Iterator[str]:
    longest = max((len(run) for line in lines for run in re.findall("`{3,}", line)), default=2)
    fence = "`" * (longest + 1)
    yield f"{fence}{language}"
    yield from lines
    yield fence


def _point(point: Point, colon: str) -> Iterator[str]:
    label, texts = point
    if len(texts) == 1:
        yield f"- **{label}**{colon}{inline(texts[0])}"
    elif texts:
        yield f"- **{label}**{colon.rstrip()}"
        yield from (f"  - {inline(text)}" for text in texts)


def _code(item: Item) -> Iterator[str]:
    """The evidence."""
    for snippet in item.evidence[1]:
        yield from _fenced([f"--> {snippet.place}", *snippet.lines], "text")
        yield ""


def _patches(item: Item) -> Iterator[str]:
    yield from _fenced([text for path, parts in item.patch[1] for _, text in unified(path, parts)], "diff")


def _brief(brief: Brief) -> Iterator[str]:
    """A table, and the patches below it, to be opened by who wants to see them."""
    yield f"| {' | '.join(map(_cell, brief.head))} |"
    yield f"|{'|'.join(['---'] * len(brief.head))}|"
    for item in brief.items:
        cells = map(_cell, item.brief)
        rules = ", ".join(item.rules)
        yield f'| <a id="{item.anchor}"></a>{item.number} {rules} | {" | ".join(cells)} |'
    for item in brief.items:
        (everywhere,) = item.points[0][1]
        if everywhere != item.brief[0]:
            yield ""
            yield f"<details><summary>{item.number} {item.points[0][0]}</summary>"
            yield ""
            yield inline(everywhere)
            yield ""
            yield "</details>"
    patched = [item for item in brief.items if item.patch[1]]
    if patched:
        yield ""
        yield f"<details><summary>{brief.patches} {', '.join(item.number for item in patched)}</summary>"
        yield ""
        for item in patched:
            yield from _patches(item)
            yield ""
        yield "</details>"


def _item(item: Item, colon: str) -> Iterator[str]:
    rules = ", ".join(f"{code} {name}" for code, name in item.rules.items())
    yield f'### {item.number} {inline(item.title)} ({rules}) <a id="{item.anchor}"></a>'
    yield ""
    for point in item.points:
        yield from _point(point, colon)
    yield ""
    yield from _code(item)
    yield from _point(item.repair, colon)
    if item.patch[1]:
        yield ""
        yield from _patches(item)
        yield ""
    for point in item.notes:
        yield from _point(point, colon)


def _block(block: Block, colon: str) -> Iterator[str]:
    if isinstance(block, Text):
        yield inline(block.text)
    elif isinstance(block, Bullets):
        yield from (f"- {inline(item)}" for item in block.items)
    elif isinstance(block, Steps):
        for number, (text, points) in enumerate(block.items, 1):
            yield f"{number}. {inline(text)}"
            yield from (f"   - {inline(point)}" for point in points)
    elif isinstance(block, Table):
        yield from _table(block)
    elif isinstance(block, Brief):
        yield from _brief(block)
    else:
        yield from _item(block, colon)
    yield ""


def lines(document: Document) -> Iterator[str]:
    """The lines of the report."""
    colon = words(document.language)("colon")
    yield f"# {inline(document.title)}"
    yield ""
    yield from (f"- {inline(line)}" for line in document.made)
    yield ""
    for section in document.sections:
        yield f"## {inline(section.title)}"
        yield ""
        for block in section.blocks:
            yield from _block(block, colon)
