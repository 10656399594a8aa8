"""A process that splits in two: what it opens in between is put in the place of what it had."""

from __future__ import annotations

from leaklint.apis import Row
from leaklint.meaning.basis import Basis, once
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Scope, Stmt, statements


def excused(basis: Basis, acquired: Stmt, row: Row) -> bool:
    """Is it a descriptor, in a function that forks? An error there ends one of the two."""
    return bool(row.closer) and _forks(basis, acquired.scope.function)


@once(meanwhile=False)
def _forks(_: Basis, function: Scope) -> bool:
    return any(e.op == "call" and source_name(e) == "fork" for s in statements(function.block) for e in s.flat)
