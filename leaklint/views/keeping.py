"""What keeps more than meets the eye: class bodies, default dicts, caches of functions."""

from __future__ import annotations

from functools import cached_property

from leaklint.answers import drain, lookup, memo, shared
from leaklint.uses import Use
from leaklint.value import Value
from leaklint.views.view import View


class Keeping(View):
    """Holders that are easily overlooked."""

    @cached_property
    def memos(self) -> tuple[memo.Memo, ...]:
        """Functions whose results a decorator keeps by their arguments."""
        return tuple(memo.memos(self.basis))

    def inserting_reads(self, value: Value) -> tuple[Use, ...]:
        """Look-ups that insert an entry, where the key may be a new one."""
        return tuple(lookup.inserting_reads(self.basis, value.place)) if value.row.inserts_on_read else ()

    def fills(self, use: Use) -> bool:
        """Does a look-up put something into the entry, rather than only look?"""
        return lookup.fills(use, self._growing)

    @cached_property
    def _growing(self) -> frozenset[str]:
        return frozenset(verb for row in self.apis.values() if row.kind == "container" for verb in row.grow)

    def only_on_demand(self, value: Value) -> bool:
        """Is it emptied as a whole only, where somebody asks for that, by what nothing here calls or on one branch?"""
        return all(u.key is None and self._demanded(u) for u in value.shrinks)

    def _demanded(self, use: Use) -> bool:
        function = use.stmt.scope.function
        public = function.kind == "function" and not function.name.startswith("_")
        called = any(e.stmt.scope.function is not function for e in self.basis.mentions(function.name))
        return public and (drain.conditional(use.stmt) or not called)

    def through_instance(self, use: Use) -> bool:
        """Is something added to what all instances share by way of one of them?"""
        return shared.through_instance(use)

    def adds_itself(self, use: Use) -> bool:
        """`Class.items.append(self)`: each instance adds itself, and a class has more than one."""
        holder = shared.added_instance(self.basis, use)
        return holder is not None and not self.one_instance(holder)
