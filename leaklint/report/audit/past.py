"""An earlier report, as JSON: what of it is gone, what is new, and how long the rest is known."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

from leaklint.facts import Finding
from leaklint.project.paths import split_cell

_KEYS = ("rule", "path", "subject", "fingerprint", "severity", "message")


class PastError(ValueError):
    """An earlier report that cannot be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Old:
    """A finding of an earlier report, and when it was first seen."""

    rule: str
    severity: str
    path: str
    subject: str
    fingerprint: str
    message: str
    seen: date


@dataclass(frozen=True, slots=True)
class Past:
    """`file` is the earlier report; `seen` tells since when a finding is known, by its path and fingerprint."""

    file: str
    fixed: tuple[Old, ...] = ()
    seen: Mapping[tuple[str, str], date] = field(default_factory=dict)

    def since(self, finding: Finding) -> date | None:
        return self.seen.get((finding.path, finding.fingerprint))


def _old(row: Any, otherwise: date) -> Old:
    if not isinstance(row, dict) or not all(isinstance(row.get(key), str) for key in _KEYS):
        raise PastError(f"an entry lacks one of {', '.join(_KEYS)}: it is made with `--output json=FILE`")
    try:
        seen = date.fromisoformat(row["first_seen"]) if "first_seen" in row else otherwise
    except (TypeError, ValueError):
        raise PastError(f"{row['first_seen']!r} is no date") from None
    rule, path, subject, fingerprint, severity, message = (row[key] for key in _KEYS)
    return Old(rule, severity, path, subject, fingerprint, message, seen)


def read(file: Path) -> list[Old]:
    """The findings in an earlier report, those without a date with that of the file. Raises PastError."""
    try:
        rows = json.loads(file.read_bytes())
        written = datetime.fromtimestamp(file.stat().st_mtime, timezone.utc).date()
    except OSError as error:
        raise PastError(f"{file}: {(error.strerror or str(error)).lower()}") from None
    except (ValueError, RecursionError) as error:
        raise PastError(f"{file}: not JSON: {str(error).partition(chr(10))[0]}") from None
    if not isinstance(rows, list):
        raise PastError(f"{file}: not an array of findings: it is made with `--output json=FILE`")
    try:
        return [_old(row, written) for row in rows]
    except PastError as error:
        raise PastError(f"{file}: {error}") from None


def compare(file: str, old: Sequence[Old], findings: Sequence[Finding]) -> Past:
    """One to one by path and fingerprint, then by fingerprint, then by rule and the name of what leaks."""
    open_old, open_new = list(old), list(findings)
    seen: dict[tuple[str, str], date] = {}
    for of_old, of_new in (
        (lambda o: (o.path, o.fingerprint), lambda f: (split_cell(f.path)[0], f.fingerprint)),
        (lambda o: o.fingerprint, lambda f: f.fingerprint),
        (lambda o: (o.rule, o.subject.partition(":")[2]), lambda f: (f.rule, f.subject.partition(":")[2])),
    ):
        left = []
        for finding in open_new:
            same = next((one for one in open_old if of_old(one) == of_new(finding)), None)
            if same is None:
                left.append(finding)
            else:
                seen[finding.path, finding.fingerprint] = same.seen
                open_old.remove(same)
        open_new = left
    return Past(file, tuple(open_old), seen)
