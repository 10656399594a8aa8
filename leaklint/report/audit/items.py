"""One entry as a chapter: where, what, when it grows, what it costs, the proof, the repair."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date

from leaklint.facts import Evidence, Finding, Span
from leaklint.pages import bullets, first_sentence, sections
from leaklint.project.files import printable
from leaklint.repairs.edits import Part
from leaklint.report import Look
from leaklint.report.audit.blocks import Item, Snippet
from leaklint.report.audit.groups import Entry
from leaklint.report.audit.labels import label
from leaklint.report.audit.measure import Measure
from leaklint.report.audit.past import Past
from leaklint.report.audit.proposals import Proposals
from leaklint.report.audit.reasons import Reasons
from leaklint.report.audit.sense import Sense, place
from leaklint.report.frame import Mark, fits, frame

LOOK = Look(width=110)
TOLD = 5
"""Findings of one entry that are told one by one, at most."""

SHOWN = 3
"""Findings of one entry whose code is shown, and for which a patch is made, at most: the rest is mended alike."""

_CLAUSE = re.compile("[;\uff1b]")
"""Ends the part of a text that says enough beside the code."""

NAMED = 3
"""Things that a title names, at most."""


class Chapters:
    """Makes the chapters of one report."""

    def __init__(
        self, sense: Sense, reasons: Reasons, proposals: Proposals, past: Past | None = None, today: date = date.min
    ) -> None:
        self._catalogue, self._words, self._read = reasons.catalogue, reasons.words, reasons.read
        self.sense, self.reasons, self._proposals, self._past, self._today = sense, reasons, proposals, past, today
        self._measure = Measure(self._catalogue, self._words, sense.places)

    def title(self, entry: Entry) -> str:
        """What leaks; of several the first ones."""
        names = list(dict.fromkeys(self.sense.title(one, self.reasons.left(one)) for one in entry.findings))
        first, more = self._words("comma").join(names[:NAMED]), len(names) - NAMED
        return self._words("and_more", first=first, number=more) if more > 0 else first

    def _snippets(self, findings: Sequence[Finding]) -> Iterator[Snippet]:
        """The code of the findings and their evidence, file by file."""
        own = {(one.path, one.span) for one in findings}
        places: dict[str, dict[Span, list[str]]] = {}
        for finding in findings:
            places.setdefault(finding.path, {}).setdefault(finding.span, [])
            for evidence in finding.evidence:
                if self._plain(evidence):
                    continue
                labels = places.setdefault(evidence.path, {}).setdefault(evidence.span, [])
                said = _CLAUSE.split(label(finding, evidence, self._catalogue, self._words))[0]
                labels += [said] if said and said not in labels else []
        for path, spans in places.items():
            lines = self._read(path)
            marks = [
                Mark(span, tuple(labels), findings[0].severity if (path, span) in own else None)
                for span, labels in spans.items()
            ]
            shown = f"{printable(path)}:{marks[0].span.line}"
            if lines is None or not all(fits(lines, mark.span) for mark in marks):
                yield Snippet(shown, tuple(f"{mark.span.line}: {'; '.join(mark.labels)}" for mark in marks))
            else:
                gutter = len(str(max(mark.span.end_line for mark in marks)))
                yield Snippet(shown, tuple(list(frame(lines, marks, LOOK, gutter))[1:-1]))

    def _plain(self, evidence: Evidence) -> bool:
        """Does it show the head of the function alone, which is named beside the code?"""
        line = self.sense.places.line(evidence.path, evidence.span.line)
        return evidence.role == "driver" and line.startswith(("def ", "async def "))

    def _status(self, finding: Finding, past: Past) -> str:
        seen = past.since(finding)
        days = (self._today - seen).days if seen else 0
        return self._words("status.old", date=seen, days=days) if seen else self._words("status.new")

    def _notes(self, entry: Entry, related: Sequence[str], first: bool) -> Iterator[tuple[str, tuple[str, ...]]]:
        words, findings = self._words, entry.findings
        if first:
            yield words("label.measure"), self._some(self._measure.texts(findings))
        yield words("label.certainty"), tuple(dict.fromkeys(map(self.sense.certainty, findings)))
        if first:
            wrong = (text for code in entry.rules for text in self._wrong(code))
            yield words("label.wrong"), (words("space").join(wrong),)
        if self._past is not None:
            yield words("label.status"), tuple(dict.fromkeys(self._status(one, self._past) for one in findings))
        if related:
            yield words("label.related"), (" ".join(f"-> {number}" for number in related),)

    def _wrong(self, code: str) -> Sequence[str]:
        """When a finding of this rule is wrong: the first that its page says."""
        rule = self._catalogue.by_code[code]
        if self._words.language == "en":
            return [first_sentence(case) for case in bullets(sections(rule.page)["When it is wrong"])[:1]]
        first = _CLAUSE.split(rule.zh["wrong"])[0]
        return [f"{first.rstrip(self._words('stop'))}{self._words('stop')}"]

    def _each(self, findings: Sequence[Finding], texts: Sequence[str]) -> tuple[str, ...]:
        """What is to be said of each of the findings; once where it is the same."""
        if len(set(texts)) == 1:
            return (texts[0],)
        lines: dict[str, dict[int, None]] = {}
        if len({one.path for one in findings}) > 1:
            return self._of_files(findings, texts)
        for one, text in zip(findings, texts, strict=True):
            lines.setdefault(text, {})[one.span.line] = None
        return self._some(
            self._words("line" if len(some) == 1 else "lines", number=", ".join(map(str, some)), text=text)
            for text, some in lines.items()
        )

    def _of_files(self, findings: Sequence[Finding], texts: Sequence[str]) -> tuple[str, ...]:
        places: dict[str, dict[str, None]] = {}
        for one, text in zip(findings, texts, strict=True):
            places.setdefault(text, {})[place(one.path, one.span.line)] = None
        comma = self._words("comma")
        return self._some(self._words("at", places=comma.join(some), text=text) for text, some in places.items())

    def _some(self, texts: Iterable[str]) -> tuple[str, ...]:
        """Not so many that nobody reads on; every place is named before."""
        all_of_them = tuple(texts)
        more = len(all_of_them) - TOLD
        return (*all_of_them[:TOLD], self._words("more", number=more)) if more > 1 else all_of_them

    def _patch(self, findings: Sequence[Finding]) -> Iterator[tuple[str, tuple[Part, ...]]]:
        for path in sorted({one.path for one in findings}):
            parts = self._proposals.parts(path, [one for one in findings if one.path == path])
            if parts:
                yield printable(path), parts

    def where(self, entry: Entry) -> str:
        """The first places, and how many more there are."""
        places = list(dict.fromkeys(place(one.path, one.span.line) for one in entry.findings))
        first, more = self._words("comma").join(places[:NAMED]), len(places) - NAMED
        return self._words("and_more", first=first, number=more) if more > 0 else first

    def patched(self, entry: Entry) -> bool:
        """Is there a patch for it?"""
        return any(one in self._proposals for one in entry.findings)

    def impact(self, finding: Finding) -> str:
        """What one entry is, how they grow, and who holds them."""
        return self._words("space").join(filter(None, (self.reasons.holds(finding), self.sense.impact(finding))))

    def _brief(self, entry: Entry) -> tuple[str, ...]:
        words, sense, first = self._words, self.sense, entry.first
        said = words("space").join((sense.problem(first), sense.when(first)))
        more = len(entry.findings) - 1
        repair = sense.repair(first)
        return (
            self.where(entry),
            words("alike", problem=said, number=more) if more else said,
            words("with_patch", repair=repair) if self.patched(entry) else repair,
        )

    def item(self, entry: Entry, related: Sequence[str], first: bool) -> Item:
        """Of those that come `first` also how to see in a running process that it is so, and when it is not."""
        words, sense, findings = self._words, self.sense, entry.findings
        locations = dict.fromkeys(place(one.path, one.span.line) for one in findings)

        def each(label_: str, say: Callable[[Finding], str]) -> tuple[str, tuple[str, ...]]:
            said = [say(one) for one in findings]
            return words(f"label.{label_}"), self._each(findings, said) if any(said) else ()

        fits = dict.fromkeys(text for one in findings for text in self.reasons.fits(one))
        label_, repair = each("repair", sense.repair)
        return Item(
            number=entry.number,
            severity=entry.severity,
            rules=entry.rules,
            path=printable(entry.first.path),
            title=self.title(entry),
            points=(
                (words("label.location"), (words("comma").join(locations),)),
                each("problem", sense.problem),
                each("trigger", sense.trigger),
                each("why", self.reasons.why),
                each("impact", self.impact),
            ),
            brief=self._brief(entry),
            evidence=(words("label.evidence"), tuple(self._snippets(findings[:SHOWN]))),
            repair=(label_, (*repair, *fits)),
            patch=(words("label.patch"), tuple(self._patch(findings))),
            notes=tuple(self._notes(entry, related, first)),
        )
