"""Processes that are told to end: by a method, or by a signal that goes to their id."""

from __future__ import annotations

from collections.abc import Collection

from leaklint.answers.releasing.endings import reached
from leaklint.answers.releasing.lending import called
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.tree.ir import Expr, Scope, Stmt


def told(basis: Basis, place: Place, row: Row, ends: Collection[Scope]) -> Stmt | None:
    """Where that happens when the life of its holder ends; whether anybody waits for it is another matter."""
    at_end = reached(basis, place.scope, ends) if row.asks else ()
    uses = [u for u in basis.below(place) if u.stmt.scope.function in at_end]
    return next((u.stmt for u in uses if u.verb in row.asks or _signalled(basis, u.site)), None)


def _signalled(basis: Basis, expr: Expr) -> bool:
    """`os.killpg(os.getpgid(self.process.pid), signal)`."""
    while (parent := expr.parent) is not None and parent.op == "call" and expr is not parent.args[0]:
        if basis.apis.means("signalling_functions", called(basis, parent)):
            return True
        expr = parent
    return False
