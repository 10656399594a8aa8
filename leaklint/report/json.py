"""One JSON array of all findings; other programs rely on its keys."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from leaklint.catalogue import Catalogue
from leaklint.facts import Evidence, Finding, Span
from leaklint.project.paths import split_cell
from leaklint.report import Look, prose
from leaklint.running.runner import Outcome


def _span(span: Span) -> dict[str, Any]:
    return {"line": span.line, "column": span.column, "end_line": span.end_line, "end_column": span.end_column}


def _place(path: str) -> dict[str, Any]:
    """The file; of a notebook the cell as well, in which lines are counted."""
    file, cell = split_cell(path)
    return {"path": file} if cell is None else {"path": file, "cell": cell}


def _evidence(finding: Finding, evidence: Evidence, catalogue: Catalogue) -> dict[str, Any]:
    label = prose.label(finding, evidence, catalogue)
    return {**_place(evidence.path), **_span(evidence.span), "role": evidence.role, "label": label}


def row(finding: Finding, catalogue: Catalogue) -> dict[str, Any]:
    """One finding as other programs read it: lines and columns count from 1, columns in characters."""
    return {
        "rule": finding.rule,
        "name": finding.name,
        "severity": finding.severity,
        **_place(finding.path),
        "subject": finding.subject,
        **_span(finding.span),
        "message": prose.message(finding, catalogue),
        "hint": prose.hint(finding, catalogue),
        "owner": finding.owner,
        "driver": finding.driver,
        "release": finding.release,
        "checked_against": finding.checked_against,
        "evidence": [_evidence(finding, evidence, catalogue) for evidence in finding.evidence],
        "fingerprint": finding.fingerprint,
        "fixable": finding.fixable,
    }


def render(outcome: Outcome, catalogue: Catalogue, _look: Look) -> Iterator[str]:
    """The array of all findings."""
    return array([row(finding, catalogue) for finding in outcome.run.findings])


def array(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """One finding per line. It is pure ASCII, so that any terminal and any file name can be coped with."""
    if not rows:
        yield "[]"
    for number, one in enumerate(rows, 1):
        opening = "[" if number == 1 else " "
        yield f"{opening}{json.dumps(one)}{']' if number == len(rows) else ','}"
