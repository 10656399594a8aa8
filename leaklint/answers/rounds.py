"""What runs again and again: loops that go on until somebody stops them, and the functions that they call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from leaklint.meaning.basis import Basis, once
from leaklint.meaning.scopes import source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, flat_of, statements, walk

_REACH = 2  # calls from the loop to the function that is asked about


def endless(basis: Basis, stmt: Stmt) -> bool:
    """Does a statement run for as long as something comes in or nobody stops it: `while True`, `while self.running`,
    `async for`?"""
    return any(
        block.kind == "body" and goes_on(basis, owner) and not last_turn(stmt, owner)
        for block, owner in ancestors(stmt)
    )


def last_turn(stmt: Stmt, loop: Stmt) -> bool:
    """Is the loop left whenever the statement has run, further down in one of the blocks around it?"""
    below, inner = stmt, False
    for block, owner in ancestors(stmt):
        inner = inner or (owner is not loop and owner.op in ("for", "while"))
        last = block.stmts[-1]
        if last is not below and (last.op in ("return", "raise") or (last.op == "break" and not inner)):
            return True
        if owner is loop:
            return False
        below = owner
    return False


def goes_on(basis: Basis, loop: Stmt) -> bool:
    """Is it a loop of that kind?"""
    if loop.op == "for":
        return loop.is_async
    test = loop.value if loop.op == "while" else None
    return test is not None and (test.op == "const" or _flagged(basis, test))


def anew(basis: Basis, use: Use) -> bool:
    """Is what is added to bound anew in each round of the endless loop, before that: `text = data`?"""
    loops = [owner for block, owner in ancestors(use.stmt) if block.kind == "body" and goes_on(basis, owner)]
    binds = (u.stmt for u in basis.all_uses(use.place) if u.verb == "bind" and u.stmt is not use.stmt) if loops else ()
    return any(s.parent is loops[0].blocks[0] and s.ordinal < use.stmt.ordinal for s in binds)


def _flagged(basis: Basis, test: Expr) -> bool:
    """`self.running`, `not self._stop.is_set()`, `not stop.wait(5)`: not a name, which may stand for any state."""
    asked = test.args[0] if test.op == "unary" and test.text == "Not" else test
    return asked.op in ("attr", "call") and basis.apis.means("running_flags", source_name(asked))


def runs_on(basis: Basis, stmt: Stmt, before: Sequence[Stmt]) -> bool:
    """Does a statement run in a `while True` of its own function that only an error ends, and after all `before`? Not
    one that says that nothing is left, by which the loop is meant to end."""
    loops = (o for b, o in ancestors(stmt) if o.op == "while" and b.kind == "body" and o.scope is stmt.scope)
    return any(
        loop.value is not None
        and loop.value.op == "const"
        and all(s.ordinal < loop.ordinal for s in before)
        and not any(_leaves(s, loop) for s in statements(loop.blocks[0]))
        and not _exhausts(basis, loop)
        for loop in loops
    )


def _exhausts(basis: Basis, loop: Stmt) -> bool:
    """`try: while True: found.append(waiting.get_nowait())`, and after it `except queue.Empty`."""
    around = (owner for block, owner in ancestors(loop) if owner.op == "try" and block.kind == "body")
    handlers = (block for owner in around for block in owner.blocks if block.kind == "handler")
    caught = (e for block in handlers for expr in block.exprs for e in walk(expr) if e.op in ("name", "attr"))
    return any(basis.apis.means("exhaustions", source_name(e)) for e in caught)


def _leaves(stmt: Stmt, loop: Stmt) -> bool:
    if stmt.op == "break":
        return next(owner for _, owner in ancestors(stmt) if owner.op in ("while", "for")) is loop
    return stmt.op == "return" or any(e.op in ("yield", "yieldfrom") for e in stmt.flat)


def driven(basis: Basis, function: Scope) -> bool:
    """Is a function of this module called in such a loop, by itself or through another one?"""
    return function in _driven(basis)


@once(meanwhile=frozenset())
def _driven(basis: Basis) -> frozenset[Scope]:
    bodies = (s.blocks[0] for s in basis.module.stmts if goes_on(basis, s))
    fresh = {called for body in bodies for s in statements(body) for called in _called(basis, s)}
    found: set[Scope] = set()
    for _ in range(_REACH):
        found |= fresh
        fresh = {c for f in fresh for s in statements(f.block) for c in _called(basis, s)} - found
    return frozenset(found)


def _called(basis: Basis, stmt: Stmt) -> Iterator[Scope]:
    for call in (e for e in flat_of(stmt) if e.op == "call"):
        local = basis.names.local(call.args[0])
        if local is not None and local.kind == "function":
            yield local
