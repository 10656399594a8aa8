"""The Reviewdog Diagnostic Format, as one JSON object.

https://github.com/reviewdog/reviewdog/tree/master/proto/rdf
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from leaklint.catalogue import Catalogue
from leaklint.facts import Finding, Severity, Span
from leaklint.project.paths import split_cell
from leaklint.report import Look, annotation, prose, repository
from leaklint.report.frame import fits
from leaklint.report.sources import Sources, sources
from leaklint.running.runner import Outcome

SEVERITY: Mapping[Severity, str] = {"P0": "ERROR", "P1": "WARNING", "P2": "INFO"}


def _position(line: int, column: int, text: str) -> dict[str, int]:
    """Columns are bytes in UTF-8."""
    return {"line": line, "column": len(text[: column - 1].encode("utf-8", "replace")) + 1}


def _range(path: str, span: Span, read: Sources) -> dict[str, Any]:
    """The place; without columns where the source is not at hand, in which they would have to be counted anew."""
    if split_cell(path)[1] is not None:
        return {"start": {"line": 1}}
    lines = read(path)
    if lines is None or not fits(lines, span):
        return {"start": {"line": span.line}, "end": {"line": span.end_line}}
    return {
        "start": _position(span.line, span.column, lines[span.line - 1]),
        "end": _position(span.end_line, span.end_column, lines[span.end_line - 1]),
    }


def _diagnostic(finding: Finding, catalogue: Catalogue, where: repository.Repository, read: Sources) -> dict[str, Any]:
    def place(path: str, span: Span) -> dict[str, Any]:
        return {"path": annotation.file_of(path, where), "range": _range(path, span, read)}

    hint = prose.hint(finding, catalogue)
    return {
        "message": annotation.message(finding, catalogue) + (f"\nhint: {hint}" if hint else ""),
        "location": place(finding.path, finding.span),
        "severity": SEVERITY[finding.severity],
        "code": {"value": finding.rule},
        "related_locations": [
            {"message": prose.label(finding, one, catalogue) or one.role, "location": place(one.path, one.span)}
            for one in finding.evidence
        ],
    }


def render(outcome: Outcome, catalogue: Catalogue, _look: Look) -> Iterator[str]:
    """The object, in pure ASCII."""
    where, read = repository.find(Path.cwd()), sources(outcome.digests, outcome.lines)
    found = [_diagnostic(finding, catalogue, where, read) for finding in outcome.run.findings]
    yield from json.dumps({"source": {"name": "leaklint"}, "diagnostics": found}, indent=1).split("\n")
