"""Findings that one change mends are one entry of the report: the same rule in the same file with the same repair."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from leaklint.facts import SEVERITIES, DriverKind, Finding, Severity

OUTSIDE: frozenset[DriverKind] = frozenset({"caller's key", "payload", "stream", "event"})


@dataclass(frozen=True, slots=True)
class Entry:
    """Findings with one chapter; `number` is as people refer to it: `P1-3`."""

    number: str
    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        return self.findings[0]

    @property
    def severity(self) -> Severity:
        return self.first.severity


def urgency(finding: Finding) -> tuple[int, bool, bool, str, int]:
    """The severest first; of these what something holds, before what may be lost; of these what is driven from
    outside."""
    level = SEVERITIES.index(finding.severity)
    return level, finding.owner == "nobody", finding.driver not in OUTSIDE, finding.path, finding.span.line


def entries(findings: Iterable[Finding]) -> list[Entry]:
    """The entries in the order in which they are to be mended, numbered within their severity."""
    same: dict[tuple[str, ...], list[Finding]] = {}
    for one in sorted(findings, key=urgency):
        same.setdefault((one.severity, one.rule, one.path, one.message, one.hint), []).append(one)
    counts: Counter[str] = Counter()
    found = []
    for group in same.values():
        counts[group[0].severity] += 1
        found.append(Entry(f"{group[0].severity}-{counts[group[0].severity]}", tuple(group)))
    return found


def related(all_of_them: Sequence[Entry]) -> Mapping[str, tuple[str, ...]]:
    """By number: the other entries on the same thing in the same file."""
    by_thing: dict[tuple[str, str], list[str]] = {}
    for entry in all_of_them:
        for one in entry.findings:
            by_thing.setdefault((one.path, one.subject), []).append(entry.number)
    found: dict[str, dict[str, None]] = {}
    for numbers in by_thing.values():
        for number in numbers:
            found.setdefault(number, {}).update(dict.fromkeys(other for other in numbers if other != number))
    return {number: tuple(others) for number, others in found.items()}
