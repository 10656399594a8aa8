"""Typestate over structured control flow: on which ways out of a function is a value still open?

A value is not yet acquired, open, open after an exception was caught, or done (released or handed over); a set of these
states is carried through the statements of a function, into handlers by every statement that may fail, and out through
`finally`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Literal

from leaklint.meaning.basis import Basis
from leaklint.tree.ir import Block, Expr, Stmt, statements

NONE, OPEN, DONE, FAILED = 1, 2, 4, 8
_HELD = OPEN | FAILED

LEAVING = ("return", "raise", "continue", "break")
"""Statements after which what follows in their block is not reached."""

ExitKind = Literal["end", "return", "raise", "cancel", "lost", "break", "continue"]
_ERRORS: tuple[ExitKind, ...] = ("raise", "cancel")


@dataclass(frozen=True, slots=True)
class Exit:
    """A way out that is taken while the value is open; `stmt` is where.

    A way out after an exception was caught is of kind raise, and `stmt` is what raised it. `cancel` is the way of a
    cancellation, which is raised where the function waits and which `except Exception` does not catch. `returns`: the
    function goes on to its end after that exception.
    """

    kind: ExitKind
    stmt: Stmt
    returns: bool = False


@dataclass(frozen=True)
class Effects:
    """What the tracked value undergoes; asked once for each header and once for each block header.

    `at` gives acquire, release, escape, rebind or nothing. `attempt`: a release; if it raises, the resource stays open.
    `begin`: an acquisition; if it raises, the resource is already open.
    `fallible` tells whether a statement may raise, `waits` whether a cancellation may reach it. `handles` tells which
    of both a handler sees. `narrow` tells for a test whether an open value makes it true, false, or neither.
    """

    at: Callable[[Stmt], str]
    fallible: Callable[[Stmt], bool]
    catches_all: Callable[[Block], bool]
    narrow: Callable[[Expr], bool | None] = lambda _: None
    swallows: Callable[[Stmt], bool] = lambda _: False  # a `with` that swallows exceptions
    stops: Callable[[Stmt], bool] = lambda _: False  # `sys.exit()`: no statement after it runs
    waits: Callable[[Stmt], bool] = lambda _: False
    handles: Callable[[Block], Collection[str]] = lambda _: _ERRORS


@dataclass(slots=True)
class _Out:
    """The states in which a piece of code is left, by kind of exit, with a witness for the open ones."""

    masks: dict[str, int] = field(default_factory=dict)
    witness: dict[str, Stmt] = field(default_factory=dict)

    def add(self, kind: str, mask: int, stmt: Stmt | None) -> None:
        if mask:
            if mask & _HELD and kind not in self.witness and stmt is not None:
                self.witness[kind] = stmt
            self.masks[kind] = self.masks.get(kind, 0) | mask

    def take(self, other: _Out, kinds: Iterable[str]) -> None:
        for kind in kinds:
            self.add(kind, other.masks.get(kind, 0), other.witness.get(kind))


_ALL = ("return", "raise", "cancel", "lost", "break", "continue")


def _unheld(mask: int) -> int:
    return mask & ~_HELD


def _closed(mask: int) -> int:
    return _unheld(mask) | DONE if mask & _HELD else mask


def _caught(mask: int) -> int:
    return (mask & ~OPEN) | FAILED if mask & OPEN else mask


class _Walk:
    def __init__(self, effects: Effects) -> None:
        self.effects = effects
        self.fault: Stmt | None = None  # the first statement whose exception was caught, and the value left open
        self._walked: dict[tuple[Block, int], _Out] = {}

    def block(self, block: Block, mask: int) -> _Out:
        """Each block at most once in each state: a `finally` is gone through for every kind of exit, and in nested ones
        these multiply."""
        asked = block, mask
        if asked not in self._walked:
            self._walked[asked] = self._block(block, mask)
        return self._walked[asked]

    def _block(self, block: Block, mask: int) -> _Out:
        out = _Out()
        for stmt in block.stmts:
            if not mask:
                break
            step = self.stmt(stmt, mask)
            out.take(step, _ALL)
            mask = step.masks.get("normal", 0)
        out.add("normal", mask, block.stmts[-1] if block.stmts else None)
        return out

    def header(self, stmt: Stmt, mask: int, out: _Out) -> int:
        """Apply a header's own effect; what may fail leaves by `raise` in the state before it."""
        effect = self.effects.at(stmt)
        self.fails(stmt, _closed(mask) if effect in ("release", "escape") else mask, out)
        if effect == "begin":
            out.add("raise", OPEN, stmt)
        if effect in ("acquire", "begin"):
            out.add("lost", mask & _HELD, stmt)
            return OPEN
        if effect in ("release", "escape", "attempt"):
            return _closed(mask)
        if effect == "rebind" and mask & _HELD:
            out.add("lost", mask & _HELD, stmt)
            return _unheld(mask) or NONE
        return mask

    def fails(self, stmt: Stmt, mask: int, out: _Out) -> None:
        for kind, may in (("raise", self.effects.fallible), ("cancel", self.effects.waits)):
            if may(stmt) and not self.effects.stops(stmt):
                out.add(kind, mask, stmt)

    def stmt(self, stmt: Stmt, mask: int) -> _Out:
        out = _Out()
        mask = self.header(stmt, mask, out)
        if stmt.op in LEAVING:
            out.add(stmt.op, mask, stmt)
        elif stmt.op == "if":
            self.branches(stmt, mask, out)
        elif stmt.op in ("while", "for"):
            self.loop(stmt, mask, out)
        elif stmt.op == "try":
            self.attempt(stmt, mask, out)
        elif stmt.op == "with":
            inner = self.block(stmt.blocks[0], mask)
            if self.effects.swallows(stmt):
                out.take(inner, ("normal", "return", "cancel", "lost", "break", "continue"))
                out.add("normal", inner.masks.get("raise", 0), inner.witness.get("raise"))
            else:
                out.take(inner, ("normal", *_ALL))
        elif stmt.op == "match":
            for block in stmt.blocks:
                out.take(self.block(block, mask), ("normal", *_ALL))
            if all(block.kind != "else" for block in stmt.blocks):
                out.add("normal", mask, stmt)
        elif self.effects.stops(stmt):
            pass  # the process ends, and all it holds with it
        else:
            out.add("normal", mask, stmt)
        return out

    def branches(self, stmt: Stmt, mask: int, out: _Out) -> None:
        rest = mask
        for block in stmt.blocks:
            truth = self.effects.narrow(block.exprs[0]) if block.exprs else None
            taken = _unheld(rest) if truth is False else rest
            out.take(self.block(block, taken), ("normal", *_ALL))
            if truth is True:
                rest = _unheld(rest)
            if block.kind == "else":
                return
        out.add("normal", rest, stmt)

    def loop(self, stmt: Stmt, mask: int, out: _Out) -> None:
        truth = self.effects.narrow(stmt.value) if stmt.op == "while" and stmt.value is not None else None
        entered = _unheld(mask) if truth is False else mask
        first = self.block(stmt.blocks[0], entered)
        back = first.masks.get("normal", 0) | first.masks.get("continue", 0)
        again = entered | (_unheld(back) if truth is False else back)
        body = self.block(stmt.blocks[0], again) if again != entered else first
        out.take(body, ("return", "raise", "cancel", "lost"))
        left = mask | body.masks.get("normal", 0) | body.masks.get("continue", 0)
        if not self.effects.at(stmt):  # the test is made again, the next item asked for
            self.fails(stmt, left, out)
        if truth is True:
            left = _unheld(left)
        endless = (
            stmt.op == "while"
            and stmt.value is not None
            and stmt.value.op == "const"
            and stmt.value.value in ("True", "1")
        )
        after = 0 if endless else left
        for block in stmt.blocks[1:]:
            rest = self.block(block, after)
            out.take(rest, _ALL)
            after = rest.masks.get("normal", 0)
        out.add("normal", after, stmt)
        out.add("normal", body.masks.get("break", 0), body.witness.get("break"))

    def attempt(self, stmt: Stmt, mask: int, out: _Out) -> None:
        inner = _Out()
        body = self.block(stmt.blocks[0], mask)
        inner.take(body, ("return", "lost", "break", "continue"))
        normal = body.masks.get("normal", 0)
        passed = {kind: body.masks.get(kind, 0) for kind in _ERRORS}  # what the handlers so far may have let through
        for block in stmt.blocks[1:]:
            if block.kind == "handler":
                self.handler(block, body, passed, inner, before=_unheld(mask))
            elif block.kind == "else":
                rest = self.block(block, normal)
                inner.take(rest, _ALL)
                normal = rest.masks.get("normal", 0)
        inner.add("normal", normal, stmt)
        for kind, through in passed.items():
            inner.add(kind, through, body.witness.get(kind))
        self.final(stmt, inner, out)

    def handler(self, block: Block, body: _Out, passed: dict[ExitKind, int], inner: _Out, before: int) -> None:
        """Go through a handler with what it sees of what the `try` raised: `before`, at the least, for it is written
        because something may fail."""
        seen, fault = before, None
        for kind in (k for k in _ERRORS if k in self.effects.handles(block)):
            # the handlers before it may have been for other errors, but a cancellation is one thing
            mask = passed[kind] if kind == "cancel" else body.masks.get(kind, 0)
            seen |= mask
            if mask & _HELD:
                fault = fault or body.witness.get(kind)
            if kind == "cancel" or self.effects.catches_all(block):
                passed[kind] = 0
        if not seen:
            return
        left = self.block(block, _caught(seen))
        if any(mask & FAILED for mask in left.masks.values()):
            self.fault = self.fault or fault  # what a handler releases is not what leaves it open in the end
        inner.take(left, ("normal", *_ALL))

    def final(self, stmt: Stmt, inner: _Out, out: _Out) -> None:
        final = next((b for b in stmt.blocks if b.kind == "finally"), None)
        if final is None:
            out.take(inner, ("normal", *_ALL))
            return
        for kind, before in inner.masks.items():
            last = self.block(final, before)
            out.take(last, _ALL)
            after = last.masks.get("normal", 0)
            out.add(kind, after, inner.witness.get(kind) if kind != "normal" else stmt)


