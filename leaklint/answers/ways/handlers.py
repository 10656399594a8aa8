"""Which exceptions does a handler see, and which pass it?"""

from __future__ import annotations

from collections.abc import Collection

from leaklint.meaning.basis import Basis
from leaklint.meaning.flow import Exit
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Block, Expr, Scope, Stmt, ancestors, statements

_ALL = ("Exception", "BaseException")
_STOPS = ("KeyboardInterrupt", "SystemExit")
_BASES = ("BaseException", "BaseExceptionGroup")


def catches_all(block: Block) -> bool:
    """A handler that no error passes; a cancellation may."""
    return not block.exprs or any(source_name(e) in _ALL for e in caught_types(block))


def contained(function: Scope) -> bool:
    """Does all that a function does stand in a `try` that no error passes?"""
    stmts = function.block.stmts if function.block is not None and not function.is_generator else ()
    return any(s.op == "try" for s in stmts) and all(_inert(s) or _swallowing(s) for s in stmts)


def _inert(stmt: Stmt) -> bool:
    """Nothing in it may raise: a docstring, an import, `found = []`, `return None`, a branch with nothing but these."""
    plain = all(e.op in ("name", "const", "list", "dict", "tuple", "compare", "unary", "bool") for e in stmt.flat)
    return plain and stmt.op != "raise" and all(_inert(s) for b in stmt.blocks for s in b.stmts)


def _swallowing(stmt: Stmt) -> bool:
    handlers = [b for b in stmt.blocks if b.kind == "handler"]
    rest = [b for b in stmt.blocks[1:] if b.kind in ("else", "finally")]
    return (
        stmt.op == "try"
        and any(catches_all(b) for b in handlers)
        and not any(s.op == "raise" for b in handlers for s in statements(b))
        and all(_inert(s) for b in rest for s in b.stmts)
    )


def handles(basis: Basis, block: Block) -> Collection[str]:
    """Does a handler see errors (`raise`), a cancellation (`cancel`) or both?"""
    if not block.exprs:
        return ("raise", "cancel")
    return {kind for expr in caught_types(block) for kind in _seen(basis, expr)}


def sees_loss(basis: Basis, block: Block) -> bool:
    """Does a handler see that what is waited for is lost or closed, and not only that data or time are amiss?"""
    return catches_all(block) or any(not basis.apis.means("data_errors", source_name(e)) for e in caught_types(block))


def ended_by_loss(basis: Basis, loop: Stmt) -> bool:
    """Does a loop stand in a `try` that names the error by which it ends: `except ConnectionLost: pass`?"""
    tries = (owner for block, owner in ancestors(loop) if owner.op == "try" and block.kind == "body")
    handlers = (b for t in tries for b in t.blocks if b.kind == "handler")
    return any(not catches_all(b) and sees_loss(basis, b) for b in handlers)


def comes_to_end(basis: Basis, way: Exit) -> bool:
    """Is a function done when it is left that way, on its own or after an error that it has caught?"""
    return way.kind in ("return", "end") or (way.returns and not _stopped(basis, way.stmt))


def _stopped(basis: Basis, stmt: Stmt) -> bool:
    """Is what a statement raises caught only where somebody stops it: `except KeyboardInterrupt`, or a cancellation?"""
    tries = (owner for block, owner in ancestors(stmt) if owner.op == "try" and block.kind == "body")
    handlers = [b for t in tries for b in t.blocks if b.kind == "handler"]
    return all(b.exprs and all(_stops(basis, e) for e in caught_types(b)) for b in handlers)


def _stops(basis: Basis, caught: Expr) -> bool:
    name = source_name(caught)
    return name in _STOPS or basis.apis.means("cancellations", name)


def caught_types(handler: Block) -> tuple[Expr, ...]:
    """The exceptions that a handler names; none for one that takes all."""
    return handler.exprs[0].args if handler.exprs and handler.exprs[0].op == "tuple" else handler.exprs[:1]


def in_handler(stmt: Stmt) -> bool:
    """Does it run only where something has failed?"""
    return any(block.kind == "handler" for block, _ in ancestors(stmt))


def when_cancelled(basis: Basis, stmt: Stmt) -> bool:
    """Does it stand in a handler that sees nothing but a cancellation?"""
    around = next((block for block, _ in ancestors(stmt) if block.kind == "handler"), None)
    return around is not None and set(handles(basis, around)) == {"cancel"}


def cleans_up(stmt: Stmt) -> bool:
    """Does it stand in a handler or a `finally`?"""
    return any(block.kind in ("handler", "finally") for block, _ in ancestors(stmt))


def _seen(basis: Basis, expr: Expr) -> Collection[str]:
    name = (basis.names.qualified(expr) or source_name(expr)).rpartition(".")[2]
    if basis.apis.means("cancellations", name):
        return ("cancel",)
    # `except RETRIED` may be a tuple of anything
    plain = expr.op in ("name", "attr") and name[:1].isupper() and not name.isupper() and name not in _BASES
    return ("raise",) if plain else ("raise", "cancel")
