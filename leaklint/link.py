"""Joins the results of many files: pure, cheap, never cached."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from leaklint.facts import Cleared, FileResult, Finding, OpenQuestion, Outside


@dataclass(frozen=True, slots=True)
class Linked:
    """What all files say together."""

    findings: tuple[Finding, ...]
    sound: tuple[Cleared, ...]
    cleared: tuple[Cleared, ...]


def link(results: Sequence[FileResult]) -> Linked:
    """Answer the open questions of each file by what the files that import it do."""
    outside: dict[str, list[Outside]] = {}
    for result in results:
        for use in result.summary.outside:
            outside.setdefault(use.place, []).append(use)
    findings = [f for r in results for f in r.findings]
    cleared = [c for r in results for c in r.cleared]
    for question in (q for r in results for q in r.open_questions):
        answer = _answer(question, outside.get(question.place, ()))
        if answer is None:
            findings.append(replace(question.finding, checked_against="project" if len(results) > 1 else "file"))
        else:
            cleared.append(answer)
    return Linked(tuple(findings), tuple(s for r in results for s in r.sound), tuple(cleared))


def _answer(question: OpenQuestion, uses: Iterable[Outside]) -> Cleared | None:
    """A removal, or a bound, in a file that imports the place clears it."""
    if not any(u.verb == "shrink" for u in uses):
        return None
    finding = question.finding
    return Cleared(finding.rule, finding.path, finding.span, finding.subject, "released in another file")
