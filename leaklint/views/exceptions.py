"""What errors hold on to: exceptions, tracebacks, frames."""

from __future__ import annotations

from functools import cached_property

from leaklint.answers import retention
from leaklint.basis import Answer
from leaklint.uses import Use
from leaklint.views.view import View


class Exceptions(View):
    """Exceptions, and where they are kept."""

    @cached_property
    def error_slots(self) -> tuple[retention.Slot, ...]:
        """Attributes and globals that are bound to an exception."""
        return tuple(retention.slots(self.basis))

    def stored_error(self, use: Use) -> Answer:
        """The exception in what a growing use stores."""
        return retention.stored(self.basis, use)

    def raised_again(self, use: Use) -> Answer:
        return retention.raised(self.basis, use.place)
