"""What weighs: data of any size, text made of it, models."""

from __future__ import annotations

from functools import cached_property

from leaklint.answers import text, weight
from leaklint.basis import Answer
from leaklint.ir import Expr
from leaklint.views.view import View


class Peaks(View):
    """Values of any size."""

    def weight(self, expr: Expr) -> Answer:
        """May the value be of any size?"""
        return weight.weight(self.basis, expr)

    def streamed(self, expr: Expr | None) -> Answer:
        """Does the value come in from a stream or peer?"""
        return weight.streamed(self.basis, expr)

    @cached_property
    def stringified(self) -> tuple[text.Text, ...]:
        return tuple(text.stringified(self.basis))

    def is_heavy(self, call: Expr) -> bool:
        """Does the call load a model?"""
        callee = self.basis.types.callee(call)
        return callee.row is not None and callee.row.heavy
