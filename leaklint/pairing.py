"""Which findings of two revisions are one and the same: pure.

By fingerprint first. What is left is paired by what stays the same when code is touched, renamed or moved: the name of
what leaks, its place in the file once lines are shifted, its name in another file.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from leaklint.facts import SEVERITIES, Finding, Run
from leaklint.project.paths import split_cell

Key = Callable[[Finding], Hashable]


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines of an old file that were replaced by lines of the new one: the first of each, and how many they are."""

    old: int
    old_size: int
    new: int
    new_size: int

    def holds(self, line: int) -> bool:
        return self.new <= line < self.new + self.new_size


@dataclass(frozen=True, slots=True)
class Twins:
    """How the files of both revisions belong together, by the paths that findings carry."""

    old_paths: Mapping[str, str]
    """Where each file of the new revision was in the old one; files that were not there are missing."""
    hunks: Callable[[str], Sequence[Hunk]]
    """What was changed in a file of the new revision, in order."""

    def new_place(self, finding: Finding) -> Hashable:
        """The place of a new finding: the hunk that it is in, or its line."""
        file, cell = split_cell(finding.path)
        line = finding.span.line
        found = next((h for h in self.hunks(file) if h.holds(line)), None) if cell is None else None
        return file, cell, found or line

    def old_place(self, finding: Finding, new_path: str) -> Hashable:
        """The place of an old finding, named as in the file that it has become."""
        cell = split_cell(finding.path)[1]
        line, hunks = finding.span.line, self.hunks(new_path) if cell is None else ()
        index = bisect_right([hunk.old for hunk in hunks], line) - 1
        if index < 0:
            return new_path, cell, line
        hunk = hunks[index]
        if line < hunk.old + hunk.old_size:
            return new_path, cell, hunk
        return new_path, cell, line - (hunk.old + hunk.old_size) + (hunk.new + hunk.new_size)


def _pair(new: Sequence[Finding], old: Sequence[Finding], of_new: Key, of_old: Key) -> dict[int, int]:
    """Positions in `new` with positions in `old`: those whose keys are equal, one to one, in order."""
    waiting: dict[Hashable, list[int]] = {}
    for index, finding in enumerate(old):
        waiting.setdefault(of_old(finding), []).append(index)
    pairs = {}
    for index, finding in enumerate(new):
        same = waiting.get(of_new(finding))
        if same:
            pairs[index] = same.pop(0)
    return pairs


def _name(finding: Finding) -> str:
    """The name of what leaks within its module."""
    return finding.subject.partition(":")[2]


def pairs(new: Iterable[Finding], old: Iterable[Finding], twins: Twins) -> list[tuple[Finding, Finding | None]]:
    """Each new finding with the old one that it is, if any."""
    open_new, open_old = list(new), list(old)
    new_paths = {before: path for path, before in twins.old_paths.items()}
    done: list[tuple[Finding, Finding | None]] = []

    def now(finding: Finding) -> str:
        file = split_cell(finding.path)[0]
        return new_paths.get(file, file)

    stages: tuple[tuple[Key, Key], ...] = (
        (lambda f: (f.fingerprint, split_cell(f.path)[0]), lambda f: (f.fingerprint, now(f))),
        (lambda f: f.fingerprint, lambda f: f.fingerprint),
        (lambda f: (f.rule, split_cell(f.path)[0], _name(f)), lambda f: (f.rule, now(f), _name(f))),
        (lambda f: (f.rule, twins.new_place(f)), lambda f: (f.rule, twins.old_place(f, now(f)))),
        (lambda f: (f.rule, _name(f)), lambda f: (f.rule, _name(f))),
    )
    for of_new, of_old in stages:
        if not open_new or not open_old:
            break
        found = _pair(open_new, open_old, of_new, of_old)
        done += [(open_new[a], open_old[b]) for a, b in found.items()]
        taken = set(found.values())
        open_new = [f for index, f in enumerate(open_new) if index not in found]
        open_old = [f for index, f in enumerate(open_old) if index not in taken]
    return [*done, *((finding, None) for finding in open_new)]


def only_added(run: Run, before: Iterable[Finding], twins: Twins) -> Run:
    """The run with what is new, or worse than it was; the others are `known`."""
    known = {
        id(finding)
        for finding, old in pairs(run.findings, before, twins)
        if old is not None and SEVERITIES.index(finding.severity) >= SEVERITIES.index(old.severity)
    }
    return run._replace(
        findings=tuple(f for f in run.findings if id(f) not in known),
        known=tuple(f for f in run.findings if id(f) in known),
    )
