"""What errors hold on to (exceptions, tracebacks, frames), and what becomes text in errors, logs and traces."""

from __future__ import annotations

from functools import cached_property

from leaklint.answers.exceptions import described, held, reraised, retention, sink, tracebacks, wrapped
from leaklint.answers.exceptions.text import Text
from leaklint.answers.peaks.framed import bulk as framed_bulk
from leaklint.meaning.basis import Answer
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Stmt, source
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
        """Is the exception that a use stores raised again, or given to who waits for it?"""
        return retention.raised(self.basis, use.place)

    def gives_up_holder(self, use: Use) -> Answer:
        """Does what stores an exception end its holder in the same breath?"""
        return retention.ends_holder(self.basis, use)

    @cached_property
    def reraised(self) -> tuple[reraised.Reraised, ...]:
        """Exceptions that exist once, and that functions raise again and again."""
        return tuple(reraised.reraised(self.basis))

    @cached_property
    def described(self) -> tuple[described.Described, ...]:
        """Texts of errors and tracebacks that are kept or sent, however long they are."""
        return tuple(described.described(self.basis))

    @cached_property
    def framed(self) -> tuple[tracebacks.Framed, ...]:
        """Names and attributes that are bound to frames or tracebacks, or to what holds the frame of their function."""
        return (*tracebacks.framed(self.basis), *held.held(self.basis))

    def bulk_in_frame(self, framed: tracebacks.Framed) -> str:
        """What weighs, among the variables of the function whose frame is held."""
        given_on = framed.kind in ("raised", "given")
        end = framed.stmt if framed.kind == "raised" else None
        return framed_bulk(self.basis, framed.stmt.scope.function, framed.place.path[-1], given_on, end)

    def sink(self, expr: Expr) -> sink.Sink | None:
        """The log or tracing call in which a text ends."""
        return sink.ends_in(self.basis, expr)

    def refusal(self, text: Text, weight: Answer) -> bool:
        """Is it the text of a response whose status says that it failed, or a message that says so, or that nobody can
        read? These are short."""
        stmt = text.expr.stmt
        if weight.kind == "received" and sink.unreadable(self.basis, stmt):
            return True
        if sink.chosen(self.basis, stmt, source(text.expr)):
            return True
        response = weight.clues[0].args.get("of", "") if weight.clues else ""
        return bool(response) and sink.refused(self.basis, stmt, response)

    def details_wanted(self, stmt: Stmt) -> bool:
        """Does a statement run only where somebody asks for details?"""
        return sink.guarded(stmt)

    def arguments(self, expr: Expr) -> Answer:
        """Is it all that a wrapped function is called with, or what it returns?"""
        return wrapped.arguments(self.basis, expr)
