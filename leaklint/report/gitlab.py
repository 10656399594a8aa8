"""GitLab's Code Quality report: what a merge request shows beside its changes.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from leaklint.catalogue import Catalogue
from leaklint.facts import Finding, Severity
from leaklint.report import Look, annotation, repository
from leaklint.running.runner import Outcome

SEVERITY: Mapping[Severity, str] = {"P0": "critical", "P1": "major", "P2": "minor"}


def _fingerprint(finding: Finding, file: str) -> str:
    """Of two issues with the same one GitLab shows the first; modules of two folders may have the same name."""
    return hashlib.sha256(f"{file}\0{finding.fingerprint}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _issue(finding: Finding, catalogue: Catalogue, where: repository.Repository) -> dict[str, Any]:
    file = annotation.file_of(finding.path, where)
    return {
        "description": f"{finding.severity}: {annotation.message(finding, catalogue)}",
        "check_name": f"{finding.rule} {finding.name}",
        "fingerprint": _fingerprint(finding, file),
        "severity": SEVERITY[finding.severity],
        "location": {"path": file, "lines": {"begin": annotation.line_of(finding)}},
    }


def render(outcome: Outcome, catalogue: Catalogue, _look: Look) -> Iterator[str]:
    """The array, as JSON in pure ASCII."""
    where = repository.find(Path.cwd())
    issues = [_issue(finding, catalogue, where) for finding in outcome.run.findings]
    yield from json.dumps(issues, indent=1).split("\n")
