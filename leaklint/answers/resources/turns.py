"""Does a loop open something anew in each turn, while what the turn before has opened is still open?"""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.opening.acquisitions import Acquisition
from leaklint.answers.releasing.endings import reached
from leaklint.answers.releasing.fate import fate, resource_uses
from leaklint.answers.ways.handlers import caught_types
from leaklint.answers.ways.paths import trace
from leaklint.meaning.basis import Basis, calls
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Block, Scope, Stmt, ancestors, statements


def opened_each_turn(basis: Basis, one: Acquisition) -> Stmt | None:
    """The statement of a loop that opens it, itself or by a method; what a turn comes by without closing it."""
    for site in _sites(basis, one):
        loop = _loop(site)
        if loop is not None and basis.budget and not _ended_within(basis, one, loop):
            lost = trace(basis, one.place, one.row, site).exit("lost")
            if (lost is not None and lost.stmt is site) or _given_up(basis, site, loop):
                return site
    return None


def _sites(basis: Basis, one: Acquisition) -> Iterator[Stmt]:
    yield one.stmt
    function = one.stmt.scope.function
    if not any(owner.op == "if" or block.kind == "handler" for block, owner in ancestors(one.stmt)):
        for mention in basis.mentions(function.name):
            if basis.names.local(mention) is function and mention.stmt.scope.function is not function:
                yield mention.stmt


def _loop(site: Stmt) -> Stmt | None:
    """The loop around a statement in its function, where nothing but errors keeps a turn from coming by it."""
    for block, owner in ancestors(site):
        if owner.scope is not site.scope or owner.op == "if" or block.kind in ("handler", "finally", "else"):
            return None
        if owner.op in ("while", "for") and block.kind == "body":
            return owner
    return None


def _ended_within(basis: Basis, one: Acquisition, loop: Stmt) -> bool:
    """Is it closed or handed over within the loop, or used until it ends by itself?"""
    inside = {loop, *statements(loop.blocks[0])}
    closers: set[Scope] = set()
    for use in resource_uses(basis, one.place, one.row):
        outcome = fate(basis, use, one.row)
        if outcome == "release":
            closers.add(use.stmt.scope.function)
        lasts = use.verb == "__iter__" or basis.apis.means("lasting_methods", use.verb)
        if use.stmt in inside and (lasts or outcome in ("release", "escape")):
            return True
    named = (basis.types.callee(c).local for s in inside for c in calls(s))
    klass = one.place.scope if one.place.is_attribute else None
    return any(f is not None and not closers.isdisjoint(reached(basis, klass, [f])) for f in named)


def _given_up(basis: Basis, site: Stmt, loop: Stmt) -> bool:
    """Is it left, open as it is, when it does not answer in time, and the loop goes on?"""
    for block, owner in ancestors(site):
        if owner is loop:
            return False
        if owner.op == "try" and block.kind == "body":
            return any(_on_timeout(basis, b) and not _leaves(b) for b in owner.blocks if b.kind == "handler")
    return False


def _on_timeout(basis: Basis, handler: Block) -> bool:
    return any(basis.apis.means("timeouts", source_name(e)) for e in caught_types(handler))


def _leaves(block: Block) -> bool:
    return any(s.op in ("return", "raise", "break") for s in block.stmts)
