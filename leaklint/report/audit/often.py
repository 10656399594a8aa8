"""How often a function runs: its callers, and theirs, up to where it is called from outside. By names, as callers
are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from leaklint.report.audit.callers import Callers, Registry, Wanted, function_at
from leaklint.report.audit.mentions import Mention
from leaklint.report.audit.places import Places

Means = Callable[[str, str], bool]
"""Does an identifier belong to one of the vocabulary's lists?"""

Often = Literal["event", "loop", "outside", "start", "script", "unknown"]
"""For each request or event, for each call from outside the checked code, in a loop of what runs more seldom or nobody
knows how often, about once for each process, only in a file that is run as a script; or the code does not say."""

_HEIGHT = 5
_WIDTH = 6
"""Callers of one function that are followed, at most."""

_RANKS: tuple[Often, ...] = ("event", "outside", "loop", "unknown", "start", "script")


@dataclass(frozen=True, slots=True)
class Way:
    """From the function that runs up to the one that is called from outside, both among `names`."""

    often: Often
    names: tuple[str, ...] = ()
    loop: str = ""
    """The last function among them that calls in a loop."""

    @property
    def rank(self) -> int:
        return _RANKS.index(self.often)


UNKNOWN = Way("unknown")


def _name(wanted: Wanted) -> str:
    return f"{wanted.klass}.{wanted.name}" if wanted.klass else wanted.name


@dataclass(frozen=True, slots=True)
class _Climb:
    registry: Registry
    places: Places
    means: Means

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
                front[start] = [] if any(way.often == "event" for way in found[start]) else above
        return {one: min(some, key=lambda way: way.rank, default=UNKNOWN) for one, some in found.items()}

    def _step(self, wanted: Wanted, way: Way) -> Iterator[tuple[Wanted | None, Way]]:
        """Where it ends, or the functions above."""
        found = self.registry.callers(wanted)
        ends = self._ends(wanted, found)
        if ends is not None:
            yield None, _ended(way, ends)
            return
        for one in found.calls[:_WIDTH]:
            above = function_at(one.path, one.line, self.places)
            if above is None:
                yield None, _ended(way, _top(wanted, one))
            else:
                name = _name(above)
                yield above, Way("unknown", (*way.names, name), name if one.repeated else way.loop)
        if not found.calls:
            outside = found.certain and not found.handed and _public(wanted)
            yield None, _ended(way, "outside" if outside else "unknown")

    def _ends(self, wanted: Wanted, found: Callers) -> Often | None:
        if any(self.means("handler_decorators", one) for one in self.registry.decorators(wanted)):
            return "event"
        if self._starts(wanted.path, wanted.lines[0], wanted.name):
            return "start"
        if not self.means("event_methods", wanted.name):
            once = not wanted.klass and not found.calls and self.means("once_functions", wanted.name)
            return "start" if once else None
        starts = found.calls and all(self._starts(one.path, one.line) for one in found.calls)
        return "start" if starts else "event"

    def _starts(self, path: str, line: int, *names: str) -> bool:
        """Is it what a program does around all else, or a part of that?"""
        around = self.places.around(path, line).names
        return any(self.means("program_managers", name) for name in (*names, *around))


def _ended(way: Way, often: Often) -> Way:
    """The way that ends so; a loop says more than that nobody knows."""
    return Way("loop" if way.loop and often in ("unknown", "start", "script") else often, way.names, way.loop)


def _top(wanted: Wanted, call: Mention) -> Often:
    """Of a call that is in no function."""
    if call.script:
        return "script"
    return "loop" if call.repeated else "outside" if _public(wanted) else "start"


def _public(wanted: Wanted) -> bool:
    return not wanted.name.startswith("_")


def ways(starts: Iterable[Wanted], registry: Registry, places: Places, means: Means) -> dict[Wanted, Way]:
    """How often each of these functions runs, as far as their names and callers say: the most often of all ways."""
    return _Climb(registry, places, means).ways(dict.fromkeys(starts))
