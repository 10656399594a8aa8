"""What nested functions and lambdas do with what the function around them holds."""

from __future__ import annotations

from leaklint.answers.releasing.fate import fate
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope


def nested(use: Use, function: Scope) -> Scope | None:
    """The function or class defined in `function` itself that a use stands in."""
    inner = use.stmt.scope
    while inner.parent is not None and inner.parent.function is not function:
        inner = inner.parent
    return inner if inner is not function and inner.stmt is not None and inner.kind in ("function", "class") else None


def borrows(basis: Basis, inner: Scope, place: Place, row: Row) -> bool:
    """Does a nested function only use it, and is it called or run here, and handed to nobody?"""
    if inner.kind != "function" or inner.is_generator:
        return False
    own = [u for u in basis.below(place) if nested(u, place.scope) is inner]
    plain = all(u.place != place or fate(basis, u, row) == "borrow" for u in own)
    ending = any(u.place != place and u.place.path[len(place.path)] in row.release for u in own)
    mentions = [e for e in basis.mentions(inner.name) if e.op == "name" and basis.names.local(e) is inner]
    return plain and not ending and bool(mentions) and all(_run(basis, e, place.scope) for e in mentions)


def _run(basis: Basis, mention: Expr, function: Scope) -> bool:
    """`work()`, `Thread(target=work)`: by the function itself, and what it gives goes no further."""
    call = mention.parent
    if call is None or call.op != "call" or mention.stmt.scope.function is not function:
        return False
    if call.args[0] is mention:
        local, waits = basis.types.callee(call).local, call.parent is not None and call.parent.op == "await"
        return waits or local is None or not local.is_async or _gathered(basis, call)
    row = basis.types.callee(call).row
    return row is not None and row.kind == "task" and row.takes


def _gathered(basis: Basis, coroutine: Expr) -> bool:
    """Is it awaited with others: `await gather(*(fetch(url) for url in urls))`?"""
    expr = coroutine
    while (parent := expr.parent) is not None and parent.op in ("comp", "starred", "list", "tuple"):
        expr = parent
    row = basis.types.callee(parent).row if parent is not None and parent.op == "call" else None
    awaited = parent is not None and parent.parent is not None and parent.parent.op == "await"
    return awaited and row is not None and bool(row.leaves)


def run_at_once(basis: Basis, use: Use) -> bool:
    """Is the lambda run by the call that it is given to, which keeps nothing of it: `retry(lambda: sock.connect())`?"""
    body = use.expr.scope
    given = next((e for e in use.stmt.flat if e.inner is body), None)
    if use.stmt.op == "for":  # `for block in iter(lambda: f.read(4096), b""):`
        return True
    call = given.parent if given is not None else None
    return call is not None and call.op == "call" and basis.apis.means("running_functions", source_name(call))
