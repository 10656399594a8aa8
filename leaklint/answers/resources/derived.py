"""What is made from a resource and leaves the function it is open in: it may still read from it there."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Expr

_READY = ("container", "buffer")


def derived(basis: Basis, call: Expr, place: Place | None) -> Expr | None:
    """The first expression made from what `call` opens, held in `place` if it has a name, that leaves the function.

    `return client.stream(url)` is one, `return client.get(url).json()` and `rows = file.readlines()` are none.
    """
    held = [u.expr for u in basis.all_uses(place) if u.verb not in ("bind", "del")] if place is not None else [call]
    return next((made for expr in held for made in _made(basis, expr) if _leaves(basis, made)), None)


def _made(basis: Basis, expr: Expr) -> Iterator[Expr]:
    """What an expression with the resource in it gives in the end, unless that is data which has been read."""
    made = expr
    while (parent := made.parent) is not None and parent.op in ("attr", "call", "await"):
        made = parent
    called = made.args[0] if made.op == "await" else made
    if called is not expr and called.op == "call" and not _read(basis, called):
        yield made


def _read(basis: Basis, call: Expr) -> bool:
    """Does a call give what it has read, rather than what will read?"""
    callee = basis.types.callee(call)
    if call.args[0].op == "attr" and callee.row is None and basis.apis.means("data_methods", call.args[0].text):
        return True
    ready = callee.row is not None and callee.row.kind in _READY
    return ready or basis.apis.means("reading_functions", source_name(call))


def _leaves(basis: Basis, made: Expr) -> bool:
    """Is it returned or kept in an attribute, under a name or at once? What is yielded is used while it is open."""
    stmt = made.stmt
    if made.parent is not None:
        return False
    if stmt.op != "assign" or made is not stmt.value:
        return stmt.op == "return"
    named = (basis.names.place(target) for target in stmt.targets if target.op == "name")
    local = [place for place in named if place is not None and place.scope.kind == "function"]
    returned = any(use.role == "returned" for place in local for use in basis.all_uses(place))
    return returned or any(target.op == "attr" for target in stmt.targets)
