"""Workflow commands: GitHub turns what a job prints into annotations on the lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from leaklint.catalogue import Catalogue
from leaklint.facts import Finding, Severity
from leaklint.project.paths import split_cell
from leaklint.report import Look, annotation, repository
from leaklint.running.runner import Outcome

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
    cell = split_cell(finding.path)[1]
    yield "file", annotation.file_of(finding.path, where)
    if cell is not None:  # its lines are not those of the file
        yield "line", "1"
    else:
        yield "line", str(span.line)
        yield "endLine", str(span.end_line)
        if span.line == span.end_line:  # columns are allowed within one line alone
            yield "col", str(span.column)
            yield "endColumn", str(span.end_column)
    yield "title", annotation.title(finding)


def render(outcome: Outcome, catalogue: Catalogue, _look: Look) -> Iterator[str]:
    """A command for each finding, `::error`, `::warning` or `::notice`; one for each error of the run."""
    where = repository.find(Path.cwd())
    for finding in outcome.run.findings:
        properties = ",".join(f"{name}={property_(value)}" for name, value in _properties(finding, where))
        words = "\n".join(annotation.story(finding, catalogue, where))
        yield f"::{_COMMANDS[finding.severity]} {properties}::{text(words)}"
    for error in outcome.run.errors:
        yield f"::error title=leaklint::{text(error)}"
