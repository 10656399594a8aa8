"""From the outcome of a run to the document: which section says what, in which order."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from leaklint import __version__
from leaklint.catalogue import Catalogue
from leaklint.facts import SEVERITIES, FileResult, Finding, Severity
from leaklint.project.files import printable
from leaklint.project.surroundings import Surroundings
from leaklint.report.audit.appendix import MANY, Appendix, is_leak
from leaklint.report.audit.blocks import Block, Brief, Bullets, Document, Item, Section, Table, Text
from leaklint.report.audit.callers import Registry, container_of, function_of, holder_of
from leaklint.report.audit.first import STEPS, First
from leaklint.report.audit.groups import Entry, by_module, calmed, entries, related, urgency
from leaklint.report.audit.guards import Guards
from leaklint.report.audit.items import SHOWN, Chapters
from leaklint.report.audit.often import Runs, ways
from leaklint.report.audit.past import Past
from leaklint.report.audit.places import Places
from leaklint.report.audit.proposals import Proposals
from leaklint.report.audit.reasons import Reasons
from leaklint.report.audit.sense import Sense, place
from leaklint.report.audit.words import Words
from leaklint.report.sources import sources
from leaklint.report.tally import count
from leaklint.running.runner import Outcome

OLDEST = 5
INDEXED = 12
"""A section with more entries than this begins with a list of them."""

_READING = ("trigger", "impact", "certainty", "patch")


@dataclass(frozen=True, slots=True)
class About:
    """What the report is about, beside the outcome of the run; `paths` and `options` as they were given."""

    name: str
    today: date
    revision: str = ""
    surroundings: Surroundings = Surroundings()  # noqa: RUF009  frozen
    past: Past | None = None
    paths: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


def _code(words: tuple[str, ...]) -> str:
    return " ".join(f"`{printable(word)}`" for word in words)


def _again(catalogue: Catalogue, text: bytes, path: str, module: str) -> FileResult:
    from leaklint.analyze import analyze

    return analyze(text, path, module, catalogue)


class _Builder:
    def __init__(self, outcome: Outcome, catalogue: Catalogue, words: Words, about: About) -> None:
        self.run, self.catalogue, self.words, self.about = outcome.run, catalogue, words, about
        read = sources(outcome.digests, outcome.lines)
        self.places = Places(read)
        leaks = [f for f in self.run.findings if is_leak(f.rule, catalogue)]
        running = [one for leak in leaks if (one := function_of(leak, self.places)) is not None]
        held = [one for leak in leaks for of in (holder_of, container_of) if (one := of(leak, self.places)) is not None]
        self.registry = Registry(outcome.digests, read, [*running, *held])
        guards = Guards(read)
        found = ways(running, self.registry, self.places, catalogue.apis.means, guards)
        self.runs = Runs(found, self.places, guards)
        leaks = [calmed(one, self.runs.of(one), catalogue.by_code[one.rule].messages) for one in leaks]
        self.leaks = sorted(leaks, key=self.urgency)
        sense = Sense(catalogue, words, self.places, self.registry, self.runs)
        reasons = Reasons(catalogue, words, self.places, self.registry, read, sense.at)
        self.entries = by_module(entries(self.leaks, self.urgency, sense.alike, self.cause), STEPS)
        told = {entry.number for entry in self.entries[:STEPS]}
        shown = [
            finding
            for entry in self.entries
            for finding in entry.findings[: SHOWN if entry.number in told or entry.severity != SEVERITIES[-1] else 1]
        ]
        proposals = Proposals(shown, outcome.checked, read, functools.partial(_again, catalogue))
        self.chapters = Chapters(sense, reasons, proposals, about.past, about.today)
        self.related = related(self.entries, lambda one: sense.around(one).function)
        self.first = First(self.entries, words, self.chapters, self.related)
        self.entry_of = {id(finding): entry for entry in self.entries for finding in entry.findings}

    def cause(self, finding: Finding) -> str:
        """The function that has to change, and whose objects hold what it leaves behind."""
        wanted = function_of(finding, self.places)
        holder = finding.subject.partition(":")[2].partition(".")[0]
        return f"{wanted.klass}.{wanted.name}:{wanted.lines}:{holder}" if wanted is not None else ""

    def urgency(self, finding: Finding) -> tuple[Any, ...]:
        return urgency(finding, self.runs.of(finding))

    def section(self, name: str, blocks: Iterator[Block]) -> Iterator[Section]:
        """The section, if there is anything in it."""
        found = tuple(blocks)
        if found:
            yield Section(name, self.words(f"section.{name}"), found)

    def made(self) -> Iterator[str]:
        """When, by which version, of what."""
        words, about = self.words, self.about
        yield words("made.run", date=about.today, version=f"leaklint {__version__}", files=self.run.files)
        revision = f"`{printable(about.revision)}`" if about.revision else words("made.no_revision")
        yield words("made.revision", revision=revision)
        if about.paths:
            yield words("made.paths", paths=_code(about.paths))
        if about.options:
            yield words("made.options", options=_code(about.options))

    def summary(self) -> Iterator[Block]:
        words, rows = self.words, count("", [entry.first for entry in self.entries]).counts
        if not self.leaks:
            yield Text(words("verdict.clean"))
            return
        pairs = zip(SEVERITIES, rows, strict=True)
        counts = words("comma").join(words("count", number=number or 0, level=level) for level, number in pairs)
        number = len({(one.path, one.span.line) for one in self.leaks})
        entries_ = words("verdict.entry" if len(self.entries) == 1 else "verdict.entries", number=len(self.entries))
        where = words("verdict.place" if number == 1 else "verdict.places", number=number)
        yield Text(words("verdict.found", entries=entries_, places=where, counts=counts))
        yield from self.first.steps()

    def figures(self) -> Iterator[Block]:
        """By family, and where most of them are: of a few the chapters say as much."""
        words = self.words
        if len(self.leaks) < MANY:
            return
        families: dict[str, list[Finding]] = {}
        for entry in self.entries:
            families.setdefault(self.catalogue.by_code[entry.first.rule].family, []).append(entry.first)
        table = [(words.or_else(f"family.{name}", name), count("", some)) for name, some in families.items()]
        table.append((f"**{words('all')}**", count("", [entry.first for entry in self.entries])))
        yield Table(
            (words("head.family"), *SEVERITIES, words("all")),
            tuple((name, *(str(number or "") for number in row.counts), str(row.total)) for name, row in table),
            numbers=len(SEVERITIES) + 1,
        )
        yield from self.first.worst()

    def reading(self) -> Iterator[Block]:
        """What would else have to be said in each chapter."""
        if self.leaks:
            yield Bullets(tuple(self.words(f"reading.{name}") for name in _READING))

    def of_severity(self, severity: Severity) -> Iterator[Block]:
        """Chapters; of the least severe only for those that are to be mended first, and a line for each of the rest."""
        here = [entry for entry in self.entries if entry.severity == severity]
        if not here:
            return
        named = severity == SEVERITIES[0] and any(self.chapters.sense.named(entry.first) for entry in here)
        yield Text(self.words(f"about.{severity}_named" if named else f"about.{severity}"))
        first = self.entries[:STEPS]
        told = [entry for entry in here if severity != SEVERITIES[-1] or entry in first]
        if len(told) > INDEXED:
            yield Bullets(
                tuple(f"-> {entry.number} {self.chapters.title(entry)}: {self.chapters.where(entry)}" for entry in told)
            )
        yield from map(self._item, told)
        rest = here[len(told) :]
        if rest:
            head = tuple(self.words(f"head.{name}") for name in ("number", "place", "problem", "repair"))
            yield Brief(head, tuple(map(self._item, rest)), self.words("label.patches"))

    def _item(self, entry: Entry) -> Item:
        return self.chapters.item(entry, self.related.get(entry.number, ()), entry in self.entries[:STEPS])

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
            oldest = sorted(still, key=lambda pair: (pair[0], self.urgency(pair[1])))[:OLDEST]
            yield Table(
                (words("head.finding"), words("head.place"), words("head.age")),
                tuple(
                    (f"-> {self.entry_of[id(f)].number}", place(f.path, f.span.line), seen.isoformat())
                    for seen, f in oldest
                ),
            )

    def document(self) -> Document:
        words, about = self.words, self.about
        blocks = {
            "summary": self.summary(),
            "since": self.since(),
            "figures": self.figures(),
            "P0": self.of_severity("P0"),
            "P1": self.of_severity("P1"),
            "P2": self.of_severity("P2"),
            "reading": self.reading(),
            **Appendix(self.run, self.leaks, self.catalogue, words, about.surroundings, self.places).blocks(),
        }
        found = (section for name, some in blocks.items() for section in self.section(name, some))
        return Document(words.language, words("title", name=about.name), tuple(self.made()), tuple(found))


def document(outcome: Outcome, catalogue: Catalogue, words: Words, about: About) -> Document:
    """The report on a run."""
    return _Builder(outcome, catalogue, words, about).document()
