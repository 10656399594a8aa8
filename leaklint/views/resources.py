"""What is opened: sessions, connections, files, processes."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Literal, TypeVar

from leaklint.answers import driver
from leaklint.answers.opening import conditional, openers
from leaklint.answers.resources import (
    begun,
    ends,
    entered,
    foundagain,
    halfread,
    lifespans,
    listed,
    presumed,
    rebuilt,
    served,
    takenoff,
    unreleased,
)
from leaklint.answers.ways import held, paths
from leaklint.apis import Row
from leaklint.facts import DriverKind
from leaklint.meaning.basis import Answer
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import CONSTRUCTORS
from leaklint.tree.ir import Expr, Stmt
from leaklint.views.view import View

Sort = Literal["executor", "session", "response", "file", "other"]
_SORTS: tuple[Sort, ...] = ("executor", "session", "response", "file")
_One = TypeVar("_One")


class Resources(View):
    """Resources, followed to where they are released."""

    def acquired(self, expr: Expr | None) -> Row | None:
        """The row of the resource that an expression acquires; None where it acquires none."""
        return openers.acquired(self.basis, expr)

    def affordable(self, found: Iterable[_One]) -> Iterator[_One]:
        """The first of them, each of which is followed when it is asked for, as far as the budget of the file goes."""
        return itertools.takewhile(lambda _: self.basis.budget, found)

    def sort(self, row: Row) -> Sort:
        """What a resource is by its noun or the last word of that, and so which rule speaks of it."""
        noun = row.called
        words = (noun, noun.split()[-1])
        return next((sort for sort in _SORTS if any(self.means(f"{sort}_nouns", w) for w in words)), "other")

    def holds_open(self, row: Row, call: Expr) -> bool:
        """Is it acquired with an argument that opens something which waits for the release?"""
        return conditional.holds_open(row, call)

    def counted(self, row: Row, call: Expr) -> bool:
        """Does CPython end it with the last reference, so that what a function drops does not last?"""
        harmless = bool(row.open_with) and not self.holds_open(row, call)
        return row.counted or harmless or not row.needs_release or self.sort(row) == "file"

    def trace(self, place: Place, row: Row, stmt: Stmt) -> paths.Paths:
        """On which ways out of its function a resource is released, handed on or left open."""
        return paths.trace(self.basis, place, row, stmt)

    @cached_property
    def acquisitions(self) -> tuple[tuple[Place, Row, Stmt, Expr], ...]:
        """Resources that are put into a local name, an attribute or a global where they are acquired."""
        found = []
        for place, uses in self.basis.uses.items():
            for use in uses:
                if use.verb == "bind" and use.stmt.op == "assign":
                    row = (
                        self.acquired(use.value)
                        if use.value is not None
                        else openers.acquired_part(self.basis, use.expr)
                    )
                    value = use.value or use.stmt.value
                    if row is not None and value is not None:
                        found.append((place, row, use.stmt, value))
        return tuple(found)

    @cached_property
    def traces(self) -> tuple[tuple[paths.Paths, Expr], ...]:
        """Each resource that a function puts into a local name, followed through the function."""
        # `p = self.proc = Popen(...)`: the attribute holds it too
        alone = (a for a in self.acquisitions if all(t.op in ("name", "tuple") for t in a[2].targets))
        local = (a for a in alone if a[0].scope.kind == "function" and len(a[0].path) == 1)
        return tuple(self.affordable((self.trace(place, row, stmt), value) for place, row, stmt, value in local))

    @cached_property
    def factory_traces(self) -> tuple[tuple[paths.Paths, Expr], ...]:
        """Each resource that a function gives to an object which it has made itself, and hands out afterwards."""
        made = (a for a in self.acquisitions if len(a[0].path) == 2 and held.made_here(self.basis, a[0]))
        return tuple(self.affordable((self.trace(place, row, stmt), value) for place, row, stmt, value in made))

    @cached_property
    def constructor_traces(self) -> tuple[tuple[paths.Paths, Expr], ...]:
        """Each resource that a constructor puts into an attribute, followed to the constructor's end."""
        kept = [a for a in self.acquisitions if a[0].is_attribute and not a[1].empty]
        born = [a for a in kept if a[2].scope.function.name in CONSTRUCTORS]
        # a helper that it calls may open it
        born += [(a[0], a[1], called, a[3]) for a in kept for called in begun.calling_constructor(self.basis, a[2])]
        return tuple(self.affordable((self.trace(place, row, stmt), value) for place, row, stmt, value in born))

    @cached_property
    def method_traces(self) -> tuple[tuple[paths.Paths, Expr], ...]:
        """Each resource that a method puts into an attribute and ends itself, as nobody else does."""
        own = (
            a
            for a in self.acquisitions
            if a[0].is_attribute and a[2].scope.kind == "function" and held.own_matter(self.basis, *a[:3])
        )
        return tuple(self.affordable((self.trace(place, row, stmt), value) for place, row, stmt, value in own))

    @cached_property
    def presumed(self) -> tuple[unreleased.Unreleased, ...]:
        """What no row knows and nobody ends."""
        return tuple(presumed.presumed(self.basis))

    @cached_property
    def unreleased(self) -> tuple[unreleased.Unreleased, ...]:
        """Resources that no way out of their function releases or hands on."""
        kept = (one for one in self.listed if not one.ends)
        lists = (unreleased.Unreleased(one.place.text, one.row, one.call, one.one) for one in kept)
        traces = (*self.traces, *ends.other_ends(self.basis))
        outlived = lifespans.outlived(self.basis, self.acquisitions)
        clients = (
            unreleased.Unreleased(
                one.paths.place.text, one.paths.row, one.call, one.paths.place.path[0], given=one.stmt
            )
            for one in self.served
            if not one.ended
        )
        found = (*unreleased.unreleased(self.basis, traces), *lists, *takenoff.taken_off(self.basis), *outlived)
        return (*found, *clients)

    @cached_property
    def served(self) -> tuple[served.Served, ...]:
        """What servers give to functions here for each client, and these leave open."""
        return tuple(self.affordable(served.served(self.basis)))

    @cached_property
    def halfread(self) -> tuple[halfread.Halfread, ...]:
        """Responses that are read piece by piece and never closed, where the reading may stop."""
        responses = (t for t in self.traces if self.sort(t[0].row) == "response")
        return tuple(halfread.halfread(self.basis, responses))

    def read_whole(self, row: Row, call: Expr, left: Stmt | None = None) -> bool:
        """Is it closed by being read to its end, where that does not fail?"""
        return halfread.read_whole(self.basis, row, call, left)

    @cached_property
    def listed(self) -> tuple[listed.Listed, ...]:
        """Local lists of what is opened one after the other."""
        return tuple(self.affordable(listed.listed(self.basis)))

    @cached_property
    def entered(self) -> tuple[entered.Entered, ...]:
        """What an `__enter__` acquires and its `__exit__` does not release, or cannot, as it failed half way."""
        return tuple(entered.entered(self.basis))

    @cached_property
    def rebuilt(self) -> tuple[rebuilt.Rebuilt, ...]:
        """Pooled clients that are built for each event or turn of a loop, and closed again."""
        return tuple(rebuilt.rebuilt(self.basis, self.traces))

    def cadence(self, when: Answer) -> DriverKind:
        """How often something is acquired, where nothing but the calls of its function tells."""
        kinds: tuple[DriverKind, ...] = ("event", "stream", "loop", "once", "import")
        return next((kind for kind in kinds if kind == when.kind), "call")

    def of_program(self, stmt: Stmt) -> bool:
        """Does it run once in all that a program does, so that the process ends with it?"""
        return driver.of_program(self.basis, stmt)

    def found_again(self, call: Expr) -> bool:
        """Does what a call makes take the place of what there was none of, for the thread or for the process?"""
        return foundagain.found_again(self.basis, call)

    def seldom(self, stmt: Stmt) -> bool:
        """Does it run once for each start of a program that ends, or as often as somebody goes through a dialog?"""
        return driver.seldom(self.basis, stmt)
