"""What makes a function run again: a request, a stream, a loop here, or whoever calls it."""

from __future__ import annotations

from leaklint.answers.driver import callers, context, header
from leaklint.answers.peaks.jobs import queued
from leaklint.meaning.basis import NO, Answer, Basis, Clue
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, statements, walk

_DEPTH = 2


def demand(basis: Basis, stmt: Stmt, depth: int = _DEPTH) -> Answer:
    """As `context` of the driver, and through the functions of this module that call the one at hand."""
    found = context(basis, stmt)
    if found.kind != "call":
        return found
    function = stmt.scope.function
    return (
        _handed(basis, function)
        or _request(basis, function)
        or _message(basis, function)
        or _through(basis, function, depth)
        or found
    )


def in_own_loop(stmt: Stmt) -> Stmt | None:
    """The innermost loop of its function that a statement runs in."""
    return next(
        (o for b, o in ancestors(stmt) if o.op in ("for", "while") and b.kind == "body" and o.scope is stmt.scope), None
    )


def _request(basis: Basis, function: Scope) -> Answer:
    """A view: it takes a request, or what a client uploads."""
    for param in function.params[:2] if function.name not in ("__init__", "__call__") else ():
        row = basis.types.annotated(param.annotation) if param.annotation is not None else None
        if param.name == "request" or (row is not None and row.noun == "upload"):
            return Answer("event", header(function), function.name)
    return NO


def _message(basis: Basis, function: Scope) -> Answer:
    """A worker calls it for each message of a queue."""
    return Answer("event", header(function), function.name) if queued(basis, function) else NO


def _handed(basis: Basis, function: Scope) -> Answer:
    """Given by its name to something that calls it for each request: `Depends(model)`."""
    for mention in basis.mentions(function.name):
        call = mention.parent
        if call is None or call.op != "call" or call.args[0] is mention or basis.names.local(mention) is not function:
            continue
        row = basis.types.callee(call).row
        if row is not None and row.invokes:
            return Answer("event", header(function), function.name)
    return NO


def _through(basis: Basis, function: Scope, depth: int) -> Answer:
    """By a caller in this module that is a handler itself, or that calls it in a loop."""
    if depth == 0:
        return NO
    for call in callers(basis, function):
        found = demand(basis, call.stmt, depth - 1)
        if found.kind in ("event", "stream"):
            return Answer(found.kind, found.clues, found.word)
        if found.kind == "loop" or _repeated_in_comp(call):
            return Answer("loop", (Clue(call.stmt, "driver", "called"),), call.scope.function.name)
    return NO


def _repeated_in_comp(call: Expr) -> bool:
    """In the element of a comprehension, not in what it iterates over first."""
    scope = call.scope
    return scope.kind == "comp"


def leaves(loop: Stmt) -> bool:
    """Does a loop end itself, as one that tries again until it succeeds?"""
    return any(
        s.op in ("break", "return") and next((o for b, o in ancestors(s) if o.op in ("for", "while")), None) is loop
        for block in loop.blocks
        for s in statements(block)
    )


def bound_in(loop: Stmt, name: Expr) -> bool:
    """Is a name bound anew in each round of a loop: its target, or assigned in its body?"""
    return any(
        b.stmt is loop or any(owner is loop for _, owner in ancestors(b.stmt))
        for b in name.scope.function.bindings.get(name.text, ())
    )


def varies(loop: Stmt, expr: Expr) -> bool:
    """Does an expression depend on what a loop brings?"""
    return any(e.op == "name" and bound_in(loop, e) for e in walk(expr))
