"""What a finding means, in words: when it grows, what that costs, how certain it is.

All of it follows from the three answers (owner, driver, release) and the rule's family, so that no two of these
sentences can contradict each other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from leaklint.catalogue import Catalogue
from leaklint.facts import SEVERITIES, Cleared, DriverKind, Evidence, Finding
from leaklint.project.files import printable
from leaklint.report import prose
from leaklint.report.audit.callers import Registry, Wanted, function_of, holder_of
from leaklint.report.audit.mentions import Mention
from leaklint.report.audit.often import Runs, Way
from leaklint.report.audit.places import Around, Places
from leaklint.report.audit.words import Words

_BY_NAME: frozenset[DriverKind] = frozenset({"caller's key", "event", "inventory"})
"""Drivers that are concluded from names and decorators."""

_EACH_TIME: frozenset[DriverKind] = frozenset({"event", "call", "loop", "stream"})
"""Drivers that say how often something runs; what is stored by a key grows with new keys alone."""

_CONTAINERS = "growth"
_WAYS_OUT = "resources"
"""The family in which a release on some paths means: on some ways out of a function."""

_NEAR = 2
"""Functions that need no chain to be shown: one, and the caller that is named already."""

_SHOWN = 2
"""Callers that are named, at most."""

_PLAIN = ("unknown", "uncalled", "outside")
"""Where the code does not say how often the function runs."""

_PIECES: frozenset[DriverKind] = frozenset({"loop", "stream", "payload"})
"""Drivers of what happens again and again in one run of a function."""


def wanted_name(wanted: Wanted) -> str:
    return ".".join(filter(None, (wanted.klass, wanted.name)))


def place(path: str, line: int) -> str:
    return f"`{printable(path)}:{line}`"


def closed_up(text: str) -> str:
    """Chinese without the spaces that a noun leaves which was filled in, with one before a foreign word, and with its
    own comma between names."""
    close = re.sub(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])", "", text).replace("` and `", "`、`")
    return re.sub(r"`[^`]*`|(?<=[\u4e00-\u9fff])(?=[A-Za-z])", lambda found: found[0] or " ", close)


class Sense:
    """Says what findings mean in one language."""

    def __init__(self, catalogue: Catalogue, words: Words, places: Places, registry: Registry, runs: Runs) -> None:
        self._catalogue, self._words, self.places, self._registry = catalogue, words, places, registry
        self._runs = runs

    def _own(self, finding: Finding, what: str) -> str:
        """What the rule's page says in the language of the report, if anything."""
        noun = self._words.noun(finding.args.get("noun", ""))
        told = finding._replace(args=self._words.values(finding.args))
        said = prose.own(told, self._catalogue, self._words.language, what, noun)
        return closed_up(said) if self._words.language == "zh" else said

    def _family(self, finding: Finding) -> str:
        return prose.rule_of(finding, self._catalogue).family

    def around(self, found: Finding | Cleared) -> Around:
        return self.places.around(found.path, found.span.line)

    def title(self, found: Finding | Cleared, left: str = "") -> str:
        """What leaks: an attribute or a name of the module by its dotted name, all else as what it is in; of several
        tasks the one that is `left`."""
        name, where = found.subject.partition(":")[2] or found.subject, self.around(found)
        inside = ".".join((*where.names, ""))
        if not where.function or not name.startswith(inside):
            return f"`{printable(name)}`"
        inner = left or name[len(inside) :]
        if inner.endswith("..."):
            inner = f"{inner.partition('(')[0]}(...)" if "(" in inner else inner
        return self._words("within", name=f"`{printable(inner)}`", function=f"`{printable(where.function)}`")

    def problem(self, finding: Finding) -> str:
        return self._sentence(self._own(finding, "problem") or prose.message(finding, self._catalogue))

    def repair(self, finding: Finding) -> str:
        """What to do, on one line."""
        return self._sentence(self._own(finding, "repair") or " ".join(prose.hint(finding, self._catalogue).split()))

    def alike(self, finding: Finding) -> str:
        """What is the same of findings that one entry may tell, whatever the language: the problem and the repair, of
        the least severe, of which there are many, the repair; what is no container may have other names in that."""
        repair = prose.hint(finding, self._catalogue)
        if finding.severity != SEVERITIES[-1]:
            return f"{prose.message(finding, self._catalogue)} {repair}"
        return repair if self._family(finding) == _CONTAINERS else finding.hint

    def _sentence(self, text: str) -> str:
        """A message or a hint as a sentence: `it leaks` is `It leaks.`"""
        stop = self._words("stop")
        return f"{text[0].upper()}{text[1:]}{'' if text[-1] in f'.!?{stop}' else stop}" if text else ""

    def trigger(self, finding: Finding) -> str:
        """What has to happen for it to grow, and where: which function has to run, and who calls that."""
        words, family = self._words, self._family(finding)
        wanted, way = function_of(finding, self.places), self.way(finding)
        name = wanted_name(wanted) if wanted is not None else ""
        kind = "run.made" if self.around(finding).function == f"{name}.__init__" else "run.of"
        run = words(kind, function=f"`{printable(name)}`") if name else words("run.unknown")
        driver = self._driver(finding)
        keys = ("trigger.keyed",) if self._keyed(finding) else (f"trigger.{family}.{driver}", f"trigger.{driver}")
        said = words.first(*keys, run=run)
        pieces = [self._own(finding, "trigger") or said]
        missing = self._way_out(finding)
        if missing is not None and family == _WAYS_OUT:
            code = printable(self.places.line(missing.path, missing.span.line))
            where = place(missing.path, missing.span.line)
            pieces.append(words("trigger_partly", place=where, code=f"`{code}`" if code else where))
        if wanted is not None:
            alone = way.often == "outside" and len(way.names) == 1  # says already that nobody here calls it
            pieces += ["" if alone else self._callers(wanted, way), self._often(way)]
        return words("space").join(filter(None, pieces))

    def way(self, finding: Finding) -> Way:
        """How often what makes it grow runs."""
        return self._runs.of(finding)

    def _often(self, way: Way) -> str:
        """Where the callers of its callers end, and so how often it happens."""
        if way.guard is not None:
            return self._guarded("often", way)
        if way.often in ("unknown", "uncalled", "script"):
            return ""
        names = way.names[: way.names.index(way.loop) + 1] if way.often == "loop" else way.names
        top, steps = f"`{printable(names[-1])}`", len(names)
        chain = " ← ".join(f"`{printable(one)}`" for one in names)
        return self._words.first(f"often.{way.often}.{'far' if steps > _NEAR else 'near'}", chain=chain, top=top)

    def _guarded(self, section: str, way: Way) -> str:
        """Once, by a branch."""
        guard = way.guard
        if guard is None:
            return ""
        around = self.places.around(way.path, guard.line)
        holder = around.function.rpartition(".")[0] if guard.what == "self" else guard.what
        return self._words(
            f"{section}.guard.{guard.once}",
            what=f"`{printable(holder or guard.what)}`",
            code=f"`{printable(guard.code)}`",
            place=place(way.path, guard.line),
        )

    def when(self, finding: Finding) -> str:
        """How often, in few words."""
        wanted, way = function_of(finding, self.places), self.way(finding)
        if way.guard is not None:
            return self._guarded("when", way)
        if wanted is None:
            return self._words("when.import" if finding.driver == "import" else "when.code")
        turning = way.often in _PLAIN and finding.driver in _PIECES
        top = wanted_name(wanted) if turning else way.loop if way.often == "loop" else (way.names or (wanted.name,))[-1]
        turns = finding.driver == "loop" or self._family(finding) == "tasks"
        kind = way.often if not turning else "each_loop" if turns else f"each_{finding.driver}"
        said = self._words(f"when.{kind}", top=f"`{printable(top)}`")
        if way.often == "event" and finding.driver == "loop":
            each = self._words("when.each_loop", top=f"`{printable(wanted_name(wanted))}`")
            said = self._words("space").join((each, said))
        return said

    def _way_out(self, finding: Finding) -> Evidence | None:
        """Where the function that holds it is left without a release, of one that is released on other ways."""
        missing = next((one for one in finding.evidence if one.role == "missing"), None)
        if missing is None or finding.release != "on some paths" or missing.span == finding.span:
            return None
        same = self.places.around(missing.path, missing.span.line).function == self.around(finding).function != ""
        return missing if same else None

    def _callers(self, wanted: Wanted, way: Way) -> str:
        """Who calls it, the one that drives it most before the others."""
        found = self._registry.callers(wanted)
        if found.calls:
            most = way.names[1:2]
            calls = sorted(found.calls, key=lambda one: one.function not in most)
            return self._words(f"callers.{'script' if found.script else 'called'}", places=self.at(calls))
        if found.handed:
            return self._words("callers.handed", places=self.at(found.handed))
        return self._words("callers.nobody") if found.certain else ""

    def at(self, mentions: Sequence[Mention]) -> str:
        """The first few places, each with the function it stands in, and how many more there are."""
        words, shown = self._words, mentions[:_SHOWN]
        each = (
            words("callers.in", place=place(one.path, one.line), function=f"`{printable(one.function)}`")
            if one.function
            else place(one.path, one.line)
            for one in shown
        )
        more = len(mentions) - len(shown)
        listed = words("comma").join(each)
        return words("callers.more", places=listed, number=more) if more else listed

    def _driver(self, finding: Finding) -> DriverKind:
        """What drives it, as the callers show it: an event that comes once in a process is none, and what runs once for
        each object runs as often as these are made."""
        once = self.way(finding).often in ("start", "script", "object")
        keyless = "key" not in finding.args
        if finding.driver == "closed set" and keyless:
            return "call"
        turned = {"event": once, "once": not once}
        return "call" if turned.get(finding.driver, False) else finding.driver

    def cost(self, finding: Finding) -> str:
        """What is held, how it grows, what takes it back: no number, for none is known."""
        words, family = self._words, self._family(finding)
        own = self._own(finding, "impact")
        if own:
            return own
        owner, release = finding.owner, finding.release
        driver = self._driver(finding)
        guarded = {"key": ["growth.keyed"], "object": ["growth.object"]}.get(self.way(finding).often, [])
        kinds = ["growth.keyed"] if self._keyed(finding) else guarded or [f"growth.{family}.{driver}"]
        growth = words.first(*kinds, f"growth.{driver}")
        keys = [f"grows.{family}.{owner}.{release}", f"grows.{family}.{release}", f"grows.{release}"]
        if family == _CONTAINERS and release == "never" and any(one.role == "released" for one in finding.evidence):
            keys = ["grows.meanwhile"]
        grows = words.first(*keys, growth=growth)
        wanted = holder_of(finding, self.places)
        holder = words("holder_named", name=f"`{printable(wanted.name)}`") if wanted is not None else words("holder")
        lasts = (f"stays.{family}.{owner}.{release}", f"stays.{family}.{owner}", f"stays.{owner}")
        stays = words.first(*lasts, holder=holder)
        return words("space").join((grows, stays))

    def _keyed(self, finding: Finding) -> bool:
        """Does it grow with new keys alone, however often it runs?"""
        return self._family(finding) == _CONTAINERS and finding.driver in _EACH_TIME and "key" in finding.args

    def impact(self, finding: Finding) -> str:
        """The cost, and who makes the object that holds it."""
        return self._words("space").join(filter(None, (self.cost(finding), self._holder(finding))))

    def _holder(self, finding: Finding) -> str:
        """Who makes the object that holds it."""
        wanted = holder_of(finding, self.places)
        if wanted is None:
            return ""
        found, name = self._registry.callers(wanted), f"`{printable(wanted.name)}`"
        if found.calls:
            return self._words("callers.made", name=name, places=self.at(found.calls))
        return self._words("callers.unmade", name=name) if found.certain and not found.handed else ""

    def named(self, finding: Finding) -> bool:
        """Is what drives it concluded from names?"""
        return finding.driver in _BY_NAME

    def certainty(self, finding: Finding) -> str:
        """High, medium or low, and why."""
        if finding.lowered:
            level, why = "low", "lowered"
        elif finding.release == "on some paths":
            level, why = "medium", "partly"
        elif self.named(finding):
            level, why = "medium", "named"
        else:
            level, why = "high", finding.checked_against
        said = self._words.first(f"certainty.{self._family(finding)}.{why}", f"certainty.{why}")
        return self._words("certainty.text", level=self._words(f"level.{level}"), why=said)
