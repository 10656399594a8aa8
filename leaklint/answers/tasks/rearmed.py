"""Timers that call the method which starts them anew, and that nobody keeps: no end of the object cancels them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.answers.holding.attributes import module_instance
from leaklint.answers.releasing.endings import endings, reached
from leaklint.answers.tasks.births import always, timer
from leaklint.answers.tasks.schedulers import ended_with_loop
from leaklint.meaning.basis import Basis
from leaklint.tree.ir import Expr, Scope, Stmt


@dataclass(frozen=True, slots=True)
class Rearmed:
    """`self.loop.call_later(5, self.check)` in `check`; `ending` ends the object, and not this."""

    stmt: Stmt
    call: Expr
    method: Scope
    ending: Scope


def rearmed(basis: Basis) -> Iterator[Rearmed]:
    """Each of a class that has an end, where the method looks at nothing before it asks to be called again."""
    for call in basis.all_calls:
        stmt, method = call.stmt, call.stmt.scope.function
        klass = method.method_of
        if klass is None or stmt.op != "expr" or stmt.value is not call or timer(basis, call) is None:
            continue
        if basis.names.local(call.args[2]) is not method or not always(stmt) or module_instance(basis, klass):
            continue
        methods = endings(basis, klass)
        ending = next((m for m in methods if m.name != "__del__"), None)
        if ending is not None and ended_with_loop(basis, call, reached(basis, klass, methods)) is None:
            yield Rearmed(stmt, call, method, ending)
