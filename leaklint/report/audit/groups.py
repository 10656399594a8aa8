"""Findings that one change mends are one entry of the report: the same rule in the same file with the same repair, and
all that is found on one thing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leaklint.facts import SEVERITIES, DriverKind, Finding, OwnerKind, ReleaseKind, Severity
from leaklint.project.paths import shows

_DRIVERS: tuple[frozenset[DriverKind], ...] = (
    frozenset({"payload", "stream"}),
    frozenset({"caller's key", "event"}),
    frozenset({"loop"}),
    frozenset({"call"}),
)
"""What is seen to come from outside, before what does so by its name, before what only runs again."""

_OWNERS: tuple[OwnerKind, ...] = (
    "process", "long-lived instance", "instance", "short-lived instance", "call", "nobody",
)  # fmt: skip
_PASSING = _OWNERS.index("short-lived instance")
"""From here on it is a peak, or what may be lost."""

Urgency = Callable[[Finding], tuple[Any, ...]]


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

    @property
    def rules(self) -> dict[str, str]:
        """The names of its rules by their codes."""
        return {one.rule: one.name for one in self.findings}


_RELEASES: tuple[ReleaseKind, ...] = ("never", "on some paths", "by bound", "always")


_BESIDE = frozenset({"docs", "benchmarks", "tests"})
"""Folders of what comes along with a project and is not run with it, besides those of examples."""


def urgency(finding: Finding, *, script: bool = False) -> tuple[object, ...]:
    """The severest first; of these what a process does again and again, before what a script does once or an example
    shows; what nothing takes back; what is kept, before what is a peak or may be lost; what is driven from outside."""
    path, line = finding.path, finding.span.line
    aside = script or shows(path) or not _BESIDE.isdisjoint(path.split("/")[:-1])
    release, owner = _RELEASES.index(finding.release), _OWNERS.index(finding.owner)
    driver = next((rank for rank, kinds in enumerate(_DRIVERS) if finding.driver in kinds), len(_DRIVERS))
    return SEVERITIES.index(finding.severity), aside, release, owner >= _PASSING, driver, owner, path, line


def entries(findings: Iterable[Finding], key: Urgency = urgency) -> list[Entry]:
    """The entries in the order in which they are to be mended, numbered within their severity."""
    groups: list[list[Finding]] = []
    by_repair: dict[tuple[str, ...], list[Finding]] = {}
    by_thing: dict[tuple[str, str], list[Finding]] = {}
    for one in sorted(findings, key=key):
        thing, repair = (one.path, one.subject), (one.severity, one.rule, one.path, one.message, one.hint)
        group = by_thing.get(thing, by_repair.get(repair))
        if group is None:
            groups.append(group := [])
            by_repair[repair] = group
        by_thing[thing] = group
        group.append(one)
    counts: Counter[str] = Counter()
    found = []
    for group in groups:
        counts[group[0].severity] += 1
        found.append(Entry(f"{group[0].severity}-{counts[group[0].severity]}", tuple(group)))
    return found


def patterns(all_of_them: Iterable[Entry]) -> list[tuple[Entry, ...]]:
    """Entries of the same rule with the same repair, wherever they are, in the order of their first."""
    alike: dict[tuple[str, ...], list[Entry]] = {}
    for entry in all_of_them:
        first = entry.first
        alike.setdefault((first.severity, first.rule, first.message, first.hint), []).append(entry)
    return [tuple(some) for some in alike.values()]


def related(all_of_them: Sequence[Entry]) -> Mapping[str, tuple[str, ...]]:
    """By number: the other entries on the same line of the same file."""
    by_line: dict[tuple[str, int], list[str]] = {}
    for entry in all_of_them:
        for one in entry.findings:
            by_line.setdefault((one.path, one.span.line), []).append(entry.number)
    found: dict[str, dict[str, None]] = {}
    for numbers in by_line.values():
        for number in numbers:
            found.setdefault(number, {}).update(dict.fromkeys(other for other in numbers if other != number))
    return {number: tuple(others) for number, others in found.items()}
