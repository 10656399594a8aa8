"""What is said beside a line of code, by services that show findings there."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.catalogue import Catalogue
from leaklint.facts import Finding
from leaklint.project.files import printable
from leaklint.project.paths import split_cell
from leaklint.report import prose
from leaklint.report.repository import Repository


def file_of(path: str, where: Repository) -> str:
    """The file from the root of the repository on, whatever the working directory is; cells are not named."""
    file = split_cell(path)[0]
    return printable(where.inside(file) or file)


def line_of(finding: Finding) -> int:
    """The line in the file; 1 for a cell of a notebook, whose lines are not those of the file."""
    return finding.span.line if split_cell(finding.path)[1] is None else 1


def title(finding: Finding) -> str:
    return f"{finding.severity} {finding.rule} {finding.name}"


def message(finding: Finding, catalogue: Catalogue) -> str:
    """What is wrong, on one line; in which cell, where it is one."""
    return prose.in_cell(finding.path, finding.span.line) + prose.message(finding, catalogue)


def story(finding: Finding, catalogue: Catalogue, where: Repository) -> Iterator[str]:
    """What is wrong, where the evidence is, and what to do: lines of text."""
    yield message(finding, catalogue)
    for evidence in finding.evidence:
        label = prose.label(finding, evidence, catalogue)
        cell = split_cell(evidence.path)[1]
        place = file_of(evidence.path, where) + (f":cell {cell}" if cell is not None else "")
        if label:
            yield f"{place}:{evidence.span.line}: {label}"
    if finding.lowered:
        yield f"note: {prose.LOWERED}"
    hint = prose.hint(finding, catalogue)
    if hint:
        yield f"hint: {hint}"
