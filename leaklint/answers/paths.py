"""On which paths out of a function is a resource released? Typestate with what `fate` says of each use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from leaklint.answers.fate import fate, manages, resource_uses
from leaklint.apis import Row
from leaklint.basis import Basis, calls
from leaklint.flow import Effects, Exit, open_exits
from leaklint.ir import Block, Expr, Scope, Stmt, ancestors, source, statements
from leaklint.names import Place
from leaklint.scopes import source_name
from leaklint.uses import Use

_CATCH_ALL = ("Exception", "BaseException")
_STOPPERS = ("sys.exit", "os._exit", "os.abort", "builtins.exit", "builtins.quit")


@dataclass(frozen=True)
class Paths:
    """A resource in a local name: its releases, where it is handed over, and the exits that leave it open."""

    row: Row
    place: Place
    acquired: Stmt
    releases: tuple[Use, ...]
    escapes: tuple[Use, ...]
    exits: tuple[Exit, ...]

    def exit(self, kind: str) -> Exit | None:
        return next((e for e in self.exits if e.kind == kind), None)


def trace(basis: Basis, place: Place, row: Row, acquired: Stmt) -> Paths:
    """Follow the resource that `acquired` puts into `place`, through the function it stands in.

    An attribute is followed through the constructor that acquires it: whoever gets no object cannot close it. There,
    only what the code itself raises counts.
    """
    function = acquired.scope.function if place.is_attribute else place.scope
    fates: dict[Stmt, str] = {}
    releases, escapes = [], []
    for use in resource_uses(basis, place, row):
        outcome = (
            "escape"
            if use.stmt.scope.function is not function.function and not _of_comp(use, function)
            else fate(basis, use, row)
        )
        if use.expr.scope.kind == "lambda":
            outcome = "escape"
        if place.is_attribute and outcome == "escape":
            continue  # held by an object that nobody gets
        if use.place.path != place.path:
            outcome = "escape" if not use.verb else outcome
        if use.stmt is acquired and outcome == "rebind":
            continue
        if outcome == "release":
            releases.append(use)
        elif outcome == "escape":
            escapes.append(use)
        if outcome != "borrow" and fates.get(use.stmt) not in ("release", "escape"):
            fates[use.stmt] = outcome
    if not place.is_attribute:
        _nested(basis, function, place, fates, escapes)
    effects = Effects(
        at=lambda stmt: "acquire" if stmt is acquired else fates.get(stmt, ""),
        fallible=lambda stmt: not place.is_attribute and fallible(basis, stmt, row) is not None,
        narrow=_narrow(basis, place, acquired),
        swallows=lambda stmt: any(v.op == "call" and _swallows(basis, v) for v, _ in stmt.items),
        catches_all=lambda block: _catches_all(block) or any(fates.get(s) == "release" for s in statements(block)),
        stops=lambda stmt: (
            stmt.op == "expr" and any(basis.names.qualified(c.args[0]) in _STOPPERS for c in calls(stmt))
        ),
    )
    body = function.block
    exits = open_exits(body, effects) if body is not None else ()
    return Paths(row, place, acquired, tuple(releases), tuple(escapes), exits)


def _of_comp(use: Use, function: Scope) -> bool:
    return use.expr.scope.function is function


def _nested(basis: Basis, function: Scope, place: Place, fates: dict[Stmt, str], escapes: list[Use]) -> None:
    """A nested function that mentions the name keeps it from where it is defined."""
    for use in basis.below(place):
        inner = use.stmt.scope
        while inner.parent is not None and inner.parent.function is not function:
            inner = inner.parent
        if inner is not function and inner.stmt is not None and inner.kind in ("function", "class"):
            fates[inner.stmt] = "escape"
            escapes.append(use)


def _catches_all(block: Block) -> bool:
    if not block.exprs:
        return True
    caught = block.exprs[0].args if block.exprs[0].op == "tuple" else block.exprs[:1]
    return any(source_name(e) in _CATCH_ALL for e in caught)


def fallible(basis: Basis, stmt: Stmt, row: Row | None = None) -> Expr | None:
    """The first thing in a statement's header that may raise: an await, or a call not known to be harmless."""
    if stmt.op in ("def", "class", "import", "global", "raise") or _cleaning(stmt):
        return None
    for expr in stmt.flat:
        if expr.scope.kind == "lambda":
            continue
        if expr.op == "await" or (expr.op == "call" and not harmless(basis, expr, row)):
            return expr
        if expr.op == "yield" and manages(stmt.scope.function):
            return expr  # what is raised in the `with` block comes in here
    if stmt.is_async and stmt.op == "for":
        return stmt.value
    if stmt.is_async and stmt.op == "with":
        return next((v for v, _ in stmt.items if v.op != "call" or not harmless(basis, v, row)), None)
    return None


def _swallows(basis: Basis, call: Expr) -> bool:
    row = basis.types.callee(call).row
    return row is not None and row.swallows


def _cleaning(stmt: Stmt) -> bool:
    """In a handler or `finally`, whose own calls are taken to succeed: nobody guards the clean-up of the clean-up."""
    return any(block.kind in ("handler", "finally") for block, _ in ancestors(stmt))


def harmless(basis: Basis, call: Expr, row: Row | None) -> bool:
    """A call that cannot fail in practice: rows say so."""
    callee = basis.types.callee(call)
    if callee.row is not None:
        return not callee.row.raises
    if callee.receiver is not None:
        return callee.method in callee.receiver.quiet or callee.method in callee.receiver.release
    return row is not None and callee.method in row.release


def _narrow(basis: Basis, place: Place, acquired: Stmt) -> Callable[[Expr], bool | None]:
    """What an open value makes of a test: of itself, of a flag set beside it, of what it was acquired under."""
    conditions = {source(b.exprs[0]): b for b, _ in ancestors(acquired) if b.kind in ("body", "elif") and b.exprs}
    flags: dict[str, bool] = {}
    around = [acquired.parent] if acquired.parent is not None else []
    around += [owner.parent for _, owner in ancestors(acquired) if owner.parent is not None]
    for block in around:
        for stmt in block.stmts:
            value = stmt.value
            near = block is acquired.parent or stmt.ordinal > acquired.ordinal
            if near and stmt.op == "assign" and value is not None and value.op == "const" and value.text == "bool":
                flags |= {source(t): value.value == "True" for t in stmt.targets if t.op in ("name", "attr")}

    def narrow(test: Expr) -> bool | None:
        if test.op == "unary" and test.text == "Not":
            inner = narrow(test.args[0])
            return None if inner is None else not inner
        if test.op == "bool" and test.text == "And":
            known = [narrow(a) for a in test.args]
            return False if False in known else (True if all(known) else None)
        if test.op in ("name", "attr") and source(test) in flags:
            return flags[source(test)]
        if basis.names.place(test) == place:
            return True
        if (
            test.op == "compare"
            and basis.names.place(test.args[0]) == place
            and test.args[1].op == "const"
            and test.args[1].text == "none"
        ):
            return test.text in ("IsNot", "NotEqual")
        if source(test) in conditions:
            return True
        return None

    return narrow
