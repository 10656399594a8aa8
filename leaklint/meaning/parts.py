"""Which instances are parts of others: made by a constructor, kept in an attribute, and never replaced."""

from __future__ import annotations

from collections import Counter
from functools import cached_property

from leaklint.meaning.scopes import CONSTRUCTORS, Scopes
from leaklint.tree.ir import Expr, Scope, is_none


class Parts(Scopes):
    """The classes of one module, and what each is made of."""

    @cached_property
    def parts(self) -> dict[tuple[Scope, str], Scope]:
        """For a class and an attribute: the other class of this module of which its constructor makes one."""
        bound: dict[tuple[Scope, str], list[Expr]] = {}
        for stmt in self.module.stmts:
            for target in stmt.targets if stmt.op == "assign" and stmt.value is not None else ():
                holder = self.class_of(target.args[0]) if target.op == "attr" else None
                if holder is not None and stmt.value is not None and not is_none(stmt.value):
                    bound.setdefault((holder, target.text), []).append(stmt.value)
        made = {key: self._part_of(key[0], values[0]) for key, values in bound.items() if len(values) == 1}
        return {key: klass for key, klass in made.items() if klass is not None}

    def whole(self, klass: Scope) -> Scope | None:
        """The class whose constructor makes the only instance of this one that the module makes, as its part."""
        return self._wholes.get(klass)

    @cached_property
    def _wholes(self) -> dict[Scope, Scope | None]:
        found: dict[Scope, Scope | None] = {}
        calls = Counter(
            klass
            for stmt in self.module.stmts
            for e in stmt.flat
            if e.op == "call" and (klass := self.local(e.args[0])) is not None and klass.kind == "class"
        )
        for (holder, _), klass in self.parts.items():
            found[klass] = holder if calls[klass] == 1 and klass is not holder else None
        return found

    def _part_of(self, holder: Scope, value: Expr) -> Scope | None:
        if value.op != "call" or value.scope.function.name not in CONSTRUCTORS:
            return None
        klass = self._bare(value, "") or self.local(value.args[0])
        if klass is None or klass.kind != "class":
            return None
        kin = {klass, *self.bases(klass)} & {holder, *self.bases(holder)}
        return klass if not kin or value.scope.function.name == "__new__" else None
