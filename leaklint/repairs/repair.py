"""How a rule says what to change: statements, and lines before, after or instead of them.

A repair is for a person to read, judge and finish; nothing applies it by itself. Lines carry no indentation of the
file: they get that of the statement they stand at.
"""

from __future__ import annotations

from leaklint.facts import Change
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, source, walk

VALUE = "{value}"
"""In the lines of a change: the source of what the statement assigns or evaluates, as it stands in the file."""

_LONG = 400


def before(stmt: Stmt, *lines: str) -> Change:
    return Change(stmt.ordinal, "before", lines)


def after(stmt: Stmt, *lines: str) -> Change:
    """After a statement; before it where nothing after it would run."""
    return Change(stmt.ordinal, "before" if stmt.op in ("return", "raise") else "after", lines)


def instead(stmt: Stmt, *lines: str) -> Change:
    return Change(stmt.ordinal, "instead", lines)


def around(stmt: Stmt, header: str) -> Change:
    return Change(stmt.ordinal, "around", (header,))


def top(stmt: Stmt) -> Stmt:
    """The statement of the module's own body that a statement is in."""
    while True:
        for _, outer in ancestors(stmt):
            stmt = outer
        inner = stmt.scope.stmt
        if inner is None:
            return stmt
        stmt = inner


def whole(expr: Expr | None) -> str:
    """An expression as code that can be written again; empty where it cannot: it is too long, or its names mean
    something in a comprehension alone."""
    text = source(expr, _LONG)
    odd = expr is None or any(e.op in ("comp", "lambda", "fstring", "dict", "unknown", "walrus") for e in walk(expr))
    return "" if odd or "..." in text or len(text) >= _LONG else text


def free_name(scope: Scope, wanted: str) -> str:
    """A name that neither the module nor a function around uses yet."""
    taken: set[str] = set()
    around: Scope | None = scope
    while around is not None:
        taken.update(around.bindings)
        around = around.parent
    return next(name for name in (wanted, *(f"{wanted}_{number}" for number in range(2, 99))) if name not in taken)


def limit_name(name: str) -> str:
    """What to call the limit of a container."""
    return f"MAX_{name.strip('_').upper() or 'ENTRIES'}"
