"""Workflow commands: GitHub turns what a job prints into annotations on the lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from leaklint.catalogue import Catalogue
from leaklint.facts import Finding, Severity
from leaklint.files import printable
from leaklint.paths import split_cell
from leaklint.report import Look, prose, repository
from leaklint.runner import Outcome

_COMMANDS: dict[Severity, str] = {"P0": "error", "P1": "warning", "P2": "notice"}

_IN_TEXT = {ord(sign): f"%{ord(sign):02X}" for sign in "%\r\n"}
_IN_PROPERTY = {ord(sign): f"%{ord(sign):02X}" for sign in "%\r\n:,"}


def text(words: str) -> str:
    """What stands after the `::` of a command, escaped."""
    return words.translate(_IN_TEXT)


def property_(value: str) -> str:
    """The value of one property of a command, escaped."""
    return value.translate(_IN_PROPERTY)


def _properties(finding: Finding, where: repository.Repository) -> Iterator[tuple[str, str]]:
    span = finding.span
    file, cell = split_cell(finding.path)
    yield "file", printable(where.inside(file) or file)
    if cell is not None:  # its lines are not those of the file
        yield "line", "1"
    else:
        yield "line", str(span.line)
        yield "endLine", str(span.end_line)
        if span.line == span.end_line:  # columns are allowed within one line alone
            yield "col", str(span.column)
            yield "endColumn", str(span.end_column)
    yield "title", f"{finding.severity} {finding.rule} {finding.name}"


def _lines(finding: Finding, catalogue: Catalogue, where: repository.Repository) -> Iterator[str]:
    """What is wrong, where the evidence is, and what to do."""
    yield prose.in_cell(finding.path, finding.span.line) + prose.message(finding, catalogue)
    for evidence in finding.evidence:
        label = prose.label(finding, evidence, catalogue)
        file, cell = split_cell(evidence.path)
        place = printable(where.inside(file) or file) + (f":cell {cell}" if cell is not None else "")
        if label:
            yield f"{place}:{evidence.span.line}: {label}"
    if finding.lowered:
        yield f"note: {prose.LOWERED}"
    hint = prose.hint(finding, catalogue)
    if hint:
        yield f"hint: {hint}"


def render(outcome: Outcome, catalogue: Catalogue, _look: Look) -> Iterator[str]:
    """A command for each finding, `::error`, `::warning` or `::notice`; one for each error of the run."""
    where = repository.find(Path.cwd())
    for finding in outcome.run.findings:
        properties = ",".join(f"{name}={property_(value)}" for name, value in _properties(finding, where))
        yield f"::{_COMMANDS[finding.severity]} {properties}::{text(chr(10).join(_lines(finding, catalogue, where)))}"
    for error in outcome.run.errors:
        yield f"::error title=leaklint::{text(error)}"
