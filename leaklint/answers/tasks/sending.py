"""Does who starts a task wait for what it sends, and hold it meanwhile?"""

from __future__ import annotations

from leaklint.answers.releasing.fate import parameter
from leaklint.answers.signals import awaits_later, sent
from leaklint.meaning.basis import Basis
from leaklint.tree.ir import Expr


def awaits_word(basis: Basis, call: Expr, coroutine: Expr | None) -> bool:
    """`tasks.append(create_task(load(part)))`, and then `await queue.get()` of the queue that `load` puts into: the
    names of a function hold what they stand for until it goes on."""
    local = basis.types.callee(coroutine).local if coroutine is not None and coroutine.op == "call" else None
    if coroutine is None or local is None or local.kind != "function" or not local.is_async:
        return False
    given = {
        p: place
        for a in coroutine.args[1:]
        if (p := parameter(local, coroutine, a)) is not None and (place := basis.names.place(a)) is not None
    }
    return any(awaits_later(basis, call.stmt, given.get(p, p)) for p in sent(basis, local))
