"""From the outcome of a run to the document: which section says what, in which order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from leaklint import __version__
from leaklint.catalogue import Catalogue
from leaklint.facts import SEVERITIES, Finding, Severity
from leaklint.files import printable
from leaklint.paths import split_cell
from leaklint.report.audit.appendix import Appendix, is_leak
from leaklint.report.audit.blocks import Block, Bullets, Document, Section, Table, Text
from leaklint.report.audit.items import Chapters
from leaklint.report.audit.past import Past
from leaklint.report.audit.words import Words
from leaklint.report.sources import sources
from leaklint.report.tally import count
from leaklint.runner import Outcome
from leaklint.surroundings import Surroundings

WORST = 5
FIRST = 8
_OUTSIDE = ("caller's key", "payload", "stream", "event")


@dataclass(frozen=True, slots=True)
class About:
    """What the report is about, beside the outcome of the run."""

    name: str
    today: date
    revision: str = ""
    surroundings: Surroundings = Surroundings()  # noqa: RUF009  frozen
    past: Past | None = None


def _urgency(finding: Finding) -> tuple[int, bool, str, int]:
    """The severest first; of these what is driven from outside."""
    return SEVERITIES.index(finding.severity), finding.driver not in _OUTSIDE, finding.path, finding.span.line


def _holder(finding: Finding) -> str:
    """The class or function that a finding is in: the first name of its subject."""
    return finding.subject.partition(":")[2].split(".")[0] or finding.subject


class _Builder:
    def __init__(self, outcome: Outcome, catalogue: Catalogue, words: Words, about: About) -> None:
        self.run, self.catalogue, self.words, self.about = outcome.run, catalogue, words, about
        read = sources(outcome.digests, outcome.lines)
        self.chapters = Chapters(catalogue, words, read, about.past, about.today)
        leaks = [finding for finding in self.run.findings if is_leak(finding.rule, catalogue)]
        self.leaks = sorted(leaks, key=_urgency)
        self.numbers: dict[int, str] = {}
        counts: Counter[str] = Counter()
        for finding in self.leaks:
            counts[finding.severity] += 1
            self.numbers[id(finding)] = f"{finding.severity}-{counts[finding.severity]}"

    def link(self, finding: Finding) -> str:
        return f"-> {self.numbers[id(finding)]}"

    def section(self, name: str, blocks: Iterator[Block]) -> Iterator[Section]:
        """The section, if there is anything in it."""
        found = tuple(blocks)
        if found:
            yield Section(name, self.words(f"section.{name}"), found)

    def summary(self) -> Iterator[Block]:
        words, rows = self.words, count("", self.leaks).counts
        if not self.leaks:
            yield Text(words("verdict.clean"))
            return
        counts = ", ".join(f"{number} {level}" for level, number in zip(SEVERITIES, rows, strict=True) if number)
        worst = min(finding.severity for finding in self.leaks)
        yield Text(
            words("verdict.found", number=len(self.leaks), counts=counts, first=words(f"verdict.{worst.lower()}"))
        )
        families: dict[str, list[Finding]] = {}
        for finding in self.leaks:
            families.setdefault(self.catalogue.by_code[finding.rule].family, []).append(finding)
        table = [(words.or_else(f"family.{name}", name), count("", some)) for name, some in families.items()]
        table.append((f"**{words('all')}**", count("", self.leaks)))
        yield Table(
            (words("head.family"), *SEVERITIES, words("all")),
            tuple((name, *(str(number or "") for number in row.counts), str(row.total)) for name, row in table),
            numbers=len(SEVERITIES) + 1,
        )

    def worst(self) -> Iterator[Block]:
        words = self.words
        places: dict[tuple[str, str], list[Finding]] = {}
        for finding in self.leaks:
            places.setdefault((split_cell(finding.path)[0], _holder(finding)), []).append(finding)
        ranked = sorted(places.items(), key=lambda pair: ([-n for n in count("", pair[1]).counts], pair[0]))
        if len(ranked) > 1:
            yield Text(words("about.worst"))
            yield Table(
                (words("head.place"), words("head.findings"), words("head.problem")),
                tuple(
                    (
                        f"`{printable(holder)}` (`{printable(path)}:{some[0].span.line}`)",
                        " ".join(self.link(finding) for finding in some[:WORST]),
                        self.chapters.problem(some[0]),
                    )
                    for (path, holder), some in ranked[:WORST]
                ),
            )

    def first(self) -> Iterator[Block]:
        if self.leaks:
            words = self.words
            yield Text(words("about.first"))
            yield Table(
                (words("head.finding"), words("head.why"), words("head.repair")),
                tuple(
                    (
                        f"{self.link(f)} `{printable(f.path)}:{f.span.line}`",
                        self.chapters.problem(f),
                        self.chapters.repair(f),
                    )
                    for f in self.leaks[:FIRST]
                ),
            )

    def of_severity(self, severity: Severity) -> Iterator[Block]:
        here = [finding for finding in self.leaks if finding.severity == severity]
        if here:
            yield Text(self.words(f"about.{severity}"))
            yield from (self.chapters.item(self.numbers[id(finding)], finding) for finding in here)

    def since(self) -> Iterator[Block]:
        words, past = self.words, self.about.past
        if past is None:
            return
        still = [(seen, finding) for finding in self.leaks if (seen := past.since(finding)) is not None]
        new, fixed = len(self.leaks) - len(still), [one for one in past.fixed if is_leak(one.rule, self.catalogue)]
        file = f"`{printable(past.file)}`"
        yield Text(words("since.counts", file=file, fixed=len(fixed), new=new, still=len(still)))
        if fixed:
            yield Text(words("since.fixed"))
            yield Bullets(
                tuple(
                    f"~~{one.severity} {one.rule}~~ `{printable(one.path)}`: {printable(one.message)}" for one in fixed
                )
            )
        if still:
            yield Text(words("since.oldest"))
            oldest = sorted(still, key=lambda pair: (pair[0], _urgency(pair[1])))[:WORST]
            yield Table(
                (words("head.finding"), words("head.place"), words("head.age")),
                tuple((self.link(f), f"`{printable(f.path)}:{f.span.line}`", seen.isoformat()) for seen, f in oldest),
            )

    def document(self) -> Document:
        words, about = self.words, self.about
        revision = words("revision", revision=about.revision) if about.revision else ""
        made = words(
            "made", date=about.today, version=f"leaklint {__version__}", files=self.run.files, revision=revision
        )
        blocks = {
            "summary": self.summary(),
            "first": self.first(),
            "worst": self.worst(),
            "since": self.since(),
            "P0": self.of_severity("P0"),
            "P1": self.of_severity("P1"),
            "P2": self.of_severity("P2"),
            **Appendix(self.run, self.leaks, self.catalogue, words, about.surroundings).blocks(),
        }
        found = (section for name, some in blocks.items() for section in self.section(name, some))
        return Document(words.language, words("title", name=about.name), made, tuple(found))


def document(outcome: Outcome, catalogue: Catalogue, words: Words, about: About) -> Document:
    """The report on a run."""
    return _Builder(outcome, catalogue, words, about).document()
