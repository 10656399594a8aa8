"""A process that splits in two: what it opens in between is put in the place of what it had."""

from __future__ import annotations

from leaklint.apis import Row
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Stmt, statements


def excused(acquired: Stmt, row: Row) -> bool:
    """Is it a descriptor, in a function that forks? An error there ends one of the two."""
    body = acquired.scope.function.block
    return bool(row.closer) and any(
        e.op == "call" and source_name(e) == "fork" for s in statements(body) for e in s.flat
    )
