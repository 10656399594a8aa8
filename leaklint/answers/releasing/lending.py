"""What a call of which nothing is known is given: is it only lent, or handed over?"""

from __future__ import annotations

from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.scopes import source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Block, Expr, Stmt, ancestors, in_loop

_KEPT = ("returned", "argument", "bound", "element", "yielded")


def reads(basis: Basis, call: Expr, row: Row, *, packed: bool = False) -> bool:
    """Does an unknown function only read what it is given? An unknown class or object may keep and close it.

    `packed`: it is given within a tuple, list or dict. Of a file, the name of a method is enough that reads or writes.
    """
    name = called(basis, call)
    plain = packed or call.args[0].op == "name" or basis.names.qualified(call.args[0]) is not None
    if not name[:1].islower():
        return plain and _asked_once(basis, call)
    if is_file(basis, row):
        if _by_parameter(basis, call, name):
            return True
        plain = plain or basis.apis.means("file_methods", name)
    return plain and (packed or stays(basis, call))


def called(basis: Basis, call: Expr) -> str:
    """The last name of what a call calls, as its own module has it; `Channel` for `Channel[str]()`."""
    func = call.args[0]
    while func.op == "sub":
        func = func.args[0]
    return (basis.names.qualified(func) or source_name(call) or func.text).rpartition(".")[2]


def is_file(basis: Basis, row: Row) -> bool:
    return basis.apis.means("file_nouns", row.noun.rpartition(" ")[2])


def _asked_once(basis: Basis, made: Expr) -> bool:
    """`Reader(open(path)).rows()`: an object without a name that one method is called on, which does not end it."""
    method = made.parent
    call = method.parent if method is not None and method.op == "attr" else None
    called = call is not None and call.op == "call" and call.args[0] is method
    return called and method is not None and not basis.apis.means("end_of_life_methods", method.text)


def _by_parameter(basis: Basis, call: Expr, name: str) -> bool:
    """`client.transcriptions.create(file=file)`: sent, or stored elsewhere, and what comes back is an answer."""
    told = any(word and basis.apis.means("read_parameters", word) for word in call.names)
    return told and not any(basis.apis.means(kind, name) for kind in ("keeping_methods", "wrapping_functions"))


def stays(basis: Basis, call: Expr) -> bool:
    """Does what the call gives stay in this statement, or in a local name that is only read from?"""
    stmt, reading = call.stmt, basis.apis.means("reading_functions", called(basis, call))
    given_on = call.parent is not None and call.parent.op == "call" and call is not call.parent.args[0]
    if stmt.op == "return" or given_on or reading:  # `return yaml.safe_load(open(path))`
        return reading
    if stmt.op != "assign":
        return stmt.op in ("expr", "for")
    places = [basis.names.place(t) if t.op == "name" else None for t in stmt.targets]
    return all(p is not None and not any(_keeps(u) for u in basis.below(p)) for p in places)


def _keeps(use: Use) -> bool:
    return use.role in _KEPT or use.stmt.scope.function is not use.place.scope


def lent(basis: Basis, use: Use, releases: list[Use]) -> bool:
    """Does the function itself still release what it gave to an unknown call, or yielded? Then it was only lent."""
    around = {block for block, _ in ancestors(use.stmt)}
    if use.stmt.op == "return":  # nothing runs after it but a `finally`
        releases = [u for u in releases if any(b.kind == "finally" for b, _ in ancestors(u.stmt))]
    if not any(close.stmt.ordinal > use.stmt.ordinal and _reached(close.stmt, around) for close in releases):
        return False
    if use.role == "yielded":  # `yield db` in a dependency; what a loop yields is an item
        return not in_loop(use.stmt)
    return use.role == "argument" and not _may_keep(basis, use.site)


def added(basis: Basis, use: Use) -> bool:
    """`self.opened.append(file)`: is it kept by a method of something?"""
    method = use.site.args[0] if use.role == "argument" else None
    return method is not None and method.op == "attr" and basis.apis.means("keeping_methods", method.text)


def _may_keep(basis: Basis, call: Expr) -> bool:
    callee = basis.types.callee(call)
    if callee.row is not None or callee.receiver is not None or callee.local is not None:
        return True
    return call.args[0].op == "attr" and basis.apis.means("keeping_methods", call.args[0].text)


def _reached(stmt: Stmt, blocks: set[Block]) -> bool:
    """Does it run whenever one of the blocks goes on: in it, or in a `with`, `try` or `finally` that stands in it?"""
    for block, owner in ancestors(stmt):
        if block in blocks:
            return True
        plain = owner.op == "with" or (owner.op == "try" and block.kind != "handler")
        if not plain and not (owner.op == "if" and any(b.kind == "finally" for b, _ in ancestors(owner))):
            return False
    return False
