"""What every rule may ask: statements, calls, rows, classes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from leaklint.answers import driver, key, owner, rounds, shared
from leaklint.answers.exceptions import sink
from leaklint.answers.holding import attributes
from leaklint.answers.releasing import endings
from leaklint.apis import Row
from leaklint.facts import OwnerKind
from leaklint.meaning.basis import Answer, Basis
from leaklint.meaning.names import Place
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Block, Expr, Scope, Stmt


class View:
    """One file, ready for the questions of all families."""

    def __init__(self, basis: Basis) -> None:
        self.basis = basis

    @property
    def apis(self) -> Mapping[str, Row]:
        """All rows, by name."""
        return self.basis.apis.rows

    def means(self, what: str, identifier: str) -> bool:
        """Does an identifier belong to one of the vocabulary's lists?"""
        return self.basis.apis.means(what, identifier)

    @property
    def calls(self) -> tuple[Expr, ...]:
        """The calls of the file, in its order."""
        return self.basis.all_calls

    def uses(self, expr: Expr) -> list[Use]:
        """Every use of the place that an expression stands for."""
        place = self.basis.names.place(expr)
        return self.basis.all_uses(place) if place is not None else []

    def row(self, expr: Expr | None) -> Row | None:
        """The row of what an expression is an instance of, or of the function that it names; None if unknown."""
        return self.basis.types.row(expr)

    def closed(self, expr: Expr | None) -> bool:
        """Is an expression one of a few values that the code lists?"""
        return key.key(self.basis, expr).kind == "closed set"

    def context(self, stmt: Stmt) -> Answer:
        """How often a statement runs while its owner lives: once, import, event, stream, loop, or call (unknown)."""
        return driver.context(self.basis, stmt)

    @cached_property
    def in_tests(self) -> bool:
        """Does the file run in a process that ends with its tests?"""
        return driver.in_tests(self.basis)

    def endless(self, stmt: Stmt) -> bool:
        """Is it in a loop that goes on for as long as something comes in or nobody stops it?"""
        return rounds.endless(self.basis, stmt)

    def at_import(self, call: Expr) -> bool:
        """Does the call run when the module is imported, and not only when it is run as a script?"""
        return (
            call.scope.function.kind in ("module", "class")
            and call.scope.kind != "lambda"
            and not driver.script_only(self.basis, call.stmt)
            and not driver.is_example(self.basis)
            and not driver.runs_aside(self.basis)
        )

    def error_branch(self, stmt: Stmt) -> tuple[Block | None, Stmt] | None:
        """The handler or branch on failure that a statement stands in, and the statement that it belongs to."""
        return sink.error_branch(self.basis, stmt)

    def endings(self, klass: Scope) -> tuple[Scope, ...]:
        """Methods that end the life of an instance, by the rows of its base classes or by their names."""
        return endings.endings(self.basis, klass)

    def expected_ending(self, klass: Scope) -> str:
        """The method by which the framework of a base class ends an instance; empty where none is known."""
        return endings.expected(self.basis, klass)

    def reached_by_ending(self, klass: Scope) -> frozenset[Scope]:
        """The endings and every function of the file that they call or hand on, in turn."""
        return endings.reached(self.basis, klass, self.endings(klass))

    def lifetime(self, klass: Scope) -> OwnerKind:
        """How long instances of a class live."""
        return owner.lifetime(self.basis, klass)

    def owner(self, place: Place) -> Answer:
        """Who holds what a place holds?"""
        return owner.owner(self.basis, place)

    def lasts(self, place: Place) -> bool:
        """Does the holder live as long as the process, for certain or by the name of its class?"""
        named = place.scope.kind == "class" and self.means("long_lived_classes", place.scope.name)
        return self.owner(place).kind in ("process", "long-lived instance") or (
            named and self.owner(place).kind != "short-lived instance"
        )

    def one_instance(self, klass: Scope) -> bool:
        """Does the module make the only instance, for as long as the process runs, or the class itself?"""
        return attributes.module_instance(self.basis, klass) or shared.singleton(self.basis, klass)
