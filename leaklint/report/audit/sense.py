"""What a finding means, in words: when it grows, what that costs, how certain it is.

All of it follows from the three answers (owner, driver, release) and the rule's family, so that no two of these
sentences can contradict each other.
"""

from __future__ import annotations

from leaklint.catalogue import Catalogue
from leaklint.facts import Cleared, DriverKind, Finding
from leaklint.project.files import printable
from leaklint.report import prose
from leaklint.report.audit.places import Around, Definition, around, definitions
from leaklint.report.audit.words import Words
from leaklint.report.sources import Sources

_BY_NAME: frozenset[DriverKind] = frozenset({"caller's key", "event", "inventory"})
"""Drivers that are concluded from names and decorators."""

_WAYS_OUT = "resources"
"""The family in which a release on some paths means: on some ways out of a function."""


def place(path: str, line: int) -> str:
    return f"`{printable(path)}:{line}`"


class Sense:
    """Says what findings mean in one language."""

    def __init__(self, catalogue: Catalogue, words: Words, read: Sources) -> None:
        self._catalogue, self._words, self._read = catalogue, words, read
        self._definitions: dict[str, tuple[Definition, ...]] = {}

    def _own(self, finding: Finding, what: str) -> str:
        """What the rule's page says in the language of the report, if anything."""
        return prose.chinese(finding, self._catalogue, what) if self._words.language == "zh" else ""

    def _family(self, finding: Finding) -> str:
        return prose.rule_of(finding, self._catalogue).family

    def around(self, found: Finding | Cleared) -> Around:
        if found.path not in self._definitions:
            # leaklint: ignore[session-map-never-pruned] -- made anew for each report, one entry for each of its files
            self._definitions[found.path] = definitions(self._read(found.path) or ())
        return around(self._definitions[found.path], found.span.line)

    def title(self, found: Finding | Cleared) -> str:
        """What leaks: an attribute or a name of the module by its dotted name, all else as what it is in."""
        name, where = found.subject.partition(":")[2] or found.subject, self.around(found)
        inside = ".".join((*where.names, ""))
        if not where.function or not name.startswith(inside):
            return f"`{printable(name)}`"
        inner = name[len(inside) :]
        if inner.endswith("..."):
            inner = f"{inner.partition('(')[0]}(...)" if "(" in inner else inner
        return self._words("within", name=f"`{printable(inner)}`", function=f"`{printable(where.function)}`")

    def problem(self, finding: Finding) -> str:
        return self._own(finding, "problem") or prose.message(finding, self._catalogue)

    def repair(self, finding: Finding) -> str:
        """What to do, on one line."""
        return self._own(finding, "repair") or " ".join(prose.hint(finding, self._catalogue).split())

    def trigger(self, finding: Finding) -> str:
        """What has to happen for it to grow, and where."""
        words = self._words
        own = self._own(finding, "trigger")
        if own:
            return own
        driver = next((one for one in finding.evidence if one.role == "driver"), None)
        named = driver.args.get("function", "") if driver is not None else ""
        here = self.around(finding).function
        function = here if here.endswith(named) else named
        run = words("run.of", function=f"`{printable(function)}`") if function else words("run.unknown")
        missing = next((one for one in finding.evidence if one.role == "missing"), None)
        family = self._family(finding)
        pieces = [words.first(f"trigger.{family}.{finding.driver}", f"trigger.{finding.driver}", run=run)]
        if finding.release == "on some paths" and missing is not None and family == _WAYS_OUT:
            pieces.append(words("trigger_partly", place=place(missing.path, missing.span.line)))
        return words("space").join(pieces)

    def impact(self, finding: Finding) -> str:
        """What is held, how it grows, what takes it back: no number, for none is known."""
        words, family = self._words, self._family(finding)
        owner, release, growth = finding.owner, finding.release, words(f"growth.{finding.driver}")
        keys = (f"grows.{family}.{owner}.{release}", f"grows.{family}.{release}", f"grows.{release}")
        grows = words.first(*keys, growth=growth)
        stays = words.first(f"stays.{family}.{owner}.{release}", f"stays.{family}.{owner}", f"stays.{owner}")
        return words("space").join((self._own(finding, "impact") or grows, stays))

    def certainty(self, finding: Finding) -> str:
        """High, medium or low, and why."""
        if finding.lowered:
            level, why = "low", "lowered"
        elif finding.release == "on some paths":
            level, why = "medium", "partly"
        elif finding.driver in _BY_NAME:
            level, why = "medium", "named"
        else:
            level, why = "high", finding.checked_against
        said = self._words.first(f"certainty.{self._family(finding)}.{why}", f"certainty.{why}")
        return self._words("certainty.text", level=self._words(f"level.{level}"), why=said)
