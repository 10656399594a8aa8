"""Resources that are acquired in a function and released on no path at all, named or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leaklint.answers.fate import acquired, takes_over
from leaklint.answers.paths import Paths
from leaklint.apis import Row
from leaklint.basis import Basis
from leaklint.ir import Expr, Stmt
from leaklint.scopes import source_name


@dataclass(frozen=True, slots=True)
class Unreleased:
    """`defence` says why it is well after all; `name` is the local name, empty when there is none.

    `lost` binds the name to something else while the resource is open; what is bound to it last may be released.
    """

    subject: str
    row: Row
    call: Expr
    name: str = ""
    defence: str = ""
    lost: Stmt | None = None


def unreleased(basis: Basis, traces: Sequence[tuple[Paths, Expr]]) -> Iterator[Unreleased]:
    """Named ones by their traces, and those that are dropped where they are acquired."""
    for paths, value in traces:
        lost = paths.exit("lost")
        if lost is not None:
            yield Unreleased(paths.place.text, paths.row, value, paths.place.path[0], lost=lost.stmt)
        if lost is not None or paths.releases or paths.escapes:
            continue
        if any(e.kind in ("end", "return") for e in paths.exits):
            yield Unreleased(paths.place.text, paths.row, value, paths.place.path[0])
        else:
            yield Unreleased(paths.place.text, paths.row, value, paths.place.path[0], "the function does not end")
    for call in basis.all_calls:
        row, function = acquired(basis, call), call.stmt.scope.function
        if row is not None and _dropped(basis, call, row):
            where = function.qualname or "<module>"
            yield Unreleased(f"{where}.{basis.types.callee(call).name or call.args[0].text}", row, call)
        elif row is None and (row := _left_behind(basis, call)) is not None:
            yield Unreleased(f"{function.qualname}.{call.args[0].text}", row, call)


def _dropped(basis: Basis, call: Expr, row: Row) -> bool:
    """Used for one look at an attribute or method, or not at all: nobody can release it afterwards."""
    expr = call
    while expr.parent is not None and expr.parent.op == "await":
        expr = expr.parent
    parent, stmt = expr.parent, expr.stmt
    if parent is None:
        return (stmt.op == "expr" and not _ends(basis, call)) or (stmt.op == "for" and expr is stmt.value)
    if parent.op == "comp":
        return parent.args[0] is expr  # the first iterable: the others are bound again and again
    if parent.op == "attr":
        # `Client().aio`: that half is followed by itself
        return acquired(basis, parent) is None and _looked_at(basis, parent, row)
    packed = parent.op in ("tuple", "list", "dict")
    while parent is not None and parent.op in ("tuple", "list", "dict"):  # `files={"f": open(p)}`
        expr, parent = parent, parent.parent
    return (
        parent is not None
        and parent.op == "call"
        and expr is not parent.args[0]
        and _read_by(basis, parent, row, packed)
    )


def _left_behind(basis: Basis, call: Expr) -> Row | None:
    """Of a call that returns a tuple one entry is taken, and another would have to be closed: `mkstemp()[1]`."""
    taken = call.parent if call.parent is not None and call.parent.op == "sub" else None
    if taken is None or taken.args[0] is not call or taken.args[1].op != "const":
        return None
    others = (basis.types.indexed(call, index) for index in "01" if index != taken.args[1].value)
    return next((row for row in others if row is not None and row.closer), None)


def _ends(basis: Basis, call: Expr) -> bool:
    """A statement that calls `stack.pop_all()`, or makes an object that its own constructor may keep."""
    callee = basis.types.callee(call)
    disarms = callee.receiver is not None and callee.method in callee.receiver.release
    return disarms or (callee.local is not None and callee.local.kind == "class")


def _looked_at(basis: Basis, attribute: Expr, row: Row) -> bool:
    """Is all that is asked of it one attribute, or one method that gives nothing which could hold it?"""
    call = attribute.parent
    if attribute.text in row.release or basis.apis.means("end_of_life_methods", attribute.text):
        return False
    if call is None or call.op != "call" or call.args[0] is not attribute:
        return True
    made = basis.types.result(call)
    answer = made is not None and basis.apis.means("response_nouns", made.noun.rpartition(" ")[2])
    answer = answer or attribute.text in row.spawn  # a future holds no pool
    return (made is None or answer) and basis.types.callee(call).local is None


def _read_by(basis: Basis, call: Expr, row: Row, packed: bool) -> bool:
    """Does a call that it is given to only read it?"""
    callee = basis.types.callee(call)
    if callee.local is not None:
        return False
    if row.spawn and callee.receiver is not None and callee.method in callee.receiver.spawn:
        return True  # `loop.run_in_executor(pool, f)`
    if callee.row is not None or callee.receiver is not None:
        return not takes_over(callee)
    # an unknown function reads it; an unknown class or object may keep and close it, unless it is dropped itself
    plain = packed or call.args[0].op == "name" or basis.names.qualified(call.args[0]) is not None
    if not source_name(call)[:1].islower():
        return plain and _asked_once(basis, call)
    return plain and _stays(basis, call, sent=packed)


def _asked_once(basis: Basis, made: Expr) -> bool:
    """`Reader(open(path)).rows()`: an object without a name that one method is called on, which does not end it."""
    method = made.parent
    call = method.parent if method is not None and method.op == "attr" else None
    called = call is not None and call.op == "call" and call.args[0] is method
    return called and method is not None and not basis.apis.means("end_of_life_methods", method.text)


def _stays(basis: Basis, call: Expr, sent: bool = False) -> bool:
    """Does what the call gives stay in this statement, or in a local name that is only read from?

    `sent`: it is an answer to an upload, and holds nothing of what was sent.
    """
    stmt = call.stmt
    if sent:
        return True
    if stmt.op != "assign":
        return stmt.op in ("expr", "for")
    places = [basis.names.place(t) if t.op == "name" else None for t in stmt.targets]
    kept = ("returned", "argument", "bound", "element", "yielded")
    return all(p is not None and not any(u.role in kept for u in basis.all_uses(p)) for p in places)
