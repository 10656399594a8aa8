"""What every question is asked of, and the form of an answer: true or false, and always with its evidence."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from leaklint.apis import Apis, Row
from leaklint.facts import Role
from leaklint.meaning.names import Names, Place
from leaklint.meaning.types import Infer, Types
from leaklint.meaning.uses import Use, collect
from leaklint.tree.ir import Block, Expr, Module, Scope, Stmt, flat_of

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Clue:
    """A place of evidence that has no position yet. `label` names a template of the rule's page."""

    stmt: Stmt
    role: Role
    label: str
    args: Mapping[str, str] = field(default_factory=dict)
    block: Block | None = None  # the header meant, when it is a handler's or an elif's
    within: Scope | None = None  # what was searched; a template may say how many `{lines}` that were

    @property
    def ordinal(self) -> int:
        return self.block.ordinal if self.block is not None and self.block.ordinal >= 0 else self.stmt.ordinal


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer is false when there is none; `kind` says which it is."""

    kind: str = ""
    clues: tuple[Clue, ...] = ()
    word: str = ""  # what a message may say of it: the key's name, the bound, the class

    def __bool__(self) -> bool:
        return bool(self.kind)


NO = Answer()


@dataclass(slots=True)
class Budget:
    """How many statements may still be followed in one file; what comes after is not. A function that is written by
    hand has some ten resources and hundreds of statements; a generated one may have thousands of both."""

    left: int = 50_000

    def __bool__(self) -> bool:
        return self.left > 0


@dataclass(frozen=True)
class Basis:
    """One module with its names, uses and types."""

    module: Module
    apis: Apis
    names: Names
    uses: Mapping[Place, list[Use]]
    types: Types
    budget: Budget = field(default_factory=Budget)
    answered: dict[Hashable, Any] = field(default_factory=dict)  # by `once`

    def all_uses(self, place: Place) -> list[Use]:
        return self.uses.get(place, [])

    def own_row(self, scope: Scope) -> Row | None:
        """The row that the project's settings give one of this module's own functions or classes."""
        return self.apis.get(f"{self.module.name}.{scope.qualname}")

    @cached_property
    def all_calls(self) -> tuple[Expr, ...]:
        """Every call of the module, in source order."""
        return tuple(e for stmt in self.module.stmts for e in flat_of(stmt) if e.op == "call")

    @cached_property
    def calls_of(self) -> Mapping[str, list[Expr]]:
        """The calls of what can be imported, by its qualified name."""
        found: dict[str, list[Expr]] = {}
        for call in self.all_calls:
            name = self.types.callee(call).name
            if name is not None:
                found.setdefault(name, []).append(call)
        return found

    @cached_property
    def packages(self) -> frozenset[str]:
        """The outermost packages of what the module's own body imports."""
        bindings = (b for found in self.module.scope.bindings.values() for b in found if b.how == "import")
        return frozenset(b.target.partition(".")[0] for b in bindings)

    @cached_property
    def branches(self) -> Mapping[Scope, list[Stmt]]:
        """The `if`s of each function, in source order."""
        found: dict[Scope, list[Stmt]] = {}
        for stmt in self.module.stmts:
            if stmt.op == "if":
                found.setdefault(stmt.scope.function, []).append(stmt)
        return found

    @cached_property
    def _attributes(self) -> dict[str, list[Expr]]:
        found: dict[str, list[Expr]] = {}
        for stmt in self.module.stmts:
            for expr in flat_of(stmt):
                if expr.op in ("attr", "name"):
                    found.setdefault(expr.text, []).append(expr)
        return found

    @property
    def identifiers(self) -> Iterable[str]:
        """All that names and attributes are called in this module."""
        return self._attributes.keys()

    def mentions(self, name: str) -> list[Expr]:
        """Every expression that ends in this identifier."""
        return self._attributes.get(name, [])

    @cached_property
    def _below(self) -> dict[tuple[Scope, str], list[Place]]:
        """The places that hang from each name of a scope, itself included."""
        found: dict[tuple[Scope, str], list[Place]] = {}
        for place in self.uses:
            found.setdefault((place.scope, place.path[0]), []).append(place)
        return found

    @cached_property
    def _called(self) -> dict[str, list[Place]]:
        found: dict[str, list[Place]] = {}
        for place in self.uses:
            found.setdefault(place.path[-1], []).append(place)
        return found

    def places_called(self, name: str) -> list[Place]:
        """The places of this module that end in a name, whosever they are."""
        return self._called.get(name, [])

    def below(self, place: Place) -> Iterator[Use]:
        """Uses of a place and of everything that hangs from it."""
        for other in self._below.get((place.scope, place.path[0]), ()):
            if other.path[: len(place.path)] == place.path:
                yield from self.uses[other]


def once(*, meanwhile: Any) -> Callable[[Callable[Concatenate[Basis, P], T]], Callable[Concatenate[Basis, P], T]]:
    """A question that is answered once in a file for the same arguments.

    If answering it asks the same question again (functions that call each other), the inner call gets `meanwhile`.
    """

    def decorate(question: Callable[Concatenate[Basis, P], T]) -> Callable[Concatenate[Basis, P], T]:
        @wraps(question)
        def ask(basis: Basis, /, *args: P.args, **kwargs: P.kwargs) -> T:
            asked = question, args, *kwargs.items()
            if asked not in basis.answered:
                basis.answered[asked] = meanwhile
                basis.answered[asked] = question(basis, *args, **kwargs)
            answer: T = basis.answered[asked]
            return answer

        return ask

    return decorate


def basis(module: Module, apis: Apis, infer: Infer = lambda _: ()) -> Basis:
    """The module with its names, uses and types; `infer` is asked for what neither row nor annotation tells."""
    names = Names(module)
    uses = collect(module, names, apis.acting)
    return Basis(module, apis, names, uses, Types(names, apis, uses, infer))


def calls(stmt: Stmt) -> Iterator[Expr]:
    """Every call in a statement's own header, in the order of evaluation."""
    return (e for e in stmt.flat if e.op == "call")
