"""What stands on the first screen: what to do first and why, and where most is to be done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from leaklint.facts import SEVERITIES
from leaklint.project.files import printable
from leaklint.report.audit.blocks import Block, Bullets, Steps, Text
from leaklint.report.audit.groups import Entry, patterns
from leaklint.report.audit.proposals import Proposals
from leaklint.report.audit.sense import Sense, place
from leaklint.report.audit.words import Words

STEPS = 5
LINKED = 4
WORST = 5


@dataclass(frozen=True, slots=True)
class First:
    """Made from the entries, the most urgent first."""

    entries: Sequence[Entry]
    words: Words
    sense: Sense
    related: Mapping[str, Sequence[str]]
    proposals: Proposals

    def steps(self) -> Iterator[Block]:
        """One for all entries that are mended in the same way, where the first of them stands in the order."""
        words, rows = self.words, patterns(self.entries)
        if not rows:
            return
        yield Text(words("about.first"))
        yield Steps(tuple(self._step(alike) for alike in rows[:STEPS]))
        if len(rows) > STEPS:
            left = sum(len(alike) for alike in rows[STEPS:])
            yield Text(words("first_more", number=left, kinds=len(rows) - STEPS))

    def _step(self, alike: Sequence[Entry]) -> tuple[str, tuple[str, ...]]:
        words, first, more = self.words, alike[0].first, len(alike) - 1
        links = " ".join(f"-> {entry.number}" for entry in alike[:LINKED])
        shown = words("linked", links=links, number=len(alike)) if len(alike) > LINKED else links
        problem = words("found_at", problem=self.sense.problem(first), place=place(first.path, first.span.line))
        repair = self.sense.repair(first)
        beside = " ".join(f"-> {number}" for number in self.related.get(alike[0].number, ()))
        return (
            words("step", links=shown, problem=words("alike", problem=problem, number=more) if more else problem),
            (
                words("step_why", text=words("space").join((self.sense.when(first), self.sense.cost(first)))),
                words("step_do", text=words("with_patch", repair=repair) if first in self.proposals else repair),
                *((words("step_beside", links=beside),) if beside else ()),
            ),
        )

    def worst(self) -> Iterator[Block]:
        """The classes and functions with the most entries of the highest severity, where they have several."""
        places: dict[tuple[str, str], dict[str, Entry]] = {}
        for entry in self.entries:
            for one in entry.findings:
                holder = self.sense.around(one).holder or one.subject.partition(":")[2].split(".")[0] or one.path
                places.setdefault((one.path, holder), {})[entry.number] = entry
        several = [(where, list(some.values())) for where, some in places.items() if len(some) > 1]
        if several:
            yield Text(self.words("about.worst"))
            yield Bullets(tuple(self._place(*where, some) for where, some in sorted(several, key=_weight)[:WORST]))

    def _place(self, path: str, holder: str, some: Sequence[Entry]) -> str:
        links = " ".join(f"-> {entry.number}" for entry in some)
        return self.words("worst", holder=f"`{printable(holder)}`", path=f"`{printable(path)}`", list=links)


def _weight(pair: tuple[tuple[str, str], Sequence[Entry]]) -> tuple[list[int], tuple[str, str]]:
    where, some = pair
    severities = [entry.severity for entry in some]
    return [-severities.count(level) for level in SEVERITIES], where
