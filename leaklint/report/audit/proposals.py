"""The repairs that hold: made in their files, which are Python still, and their findings gone when those are checked
again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain

from leaklint.facts import Edit, FileResult, Finding
from leaklint.repairs.edits import Part, applied
from leaklint.report.audit.patch import parts_of, together
from leaklint.report.sources import Sources
from leaklint.running.checked import Checked

Again = Callable[[bytes, str, str], FileResult]
"""Checks one file: its text, its path, its module."""

_Edits = tuple[Edit, ...]


class Proposals:
    """Made for all `findings` at once: a file is parsed for LibCST once, whatever is to be changed in it."""

    def __init__(self, findings: Iterable[Finding], checked: Iterable[Checked], read: Sources, again: Again) -> None:
        self._read, self._again = read, again
        by_path: dict[str, list[Finding]] = {}
        for one in findings:
            if one.repair:
                by_path.setdefault(one.path, []).append(one)
        known = {one.result.path: one.result for one in checked if one.result.path in by_path and not one.notebook}
        self._made: dict[int, _Edits] = {}
        for path, some in by_path.items():
            lines = read(path)
            if lines and path in known:  # a comparison with a notebook's lines cannot be applied to its file
                self._made |= self._of_file(known[path], lines, some)

    def __contains__(self, finding: Finding) -> bool:
        return id(finding) in self._made

    def parts(self, path: str, findings: Sequence[Finding]) -> tuple[Part, ...]:
        """What is to be changed in a file for these findings in it, as one comparison."""
        made = [self._made[id(one)] for one in sorted(findings, key=lambda f: f.span) if one in self]
        lines = self._read(path) if made else None
        return parts_of(lines, together(made)) if lines else ()

    def _of_file(self, before: FileResult, lines: Sequence[str], some: Sequence[Finding]) -> Mapping[int, _Edits]:
        from leaklint.repairs.rewrite import Source

        source = Source(lines)
        made = {id(one): (one, source.edits(one.repair)) for one in sorted(some, key=lambda f: f.span)}
        made = {key: (one, edits) for key, (one, edits) in made.items() if edits}
        holds = self._holds(before, lines, list(made.values()))
        return {
            key: edits
            for key, (one, edits) in made.items()
            if holds or (len(made) > 1 and self._holds(before, lines, [(one, edits)]))
        }

    def _holds(self, before: FileResult, lines: Sequence[str], made: Sequence[tuple[Finding, _Edits]]) -> bool:
        """Are these findings gone with their edits, and none new?"""
        text = "\n".join(applied(lines, together(edits for _, edits in made)))
        after = self._again(text.encode("utf-8", "surrogatepass"), before.path, before.summary.module)
        wanted = _told(before) - Counter((one.rule, one.subject) for one, _ in made)
        return not after.errors and _told(after) <= wanted


def _told(result: FileResult) -> Counter[tuple[str, str]]:
    """All that is found in a file, and what may be found along with others."""
    every = chain(result.findings, (question.finding for question in result.open_questions))
    return Counter((one.rule, one.subject) for one in every)
