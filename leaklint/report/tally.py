"""How many findings there are: by severity, by rule, by file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from leaklint.facts import SEVERITIES, Finding, Run, Severity
from leaklint.project.files import printable
from leaklint.project.paths import split_cell

WORST = 10
"""Files that are listed, at most."""


class Row(NamedTuple):
    """How many findings of each severity something has, in the order of `SEVERITIES`."""

    name: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)


def count(name: str, findings: Iterable[Finding]) -> Row:
    """All these findings in one row."""
    severities = [finding.severity for finding in findings]
    return Row(name, tuple(severities.count(severity) for severity in SEVERITIES))


def _group(pairs: Iterable[tuple[str, Finding]]) -> list[Row]:
    groups: dict[str, list[Finding]] = {}
    for name, finding in pairs:
        groups.setdefault(name, []).append(finding)
    return [count(name, groups[name]) for name in sorted(groups)]


def by_rule(findings: Iterable[Finding]) -> list[Row]:
    """A row for each rule that reported something, by code."""
    return _group((f"{finding.rule} {finding.name}", finding) for finding in findings)


def by_file(findings: Iterable[Finding]) -> list[Row]:
    """A row for each file with findings, the worst first: the one with the most of the highest severity."""
    rows = _group((split_cell(finding.path)[0], finding) for finding in findings)
    return sorted(rows, key=lambda row: tuple(-number for number in row.counts))


def several(number: int, word: str, words: str = "") -> str:
    """`no files`, `1 file`, `2 files`; `words` is the plural where it is not made with an s."""
    return f"{number or 'no'} {word if number == 1 else words or f'{word}s'}"


def by_severity(findings: Iterable[Finding]) -> dict[Severity, int]:
    """How many there are of each severity that occurs, the highest first."""
    counts = count("", findings).counts
    return {severity: number for severity, number in zip(SEVERITIES, counts, strict=True) if number}


def _table(head: str, rows: Sequence[Row]) -> Iterator[str]:
    width = max(len(head), *(len(printable(row.name)) for row in rows))
    for name, *cells in [(head, *SEVERITIES, "all"), *((printable(r.name), *r.counts, r.total) for r in rows)]:
        yield f"{name:<{width}}{''.join(f'  {cell:>4}' for cell in cells)}"
    yield ""


def statistics(run: Run) -> Iterator[str]:
    """The findings by rule and severity, and the files that have the worst; nothing where there are none."""
    if not run.findings:
        return
    rules, files = by_rule(run.findings), by_file(run.findings)
    yield from _table("rule", [*rules, count("all rules", run.findings)])
    yield from _table("file" if len(files) <= WORST else f"the worst {WORST} of {len(files)} files", files[:WORST])


def closing(run: Run) -> str:
    """The last line: files, seconds, findings by severity."""
    parts = ", ".join(f"{number} {severity}" for severity, number in by_severity(run.findings).items())
    more = [f", {len(run.suppressed)} suppressed"] if run.suppressed else []
    more += [f", {len(run.baselined)} in the baseline"] if run.baselined else []
    more += [f", {several(len(run.stale), 'stale entry', 'stale entries')} of the baseline"] if run.stale else []
    more += [f", {len(run.known)} known before"] if run.known else []
    more += [f", {several(len(run.errors), 'error')}"] if run.errors else []
    found = several(len(run.findings), "finding") + (f" ({parts})" if parts else "")
    return f"Checked {several(run.files, 'file')} in {run.seconds:.1f} s: {found}{''.join(more)}"
