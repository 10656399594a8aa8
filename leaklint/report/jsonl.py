"""The objects of the JSON report, one per line and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator

from leaklint.catalogue import Catalogue
from leaklint.report import Look
from leaklint.report.json import row
from leaklint.running.runner import Outcome


def render(outcome: Outcome, catalogue: Catalogue, _look: Look) -> Iterator[str]:
    """A line for each finding; no lines for none."""
    return (json.dumps(row(finding, catalogue)) for finding in outcome.run.findings)
