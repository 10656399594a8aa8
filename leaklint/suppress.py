"""Comments that silence findings: `# leaklint: ignore[CODE] -- reason`, and `# noqa: CODE`."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from leaklint.facts import Fault, Finding, Suppression
from leaklint.project.files import decode

if TYPE_CHECKING:
    import tokenize

_NOQA_OF_OURS = rb"noqa[^\r\n]*\blk[0-9]"
_NATIVE = (
    r"(?i)#\s*leaklint:\s*ignore(?P<file>-file)?\s*(?:\[(?P<codes>[^\]]*)\])?\s*(?:--\s*(?P<reason>.*?)\s*)?(?=$|#)"
)
_MEANT = r"(?i)#\s*leaklint:\s*(?P<word>ignore|disable|noqa)\b(?P<file>-file\b)?(?P<rest>[^#]*)"
_NOQA = r"(?i)#\s*noqa\s*:\s*(?P<codes>[A-Z]+[0-9]+(?:[\s,]+[A-Z]+[0-9]+)*)"


class _Comment(NamedTuple):
    """A comment, its line, and the lines of the statement that it belongs to. One that stands alone on its line
    belongs to the statement after it, from `line` on."""

    text: str
    line: int
    first: int
    last: int
    alone: bool = False
    column: int = 0


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    """The tokens up to the first thing that is none."""
    import tokenize

    with contextlib.suppress(SyntaxError, tokenize.TokenError):
        yield from tokenize.generate_tokens(io.StringIO(text).readline)


def _comments(text: str) -> Iterator[_Comment]:
    """All comments with the logical lines they stand in; decorators and what they decorate are one."""
    import tokenize

    waiting: list[tokenize.TokenInfo] = []  # alone on their lines, before a statement
    inside: list[tokenize.TokenInfo] = []
    first = 0
    starts, decorator = True, False
    for token in _tokens(text):
        if token.type == tokenize.COMMENT:
            (inside if first else waiting).append(token)
        elif token.type == tokenize.NEWLINE:
            starts = True
            if not decorator:
                last = token.start[0]
                yield from (_comment(comment, first, last) for comment in inside)
                yield from (_comment(comment, comment.start[0], last, alone=True) for comment in waiting)
                waiting, inside, first = [], [], 0
        elif token.type not in (tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER) and starts:
            starts, decorator = False, token.string == "@"
            first = first or token.start[0]
    yield from (_comment(comment, comment.start[0], comment.start[0], alone=True) for comment in waiting)


def _comment(token: tokenize.TokenInfo, first: int, last: int, alone: bool = False) -> _Comment:
    return _Comment(token.string, token.start[0], first, last, alone, token.start[1])


def _words(text: str | None, codes: Mapping[str, str]) -> tuple[str, ...]:
    words = re.split(r"[\s,]+", text or "")
    return tuple(codes.get(word.lower(), word.upper()) for word in words if word)


def _native(comment: _Comment, codes: Mapping[str, str], lines: int) -> Iterator[Suppression]:
    for found in re.finditer(_NATIVE, comment.text):
        if found["codes"] is not None and not found["codes"].strip():
            continue
        whole = found["file"] is not None
        yield Suppression(
            line=comment.line,
            first=1 if whole else comment.first,
            last=lines if whole else comment.last,
            codes=_words(found["codes"], codes),
            reason=found["reason"] or "",
            whole_file=whole,
            column=comment.column + found.start() + 1,
            end_column=comment.column + found.start() + len(found[0].rstrip()) + 1,
        )


def _miswritten(comment: _Comment, codes: Mapping[str, str]) -> Iterator[Suppression]:
    """Comments that are meant to silence something, and are not heeded as they are written."""
    written = re.finditer(_NATIVE, comment.text)
    heeded = {found.start() for found in written if found["codes"] is None or found["codes"].strip()}
    for found in re.finditer(_MEANT, comment.text):
        if found.start() not in heeded:
            fault, named = _fault(found["word"].lower(), found["rest"], codes)
            start, end = comment.column + found.start(), comment.column + found.start() + len(found[0].rstrip())
            whole = found["file"] is not None
            yield Suppression(
                comment.line, comment.first, comment.last, named, "", whole, True, start + 1, end + 1, fault
            )


def _fault(word: str, rest: str, codes: Mapping[str, str]) -> tuple[Fault, tuple[str, ...]]:
    """What is wrong, and the rules that are named for all that."""
    listed = re.match(r"\s*\[([^\]]*)\]", rest)
    known = {*codes, *(code.lower() for code in codes.values())}
    words = re.split(r"[\s,]+", listed[1]) if listed else re.findall(r"[\w-]+", rest)
    named = tuple(codes.get(w.lower(), w.upper()) for w in words if w.lower() in known)
    if word != "ignore":
        return "word", named
    if listed:
        return ("hyphens" if listed[1].strip() else "empty"), named
    return ("brackets" if named else "hyphens"), named


def _noqa(comment: _Comment, codes: Mapping[str, str]) -> Iterator[Suppression]:
    """What `# noqa` says of our rules; without codes it is meant for other linters, and covers no line below."""
    found = re.search(_NOQA, comment.text)
    ours = tuple(word for word in _words(found["codes"], codes) if word.startswith("LK")) if found else ()
    if ours:
        last = comment.line if comment.alone else comment.last
        yield Suppression(comment.line, comment.first, last, ours, "", native=False)


def find(source: bytes, codes: Mapping[str, str]) -> tuple[Suppression, ...]:
    """All suppressions in a file, by line; in one that cannot be read, those before what is wrong with it.

    `codes` maps rule names to codes; words that are neither are kept as they stand, in capitals.
    """
    lower = source.lower()  # most files mention neither, and that should cost next to nothing
    if b"leaklint:" not in lower and not (b"noqa" in lower and re.search(_NOQA_OF_OURS, lower)):
        return ()
    try:
        text = decode(source)
    except (SyntaxError, LookupError, UnicodeDecodeError):
        return ()
    lines = text.count("\n") + 1
    found = (s for c in _comments(text) for s in (*_native(c, codes, lines), *_miswritten(c, codes), *_noqa(c, codes)))
    return tuple(sorted(found, key=lambda s: s.line))


def covers(suppression: Suppression, finding: Finding) -> bool:
    """Does a suppression silence a finding in its file?"""
    if suppression.fault or (suppression.codes and finding.rule not in suppression.codes):
        return False
    return suppression.whole_file or (
        suppression.first <= finding.span.end_line and finding.span.line <= suppression.last
    )


def apply(
    findings: Iterable[Finding], suppressions: Mapping[str, Sequence[Suppression]]
) -> tuple[tuple[Finding, ...], tuple[tuple[Finding, Suppression], ...]]:
    """The findings that stand, and those that are silenced, each with what silences it.

    `suppressions` holds those of each file by the path that its findings carry. Of several that cover a finding
    the one of its statement is named, rather than the one of the whole file.
    """
    kept, silenced = [], []
    for finding in findings:
        cover = [s for s in suppressions.get(finding.path, ()) if covers(s, finding)]
        if cover:
            silenced.append((finding, min(cover, key=lambda s: (s.whole_file, s.line))))
        else:
            kept.append(finding)
    return tuple(kept), tuple(silenced)
