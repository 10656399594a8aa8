"""Why what a finding tells of does not end, and what its repair has to fit: from what the checked files do with the
thing elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from leaklint.catalogue import Catalogue
from leaklint.facts import DriverKind, Finding
from leaklint.project.files import printable
from leaklint.report import prose
from leaklint.report.audit.callers import ANONYMOUS, Registry, Wanted, container_of
from leaklint.report.audit.labels import label
from leaklint.report.audit.mentions import Mention
from leaklint.report.audit.nearby import outlet, stored
from leaklint.report.audit.places import Places
from leaklint.report.audit.sense import place
from leaklint.report.audit.waits import Wait, waits
from leaklint.report.audit.words import Words
from leaklint.report.sources import Sources

_HELD = ("growth", "tasks")
"""Families whose findings are about what holds many things."""

_PIECES: frozenset[DriverKind] = frozenset({"payload", "stream"})
"""Drivers of what is used up piece by piece: no entry of it is looked up."""

_TELLING = ("missing", "released", "bound")
_READS = ("indexed", "looped", "asked", "sized", ".get", "handed")
_FITS = ("thinned", "indexed", "looped", "handed")

At = Callable[[Sequence[Mention]], str]


@dataclass(frozen=True, slots=True)
class Reasons:
    """Says it in one language; `at` names places."""

    catalogue: Catalogue
    words: Words
    places: Places
    registry: Registry
    read: Sources
    at: At

    def why(self, finding: Finding) -> str:
        """Why nothing ends it, in a sentence that names the code; empty where the finding says all."""
        if finding.release != "never":
            return ""  # what leaves it behind is told
        awaited = self._waits(finding)
        if awaited is not None:
            return self._until(finding, awaited[0])
        emptied = self._shown(finding, ("released",))
        uses = self._uses(finding) if not emptied else ()
        if uses:
            removed = [one for one in uses if one.use == "removed"]
            if removed:
                return self.words("why.removed", places=self.by_function(removed))
            kinds = {"set": "stored", "stored": "stored", **dict.fromkeys(_READS, "read")}
            told: dict[str, list[Mention]] = {}
            for one in uses:
                if one.use in kinds:
                    told.setdefault(kinds[one.use], []).append(one)
            if told:
                kept = sorted(told.items(), reverse=True)  # what is stored comes before what is read
                each = (self.words(f"why.{kind}", places=self.by_function(some)) for kind, some in kept)
                text = self.words("why.uses", list=self.words("semicolon").join(each))
                return f"{text[0].upper()}{text[1:]}"
        return emptied or self._shown(finding, _TELLING)

    def short(self, finding: Finding) -> str:
        """The same in few words, where there are."""
        awaited = self._waits(finding)
        if awaited is not None:
            return self._until(finding, awaited[0], far=False)
        if finding.release != "never":
            return ""
        return self._shown(finding, ("released",))

    def by_function(self, mentions: Sequence[Mention]) -> str:
        """The first place in each function; of those without a name each place."""
        first: dict[tuple[str, str, int], Mention] = {}
        for one in mentions:
            nameless = one.function.rpartition(".")[2] == ANONYMOUS
            first.setdefault((one.path, one.function, one.line if nameless else 0), one)
        return self.at(list(first.values()))

    def _shown(self, finding: Finding, roles: Collection[str]) -> str:
        """What the evidence says of these, and where."""
        shown = (one for one in finding.evidence if one.role in roles and one.label)
        said = [
            self.words("why.shown", place=place(one.path, one.span.line), label=text)
            for one in shown
            if (text := label(finding, one, self.catalogue, self.words))
        ]
        return self._sentence(said[:2])

    def fits(self, finding: Finding) -> tuple[str, ...]:
        """What a repair has to fit: other uses of the same container."""
        uses = self._uses(finding) if finding.driver not in _PIECES else ()
        stores = {one.function for one in uses if one.use in ("set", "stored")}
        mapping = any(one.use in ("set", ".get") for one in uses) and not self._inserting(finding)
        found: dict[str, list[Mention]] = {}
        for one in uses:
            reads = one.use not in ("indexed", "handed") or (mapping and one.function not in stores)
            if one.use in _FITS and reads:
                found.setdefault(one.use, []).append(one)
        wanted = container_of(finding, self.places)
        name = f"`{printable(wanted.name)}`" if wanted is not None else ""
        told = ((use, found[use]) for use in _FITS if use in found)
        uses_ = (self.words(f"fits.{use}", places=self.by_function(some), name=name) for use, some in told)
        return (*self._beside(finding, name), *uses_)

    def _beside(self, finding: Finding, name: str) -> Iterator[str]:
        """What the class and the function around it do with others that hold the same."""
        wanted, lines = container_of(finding, self.places), self.read(finding.path) or ()
        if wanted is None or not self._holds(finding):
            return
        comma = self.words("comma")
        same = stored(lines, finding.span.line)
        if same is not None and same.others:
            others = comma.join(f"`{printable(one)}`" for one in same.others)
            yield self.words("fits.others", list=others)
        told = any(one.role in ("sibling", "released") for one in finding.evidence)
        means = self.catalogue.apis.means
        out = outlet(lines, wanted.klass, wanted.name, finding.args.get("key", ""), means) if not told else None
        if out is not None:
            yield self.words(
                "fits.sibling" if out.sibling else "fits.ending",
                name=name,
                sibling=f"`{printable(out.sibling)}`",
                method=f"`{printable(wanted.klass)}.{printable(out.method)}`",
                place=place(finding.path, out.line),
                key=f"`{printable(out.key)}`",
            )

    def holds(self, *findings: Finding) -> str:
        """What one entry is, where the code shows it; of several the heaviest: an object before plain values."""
        held = [(stored(self.read(one.path) or (), one.span.line), one) for one in findings if self._holds(one)]
        known = [(one, of) for one, of in held if one is not None and one.kind]
        one, finding = min(known, key=lambda pair: pair[0].kind != "instance", default=(None, None))
        if one is None or finding is None:
            return ""
        name = f"`{printable(one.name)}`"
        return self.words(f"holds.{one.kind}", name=name, place=place(finding.path, one.line))

    def _holds(self, finding: Finding) -> bool:
        """Is it about something that holds entries?"""
        return prose.rule_of(finding, self.catalogue).family in _HELD

    def _sentence(self, said: Sequence[str]) -> str:
        text = self.words("semicolon").join(said)
        return self.words("why.said", list=f"{text[0].upper()}{text[1:]}") if text else ""

    def _inserting(self, finding: Finding) -> bool:
        """Is it made as what inserts what it is asked for? Then no look-up fails."""
        rows = (row for row in self.catalogue.apis.rows.values() if row.inserts_on_read)
        names = {f"{row.name.rpartition('.')[2]}(" for row in rows}
        made = (self.places.line(one.path, one.span.line) for one in finding.evidence)
        return any(name in line for line in made for name in names)

    def _uses(self, finding: Finding) -> tuple[Mention, ...]:
        wanted = container_of(finding, self.places) if self._holds(finding) else None
        return self.registry.uses(wanted) if wanted is not None else ()

    def left(self, finding: Finding) -> str:
        """Of several tasks the one that does not end by itself, where that is not the first."""
        awaited = self._waits(finding)
        if awaited is None or awaited[1] == finding.span.line:
            return ""
        tasks = (e.args.get("task", "") for e in finding.evidence if e.span.line == awaited[1])
        return next(filter(None, tasks), "")

    def _waits(self, finding: Finding) -> tuple[Wait, int] | None:
        """What the first task waits for that does not end by itself, and where that is started."""
        if prose.rule_of(finding, self.catalogue).family != "tasks" or finding.release != "never":
            return None
        lines = self.read(finding.path) or ()
        starts = [finding.span.line, *(one.span.line for one in finding.evidence if one.role == "acquired")]
        found = ((waits(lines, line), line) for line in dict.fromkeys(starts))
        return next(((wait, line) for wait, line in found if wait is not None), None)

    def _until(self, finding: Finding, wait: Wait, far: bool = True) -> str:
        task, where = f"`{printable(wait.task)}`", place(finding.path, wait.line)
        if wait.endless:
            return self.words("why.endless", task=task, place=where)
        said = self.words("why.waits", task=task, place=where, code=f"`{printable(wait.code)}`")
        return self.words("space").join((said, *(self._signal(wait) if far else ())))

    def _signal(self, wait: Wait) -> Iterator[str]:
        if wait.signal:
            self.registry.learn([Wanted("", wait.signal)])
            name, given = f"`{printable(wait.signal)}.set()`", self.registry.called_on(wait.signal, "set")
            yield (
                self.words("why.signal", name=name, places=self.at(given))
                if given
                else self.words("why.silent", name=name)
            )