def open_exits(basis: Basis, body: Block, effects: Effects, *, held: bool = False) -> tuple[Exit, ...]:
    """The ways out of a function body on which the value is left open, at most one of each kind; none when the budget
    of the file is used up.

    `held`: it is open when the function begins.
    """
    basis.budget.left -= len(statements(body))
    if not basis.budget:
        return ()
    walk = _Walk(effects)
    out = walk.block(body, OPEN if held else NONE)
    last = body.stmts[-1] if body.stmts else None
    ways: tuple[tuple[ExitKind, int, Stmt | None], ...] = (
        ("end", out.masks.get("normal", 0), out.witness.get("normal", last)),
        ("return", out.masks.get("return", 0), out.witness.get("return")),
        ("raise", out.masks.get("raise", 0), out.witness.get("raise")),
        ("cancel", out.masks.get("cancel", 0), out.witness.get("cancel")),
        ("lost", out.masks.get("lost", 0), out.witness.get("lost")),
    )
    returns = any(mask & FAILED for kind, mask, _ in ways if kind in ("end", "return"))
    found: dict[ExitKind, Exit] = {}
    for kind, mask, stmt in ways:
        if mask & OPEN and stmt is not None:
            found[kind] = Exit(kind, stmt, returns=returns and kind == "raise")
        elif mask & FAILED and walk.fault is not None:
            found.setdefault("raise", Exit("raise", walk.fault, returns=returns))
    return tuple(found.values())
