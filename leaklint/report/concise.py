"""One line per finding and nothing else, in the form that editors and `grep` know."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.catalogue import Catalogue
from leaklint.report import Look, prose
from leaklint.report.full import position
from leaklint.running.runner import Outcome


def render(outcome: Outcome, catalogue: Catalogue, look: Look) -> Iterator[str]:
    """`path:line:column: severity code name: message`."""
    for finding in outcome.run.findings:
        head = look.paint(f"{finding.severity} {finding.rule} {finding.name}", finding.severity)
        yield f"{position(finding.path, finding.span)}: {head}: {prose.message(finding, catalogue)}"
