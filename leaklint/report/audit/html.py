"""The document as one page that needs nothing else: `page.html`, `page.css` and `page.js` joined, and filled with the
pieces of `page.toml`."""

from __future__ import annotations

import functools
import importlib.resources
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

import tomli

from leaklint.facts import SEVERITIES
from leaklint.pages import fill
from leaklint.project.paths import split_cell
from leaklint.repairs.edits import Part
from leaklint.report.audit.blocks import Block, Brief, Bullets, Document, Item, Point, Snippet, Steps, Table, Text
from leaklint.report.audit.patch import unified
from leaklint.report.audit.words import Words, words

CHARTED = 12
"""Files in the chart, at most."""

_SPAN = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*|~~([^~]+)~~|-> (P[0-2]-[0-9]+)")
_SIGNS = {"@": "hunk", "+": "added", "-": "removed", " ": "kept", "\\": "kept"}


def _data(name: str) -> str:
    return (importlib.resources.files(__package__) / name).read_text(encoding="utf-8")


@functools.cache
def _pieces() -> Mapping[str, str]:
    return tomli.loads(_data("page.toml"))


def _piece(piece: str, /, **inner: str) -> str:
    """A piece of the page. What is given as `inner` must be HTML."""
    return fill(_pieces()[piece], inner)


def inline(text: str) -> str:
    """A text of ours: code between backticks, strong between `**`, links to findings."""
    pieces, end = [], 0
    for span in _SPAN.finditer(text):
        pieces.append(escape(text[end : span.start()]))
        code, strong, struck, link = span.groups()
        if code:
            pieces.append(f"<code>{escape(code)}</code>")
        elif link:
            pieces.append(_piece("link", id=link.lower(), title=link))
        else:
            tag = "strong" if strong else "s"
            pieces.append(f"<{tag}>{inline(strong or struck)}</{tag}>")
        end = span.end()
    return "".join([*pieces, escape(text[end:])])


def _table(table: Table) -> str:
    words = len(table.head) - table.numbers

    def cells(tag: str, row: Sequence[str]) -> str:
        kinds = ["" if index < words else ' class="number"' for index in range(len(row))]
        return "".join(f"<{tag}{kind}>{inline(cell)}</{tag}>" for kind, cell in zip(kinds, row, strict=True))

    rows = "".join(f"<tr>{cells('td', row)}</tr>" for row in table.rows)
    kind = "numbers" if table.numbers else "texts"
    return _piece("table", kind=kind, head=cells("th", table.head), rows=rows)


def _snippet(snippet: Snippet) -> str:
    return _piece("snippet", place=escape(snippet.place), lines="\n".join(map(escape, snippet.lines)))


def _patch(label: str, files: Sequence[tuple[str, Sequence[Part]]]) -> str:
    told = (line for path, parts in files for line in unified(path, parts))
    rows = [f'<span class="{_SIGNS[sign]}">{escape(text)}</span>' for sign, text in told]
    code = f'<pre class="patch">{"".join(rows)}</pre>'
    return _piece("folded", label=escape(label), inner=code) if files else ""


def _list(texts: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{inline(text)}</li>' for text in texts)}</ul>"


def _points(points: Iterable[Point]) -> str:
    return "".join(
        _piece("point", label=escape(label), text=inline(texts[0]) if len(texts) == 1 else _list(texts))
        for label, texts in points
        if any(texts)
    )


def _item(item: Item, piece: str = "finding") -> str:
    label, snippets = item.evidence
    return _piece(
        piece,
        told="".join(f"<p>{inline(text)}</p>" for text in item.brief[:2]),
        id=item.anchor,
        number=item.number,
        level=item.severity.lower(),
        severity=item.severity,
        rules=escape(" ".join(item.rules)),
        names=escape(", ".join(f"{code} {name}" for code, name in item.rules.items())),
        path=escape(item.path),
        title=inline(item.title),
        points=_points(item.points),
        evidence=_piece("folded", label=escape(label), inner="".join(map(_snippet, snippets))),
        repair=_points([item.repair]),
        patch=_patch(*item.patch),
        notes=_points(item.notes),
    )


def _block(block: Block) -> str:
    if isinstance(block, Text):
        return f"<p>{inline(block.text)}</p>"
    if isinstance(block, Bullets):
        return _list(block.items)
    if isinstance(block, Steps):
        return f"<ol>{''.join(f'<li>{inline(text)}{_list(points)}</li>' for text, points in block.items)}</ol>"
    if isinstance(block, Brief):
        return "".join(_item(item, "brief") for item in block.items)
    return _table(block) if isinstance(block, Table) else _item(block)


def _counts(levels: Sequence[str]) -> list[tuple[str, int]]:
    return [(level, levels.count(level)) for level in SEVERITIES]


def _chart(items: Sequence[Item], say: Words) -> str:
    """Bars of findings by file and severity, the worst first; a click shows that file alone."""
    files: dict[str, list[str]] = {}
    for item in items:
        files.setdefault(split_cell(item.path)[0], []).append(item.severity)
    ranked = sorted(files.items(), key=lambda pair: ([-number for _, number in _counts(pair[1])], pair[0]))[:CHARTED]
    most = max((len(levels) for _, levels in ranked), default=1)
    rows = []
    for path, levels in ranked:
        bars = [
            _piece("bar", level=level.lower(), width=f"{100 * number / most:.2f}", number=str(number))
            for level, number in _counts(levels)
            if number
        ]
        rows.append(_piece("row", path=escape(path), bars="".join(bars)))
    return _piece("chart", title=escape(say("page.chart")), rows="".join(rows)) if rows else ""


def _filters(items: Sequence[Item], say: Words) -> str:
    rules = sorted({pair for item in items for pair in item.rules.items()})
    texts = {name: escape(say(f"page.{name}")) for name in ("filter", "every", "path", "shown", "fold", "reset")}
    boxes = (_piece("box", level=level.lower(), severity=level) for level in SEVERITIES)
    options = (_piece("option", code=escape(code), name=escape(name)) for code, name in rules)
    if not items:
        return ""
    return _piece("filters", **texts, rule=escape(say("head.rule")), boxes="".join(boxes), options="".join(options))


def lines(document: Document) -> Iterator[str]:
    """The page."""
    say = words(document.language)
    links, sections = [], []
    tools = _chart(document.items, say) + _filters(document.items, say)
    for section in document.sections:
        if section.name in SEVERITIES:  # before the first of them
            sections.append(tools)
            tools = ""
        name, title = section.name.lower(), escape(section.title)
        links.append(_piece("link", id=name, title=title))
        sections.append(_piece("section", id=name, title=title, inner="".join(map(_block, section.blocks))))
    inner = {
        "language": document.language,
        "title": escape(document.title),
        "made": "<br>".join(map(inline, document.made)),
        "links": "".join(links),
        "sections": "".join(sections),
        "style": _data("page.css"),
        "script": _data("page.js"),
    }
    yield from fill(_data("page.html"), inner).split("\n")
