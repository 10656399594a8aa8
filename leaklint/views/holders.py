"""What objects and modules hold open, how they close it, and what they open over it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from leaklint.answers.holding import attributes
from leaklint.answers.listeners import cycles
from leaklint.answers.opening import openers
from leaklint.answers.resources import (
    bare,
    evicted,
    evident,
    flagged,
    leftbehind,
    lent,
    outwaited,
    renewed,
    reopened,
    scoped,
    skipped,
    unawaited,
    undeleted,
    unwound,
)
from leaklint.answers.ways import held
from leaklint.answers.ways.paths import Paths
from leaklint.tree.ir import Expr, Scope
from leaklint.views.resources import Resources


class Holders(Resources):
    """Resources in attributes, globals and registries."""

    @cached_property
    def attribute_resources(self) -> tuple[attributes.Held, ...]:
        """Resources that classes hold in attributes, with what their classes do to release them."""
        return tuple(attributes.held(self.basis, self._ends))

    @cached_property
    def _ends(self) -> Mapping[Scope, tuple[Scope, ...]]:
        """The methods of each class that end the life of its instances."""
        return {s: self.endings(s) for s in self.basis.module.scopes if s.kind == "class"}

    @cached_property
    def resource_classes(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Classes whose instances must be closed, and the methods that open one; none: it is open from the start on."""
        own = (
            (s.name, openers.own_class(self.basis, s)) for s in self.basis.module.scope.children if s.kind == "class"
        )
        return tuple((name, row.own if row.empty else ()) for name, row in own if row is not None)

    @cached_property
    def evident(self) -> tuple[tuple[Paths, Expr], ...]:
        """Resources in local names that only their release tells of."""
        return tuple(self.affordable(evident.evident(self.basis, self._ends)))

    @cached_property
    def unawaited_closes(self) -> tuple[unawaited.Unawaited, ...]:
        """Calls of an asynchronous close without `await`, which do nothing."""
        return tuple(unawaited.unawaited(self.basis))

    @cached_property
    def uncalled_closes(self) -> tuple[Expr, ...]:
        """Closing methods that a statement names and does not call."""
        return tuple(unawaited.uncalled(self.basis))

    @cached_property
    def skipped(self) -> tuple[skipped.Skipped, ...]:
        """What is ended or handed over on some ways out; responses are another matter."""
        told = {one.place for one in self.outwaited if one.waited is not None}  # which says it better
        clients = ((one.paths, one.call) for one in self.served if one.ended)
        followed = (*self.traces, *self.method_traces, *self.factory_traces, *self.evident, *clients)
        traces = [t for t in followed if t[0].place not in told]
        found = (
            *skipped.in_constructors(self.basis, self.constructor_traces),
            *skipped.in_beginnings(self.basis, self._begun),
            *skipped.in_endings(unwound.unwound(self.basis, self._ends)),
            *skipped.in_flagged(flagged.flagged(self.basis, self._ends)),
            *skipped.in_lists(self.listed),
            *skipped.on_disk(self.affordable(undeleted.undeleted(self.basis))),
            *skipped.on_disk(self.affordable(leftbehind.left_behind(self.basis))),
            *skipped.in_functions(self.basis, (t for t in traces if self.sort(t[0].row) != "response")),
        )
        return tuple(skipped.distinct(self.basis, found))

    @cached_property
    def outwaited(self) -> tuple[outwaited.Outwaited, ...]:
        """Processes that are told to end when a wait gave up, or before they are dropped, and not seen to end."""
        return tuple(outwaited.outwaited(self.basis))

    @cached_property
    def bare(self) -> tuple[bare.Bare, ...]:
        """What context managers made of a generator undo after a bare `yield`."""
        told = {one.last.place for one in self.skipped if one.way and one.last is not None}
        return tuple(bare.bare(self.basis, told | {one.place for one in self.lent}))

    @cached_property
    def _begun(self) -> tuple[tuple[Paths, Expr], ...]:
        """What a method that begins something opens into an attribute, for another one to close."""
        stored = ((kept, p.row, u.stmt, value) for p, value in self.traces for kept, u in held.stored(self.basis, p))
        found = (*self.acquisitions, *stored)
        begun = (a for a in found if held.begun(self.basis, *a[:3], self._ends.get(a[0].scope, ())))
        return tuple(self.affordable((self.trace(place, row, stmt), value) for place, row, stmt, value in begun))

    @cached_property
    def reopened(self) -> tuple[reopened.Reopened, ...]:
        """Attributes and globals that are bound anew while the resource they hold is open."""
        return (*reopened.reopened(self.basis), *renewed.renewed(self.basis))

    @cached_property
    def crowded(self) -> tuple[evicted.Crowded, ...]:
        """Caches with a bound that hold resources and drop them unclosed."""
        return tuple(evicted.crowded(self.basis))

    @cached_property
    def evicted(self) -> tuple[evicted.Evicted, ...]:
        """Resources that are taken out of their container, or lost with it, and not closed."""
        return tuple(evicted.evicted(self.basis))

    @cached_property
    def scoped(self) -> tuple[scoped.Scoped, ...]:
        """Context managers whose `with` leaves the resource open, as that of `sqlite3`."""
        return tuple(scoped.scoped(self.basis))

    @cached_property
    def lent(self) -> tuple[lent.Lent, ...]:
        """What is taken from a pool, a lock or a semaphore and not given back on every way out."""
        return tuple(lent.lent(self.basis))

    @cached_property
    def cycles(self) -> tuple[cycles.Cycle, ...]:
        """Attributes through which instances hold themselves, where that matters."""
        return tuple(cycles.cycles(self.basis, self.attribute_resources))
