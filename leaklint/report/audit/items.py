"""One entry as a chapter: where, what, when it grows, what it costs, the proof, the repair."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from leaklint.catalogue import Catalogue
from leaklint.facts import Evidence, Finding, Span
from leaklint.pages import fill
from leaklint.project.files import printable
from leaklint.repairs.edits import Part
from leaklint.report import Look, prose
from leaklint.report.audit.blocks import Item, Snippet
from leaklint.report.audit.groups import Entry
from leaklint.report.audit.measure import Measure
from leaklint.report.audit.past import Past
from leaklint.report.audit.proposals import Proposals
from leaklint.report.audit.sense import Sense, closed_up, place
from leaklint.report.audit.words import Words
from leaklint.report.frame import Mark, fits, frame
from leaklint.report.sources import Sources

LOOK = Look(width=110)
TOLD = 8
"""Findings of one entry that are told one by one, at most."""


class Chapters:
    """Makes the chapters of one report."""

    def __init__(
        self,
        catalogue: Catalogue,
        words: Words,
        read: Sources,
        sense: Sense,
        proposals: Proposals,
        past: Past | None,
        today: date,
    ) -> None:
        self._catalogue, self._words, self._read, self._past, self._today = catalogue, words, read, past, today
        self._proposals = proposals
        self.sense, self._measure = sense, Measure(catalogue, words, sense.places)

    def title(self, entry: Entry) -> str:
        first = self.sense.title(entry.first)
        more = len({one.subject for one in entry.findings}) - 1
        return self._words("and_more", first=first, number=more) if more else first

    def _label(self, finding: Finding, evidence: Evidence) -> str:
        """In the language of the report: the rule's own words, those for labels of that name, or for that role."""
        if self._words.language == "en":
            return prose.label(finding, evidence, self._catalogue)
        noun = self._words.noun(finding.args.get("noun", ""))
        arguments = {"subject": finding.subject, **finding.args, **evidence.args, "noun": noun}
        own = prose.rule_of(finding, self._catalogue).zh.get(f"label_{evidence.label}")
        if own:
            return printable(closed_up(fill(own, arguments)))
        try:
            return printable(self._words.first(f"labels.{evidence.label}", f"role.{evidence.role}", **arguments))
        except KeyError:  # a rule that fills other fields under that name
            return self._words(f"role.{evidence.role}")

    def _snippets(self, findings: Sequence[Finding]) -> Iterator[Snippet]:
        """The code of the findings and their evidence, file by file."""
        own = {(one.path, one.span) for one in findings}
        places: dict[str, dict[Span, list[str]]] = {}
        for finding in findings:
            places.setdefault(finding.path, {}).setdefault(finding.span, [])
            for evidence in finding.evidence:
                labels = places.setdefault(evidence.path, {}).setdefault(evidence.span, [])
                label = self._label(finding, evidence)
                labels += [label] if label and label not in labels else []
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

    def _status(self, finding: Finding, past: Past) -> str:
        seen = past.since(finding)
        days = (self._today - seen).days if seen else 0
        return self._words("status.old", date=seen, days=days) if seen else self._words("status.new")

    def _notes(self, entry: Entry, related: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
        words, findings = self._words, entry.findings
        yield words("label.measure"), self._each(findings, [self._measure.text(one) for one in findings])
        yield words("label.certainty"), tuple(dict.fromkeys(map(self.sense.certainty, findings)))
        yield words("label.wrong"), (" ".join(f"-> {code}" for code in entry.rules),)
        if self._past is not None:
            yield words("label.status"), tuple(dict.fromkeys(self._status(one, self._past) for one in findings))
        if related:
            yield words("label.related"), (" ".join(f"-> {number}" for number in related),)

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

    def item(self, entry: Entry, related: Sequence[str]) -> Item:
        words, sense, first, findings = self._words, self.sense, entry.first, entry.findings

        locations = (place(one.path, one.span.line) for one in findings)

        def each(said: list[str]) -> tuple[str, ...]:
            return self._each(findings, said)

        return Item(
            number=entry.number,
            severity=first.severity,
            rules=entry.rules,
            path=printable(first.path),
            title=self.title(entry),
            points=(
                (words("label.location"), (words("comma").join(dict.fromkeys(locations)),)),
                (words("label.problem"), each([sense.problem(one) for one in findings])),
                (words("label.trigger"), each([sense.trigger(one) for one in findings])),
                (words("label.impact"), each([sense.impact(one) for one in findings])),
            ),
            evidence=(words("label.evidence"), tuple(self._snippets(findings[:TOLD]))),
            repair=(words("label.repair"), each([sense.repair(one) for one in findings])),
            patch=(words("label.patch"), tuple(self._patch(findings))),
            notes=tuple(self._notes(entry, related)),
        )
