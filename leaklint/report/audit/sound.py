"""What was suspected and is in order: by what it belongs to, and what keeps it so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leaklint.facts import Cleared, Finding
from leaklint.project.files import printable
from leaklint.report.audit.blocks import Block, Table, Text
from leaklint.report.audit.places import Places
from leaklint.report.audit.words import Words

ROWS = 10
"""Classes and functions in the table, at most; those with the most that was looked at come first."""

EACH = 3
"""Reasons that are told of each of them, at most."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Of one project: what was cleared, and the findings, which no line may be both."""

    cleared: Sequence[Cleared]
    leaks: Sequence[Finding]
    words: Words
    places: Places

    def blocks(self) -> Iterator[Block]:
        """A row for each class, function or module; what is in order for a reason without a place is only counted."""
        words = self.words
        reported = {(leak.path, leak.span.line) for leak in self.leaks}  # one rule may clear what another reports
        things = {(leak.path, leak.subject) for leak in self.leaks}
        kept = [c for c in self.cleared if (c.path, c.span.line) not in reported and (c.path, c.subject) not in things]
        once = {(one.path, one.subject): one for one in sorted(kept, key=lambda c: not self._shown(c), reverse=True)}
        rows: dict[tuple[str, str], list[Cleared]] = {}
        for one in sorted(filter(self._shown, once.values()), key=lambda c: (c.path, c.span)):
            rows.setdefault((one.path, self._holder(one)), []).append(one)
        if not once:
            return
        yield Text(words("about.sound"))
        if rows:
            ranked = sorted(rows.items(), key=lambda pair: (-len(pair[1]), pair[0]))
            yield Table(
                (words("head.owner"), words("head.bound")),
                tuple((self._owner(*where), self._reasons(some)) for where, some in ranked[:ROWS]),
            )
            if len(ranked) > ROWS:
                yield Text(words("more", number=len(ranked) - ROWS))
        counted = Counter(self._why(one) for one in once.values() if not self._shown(one))
        if counted:
            besides = (words("counted", what=why, number=number) for why, number in counted.most_common())
            yield Text(words("about.sound_besides", list=words("semicolon").join(besides)))

    def _shown(self, one: Cleared) -> bool:
        return bool(one.evidence)

    def _holder(self, one: Cleared) -> str:
        """The class or function it stands in, or nothing: the module."""
        names = self.places.around(one.path, one.span.line).names
        return names[0] if names else ""

    def _owner(self, path: str, holder: str) -> str:
        file = f"`{printable(path)}`"
        return self.words("in", name=f"`{printable(holder)}`", path=file) if holder else file

    def _reasons(self, some: Sequence[Cleared]) -> str:
        """What is held for the same reason is named together."""
        reasons: dict[str, dict[str, None]] = {}
        for one in some:
            name = one.subject.partition(":")[2] or one.subject
            inner = name.removeprefix(f"{self._holder(one)}.")
            reasons.setdefault(self._reason(one), {})[f"`{printable(inner)}`"] = None
        said = [
            self.words("reason", names=self.words("comma").join([*names][:EACH]), why=why)
            for why, names in [*reasons.items()][:EACH]
        ]
        text, more = self.words("semicolon").join(said), len(reasons) - EACH
        return self.words("and_more", first=text, number=more) if more > 0 else text

    def _why(self, one: Cleared) -> str:
        return self.words.defence(one.defence)

    def _reason(self, one: Cleared) -> str:
        """With the bound itself, or with where it is let go."""
        words, why = self.words, self._why(one)
        bound = next((e.args["what"] for e in one.evidence if e.role == "bound" and e.args.get("what")), "")
        if bound:
            return words("at", places=why, text=f"`{printable(bound)}`")
        spots = (self._spot(e.path, e.span.line, one) for e in one.evidence[:2])
        return words("reason_at", why=why, places=words("comma").join(dict.fromkeys(spots)))

    def _spot(self, path: str, line: int, one: Cleared) -> str:
        """`close` (line 12); with its file, where that is another one."""
        function = self.places.around(path, line).function
        inner = function.removeprefix(f"{self._holder(one)}.")
        if path != one.path or not inner:
            return f"`{printable(path)}:{line}`"
        return self.words("callers.spot", function=f"`{printable(inner)}`", line=line)
