"""LK311: an asynchronous close whose coroutine nobody awaits."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import Clue
from leaklint.model import Facts, Hit
from leaklint.tree.ir import source


def check(facts: Facts) -> Iterator[Hit]:
    yield from uncalled(facts)
    for close in facts.unawaited_closes:
        stmt, function = close.call.stmt, close.call.stmt.scope.function
        clues = [Clue(stmt, "missing", "returned" if close.returned else "dropped")]
        if close.defined is not None and close.defined.stmt is not None:
            clues.append(Clue(close.defined.stmt, "released", "defined", {"method": close.method}))
        elif not function.is_async and function.stmt is not None:
            clues.append(Clue(function.stmt, "missing", "plain", {"function": function.name}))
        yield Hit(
            at=stmt,
            subject=f"{function.qualname or '<module>'}.{source(close.receiver, 30)}",
            owner="nobody",
            driver="call",
            release="never",
            message="returned" if close.returned else "dropped",
            hint="await" if function.is_async else "make_async",
            args={
                "call": source(close.call),
                "receiver": source(close.receiver, 30),
                "noun": close.noun,
                "function": function.name,
            },
            clues=tuple(clues),
            acquired=source(close.call),
        )


def uncalled(facts: Facts) -> Iterator[Hit]:
    """The parentheses are missing."""
    for method in facts.uncalled_closes:
        stmt, receiver, row = method.stmt, source(method.args[0], 30), facts.row(method.args[0])
        yield Hit(
            at=stmt,
            subject=f"{stmt.scope.function.qualname or '<module>'}.{receiver}",
            owner="nobody",
            driver="call",
            release="never",
            message="uncalled",
            hint="call",
            args={
                "call": source(method),
                "receiver": receiver,
                "noun": row.noun if row is not None and row.noun else "resource",
                "function": stmt.scope.function.name,
            },
            clues=(Clue(stmt, "missing", "uncalled"),),
            acquired=source(method),
        )
