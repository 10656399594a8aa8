"""SARIF 2.1.0: what code scanning services and editors read.

Paths are relative to the root of the repository, and nothing in the report depends on the machine or the time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leaklint import __version__, pages
from leaklint.catalogue import Catalogue, Rule
from leaklint.facts import Accepted, Evidence, Finding, Severity, Span, Suppression
from leaklint.project.paths import split_cell
from leaklint.report import Look, prose, repository
from leaklint.running.runner import Outcome

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "leaklint/v1"
ROOT = "%SRCROOT%"
"""The name by which consumers know the root of the repository."""

LEVELS: Mapping[Severity, str] = {"P0": "error", "P1": "warning", "P2": "note"}

_DESCRIPTION = 1000
"""Characters of a description: some services take no more than 1024."""

_LINK = re.compile(r"https?://[^\s<>()\[\]]+")


def _shortened(text: str) -> str:
    return text if len(text) <= _DESCRIPTION else f"{text[:_DESCRIPTION].rsplit(maxsplit=1)[0]} …"


def _rule(rule: Rule) -> dict[str, Any]:
    sections = pages.sections(rule.page)
    link = _LINK.search(sections["References"])
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": _shortened(sections["What it does"])},
        "help": {"text": rule.page, "markdown": rule.page},
        **({"helpUri": link[0]} if link else {}),
        # each result has its own level; this is the worst one
        "defaultConfiguration": {"enabled": not rule.preview, "level": LEVELS[rule.ceiling or "P0"]},
        "properties": {"tags": [rule.family], "since": rule.since},
    }


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


@dataclass(frozen=True, slots=True)
class _Report:
    catalogue: Catalogue
    where: repository.Repository

    def place(self, path: str, region: Mapping[str, int]) -> dict[str, Any]:
        """A place in a file. A notebook has other lines than its cells: there the messages say where."""
        if split_cell(path)[1] is not None:
            region = {"startLine": 1}
        uri, relative = self.where.uri(path)
        artifact = {"uri": uri, "uriBaseId": ROOT} if relative else {"uri": uri}
        return {"physicalLocation": {"artifactLocation": artifact, "region": region}}

    def related(self, number: int, finding: Finding, evidence: Evidence) -> dict[str, Any]:
        label = prose.label(finding, evidence, self.catalogue) or evidence.role
        return {
            "id": number,
            **self.place(evidence.path, _region(evidence.span)),
            "message": {"text": f"{prose.in_cell(evidence.path, evidence.span.line)}{label}"},
            "properties": {"role": evidence.role},
        }

    def text(self, finding: Finding, related: Sequence[Mapping[str, Any]]) -> str:
        """What is wrong, the evidence as links to the related locations, what to do. Some services show those
        locations that are linked, and no others."""
        lines = [prose.in_cell(finding.path, finding.span.line) + prose.message(finding, self.catalogue)]
        for one in related:
            label = re.sub(r"([\\\[\]])", r"\\\1", one["message"]["text"])
            lines.append(f"- [{label}]({one['id']})")
        if finding.lowered:
            lines.append(f"Note: {prose.LOWERED}")
        hint = prose.hint(finding, self.catalogue)
        return "\n".join([*lines, *([f"Hint: {hint}"] if hint else [])])

    def why(self, finding: Finding, reason: Suppression | Accepted) -> dict[str, Any]:
        """Why a finding is not open: a comment beside it, or an entry of the baseline."""
        said = {"justification": reason.reason} if reason.reason else {}
        if isinstance(reason, Accepted):
            return {"kind": "external", **said}
        return {"kind": "inSource", **said, "location": self.place(finding.path, {"startLine": reason.line})}

    def result(self, finding: Finding, index: int, reason: Suppression | Accepted | None) -> dict[str, Any]:
        related = [self.related(number, finding, evidence) for number, evidence in enumerate(finding.evidence, 1)]
        found = {
            "ruleId": finding.rule,
            "ruleIndex": index,
            "level": LEVELS[finding.severity],
            "message": {"text": self.text(finding, related)},
            "locations": [
                {
                    **self.place(finding.path, _region(finding.span)),
                    "logicalLocations": [{"fullyQualifiedName": finding.subject}],
                }
            ],
            "relatedLocations": related,
            "partialFingerprints": {FINGERPRINT: finding.fingerprint},
            "properties": {
                "severity": finding.severity,
                "owner": finding.owner,
                "driver": finding.driver,
                "release": finding.release,
                "checkedAgainst": finding.checked_against,
            },
        }
        if reason:
            found["suppressions"] = [self.why(finding, reason)]
        return found


def log(outcome: Outcome, catalogue: Catalogue, cwd: Path) -> dict[str, Any]:
    """The whole report. Suppressed and accepted findings come after the others."""
    run, report = outcome.run, _Report(catalogue, repository.find(cwd))
    index = {rule.code: number for number, rule in enumerate(catalogue.rules)}
    every = [*((finding, None) for finding in run.findings), *run.suppressed, *run.baselined]
    driver = {
        "name": "leaklint",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(rule) for rule in catalogue.rules],
    }
    invocation = {
        "executionSuccessful": not run.errors,
        "toolExecutionNotifications": [{"level": "error", "message": {"text": error}} for error in run.errors],
    }
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "invocations": [invocation],
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository."}}},
                "results": [report.result(finding, index[finding.rule], why) for finding, why in every],
            }
        ],
    }


def render(outcome: Outcome, catalogue: Catalogue, _look: Look) -> Iterator[str]:
    """The whole report."""
    return text(log(outcome, catalogue, Path.cwd()))


def text(log: Mapping[str, Any]) -> Iterator[str]:
    """A report as JSON in pure ASCII."""
    yield from json.dumps(log, indent=1).split("\n")
