"""Findings that one change mends are one entry of the report: the same rule in the same file with the same repair, and
all that is found on one thing; and what is said to be alike in several files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leaklint.facts import SEVERITIES, DriverKind, Finding, OwnerKind, ReleaseKind, Severity
from leaklint.project.paths import shows
from leaklint.report.audit.often import UNKNOWN, Way

_DRIVERS: tuple[frozenset[DriverKind], ...] = (
    frozenset({"payload", "stream"}),
    frozenset({"caller's key", "event"}),
    frozenset({"loop"}),
    frozenset({"call"}),
)
"""What is seen to come from outside, before what does so by its name, before what only runs again."""

_OWNERS: tuple[OwnerKind, ...] = (
    "process", "long-lived instance", "instance", "unknown instance", "short-lived instance", "call", "nobody",
)  # fmt: skip
_PASSING: frozenset[OwnerKind] = frozenset({"short-lived instance", "call"})
"""What they hold goes with them: a peak."""

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
    def folder(self) -> str:
        return self.first.path.rpartition("/")[0]

    @property
    def rules(self) -> dict[str, str]:
        """The names of its rules by their codes."""
        return {one.rule: one.name for one in self.findings}


_TURNING: frozenset[DriverKind] = frozenset({"payload", "stream", "loop"})
"""Drivers of what goes on while a function runs, however seldom that is called."""

_AGAIN = _TURNING | {"event", "caller's key"}


_RELEASES: tuple[ReleaseKind, ...] = ("never", "on some paths", "by bound", "always")


_BESIDE = frozenset({"docs", "benchmarks", "tests"})
"""Folders of what comes along with a project and is not run with it, besides those of examples."""


def urgency(finding: Finding, way: Way = UNKNOWN) -> tuple[object, ...]:
    """The severest first; of these what a process does again and again, before what an example shows or a script does
    once; what nothing takes back; what stays, before what is a peak; what runs for each request, first of all what
    it does in a loop, before what runs once in a process; what is driven from outside."""
    path, line = finding.path, finding.span.line
    aside = way.often == "script" or shows(path) or not _BESIDE.isdisjoint(path.split("/")[:-1])
    release, passing = _RELEASES.index(finding.release), finding.owner in _PASSING
    driver = next((rank for rank, kinds in enumerate(_DRIVERS) if finding.driver in kinds), len(_DRIVERS))
    owner, severity = _OWNERS.index(finding.owner), SEVERITIES.index(finding.severity)
    several = way.often == "event" and finding.driver == "loop"
    seldom = way.often != "event" and (finding.driver not in _AGAIN or way.often in ("start", "script", "object"))
    return severity, aside, release, passing, seldom, way.rank, not several, driver, owner, path, line


def calmed(finding: Finding, way: Way, messages: Container[str]) -> Finding:
    """What happens once in a process does not pile up: it is a P2, and is said so where the rule has words for it."""
    if way.often not in ("start", "script") or finding.driver in _TURNING:
        return finding
    once = finding.message.replace("_each", "_once")
    return finding._replace(
        severity=SEVERITIES[-1], driver="once", message=once if once in messages else finding.message
    )


def entries(
    findings: Iterable[Finding],
    key: Urgency = urgency,
    alike: Callable[[Finding], str] | None = None,
    cause: Callable[[Finding], str] | None = None,
) -> list[Entry]:
    """The entries in the order in which they are to be mended, numbered within their severity. Those of one file are
    joined that have one `cause`, those of several where `alike` says the same of them."""
    groups: list[list[Finding]] = []
    known: dict[tuple[str, ...], list[Finding]] = {}
    for one in sorted(findings, key=key):
        kind = (one.severity, one.rule, one.message, one.hint)
        keys = [(one.path, one.subject), (one.path, *kind)]
        if cause is not None and (named := cause(one)):
            keys.append((one.severity, one.rule, one.path, named))
        if alike is not None:
            keys.append((*kind, "everywhere", alike(one)))
        group = next((known[some] for some in keys if some in known), None)
        if group is None:
            groups.append(group := [])
            known.update(dict.fromkeys(keys[1:], group))
        known[keys[0]] = group
        group.append(one)
    return numbered(groups)


def numbered(groups: Iterable[Sequence[Finding]]) -> list[Entry]:
    """Entries in this order, each with its number within its severity."""
    counts: Counter[str] = Counter()
    found = []
    for group in groups:
        counts[group[0].severity] += 1
        found.append(Entry(f"{group[0].severity}-{counts[group[0].severity]}", tuple(group)))
    return found


def by_module(all_of_them: Sequence[Entry], chapters: int) -> list[Entry]:
    """The first `chapters` in their order; of what comes after them the least severe folder by folder."""
    first, rest = all_of_them[:chapters], all_of_them[chapters:]
    last = [one for one in rest if one.severity == SEVERITIES[-1]]
    last.sort(key=lambda one: (one.folder, one.first.path, one.first.span))
    return numbered(one.findings for one in (*first, *(one for one in rest if one not in last), *last))


def related(all_of_them: Sequence[Entry], function: Callable[[Finding], str]) -> Mapping[str, tuple[str, ...]]:
    """By number: the other entries in the same `function` of the same file."""
    together: dict[tuple[str, str], dict[str, None]] = {}
    for entry in all_of_them:
        for one in entry.findings:
            where = function(one) or str(one.span.line)
            together.setdefault((one.path, where), {})[entry.number] = None
    found: dict[str, dict[str, None]] = {}
    for numbers in together.values():
        for number in numbers:
            found.setdefault(number, {}).update(dict.fromkeys(other for other in numbers if other != number))
    return {number: tuple(others) for number, others in found.items()}
