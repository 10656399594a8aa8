"""Logging commands: Azure Pipelines turns what a step prints into issues of the build.

https://learn.microsoft.com/en-us/azure/devops/pipelines/scripts/logging-commands
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from leaklint.catalogue import Catalogue
from leaklint.facts import Severity
from leaklint.report import Look, annotation, repository
from leaklint.running.runner import Outcome

KINDS: Mapping[Severity, str] = {"P0": "error", "P1": "warning", "P2": "warning"}
"""There are no others."""

_IN_TEXT = {ord("%"): "%AZP25", ord("\r"): "%0D", ord("\n"): "%0A"}
_IN_PROPERTY = {**_IN_TEXT, ord(";"): "%3B", ord("]"): "%5D"}


def _command(properties: Mapping[str, str], text: str) -> str:
    inner = "".join(f"{name}={value.translate(_IN_PROPERTY)};" for name, value in properties.items())
    return f"##vso[task.logissue {inner}]{text.translate(_IN_TEXT)}"


def render(outcome: Outcome, catalogue: Catalogue, _look: Look) -> Iterator[str]:
    """A command for each finding, an error for P0 and a warning for the others; one for each error of the run."""
    where = repository.find(Path.cwd())
    for finding in outcome.run.findings:
        properties = {
            "type": KINDS[finding.severity],
            "sourcepath": annotation.file_of(finding.path, where),
            "linenumber": str(annotation.line_of(finding)),
            "columnnumber": str(finding.span.column),
            "code": finding.rule,
        }
        text = "\n".join(annotation.story(finding, catalogue, where))
        yield _command(properties, f"{annotation.title(finding)}: {text}")
    for error in outcome.run.errors:
        yield _command({"type": "error"}, f"leaklint: {error}")
