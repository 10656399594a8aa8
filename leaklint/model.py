"""What a rule sees: the values of a file with their lazy answers, and the hits it yields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from leaklint.answers import (
    attributes,
    drain,
    driver,
    fate,
    key,
    memo,
    owner,
    paths,
    spawn,
    text,
    unreleased,
    weight,
)
from leaklint.answers.spawn import Spawn
from leaklint.apis import Row
from leaklint.basis import Answer, Basis, Clue
from leaklint.facts import DriverKind, OwnerKind, ReleaseKind
from leaklint.ir import Block, Expr, Scope, Stmt, flat_of, source
from leaklint.names import Place
from leaklint.uses import Use
from leaklint.value import Value


@dataclass(frozen=True, slots=True)
class Hit:
    """All that a rule yields: where, what leaks, the three answers, and the names of its templates."""

    at: Stmt
    subject: str
    owner: OwnerKind
    driver: DriverKind
    release: ReleaseKind
    message: str
    hint: str
    args: Mapping[str, str] = field(default_factory=dict)
    clues: tuple[Clue, ...] = ()
    acquired: str = ""  # the source of the acquisition, for the fingerprint
    block: Block | None = None
    place: Place | None = None  # asked about in other files


@dataclass(frozen=True, slots=True)
class Clear:
    """A suspect that a defence cleared; `sound` when it is held and bounded as it should be."""

    at: Stmt
    subject: str
    defence: str
    clues: tuple[Clue, ...] = ()
    sound: bool = False


class Facts:
    """One file, ready for questions."""

    def __init__(self, basis: Basis) -> None:
        self.basis = basis

    @property
    def apis(self) -> Mapping[str, Row]:
        return self.basis.apis.rows

    def means(self, what: str, identifier: str) -> bool:
        """Does an identifier belong to one of the vocabulary's lists?"""
        return self.basis.apis.means(what, identifier)

    # -- values --------------------------------------------------------------------------------------------------

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

    def siblings(self, value: Value) -> Iterator[tuple[Value, Use]]:
        """Containers of the same holder that gain entries next to `value` and lose them again, with the removal."""
        keys = {(u.stmt.scope.function, source(u.key)) for u in value.grows}
        for other in self.held:
            if (
                other.place.scope is value.place.scope
                and other.place != value.place
                and other.row.kind == value.row.kind
            ):
                together = any((u.stmt.scope.function, source(u.key)) in keys for u in other.grows)
                words = {_word(u.key) for u in other.grows}
                keyed = next((s for s in other.shrinks if s.key is not None and _word(s.key) in words), None)
                if together and keyed is not None:
                    yield other, keyed

    # -- expressions ---------------------------------------------------------------------------------------------

    @property
    def stmts(self) -> tuple[Stmt, ...]:
        return self.basis.module.stmts

    @cached_property
    def calls(self) -> tuple[Expr, ...]:
        return tuple(e for stmt in self.stmts for e in flat_of(stmt) if e.op == "call")

    def result(self, call: Expr) -> Row | None:
        return self.basis.types.result(call)

    def row(self, expr: Expr | None) -> Row | None:
        return self.basis.types.row(expr)

    def closed(self, expr: Expr | None) -> bool:
        """Is an expression one of a few values that the code lists?"""
        return key.key(self.basis, expr).kind == "closed set"

    def context(self, stmt: Stmt) -> Answer:
        return driver.context(self.basis, stmt)

    def spawn(self, call: Expr) -> Spawn | None:
        return spawn.spawn(self.basis, call)

    def runs_through(self, spawned: Spawn) -> bool:
        return spawn.runs_through(self.basis, spawned)

    def destiny(self, call: Expr) -> Answer:
        return spawn.destiny(self.basis, call)

    def weight(self, expr: Expr) -> Answer:
        """May the value be of any size?"""
        return weight.weight(self.basis, expr)

    def streamed(self, expr: Expr | None) -> Answer:
        """Does the value come in from a stream or peer?"""
        return weight.streamed(self.basis, expr)

    @cached_property
    def stringified(self) -> tuple[text.Text, ...]:
        return tuple(text.stringified(self.basis))

    def error_branch(self, stmt: Stmt) -> tuple[Block | None, Stmt] | None:
        return text.error_branch(stmt)

    def waits_for_delimiter(self, value: Value, shrink_: Use, grow: Use) -> bool:
        return drain.waits_for_delimiter(self.basis, value.place, shrink_, grow)

    # -- resources -----------------------------------------------------------------------------------------------

    def acquired(self, expr: Expr | None) -> Row | None:
        return fate.acquired(self.basis, expr)

    def trace(self, place: Place, row: Row, stmt: Stmt) -> paths.Paths:
        return paths.trace(self.basis, place, row, stmt)

    @cached_property
    def acquisitions(self) -> tuple[tuple[Place, Row, Stmt, Expr], ...]:
        """Resources that are put into a local name, an attribute or a global where they are acquired."""
        found = []
        for place, uses in self.basis.uses.items():
            for use in uses:
                if use.verb == "bind" and use.stmt.op == "assign":
                    row = (
                        self.acquired(use.value) if use.value is not None else fate.acquired_part(self.basis, use.expr)
                    )
                    value = use.value or use.stmt.value
                    if row is not None and value is not None:
                        found.append((place, row, use.stmt, value))
        return tuple(found)

    # -- classes -------------------------------------------------------------------------------------------------

    def endings(self, klass: Scope) -> tuple[Scope, ...]:
        """Methods that end the life of an instance: by the rows of its base classes, or by their names."""
        names = {n for base in self.basis.names.outside_bases(klass) if (row := self.apis.get(base)) for n in row.ends}
        methods = self.basis.names.methods(klass)
        return tuple(m for m in methods if m.name in names or self.means("end_of_life_methods", m.name))

    @cached_property
    def traces(self) -> tuple[tuple[paths.Paths, Expr], ...]:
        """Each resource that a function puts into a local name, followed through the function."""
        # `p = self.proc = Popen(...)`: the attribute holds it too
        alone = (a for a in self.acquisitions if all(t.op in ("name", "tuple") for t in a[2].targets))
        local = (a for a in alone if a[0].scope.kind == "function" and len(a[0].path) == 1)
        return tuple((self.trace(place, row, stmt), value) for place, row, stmt, value in local)

    @cached_property
    def constructor_traces(self) -> tuple[tuple[paths.Paths, Expr], ...]:
        """Each resource that a constructor puts into an attribute, followed to the constructor's end."""
        born = (
            a for a in self.acquisitions if a[0].is_attribute and a[2].scope.function.name in ("__init__", "__new__")
        )
        return tuple((self.trace(place, row, stmt), value) for place, row, stmt, value in born)

    @cached_property
    def unreleased(self) -> tuple[unreleased.Unreleased, ...]:
        return tuple(unreleased.unreleased(self.basis, self.traces))

    @cached_property
    def memos(self) -> tuple[memo.Memo, ...]:
        """Functions whose results a decorator keeps by their arguments."""
        return tuple(memo.memos(self.basis))

    def memoises(self, value: Value, stored: Use) -> bool:
        """Does the storing function look the key up first and give the entry back?"""
        return memo.memoises(self.basis, value.place, stored)

    def one_instance(self, klass: Scope) -> bool:
        """Does the module make the only instance, for as long as the process runs?"""
        return attributes.module_instance(self.basis, klass)

    def is_task(self, expr: Expr | None) -> bool:
        row = self.row(expr)
        return row is not None and row.kind == "task" and row.noun == "task"

    def is_heavy(self, call: Expr) -> bool:
        """Does the call load a model?"""
        callee = self.basis.types.callee(call)
        return callee.row is not None and callee.row.heavy

    def at_import(self, call: Expr) -> bool:
        """Does the call run when the module is imported, and not only when it is run as a script?"""
        return (
            call.scope.function.kind in ("module", "class")
            and call.scope.kind != "lambda"
            and not driver.script_only(call.stmt)
        )

    @cached_property
    def attribute_resources(self) -> tuple[attributes.Held, ...]:
        classes = (s for s in self.basis.module.scopes if s.kind == "class")
        return tuple(attributes.held(self.basis, {k: self.endings(k) for k in classes}))

    def lifetime(self, klass: Scope) -> OwnerKind:
        return owner.lifetime(self.basis, klass)

    def growth_cleared(self, value: Value) -> Clear | None:
        """A growing container that a defence clears, at its birth; sound when it is bounded or pruned."""
        answer = self._growth_defence(value)
        if answer is None:
            return None
        sound = answer.kind in ("pruned", "guard", "bounded type", "weak")
        return Clear(value.born[0].stmt, value.subject, answer.kind, answer.clues, sound)

    def _growth_defence(self, value: Value) -> Answer | None:
        """What clears a growing container: its bound, its short-lived holder, its removals, another holder."""
        if value.bound:
            return value.bound
        if value.owner.kind == "short-lived instance":
            return Answer("short-lived holder", value.owner.clues)
        if value.shrinks and not self.only_at_end(value) and not value.only_on_read:
            return Answer("pruned", tuple(Clue(s.stmt, "released", "removed") for s in value.shrinks[:3]))
        if self.is_mapping(value):
            return Answer("the holder is a mapping itself")
        if value.escapes:
            return Answer("held elsewhere too", tuple(Clue(u.stmt, "holder", "escapes") for u in value.escapes[:3]))
        return None

    def is_mapping(self, value: Value) -> bool:
        """Is the holder a container itself, whose users decide what it keeps?"""
        return any(
            g.stmt.scope.function.name in ("__setitem__", "__setattr__", "__set__", "__missing__") for g in value.grows
        )

    def only_at_end(self, value: Value) -> bool:
        """Are all removals wholesale and in methods that end the owner's life?"""
        endings = {m for k in [value.place.scope] if k.kind == "class" for m in self.endings(k)}
        return bool(value.shrinks) and all(s.stmt.scope.function in endings and s.key is None for s in value.shrinks)


def _word(key: Expr | None) -> str:
    """The identifier that a key ends in: `session.id` and `id` are likely the same."""
    return key.text if key is not None and key.op in ("name", "attr") else source(key)
