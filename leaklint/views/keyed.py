"""Which keys bring ever new entries, by what they are called and what is done beside them; may an entry be evicted?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Literal

from leaklint.answers import key, owner
from leaklint.answers.growth import coverage, memo, narrower, overs, record, telling
from leaklint.meaning.basis import NO, Answer
from leaklint.meaning.names import Place
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Block, Scope, source
from leaklint.value import Value
from leaklint.views.growth import Growth

_ID = re.compile(r"(\w+_)?u?u?id")
_Kept = tuple[Value, Use, Answer]  # a container, an insert, its key


class Keyed(Growth):
    """Containers whose entries have keys."""

    def outside_key(self, value: Value, insert: Use) -> Answer:
        """The key of an insert, when it comes from outside.

        A key with a neutral name counts too if the container is a cache, or if its entries come and go.
        """
        driver = value.driver(insert)
        if driver.kind in ("once", "closed set") or self._numbers(value, insert):
            return NO
        if driver.kind in ("caller's key", "inventory"):
            few = self._of_words(driver.word) and not (self.cached(value) or self.memoises(value, insert))
            return Answer("inventory", driver.clues, driver.word) if few else driver
        if self.means("listening_methods", insert.stmt.scope.function.name):
            return NO  # by the name of an event, which the code writes down
        if self._forgotten(value, insert):
            return Answer("inventory", driver.clues, source(insert.key))
        if driver.kind == "import" and not record.waits(self.basis, insert):
            return NO
        if self._passes(value, insert):
            return Answer(driver.kind, driver.clues, source(insert.key))
        if not key.passed_in(self.basis, insert.key):
            return NO
        remembered = self.cached(value) or self.memoises(value, insert)
        return Answer("inventory", driver.clues, source(insert.key)) if remembered else NO

    def filled_together(self, found: Iterable[_Kept]) -> list[list[_Kept]]:
        """Maps that gain an entry in the same statements under the same key, or one the key of the other
        (`names[key] = name`, `keys[name] = key`): what takes out one entry takes out all of them. Only private ones: of
        two that other files may reach, one may be cleaned there and the other forgotten."""
        groups: list[list[_Kept]] = []
        known: dict[tuple[Scope, Block | None, str], list[_Kept]] = {}
        for one in found:
            value, use, _ = one
            where = (value.place.scope, use.stmt.parent)
            private = value.place.path[0].startswith("_")
            group = known.get((*where, source(use.key))) if private and use.verb != "add" else None
            if group is None:
                group = []
                groups.append(group)
            group.append(one)
            for name in (use.key, use.value) if private else ():
                if name is use.key or (name is not None and name.op == "name"):
                    known.setdefault((*where, source(name)), group)
        return groups

    def _numbers(self, value: Value, insert: Use) -> bool:
        """A table that is as large as what it is made for: what a tokenizer knows by heart, or what gets its number
        there (`numbers[word] = len(numbers)`) and is spoken of by it elsewhere."""
        given = insert.value
        size = given is not None and given.op == "call" and len(given.args) == 2 and given.args[0].text == "len"
        counted = size and given is not None and self.basis.names.place(given.args[1]) == value.place
        return counted or self.means("table_names", value.place.path[-1])

    def _of_words(self, shown: str) -> bool:
        """Is it a token that may be a word or a coin as well as the pass of a session, by its name in messages?"""
        return self.means("word_keys", shown.rpartition(".")[2])

    def _forgotten(self, value: Value, insert: Use) -> bool:
        """Does all else show that entries go again, though nothing takes one out: a sibling that loses its own, or a
        function that ends what it looks up here by the same kind of key?"""
        if value.shrinks or insert.stmt.scope.function.kind != "function":
            return False
        return self.forgotten_beside(value) is not None or value.place in self._parted

    @cached_property
    def _parted(self) -> frozenset[Place]:
        """The places of which an entry is looked up where what it stands for is ended."""
        return frozenset(v.place for v in self.values if any(self._parts(u) for u in v.uses))

    def _parts(self, look: Use) -> bool:
        """`plugin = self.plugins[name]` in `unload_plugin(name)`."""
        function, key = look.stmt.scope.function, look.key
        named = look.verb in ("__getitem__", "get") and key is not None and key.op == "name"
        given = named and key is not None and any(p.name == key.text for p in function.params)
        return given and self.means("parting_methods", function.name)

    def _passes(self, value: Value, insert: Use) -> bool:
        """Does the insert add one of those that come and go, again and again?"""
        if not record.passing(self.basis, insert) or key.looped(self.basis, insert.key):
            return False
        often = self.context(insert.stmt).kind in ("event", "stream")
        return often or self.lasting(value) or record.waits(self.basis, insert)

    def piles_up(self, value: Value, insert: Use, driver: Answer) -> bool:
        """Do the entries become many?

        Yes for caches, by their name, and if entries come and go; for keys of existing things if an event or a stream
        brings new ones. What is a cache only by what its function does wants a holder that lasts, as do unclear keys.
        """
        if driver.kind != "inventory" or self._passes(value, insert) or self._forgotten(value, insert):
            return True
        if self._emptied(value):
            return True
        told = self.telling(insert)
        if told and (self.cached(value) or self.context(insert.stmt).kind in ("event", "stream")):
            return True
        if not self.lasting(value):
            return False
        made = self.memoises(value, insert)
        handed = value.place.is_attribute and telling.handed(self.basis, insert.key)
        return self._comes(insert) or self._identified(insert, driver.word) or (made and (told or handed))

    def _identified(self, insert: Use, shown: str) -> bool:
        """By an id, which is given to what comes anew; not to what stands there, or what a loop goes through."""
        word = shown.rpartition(".")[2]
        anew = _ID.fullmatch(word) is not None and not self.means("standing_keys", word)
        return anew and self.telling(insert) and not key.looped(self.basis, insert.key)

    def telling(self, insert: Use) -> bool:
        """Does anything that the key is made of say that there may be many?"""
        return telling.telling(self.basis, insert.key)

    def _emptied(self, value: Value) -> bool:
        """Are the entries containers that lose what they hold, one by one?"""
        taken = (u for u in self.entry_uses(value) if u.verb in ("pop", "remove", "discard", "__delitem__"))
        return any(u.key is not None for u in taken)

    def when_evicted(self, value: Value, stored: Use) -> Literal["locks", "ends", "needed", "memo", ""]:
        """What an entry is that a cache would drop by itself: one that guards, that is waited for, that a reader counts
        on, or that is simply made again."""
        if self.keeps_locks(value, stored):
            return "locks"
        if self.comes_and_goes(stored):
            return "ends"
        if self.relies_on(value, stored) is not None:
            return "needed"
        return "memo" if self.remakes(value, stored) else ""

    def remakes(self, value: Value, stored: Use) -> bool:
        """Is an entry that was evicted simply made again, when it is next asked for?"""
        acts = self.means("effect_functions", stored.stmt.scope.function.name)
        named = self.means("cache_names", value.place.path[-1].lower()) and not acts
        return self.memoises(value, stored) and (named or memo.recomputes(self.basis, stored))

    def stateful(self, stored: Use) -> bool:
        """Has what is stored a state of its own, without which another one would begin?"""
        return memo.stateful(self.basis, stored)

    def keeps_locks(self, value: Value, insert: Use) -> bool:
        """Are the entries locks? One that is evicted while somebody holds it guards nothing any more."""
        factories = (b.args[1] for b in value.born if b.op == "call" and len(b.args) > 1)
        return any(owner.is_lock(self.basis, e) for e in (insert.value, *factories))

    def comes_and_goes(self, insert: Use) -> bool:
        """Is an entry still needed for as long as it is there, by its name or by what it is? None may be evicted."""
        return record.passing(self.basis, insert)

    def relies_on(self, value: Value, insert: Use) -> Use | None:
        """What reads an entry by subscript elsewhere, and fails when it was evicted."""
        reads = () if value.row.inserts_on_read else value.uses
        elsewhere = (u for u in reads if u.stmt.scope.function is not insert.stmt.scope.function)
        return next((u for u in elsewhere if u.verb == "__getitem__"), None)

    def gaps(self, value: Value, inserts: Sequence[Use]) -> Iterator[coverage.Gap]:
        """The ways out of the storing functions on which an entry survives its removals."""
        yield from coverage.gaps(self.basis, value.row, inserts, value.shrinks)
        yield from overs.overs(self.basis, inserts, value.shrinks)

    def narrower(self, value: Value, inserts: Sequence[Use]) -> Iterator[narrower.Narrower]:
        """Inserts without the condition under which all removals stand."""
        return narrower.narrower(self.basis, inserts, value.shrinks)
