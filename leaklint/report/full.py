"""Findings for people: a sentence, the source with every place of the evidence labelled, a hint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from leaklint.catalogue import Catalogue
from leaklint.facts import Cleared, Evidence, Finding, Span
from leaklint.project.files import printable
from leaklint.report import Look, prose
from leaklint.report.sources import Sources, sources
from leaklint.report.tally import closing, statistics
from leaklint.running.runner import Outcome

if TYPE_CHECKING:
    from leaklint.report.frame import Mark


def position(path: str, span: Span) -> str:
    """A place as editors read it."""
    return f"{printable(path)}:{span.line}:{span.column}"


def _places(finding: Finding, catalogue: Catalogue) -> dict[str, dict[Span, list[str]]]:
    """The labels of all places by path and span; the finding's own path and place come first."""
    places: dict[str, dict[Span, list[str]]] = {finding.path: {finding.span: []}}
    for evidence in finding.evidence:
        text = prose.label(finding, evidence, catalogue)
        labels = places.setdefault(evidence.path, {}).setdefault(evidence.span, [])
        labels += [text] if text and text not in labels else []
    return places


def _snippet(
    finding: Finding, path: str, marks: Sequence[Mark], read: Sources, look: Look, gutter: int
) -> Iterator[str]:
    from leaklint.report.frame import fits, frame

    start = finding.span if path == finding.path else marks[0].span
    arrow = look.paint("-->" if path == finding.path else ":::", "gutter")
    yield f"{' ' * gutter}{arrow} {position(path, start)}"
    source = read(path)
    if source is not None and all(fits(source, mark.span) for mark in marks):
        yield from frame(source, marks, look, gutter)
        return
    for mark in marks:  # the source is gone or is another one by now
        if mark.labels:
            yield f"{' ' * gutter} {look.paint('=', 'gutter')} {position(path, mark.span)}: {'; '.join(mark.labels)}"


def _remarks(finding: Finding, catalogue: Catalogue, look: Look, gutter: int) -> Iterator[str]:
    margin = " " * gutter
    sign = look.paint("=", "gutter")
    first, *others = prose.hint(finding, catalogue).split("\n")
    if first:
        yield f"{margin} {sign} {look.paint('hint', 'strong')}: {first}"
        yield from (f"{margin}         {line}".rstrip() for line in others)
    if finding.lowered:
        yield f"{margin} {sign} {look.paint('note', 'strong')}: {prose.LOWERED}"
    yield f"{margin} {sign} {look.paint('see', 'strong')}: leaklint rule {finding.rule}"


def show(finding: Finding, catalogue: Catalogue, read: Sources, look: Look) -> Iterator[str]:
    """The lines of one finding."""
    from leaklint.report.frame import Mark

    head = look.paint(f"{finding.severity} {finding.rule} {finding.name}", finding.severity)
    yield f"{head}{look.paint(f': {prose.message(finding, catalogue)}', 'strong')}"
    places = _places(finding, catalogue)
    gutter = len(str(max(span.end_line for spans in places.values() for span in spans)))
    for path, spans in places.items():
        marks = [
            Mark(span, tuple(labels), finding.severity if (path, span) == (finding.path, finding.span) else None)
            for span, labels in spans.items()
        ]
        yield from _snippet(finding, path, marks, read, look, gutter)
    yield from _remarks(finding, catalogue, look, gutter)


def _defence(evidence: Evidence) -> str:
    return f"{evidence.role} at {position(evidence.path, evidence.span)}"


def show_cleared(word: str, cleared: Cleared) -> str:
    """One suspect that was cleared or found sound (that is `word`), on one line."""
    proof = f" ({', '.join(map(_defence, cleared.evidence))})" if cleared.evidence else ""
    place = position(cleared.path, cleared.span)
    return f"{word} {cleared.rule} {place} {printable(cleared.subject)}: {cleared.defence}{proof}"


def render(outcome: Outcome, catalogue: Catalogue, look: Look) -> Iterator[str]:
    """All findings, the cleared suspects and the statistics if they are wanted, and the closing line."""
    read = sources(outcome.digests, outcome.lines)
    for finding in outcome.run.findings:
        yield from show(finding, catalogue, read, look)
        yield ""
    if look.cleared:
        yield from (show_cleared("cleared", one) for one in outcome.run.cleared)
        yield from (show_cleared("sound", one) for one in outcome.run.sound)
    if look.statistics:
        yield from statistics(outcome.run)
    yield closing(outcome.run)
