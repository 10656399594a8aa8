"""What is called back: listeners, and registrations that are made again and again."""

from __future__ import annotations

from functools import cached_property

from leaklint.answers.listeners import (
    combined,
    interrupted,
    itself,
    leftover,
    listener,
    registered,
    repeated,
    reruns,
    rewrapped,
    slots,
)
from leaklint.meaning.basis import Answer
from leaklint.tree.ir import Stmt
from leaklint.views.view import View


class Listeners(View):
    """Registrations, and who takes them back."""

    @cached_property
    def registrations(self) -> tuple[registered.Registration, ...]:
        """Calls and decorators that register a callback, in source order, and then events that one is added to."""
        return (*registered.registrations(self.basis), *combined.combined(self.basis))

    @cached_property
    def listening(self) -> tuple[listener.Listening, ...]:
        """Objects that register themselves at something and are not taken off again."""
        return tuple(listener.listening(self.basis, self.registrations))

    def reruns(self, stmt: Stmt) -> Answer:
        """What makes a statement run more than once in a process?"""
        return reruns.reruns(self.basis, stmt)

    def first_only(self, stmt: Stmt) -> bool:
        """Is it left out once its function has run, by what that looks at first and sets?"""
        return reruns.first_only(self.basis, stmt)

    @cached_property
    def repeated(self) -> tuple[repeated.Repeated, ...]:
        """Registrations for the whole process in what can run again."""
        known = tuple(repeated.repeated(self.basis, self.registrations))
        seen = {one.registration.stmt for one in known}
        others = (
            *leftover.leftovers(self.basis),
            *interrupted.interrupted(self.basis, self.registrations),
            *slots.connected(self.basis),
        )
        left = (one for one in others if one.registration.stmt not in seen)
        return (*known, *left, *rewrapped.wrapped(self.basis))

    @cached_property
    def held_by_themselves(self) -> tuple[itself.Itself, ...]:
        """Objects in containers of their own, and nested functions that call themselves."""
        return tuple(itself.itself(self.basis))
