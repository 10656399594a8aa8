"""One finding as a chapter: where, what, when it grows, what it costs, the proof, the repair."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from leaklint.catalogue import Catalogue
from leaklint.edits import comparison
from leaklint.facts import Evidence, Finding, Span
from leaklint.files import printable
from leaklint.paths import split_cell
from leaklint.report import Look, prose
from leaklint.report.audit.blocks import Item, Snippet
from leaklint.report.audit.past import Past
from leaklint.report.audit.words import Words
from leaklint.report.frame import Mark, fits, frame
from leaklint.report.sources import Sources

LOOK = Look(width=110)


def _title(finding: Finding) -> str:
    """The name of what leaks, within its module."""
    return printable(finding.subject.partition(":")[2] or finding.subject)


class Chapters:
    """Makes the chapters of one report."""

    def __init__(self, catalogue: Catalogue, words: Words, read: Sources, past: Past | None, today: date) -> None:
        self._catalogue, self._words, self._read, self._past, self._today = catalogue, words, read, past, today

    def _own(self, finding: Finding, what: str) -> str:
        """What the rule's page says in the language of the report, if anything."""
        return prose.chinese(finding, self._catalogue, what) if self._words.language == "zh" else ""

    def problem(self, finding: Finding) -> str:
        return self._own(finding, "problem") or prose.message(finding, self._catalogue)

    def repair(self, finding: Finding) -> str:
        """What to do, on one line."""
        return self._own(finding, "repair") or " ".join(prose.hint(finding, self._catalogue).split())

    def _label(self, finding: Finding, evidence: Evidence) -> str:
        role = self._words(f"role.{evidence.role}")
        return role or prose.label(finding, evidence, self._catalogue)

    def _trigger(self, finding: Finding) -> str:
        """What drives it, and where."""
        own = self._own(finding, "trigger")
        if own:
            return own
        driver = next((one for one in finding.evidence if one.role == "driver"), None)
        text = self._words(f"trigger.{finding.driver}")
        if driver is None:
            return text
        label = self._label(finding, driver)
        where = self._place(driver.path, driver.span)
        return f"{text} {where}" + (f": {label}" if label else "")

    def _impact(self, finding: Finding) -> str:
        """What is held, how it grows, what takes it back: no number, for none is known."""
        words = self._words
        own = self._own(finding, "impact")
        general = words(
            "impact.general",
            subject=f"`{_title(finding)}`",
            held=words(f"held.{finding.owner}"),
            growth=words(f"growth.{finding.driver}"),
            release=words(f"release.{finding.release}"),
        )
        return words("impact.own", own=own, general=general) if own else general

    def _place(self, path: str, span: Span) -> str:
        return f"`{printable(path)}:{span.line}`"

    def _snippets(self, finding: Finding) -> Iterator[Snippet]:
        """The code of the finding and its evidence, file by file."""
        places: dict[str, dict[Span, list[str]]] = {finding.path: {finding.span: []}}
        for evidence in finding.evidence:
            labels = places.setdefault(evidence.path, {}).setdefault(evidence.span, [])
            label = self._label(finding, evidence)
            labels += [label] if label and label not in labels else []
        for path, spans in places.items():
            lines = self._read(path)
            marks = [
                Mark(span, tuple(labels), finding.severity if (path, span) == (finding.path, finding.span) else None)
                for span, labels in spans.items()
            ]
            first = marks[0].span if path != finding.path else finding.span
            place = f"{printable(path)}:{first.line}"
            if lines is None or not all(fits(lines, mark.span) for mark in marks):
                yield Snippet(place, tuple(f"{mark.span.line}: {'; '.join(mark.labels)}" for mark in marks))
            else:
                gutter = len(str(max(mark.span.end_line for mark in marks)))
                yield Snippet(place, tuple(list(frame(lines, marks, LOOK, gutter))[1:-1]))

    def _notes(self, finding: Finding) -> Iterator[tuple[str, str]]:
        words = self._words
        certainty = "lowered" if finding.lowered else finding.checked_against
        yield words("label.certainty"), words(f"certainty.{certainty}")
        if self._past is not None:
            seen = self._past.since(finding)
            days = (self._today - seen).days if seen else 0
            yield words("label.status"), words("status.old", date=seen, days=days) if seen else words("status.new")
        yield words("label.rule"), words("rule.page", code=finding.rule, name=finding.name)

    def item(self, number: str, finding: Finding) -> Item:
        words = self._words
        lines = self._read(split_cell(finding.path)[0]) if finding.edit else None
        span = finding.span
        return Item(
            number=number,
            severity=finding.severity,
            rule=finding.rule,
            name=finding.name,
            family=self._catalogue.by_code[finding.rule].family,
            path=printable(finding.path),
            title=_title(finding),
            points=(
                (words("label.location"), f"{self._place(finding.path, span)}, `{printable(finding.subject)}`"),
                (words("label.problem"), self.problem(finding)),
                (words("label.trigger"), self._trigger(finding)),
                (words("label.impact"), self._impact(finding)),
            ),
            evidence=(words("label.evidence"), tuple(self._snippets(finding))),
            repair=(words("label.repair"), self.repair(finding)),
            patch=(words("label.patch"), tuple(comparison(lines, finding.edit)) if lines else ()),
            notes=tuple(self._notes(finding)),
        )
