"""Does who starts a task wait for what it sends, and hold it meanwhile?"""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.releasing.fate import parameter
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.tree.ir import Expr, Scope, flat_of, statements

_SENDING = ("put", "put_nowait", "set", "set_result", "send", "send_nowait")
_AWAITING = ("get", "wait", "join", "receive")


def awaits_word(basis: Basis, call: Expr, coroutine: Expr | None) -> bool:
    """`tasks.append(create_task(load(part)))`, and then `await queue.get()` of the queue that `load` puts into: the
    names of a function hold what they stand for until it goes on."""
    local = basis.types.callee(coroutine).local if coroutine is not None and coroutine.op == "call" else None
    function = call.scope.function
    if coroutine is None or local is None or local.kind != "function" or not local.is_async or not function.is_async:
        return False
    after = (s for s in statements(function.block) if s.ordinal > call.stmt.ordinal)
    awaited = {p for s in after for e in flat_of(s) if e.op == "await" for p in _awaited(basis, e.args[0])}
    return not awaited.isdisjoint(_sent(basis, coroutine, local)) if awaited else False


def _awaited(basis: Basis, expr: Expr) -> Iterator[Place]:
    """A local queue, event or future."""
    asked = expr.op == "call" and expr.args[0].op == "attr" and expr.args[0].text in _AWAITING
    place = basis.names.place(expr.args[0].args[0] if asked else expr)
    if place is not None and place.scope.kind == "function" and (asked or expr.op == "name"):
        yield place


def _sent(basis: Basis, coroutine: Expr, local: Scope) -> Iterator[Place]:
    """What the coroutine sends by, as its caller calls it."""
    given = {
        p: place
        for a in coroutine.args[1:]
        if (p := parameter(local, coroutine, a)) is not None and (place := basis.names.place(a)) is not None
    }
    for expr in (e for s in statements(local.block) for e in flat_of(s) if e.op == "call" and e.args[0].op == "attr"):
        place = basis.names.place(expr.args[0].args[0]) if expr.args[0].text in _SENDING else None
        if place is not None:
            yield given.get(place, place)
