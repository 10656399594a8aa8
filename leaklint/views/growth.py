"""What grows: containers and buffers, and what clears them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Literal, get_args

from leaklint.answers import drain, driver, owner, rounds
from leaklint.answers.growth import alias, finalized, memo, narrower, nested, occasion, record, startup, tail, unsent
from leaklint.answers.releasing import endings
from leaklint.apis import Row
from leaklint.facts import DriverKind, OwnerKind
from leaklint.meaning.basis import NO, Answer, Clue
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, source
from leaklint.value import Entries, Value
from leaklint.views import sibling
from leaklint.views.hit import Clear
from leaklint.views.view import View
from leaklint.vocabulary import words_of

_OF_MAPPINGS = ("__setitem__", "__getitem__", "__setattr__", "__set__", "__missing__")


class Growth(View):
    """Containers and buffers, held and growing."""

    @cached_property
    def values(self) -> tuple[Value, ...]:
        """Containers and buffers that were made in this file, by place."""
        found = []
        for place in self.basis.uses:
            if "[]" in place.path or len(place.path) > 2:
                continue
            row, born = self._made(place)
            if row is not None and born:
                found.append(Value(self.basis, place, row, born))
        return tuple(found)

    def _made(self, place: Place) -> tuple[Row | None, tuple[Expr, ...]]:
        row, born = None, []
        for expr in self.basis.types.bound_values(place):
            if expr.op in ("name", "attr", "sub"):
                continue
            made = self.basis.types.row(expr)
            if made is not None and made.kind in ("container", "buffer"):
                born.append(expr)
                row = row or made
        return row, tuple(born)

    @cached_property
    def held(self) -> tuple[Value, ...]:
        """Those held by the module, a class or an instance."""
        return tuple(v for v in self.values if v.place.scope.kind in ("module", "class"))

    @cached_property
    def lists(self) -> tuple[Value, ...]:
        """Containers that are held, those that are their entries (`self.timings[name].append(seconds)`), and locals."""
        return (*self.maps, *(v for v in self.values if v.place.scope.kind == "function"))

    @cached_property
    def maps(self) -> tuple[Value, ...]:
        """Containers that are held, and what they hold in turn."""
        return (*(v for v in self.held if v.row.kind == "container"), *self.nested)

    @cached_property
    def nested(self) -> tuple[Entries, ...]:
        """Containers that are entries of held ones."""
        return tuple(e for v in self.held if v.row.kind == "container" for e in self._entries(v))

    def _entries(self, value: Value) -> Iterator[Entries]:
        uses = self.entry_uses(value)
        for under in dict.fromkeys(nested.constant_key(self.basis, u.expr) for u in uses):
            appended = any(u.verb == "append" for u in uses if nested.constant_key(self.basis, u.expr) == under)
            row = nested.row(self.basis, value.place, value.born, under)
            row = row or (self.apis["builtins.list"] if appended else None)
            if row is not None and row.kind == "container":
                yield Entries(value, under, row)

    def siblings(self, value: Value) -> Iterator[sibling.Sibling]:
        """Containers of the same holder that gain entries next to `value` and lose them again."""
        yield from sibling.pruned(value, self.held)
        if value.place.scope.kind == "class":
            yield from sibling.outlasts(self.basis, value, self.held)

    def forgotten_beside(self, value: Value) -> sibling.Sibling | None:
        """One of them, where nothing is ever taken out of `value` itself."""
        if value.place not in self._beside:  # asked for each insert
            self._beside[value.place] = None if value.shrinks else next(self.siblings(value), None)
        return self._beside[value.place]

    @cached_property
    def _beside(self) -> dict[Place, sibling.Sibling | None]:
        return {}

    def left_behind(self, value: Value, inserts: Sequence[Use]) -> Iterator[sibling.Sibling]:
        """Containers that are cleaned together with `value`, and in one more place without it."""
        return sibling.left_behind(self.basis, value, self.held) if inserts else iter(())

    def drops(self, value: Value) -> bool:
        """Does its bound drop entries, by its type or by the removal of others where its length is asked for? One that
        refuses new ones, or waits, leaves those there that nobody takes out."""
        if value.bound.kind != "guard":
            return bool(value.bound)
        asked, stored = {c.stmt.scope.function for c in value.bound.clues}, {source(u.key) for u in value.grows}
        return any(s.stmt.scope.function in asked and source(s.key) not in stored for s in value.shrinks)

    @cached_property
    def aliases(self) -> tuple[alias.Alias, ...]:
        """Lists that outlive a call, and are added to in it by a name of its own, as if they were copies."""
        return tuple(alias.aliases(self.basis))

    def may_repeat(self, value: Value, insert: Use) -> bool:
        """Can the insert add ever new entries: not once, at import, or under keys that the code lists?

        A method with a registering name does not run only at import if something later removes its entries by key.
        """
        kind = value.driver(insert).kind
        if kind in ("once", "closed set") or self.closed(insert.key):
            return False
        returns = (s.key is not None and s.key.op != "slice" for s in value.shrinks)
        return kind != "import" or (insert.stmt.scope.function.kind == "function" and any(returns))

    def driver_kind(self, answer: Answer) -> DriverKind:
        """What a finding may say of a driver."""
        return answer.kind if answer.kind in get_args(DriverKind) else "call"  # type: ignore[return-value]

    def waits_for_delimiter(self, value: Value, shrink_: Use, grow: Use) -> bool:
        """Is a removal reached only when the input holds something, such as a delimiter?"""
        return drain.waits_for_delimiter(self.basis, value.place, shrink_, grow)

    def memoises(self, value: Value, stored: Use) -> bool:
        """Does the storing function look the key up first and give the entry back?"""
        return memo.memoises(self.basis, value.place, stored)

    def remembers(self, value: Value) -> bool:
        """Is it a cache by its name, with entries that are made when they are first asked for?"""
        return self.cached(value) and any(self.memoises(value, u) for u in value.grows)

    def cached(self, value: Value) -> bool:
        """By its name or that of its class: whatever is asked for gets an entry."""
        return any(self.means("cache_names", name) for name in (value.place.path[-1], value.place.scope.name))

    def entry_uses(self, value: Value) -> list[Use]:
        """What is done with the entries, by a loop variable or a subscript."""
        return self.basis.all_uses(value.place.entry)

    def lasting(self, value: Value) -> bool:
        """Does the holder live long: by who makes it, by its name, or because several threads or tasks share it?"""
        if value.place.scope.kind != "class" or value.owner.kind in ("process", "long-lived instance"):
            return value.owner.kind != "call"
        klass = value.place.scope
        if klass not in self._lasting:
            self._lasting[klass] = record.lasts(self.basis, klass)
        return self._lasting[klass]

    @cached_property
    def _lasting(self) -> dict[Scope, bool]:
        return {}

    def holder(self, value: Value, insert: Use) -> OwnerKind:
        """Who holds it, as far as that is shown: an object lasts by a lock or a loop, or where its name says so and one
        event after the other reaches it. Of any other nobody knows how long it lives."""
        kind: OwnerKind = value.owner.kind  # type: ignore[assignment]
        klass = value.place.scope
        if kind != "instance" or record.shown_lasting(self.basis, klass):
            return kind
        again = self.context(insert.stmt).kind in ("event", "stream") or self._comes(insert)
        return kind if again and owner.named_lasting(self.basis, klass) else "unknown instance"

    def _comes(self, insert: Use) -> bool:
        """Is it stored by the id of what comes and goes? Then one after the other reaches the same object."""
        return insert.key is not None and self.means("passing_keys", source_name(insert.key))

    def unsent(self, value: Value) -> Answer:
        """What may fail so that every removal leaves all entries where they are, or puts them back."""
        held = value.place.scope.kind in ("module", "class")
        return unsent.unsent(self.basis, value.grows, value.shrinks, value.bound) if held else NO

    def optional(self, value: Value) -> Answer:
        """The setting under which alone entries are taken out."""
        held = value.place.scope.kind in ("module", "class")
        return narrower.optional(self.basis, value.grows, value.shrinks) if held else NO

    def runs_on(self, value: Value, added: Use) -> bool:
        """Is a local container, made before an endless loop that nothing but an error leaves, added to in that loop?"""
        return rounds.runs_on(self.basis, added.stmt, [b.stmt for b in value.born])

    def record(self, added: Use) -> Answer:
        """Is what is added a record of what has been, or one of those that come and go?"""
        return record.record(self.basis, added)

    def only_last(self, value: Value) -> bool:
        """Is the last entry all that is ever read of it?"""
        return record.only_last(self.basis, value.place)

    def tail(self, value: Value) -> tail.Tail:
        """How its oldest entries may be dropped."""
        return tail.tail(value.uses, ordered="discard" not in value.row.shrink)

    def gone_through(self, value: Value, added: Use) -> Use | None:
        """What reads all of it, unless by its name or its form only the latest of it matter."""
        latest = self.record(added).kind in ("history", "latest", "stamped", "unread")
        return None if latest else tail.gone_through(value.uses)

    @cached_property
    def bounded_at_hand(self) -> str:
        """A bounded container from a library that this module imports already, as code names it; empty without one."""
        rows = (r for r in self.apis.values() if r.kind == "container" and r.bound and not r.memo and r.noun == "cache")
        found = [r.name for r in rows if r.name.partition(".")[0] in self.basis.packages]
        return next((name for name in found if "LRU" in name), next(iter(found), ""))

    def parting(self, value: Value, insert: Use) -> Scope | None:
        """A function beside the inserting one in which the life of the same key ends, by its name and parameter:
        `disconnect(user_id)`, `remove_user(user_id)`, and `stop_typing(user_id)` of the map `_typing` alone."""
        word = insert.key.text if insert.key is not None and insert.key.op == "name" else ""
        key, own = _stems(f"{word}_{value.place.scope.name}"), _stems(value.place.path[-1])
        for function in value.place.scope.children:
            if self.means("parting_methods", function.name) and any(p.name == word for p in function.params):
                ending = ("parting_words", "parting_methods")
                told = {w for w in _stems(function.name) if not any(self.means(what, w) for what in ending)}
                if told == own or all(w in key or self.means("passing_objects", w) for w in told):
                    return function
        return None

    def renewed(self, value: Value) -> Use | None:
        """`hits[ip] = [t for t in hits[ip] if t > cutoff]`: an insert that drops what is old of its own entry only."""
        return next((u for u in value.grows if occasion.renews(self.basis, u)), None)

    def growth_cleared(self, value: Value, *told: occasion.Occasion) -> Clear | None:
        """A growing container that a defence clears, at its birth; sound when it is bounded or pruned.

        Removals on the occasions `told` clear nothing: the rule tells of them. Nor do those at the holder's end, and
        those that only make room or take back what failed.
        """
        answer = self._growth_defence(value, ("only_at_end", "only_undone", *told))
        if answer is None:
            return None
        sound = answer.kind in ("pruned", "guard", "bounded type", "weak")
        return Clear(value.born[0].stmt, value.subject, answer.kind, answer.clues, sound)

    def _growth_defence(self, value: Value, told: tuple[occasion.Occasion, ...]) -> Answer | None:
        """What clears a growing container: its bound, its short-lived holder, its removals, another holder."""
        if value.bound:
            return value.bound
        if value.owner.kind == "short-lived instance":
            return Answer("short-lived holder", value.owner.clues)
        if driver.ends_soon(self.basis):
            return Answer("script that ends")
        if value.shrinks and self.pruned(value) not in told:
            return Answer("pruned", tuple(Clue(s.stmt, "released", "removed") for s in value.shrinks[:3]))
        held = value.place.scope.kind in ("module", "class")
        if held and (occasion.made_anew(value.born, value.grows) or self._renewed_by_base(value)):
            return Answer("made anew", tuple(Clue(b.stmt, "released", "removed") for b in value.born[:1]))
        if self.is_mapping(value):
            return Answer("the holder is a mapping itself")
        ready = startup.until_ready(self.basis, value.grows)
        if ready is not None:
            return Answer("until its holder is ready", (ready,))
        if value.escapes:
            return Answer("held elsewhere too", tuple(Clue(u.stmt, "holder", "escapes") for u in value.escapes[:3]))
        return None

    def _renewed_by_base(self, value: Value) -> bool:
        klass = value.place.scope
        bases = self.basis.names.outside_bases(klass) if klass.kind == "class" else ()
        rows = (self.apis.get(base) for base in bases)
        return any(row is not None and value.place.path[0] in row.renews for row in rows)

    def is_mapping(self, value: Value) -> bool:
        """Is the holder a container itself, whose users decide what it keeps?"""
        functions = (g.stmt.scope.function for g in value.grows if value.place.scope.kind == "class")
        return any(f.name in _OF_MAPPINGS for f in functions)

    def pruned(self, value: Value) -> occasion.Occasion | Literal["never"]:
        """On which occasion are entries taken out for good?"""
        klass = value.place.scope
        last = endings.only_at_end(self.basis, klass, self.endings(klass)) if klass.kind == "class" else ()
        if not value.shrinks:
            return "never"
        if finalized.only_finalized(self.basis, value.row, value.grows, value.shrinks):
            return "only_finalized"
        told = occasion.occasion(self.basis, value.shrinks, last)
        if told == "regular" and occasion.only_at_start(self.basis, value.shrinks, value.grows, last):
            return "only_at_start"
        if told == "regular" and self.optional(value):
            return "only_if"
        cached = told == "regular" and self.remembers(value)
        return "only_forgotten" if cached and occasion.only_forgotten(self.basis, value.shrinks, last) else told

    def only_at_end(self, value: Value) -> bool:
        """Are all removals wholesale and in methods that end the owner's life?"""
        return self.pruned(value) == "only_at_end"


def _stems(identifier: str) -> set[str]:
    return {word.lower().rstrip("s") for word in words_of(identifier)}
