"""What keeps more than meets the eye: class bodies, default dicts, caches of functions."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from leaklint.answers import drain, driver, rounds, shared
from leaklint.answers.growth import decorators, defaults, entries, lookup, memo, mismatch, queues
from leaklint.answers.peaks import streams
from leaklint.meaning.basis import Answer, Clue
from leaklint.meaning.names import ELEMENT
from leaklint.meaning.scopes import source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import in_loop
from leaklint.value import Value
from leaklint.views.hit import Clear
from leaklint.views.view import View


class Keeping(View):
    """Holders that are easily overlooked."""

    @cached_property
    def memos(self) -> tuple[memo.Memo, ...]:
        """Functions whose results a decorator keeps by their arguments."""
        return tuple(memo.memos(self.basis))

    def entries(self, one: memo.Memo) -> Answer:
        """How many entries may its cache get: `one`, `closed set`, `caller's key`, `inventory` or `unknown`?"""
        return entries.entries(self.basis, one)

    def kept_object(self, one: memo.Memo) -> str:
        """The parameter that brings an object with a life of its own into the key; empty when there is none."""
        return memo.kept_object(self.basis, one)

    def forgotten(self, one: memo.Memo) -> Use | None:
        """What empties the cache of a function."""
        return memo.forgotten(self.basis, one)

    def gives(self, one: memo.Memo) -> bool:
        """Does it give anything back?"""
        return memo.gives(one)

    def instances_cleared(self, one: memo.Memo) -> Clear | None:
        """What clears a cache with instances in its key: there is one, none of them holds anything, or it is emptied
        where the life of one ends."""
        if one.klass is None:
            return None
        if self.one_instance(one.klass):
            return Clear(one.stmt, one.place.text, "one instance for the whole process", sound=True)
        if one.bound and memo.holds_nothing(self.basis, one.klass):
            return Clear(one.stmt, one.place.text, "instances that hold nothing", sound=True)
        if one.bound and memo.is_tuple(self.basis, one.klass):
            return Clear(one.stmt, one.place.text, "instances that are values", sound=True)
        emptied = self.forgotten(one)
        if emptied is not None and emptied.stmt.scope.function in self.endings(one.klass):
            return Clear(one.stmt, one.place.text, "emptied", (Clue(emptied.stmt, "released", "removed"),), sound=True)
        return None

    def cache_cleared(self, one: memo.Memo, keys: Answer) -> tuple[Clear | None, Use | None]:
        """What clears a function cache, else what empties it when one of its entries changes: whoever only reads never
        empties it."""
        if one.bound or keys.kind in ("one", "closed set"):
            return Clear(one.stmt, one.place.text, one.bound.kind or f"keys: {keys.kind}", one.bound.clues, True), None
        if keys.kind == "unknown" and one.klass is None and not entries.brought(self.basis, one):
            return Clear(one.stmt, one.place.text, "nobody is seen to bring new keys"), None
        if driver.ends_soon(self.basis):
            return Clear(one.stmt, one.place.text, "script that ends"), None
        emptied = self.forgotten(one)
        if emptied is None or keys.word in (p.name for p in emptied.stmt.scope.function.params):
            return None, emptied
        return Clear(one.stmt, one.place.text, "emptied", (Clue(emptied.stmt, "released", "removed"),), True), emptied

    def handmade(self) -> Iterator[tuple[decorators.Handmade, Value, tuple[memo.Memo, ...]]]:
        """Memo decorators of this file: what they keep results in, and the functions they are put on."""
        for made in decorators.handmade(self.basis):
            born = tuple(e for e in made.born if (row := self.row(e)) is not None and row.kind == "container")
            row = self.row(born[0]) if born else None
            if row is not None:
                value = Value(self.basis, made.place, row, born)
                yield made, value, tuple(decorators.decorated(self.basis, made))

    def inserting_reads(self, value: Value) -> tuple[Use, ...]:
        """Look-ups that insert an entry, where the key may be a new one."""
        return tuple(lookup.inserting_reads(self.basis, value.place)) if value.row.inserts_on_read else ()

    def fills(self, use: Use) -> bool:
        """Does a look-up put something into the entry, rather than only look?"""
        return lookup.fills(self.basis, use, self._growing)

    @cached_property
    def _growing(self) -> frozenset[str]:
        return frozenset(verb for row in self.apis.values() if row.kind == "container" for verb in row.grow)

    def only_on_demand(self, value: Value) -> bool:
        """Is it emptied as a whole only, where somebody asks for that, by what nothing here calls or on one branch?"""
        return all(u.key is None and self._demanded(u) for u in value.shrinks)

    def _demanded(self, use: Use) -> bool:
        function = use.stmt.scope.function
        public = function.kind == "function" and not function.name.startswith("_")
        called = any(e.stmt.scope.function is not function for e in self.basis.mentions(function.name))
        return public and (drain.conditional(use.stmt) or not called)

    def slotted(self, use: Use) -> bool:
        """Can the constructor not bind what the class body holds, as the class has `__slots__`?"""
        return shared.slotted(use)

    def through_instance(self, use: Use) -> bool:
        """Is something added to what all instances share by way of one of them?"""
        return shared.through_instance(use)

    def keyed_by_object(self, use: Use) -> bool:
        """Is what it is stored by, or added as, an object that the function uses as one?"""
        return memo.an_object(self.basis, use.key)

    def merges(self, use: Use) -> bool:
        """Is what another class lists in its own body taken over?"""
        return shared.merges(use)

    def adds_itself(self, use: Use) -> bool:
        """`Class.items.append(self)`: each instance adds itself, and a class has more than one."""
        holder = shared.added_instance(self.basis, use)
        return holder is not None and not self.one_instance(holder)

    def grown_defaults(self) -> Iterator[tuple[defaults.Default, Value]]:
        """Mutable defaults, where they can grow."""
        for default in defaults.defaults(self.basis):
            yield default, Value(self.basis, default.place, default.row, (default.born,))

    def taken_in(self, value: Value) -> tuple[Use, Answer] | None:
        """A piece of what a stream or peer sends that is added to a buffer, and what brings it."""
        for use in value.grows:
            came = streams.streamed(self.basis, use.value) or streams.piece(self.basis, use.value)
            if came:
                runs = self.context(use.stmt).kind not in ("once", "import")
                return (use, came) if runs and self._buffers(value, use, came) else None
        return None

    def _buffers(self, value: Value, use: Use, came: Answer) -> bool:
        """Bytes and text by their type; a list by its name, or because it takes in what a loop over one receives."""
        name = next(part for part in reversed(value.place.path) if part != ELEMENT)
        gathers = use.verb in ("append", "extend", "write", "__iadd__") and (
            self.means("buffer_names", name) or self.means("gathering_names", name)
        )
        buffer = value.row.kind == "buffer"
        if value.place.scope.kind in ("module", "class"):
            if came.kind == "given":  # that alone says little
                waits = (drain.waits_for_delimiter(self.basis, value.place, s, use) for s in value.shrinks)
                return (buffer or gathers) and bool(value.shrinks) and all(waits)
            pieces = (came.word, source_name(use.value) if use.value is not None else "")
            return buffer or (gathers and (came.kind != "fed" or any(self.means("piece_names", p) for p in pieces)))
        if came.kind == "output":
            return use.verb in ("append", "extend", "__iadd__") and in_loop(use.stmt)
        raw = buffer and came.kind not in ("parsed", "given") and use.stmt.scope is value.place.scope
        raw = raw and not rounds.anew(self.basis, use)
        return raw and (self.endless(use.stmt) or drain.until_found(self.basis, value.place, use.stmt))

    def polled(self, value: Value, grow: Use) -> bool:
        """Does a loop fill it on its own, while it is emptied only where somebody asks for what it holds?"""
        elsewhere = all(s.stmt.scope.function is not grow.stmt.scope.function for s in value.shrinks)
        held = value.place.scope.kind in ("module", "class") and bool(value.shrinks) and elsewhere
        return held and self.endless(grow.stmt) and self.only_on_demand(value)

    @cached_property
    def fed_queues(self) -> tuple[queues.Queue, ...]:
        """Queues that are held, and those in held containers, with what is put into them."""
        return tuple(queues.queues(self.basis))

    def put_by(self, queue: queues.Queue, put: Use) -> str:
        """Who puts something in and is not slowed down: `subscribers` (one queue for each), `stream`, `event`, `call`,
        `service` (a method that takes in what its callers have), `handed` (who is given the queue's own method); empty
        when whoever does so waits, or when the code itself says what is put in.
        """
        if put.role == "argument":
            return "handed"
        when, received = self.context(put.stmt).kind, bool(streams.streamed(self.basis, put.key))
        written = put.key is None or put.key.op == "const" or (not received and self.closed(put.key))
        if when in ("import", "once") or written or queues.waits(self.basis, queue, put):
            return ""
        if queues.for_each(put):
            return "subscribers"
        called_back = when == "event" or queues.called_back(self.basis, put)
        fed = put.verb.endswith("nowait") and self.means("feed_methods", put.stmt.scope.function.name)
        if called_back or received or fed:
            return "event" if called_back else "stream"
        return "service" if queues.takes_in(self.basis, put) else "call"

    def mismatch(self, value: Value) -> mismatch.Mismatch | None:
        """An insertion whose entry no removal of the container can find."""
        return mismatch.mismatch(self.basis, value.place, value.row, value.shrinks)
