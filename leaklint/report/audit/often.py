"""How often a function runs: its callers, and theirs, up to where it is called from outside. By names, as callers
are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from leaklint.facts import Finding
from leaklint.report.audit.callers import ANONYMOUS, Callers, Registry, Wanted, function_at, function_of
from leaklint.report.audit.guards import Guard, Guards
from leaklint.report.audit.mentions import Mention
from leaklint.report.audit.places import Places

Means = Callable[[str, str], bool]
"""Does an identifier belong to one of the vocabulary's lists?"""

Often = Literal["event", "loop", "outside", "uncalled", "unknown", "key", "object", "start", "script"]
"""For each request or event, for each call from outside the checked code, for whoever calls what nothing here calls, in
a loop of what runs more seldom or nobody knows how often, once for each key or object by a branch that is taken once,
about once for each process, only in a file that is run as a script; or the code does not say."""

_HEIGHT = 5
_WIDTH = 6
"""Callers of one function that are followed, at most."""

_RANKS: tuple[Often, ...] = ("event", "outside", "loop", "uncalled", "unknown", "key", "object", "start", "script")
_ONCE: dict[str, Often] = {"object": "object", "key": "key", "process": "start"}
_SELDOM = ("start", "script", "key", "object")


@dataclass(frozen=True, slots=True)
class Way:
    """From the function that runs up to the one that is called from outside, both among `names`."""

    often: Often
    names: tuple[str, ...] = ()
    loop: str = ""
    """The last function among them that calls in a loop."""
    guard: Guard | None = None
    """The branch that is taken once."""
    path: str = ""
    """Of the file that has it."""
    heard: tuple[str, ...] = ()
    """The way to a function that handles events by its name, though others call it: not the last word."""

    @property
    def rank(self) -> tuple[int, bool, bool]:
        """The most often first; a loop in it more often than none; what only a name says after what is seen."""
        return _RANKS.index(self.often), bool(self.heard), not self.loop


UNKNOWN = Way("unknown")


def _name(wanted: Wanted) -> str:
    name = f"{wanted.name} ({wanted.path}:{wanted.lines[0]})" if wanted.name == ANONYMOUS else wanted.name
    return f"{wanted.klass}.{name}" if wanted.klass else name


@dataclass(frozen=True, slots=True)
class _Climb:
    registry: Registry
    places: Places
    means: Means
    guards: Guards

    def ways(self, starts: Iterable[Wanted]) -> dict[Wanted, Way]:
        """Level by level, all at once: each level goes through all files."""
        found: dict[Wanted, list[Way]] = {one: [] for one in starts}
        front = {one: [(one, Way("unknown", (_name(one),)))] for one in found}
        seen = {one: {one} for one in found}
        for _ in range(_HEIGHT):
            self.registry.learn(wanted for some in front.values() for wanted, _ in some)
            for start, some in front.items():
                above: list[tuple[Wanted, Way]] = []
                for one, way in (step for wanted, below in some for step in self._step(wanted, below)):
                    if one is None:
                        found[start].append(way)
                    elif one not in seen[start]:
                        seen[start].add(one)
                        above.append((one, way))
                front[start] = [] if any(way.rank[:2] == (0, False) for way in found[start]) else above
        return {one: min(some, key=lambda way: way.rank, default=UNKNOWN) for one, some in found.items()}

    def _step(self, wanted: Wanted, way: Way) -> Iterator[tuple[Wanted | None, Way]]:
        """Where it ends, or the functions above."""
        found = self.registry.callers(wanted)
        ends = self._ends(wanted, found)
        if ends is not None:
            yield None, _ended(way, ends)
            return
        if self.means("event_methods", wanted.name) and not self._signalled(wanted):
            if not found.calls:
                yield None, _ended(way, "event")
                return
            way = replace(way, heard=way.heard or way.names)
        for one in found.calls[:_WIDTH]:
            guard, above = self.guards.at(one.path, one.line), function_at(one.path, one.line, self.places)
            if above is None:
                yield None, _ended(way, _top(wanted, one))
                continue
            name = one.function if one.function.endswith("__") else _name(above)  # a class has no loop
            further = replace(way, names=(*way.names, name), loop=name if one.repeated else way.loop)
            if guard is None:
                yield above, further
            else:
                yield None, replace(further, often=_ONCE[guard.once], guard=guard, path=one.path)
        if not found.calls:
            seen = found.handed or not found.certain
            yield None, _ended(way, "unknown" if seen else "outside" if _public(wanted) else "uncalled")

    def _ends(self, wanted: Wanted, found: Callers) -> Often | None:
        for mark, packages in self.registry.registered(wanted):
            if self.means("handler_decorators", mark):
                command = self.means("command_decorators", mark)
                return "start" if command and any(self.means("command_packages", one) for one in packages) else "event"
        if self._starts(wanted.path, wanted.lines[0], wanted.name):
            return "start"
        if self.means("event_methods", wanted.name):
            starts = found.calls and all(self._starts(one.path, one.line) for one in found.calls)
            return "start" if starts else None
        own = not wanted.klass and not any(one.function or one.script for one in found.calls)
        return "start" if own and self.means("once_functions", wanted.name) else None

    def _signalled(self, wanted: Wanted) -> bool:
        """Is it called by a signal to the process?"""
        return any(self.means("signal_functions", mark) for mark, _ in self.registry.registered(wanted))

    def _starts(self, path: str, line: int, *names: str) -> bool:
        """Is it what a program does around all else, or a part of that?"""
        around = self.places.around(path, line).names
        return any(self.means("program_managers", name) for name in (*names, *around))


def _ended(way: Way, often: Often) -> Way:
    """The way that ends so; a loop says more than that nobody knows, and so does a name that says what it handles."""
    if way.heard and often not in ("event", "start", "script"):
        return Way("event", way.heard, heard=way.heard)
    loop = way.loop and often in ("unknown", "uncalled", "start", "script")
    return Way("loop" if loop else often, way.names, way.loop)


def _top(wanted: Wanted, call: Mention) -> Often:
    """Of a call that is in no function."""
    if call.script:
        return "script"
    return "loop" if call.repeated else "outside" if _public(wanted) else "start"


def _public(wanted: Wanted) -> bool:
    return not wanted.name.startswith("_")


def ways(
    starts: Iterable[Wanted], registry: Registry, places: Places, means: Means, guards: Guards
) -> dict[Wanted, Way]:
    """How often each of these functions runs, as far as their names and callers say: the most often of all ways."""
    return _Climb(registry, places, means, guards).ways(dict.fromkeys(starts))


@dataclass(frozen=True, slots=True)
class Runs:
    """How often what findings tell of happens: their functions, and the branches that they stand in."""

    ways: Mapping[Wanted, Way]
    places: Places
    guards: Guards

    def of(self, finding: Finding) -> Way:
        """How often what makes it grow runs."""
        wanted = function_of(finding, self.places)
        way = self.ways.get(wanted, UNKNOWN) if wanted is not None else UNKNOWN
        guard = self.guards.at(finding.path, finding.span.line)
        # what is kept by a key grows with new keys, whoever looks first
        if guard is None or way.often in _SELDOM or (guard.once == "key" and "key" in finding.args):
            return way
        return Way(_ONCE[guard.once], way.names, guard=guard, path=finding.path)
