"""What stands after the findings: accepted ones, what is sound, the modules, what was not checked, what cannot be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leaklint.catalogue import Catalogue
from leaklint.facts import SEVERITIES, Finding, Run
from leaklint.project.files import printable
from leaklint.project.paths import split_cell
from leaklint.project.surroundings import Surroundings
from leaklint.report.audit.blocks import Block, Bullets, Table, Text
from leaklint.report.audit.places import Places
from leaklint.report.audit.sound import Sound
from leaklint.report.audit.words import Words
from leaklint.report.tally import by_file

MODULES = 10
"""Rows of the table by module, at most."""

FEW = 2
"""Files with no more findings than these have no row."""

MANY = 30
"""With fewer findings figures say nothing new."""

_FOREIGN = ("upgrade", "upstream", "around")
_BLIND = ("native", "dynamic", "verify")


def is_leak(code: str, catalogue: Catalogue) -> bool:
    """Is a rule about leaks? Those without a check are about the run and its comments."""
    return code in catalogue.by_code and bool(catalogue.by_code[code].checker)


@dataclass(frozen=True, slots=True)
class Appendix:
    """`leaks` are the findings that have chapters."""

    run: Run
    leaks: Sequence[Finding]
    catalogue: Catalogue
    words: Words
    surroundings: Surroundings
    places: Places

    def blocks(self) -> dict[str, Iterator[Block]]:
        """The sections by name, in order."""
        return {
            "foreign": self.foreign(),
            "accepted": self.accepted(),
            "sound": self.sound(),
            "modules": self.modules(),
            "unchecked": self.unchecked(),
            "blind": self.blind(),
        }

    def foreign(self) -> Iterator[Block]:
        if self.leaks:
            yield Bullets(tuple(self.words(f"foreign.{name}") for name in _FOREIGN))

    def accepted(self) -> Iterator[Block]:
        words = self.words
        pairs = [
            (f, s.reason, words("accepted.comment", line=s.line))
            for f, s in self.run.suppressed
            if is_leak(f.rule, self.catalogue)
        ]
        pairs += [(f, entry.reason, words("accepted.baseline")) for f, entry in self.run.baselined]
        if not pairs:
            return
        yield Text(words("about.accepted"))
        yield Table(
            (words("head.severity"), words("head.rule"), words("head.place"), words("head.how"), words("head.reason")),
            tuple(
                (
                    f.severity,
                    f"{f.rule} {f.name}",
                    f"`{printable(f.path)}:{f.span.line}`",
                    how,
                    printable(reason) or words("reason_missing"),
                )
                for f, reason, how in pairs
            ),
        )

    def sound(self) -> Iterator[Block]:
        return Sound(self.run.sound, self.leaks, self.words, self.places).blocks()

    def modules(self) -> Iterator[Block]:
        words = self.words
        sound = Counter(split_cell(one.path)[0] for one in self.run.sound)
        rows = [(row.name, row.counts, sound[row.name]) for row in by_file(self.leaks) if row.total > FEW]
        if len(self.leaks) >= MANY and rows:
            yield Text(words("about.modules"))
            yield Table(
                (words("head.module"), *SEVERITIES, words("head.cleared")),
                tuple(
                    (f"`{printable(name)}`", *(str(n or "") for n in some), str(well or ""))
                    for name, some, well in rows[:MODULES]
                ),
                numbers=len(SEVERITIES) + 1,
            )
            if len(rows) > MODULES:
                yield Text(words("more", number=len(rows) - MODULES))

    def unchecked(self) -> Iterator[Block]:
        words, around = self.words, self.surroundings
        if around.passed:
            yield Text(words("unchecked.excluded_title"))
            yield Bullets(tuple(self._passed(one.path, one.files, one.why) for one in around.passed))
        unread = [f for f in self.run.findings if not is_leak(f.rule, self.catalogue) and "reason" in f.args]
        if unread:
            yield Text(words("unchecked.unreadable_title"))
            yield Bullets(
                tuple(
                    words("unchecked.unreadable", path=f"`{printable(f.path)}`", reason=f.args["reason"])
                    for f in unread
                )
            )
        if self.run.errors:
            yield Text(words("unchecked.errors", text=words("semicolon").join(map(printable, self.run.errors))))
        if not (around.passed or unread or self.run.errors):
            yield Text(words("unchecked.everything"))
        if around.others:
            names = words("comma").join(
                words("counted", what=name, number=number) for name, number in around.others.items()
            )
            yield Text(words("unchecked.others", list=names))

    def _passed(self, path: str, files: int, why: str) -> str:
        reason = (
            self.words(f"unchecked.{why}") if why in ("usual", "git") else self.words("unchecked.pattern", pattern=why)
        )
        return self.words("unchecked.excluded", path=f"`{printable(path)}`", files=files, why=reason)

    def blind(self) -> Iterator[Block]:
        yield Bullets(tuple(self.words(f"blind.{name}") for name in _BLIND))
