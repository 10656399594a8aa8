"""What stands on the first screen: what to do first and why, and where most is to be done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leaklint.facts import SEVERITIES
from leaklint.project.files import printable
from leaklint.report.audit.blocks import Block, Bullets, Table, Text
from leaklint.report.audit.groups import Entry, patterns
from leaklint.report.audit.sense import Sense, place
from leaklint.report.audit.words import Words

ROWS = 7
LINKED = 4
WORST = 5


@dataclass(frozen=True, slots=True)
class First:
    """Made from the entries, the most urgent first."""

    entries: Sequence[Entry]
    words: Words
    sense: Sense

    def table(self) -> Iterator[Block]:
        """A row for all entries that are mended in the same way, where the first of them stands in the order."""
        words, rows = self.words, patterns(self.entries)
        if not rows:
            return
        yield Text(words("about.first"))
        yield Table(
            (words("head.finding"), words("head.problem"), words("head.why"), words("head.repair")),
            tuple(self._row(alike) for alike in rows[:ROWS]),
        )
        if len(rows) > ROWS:
            left = sum(len(alike) for alike in rows[ROWS:])
            yield Text(words("first_more", number=left, kinds=len(rows) - ROWS))

    def _row(self, alike: Sequence[Entry]) -> tuple[str, ...]:
        first, more = alike[0].first, len(alike) - 1
        links = " ".join(f"-> {entry.number}" for entry in alike[:LINKED])
        where = place(first.path, first.span.line)
        shown = self.words("linked", links=links, number=len(alike)) if len(alike) > LINKED else links
        problem = self.sense.problem(first)
        return (
            f"{shown} {where}",
            self.words("alike", problem=problem, number=more) if more else problem,
            self.sense.cost(first),
            self.sense.repair(first),
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
