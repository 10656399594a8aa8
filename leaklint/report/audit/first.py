"""What stands on the first screen: what to do first and why, and where most is to be done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from leaklint.facts import SEVERITIES
from leaklint.project.files import printable
from leaklint.report.audit.blocks import Block, Bullets, Steps, Text
from leaklint.report.audit.groups import Entry
from leaklint.report.audit.items import Chapters
from leaklint.report.audit.words import Words

STEPS = 5
"""Entries that are to be mended first; these have chapters, however severe they are."""

WORST = 5


@dataclass(frozen=True, slots=True)
class First:
    """Made from the entries, the most urgent first."""

    entries: Sequence[Entry]
    words: Words
    chapters: Chapters
    related: Mapping[str, Sequence[str]]

    def steps(self) -> Iterator[Block]:
        """The most urgent ones: why, and what to do."""
        yield Text(self.words("about.first"))
        yield Steps(tuple(map(self._step, self.entries[:STEPS])))
        left = len(self.entries) - STEPS
        if left > 0:
            yield Text(self.words("first_more", number=left))

    def _step(self, entry: Entry) -> tuple[str, tuple[str, ...]]:
        words, chapters, first = self.words, self.chapters, entry.first
        beside = " ".join(f"-> {number}" for number in self.related.get(entry.number, ()))
        why = chapters.reasons.short(first) or chapters.sense.cost(first)
        why = words("space").join(filter(None, (chapters.reasons.holds(*entry.findings), why)))
        repair = chapters.sense.repair(first)
        return (
            words(
                "step",
                link=f"-> {entry.number}",
                title=chapters.title(entry),
                place=chapters.where(entry),
                when=chapters.sense.when(first),
                why=why,
            ),
            (
                words("step_do", text=words("with_patch", repair=repair) if chapters.patched(entry) else repair),
                *((words("step_beside", links=beside),) if beside else ()),
            ),
        )

    def worst(self) -> Iterator[Block]:
        """The classes and functions with the most entries of the highest severity, where they have several."""
        places: dict[tuple[str, str], dict[str, Entry]] = {}
        for entry in self.entries:
            for one in entry.findings:
                around = self.chapters.sense.around(one)
                holder = around.holder or one.subject.partition(":")[2].split(".")[0] or one.path
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
