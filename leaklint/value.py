"""A container or buffer with everything that is asked about it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from leaklint.answers import bound, owner, shared, shrink
from leaklint.answers.growth import added, nested, present
from leaklint.apis import Row
from leaklint.meaning.basis import Answer, Basis, Clue
from leaklint.meaning.names import Place
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, source


class Value:
    """What a place holds from its birth on. The costly answers are computed when asked for."""

    def __init__(self, basis: Basis, place: Place, row: Row, born: tuple[Expr, ...]) -> None:
        self.basis, self.place, self.row, self.born = basis, place, row, born

    @property
    def subject(self) -> str:
        return self.place.text

    @property
    def uses(self) -> list[Use]:
        return self.basis.all_uses(self.place)

    @cached_property
    def grows(self) -> tuple[Use, ...]:
        """Uses that add an entry. Storing under a slice, or a key that is there, replaces one."""
        return tuple(
            u
            for u in self.uses
            if u.verb in self.row.grow
            and not (u.verb == "__setitem__" and u.key is not None and (u.key.op == "slice" or self._replaces(u)))
        )

    def _replaces(self, store: Use) -> bool:
        return present.present(store, self._reads, self.row.inserts_on_read) or present.moves(store, self._removals)

    @cached_property
    def _reads(self) -> present.Reads:
        return present.reads(self.uses)

    @cached_property
    def _removals(self) -> tuple[Use, ...]:
        return tuple(u for u in self.uses if u.verb in self.row.shrink and u.key is not None)

    @cached_property
    def stored(self) -> frozenset[tuple[Scope, str]]:
        """In which functions what is stored, by its key and by its name: `by_id[user.id] = user` stores what
        `by_name[user.name] = user` does, and `ids[name] = user_id` is the way back from `names[user_id] = name`."""
        return frozenset((u.stmt.scope.function, said) for u in self.grows for said in _said(u))

    @cached_property
    def shrinks(self) -> tuple[Use, ...]:
        return tuple(shrink.shrinks(self.basis, self.place, self.row))

    @cached_property
    def escapes(self) -> tuple[Use, ...]:
        return tuple(shrink.escapes(self.basis, self.place))

    @cached_property
    def owner(self) -> Answer:
        return owner.owner(self.basis, self.place)

    @cached_property
    def shared(self) -> bool:
        """Does it belong to a class, for all instances together?"""
        return shared.shared(self.basis, self.place)

    @cached_property
    def bound(self) -> Answer:
        return bound.bound(self.basis, self.place, self.row, self.born)

    def driver(self, use: Use) -> Answer:
        return added.growth(self.basis, use)

    @property
    def birth(self) -> Clue | None:
        """Where the value came to be, as evidence of who holds it; with the removals looked for, and where."""
        if not self.born:
            return None
        scope = self.place.scope
        verbs = [f"`{v}`" for v in self.row.shrink if not v.startswith("_")][:3]
        args = {
            "subject": self.subject,
            "verbs": ", ".join([*verbs, "`del`", "reassignment"]),
            "where": f"class `{scope.name}`" if scope.kind == "class" else "the module",
        }
        return Clue(self.born[0].stmt, "holder", "born", args, within=scope)


def _said(use: Use) -> Iterator[str]:
    yield source(use.key)
    if use.value is not None and use.value.op == "name" and use.verb in ("__setitem__", "append", "appendleft", "add"):
        yield f"={use.value.text}"
        if use.verb == "__setitem__":
            yield use.value.text


class Entries(Value):
    """What a container holds under one constant key (`state["messages"]`), or under all others, taken together.

    Their `place` is its entry, their birth is its own.
    """

    def __init__(self, container: Value, key: str, row: Row) -> None:
        super().__init__(container.basis, container.place.entry, row, container.born)
        self.container, self.key = container, key

    @property
    def subject(self) -> str:
        return f"{self.container.subject}[{self.key}]" if self.key else self.container.subject

    @cached_property
    def bound(self) -> Answer:
        made = tuple(nested.values(self.basis, self.container.place, self.born, self.key))
        return self.container.bound or bound.by_type(self.basis, self.row, made) or super().bound

    @cached_property
    def uses(self) -> list[Use]:
        return [u for u in super().uses if nested.constant_key(self.basis, u.expr) == self.key]

    @cached_property
    def shrinks(self) -> tuple[Use, ...]:
        """What shortens one of them, takes one out, or puts another in its place; a first empty one adds nothing."""
        adding = {u.stmt.scope.function for u in self.grows}
        outer = [u for u in (*self.container.uses, *self.container.shrinks) if self._means(u.key)]
        removed = (u for u in self.container.shrinks if u in outer)
        stored = (u for u in outer if u.verb == "__setitem__" and self.basis.names.place(u.value) != self.place)
        anew = (u for u in stored if not _empty(u.value) or u.stmt.scope.function not in adding)
        # one under a key that is no constant may be one of theirs: `for part in self.parts.values(): del part[name]`
        own = (u for u in super().shrinks if nested.constant_key(self.basis, u.expr) in ("", self.key))
        return (*own, *removed, *anew)

    def _means(self, key: Expr | None) -> bool:
        """May a key of the container be one of theirs?"""
        return key is None or not self.key or key.op != "const" or source(key) == self.key


def _empty(value: Expr | None) -> bool:
    """`[]`, `deque()`, or a list of a first one."""
    return value is not None and (value.op in ("list", "set", "dict") or (value.op == "call" and len(value.args) == 1))
