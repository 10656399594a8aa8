"""What a call of which nothing is known is given: is it only lent, or handed over?"""

from __future__ import annotations

from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.scopes import source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Block, Expr, Stmt, ancestors, in_loop

_GOING_THROUGH = ("list", "tuple", "set", "frozenset", "dict", "sorted", "sum", "min", "max", "any", "all")
_KEPT = ("returned", "argument", "bound", "element", "yielded")


def reads(basis: Basis, call: Expr, row: Row, *, packed: bool = False) -> bool:
    """Does an unknown function only read what it is given? An unknown class or object may keep and close it.

    `packed`: it is given within a tuple, list or dict. Of a file, the name of a method is enough that reads or writes.
    """
    name, of_file = called(basis, call), is_file(basis, row)
    if not of_file and given(basis, call):
        return False  # `on_open(connect(host))`: whoever gave that function has it now
    plain = packed or call.args[0].op == "name" or basis.names.qualified(call.args[0]) is not None
    if of_file and _used_up(call):
        return True
    if not name.lstrip("_")[:1].islower():
        return plain and (_asked_once(basis, call) or (of_file and only_asked(basis, call)))
    if of_file:
        if _by_parameter(basis, call, name):
            return True
        plain = plain or any(basis.apis.means(words, name) for words in ("file_methods", "reading_functions"))
    return plain and (packed or stays(basis, call))


def called(basis: Basis, call: Expr) -> str:
    """The last name of what a call calls, as its own module has it; `Channel` for `Channel[str]()`."""
    func = call.args[0]
    while func.op == "sub":
        func = func.args[0]
    return (basis.names.qualified(func) or source_name(call) or func.text).rpartition(".")[2]


def is_file(basis: Basis, row: Row) -> bool:
    return basis.apis.means("file_nouns", row.noun.rpartition(" ")[2])


def given(basis: Basis, call: Expr) -> bool:
    """Does it call what a function was given: other people's code? `cls()` is its own class."""
    place = basis.names.place(call.args[0]) if call.args[0].op == "name" else None
    given_ = place is not None and len(place.path) == 1 and place.is_given
    return given_ and basis.names.class_of(call.args[0]) is None


def _asked_once(basis: Basis, made: Expr) -> bool:
    """`Reader(open(path)).rows()`: an object without a name that one method is called on, which does not end it."""
    method = made.parent
    call = method.parent if method is not None and method.op == "attr" else None
    called = call is not None and call.op == "call" and call.args[0] is method
    return called and method is not None and not basis.apis.means("end_of_life_methods", method.text)


def _used_up(call: Expr) -> bool:
    """Is what it gives gone through on the spot: `for row in Reader(file)`, `[row for row in self.rows(file)]`,
    `list(rows(file))`?"""
    parent = call.parent
    if parent is None:
        return call.stmt.op == "for" and call.stmt.value is call
    if parent.op == "comp":
        lazy = parent.text == "gen" and not (parent.parent is not None and _goes_through(parent.parent))
        return parent.args[0] is call and not lazy
    return _goes_through(parent) and parent.args[-1] is call


def _goes_through(call: Expr) -> bool:
    return call.op == "call" and call.args[0].op == "name" and call.args[0].text in _GOING_THROUGH


def only_asked(basis: Basis, made: Expr) -> bool:
    """`reader = Reader(open(path))`: an object that stays in the function, which calls methods of it and ends none?"""
    stmt = made.stmt
    if stmt.op != "assign" or stmt.value is not made or not called(basis, made)[:1].isupper() or not stays(basis, made):
        return False
    uses = [u for t in stmt.targets if (p := basis.names.place(t)) is not None for u in basis.below(p)]
    verbs = [u.verb for u in uses if u.verb != "bind"]
    return any(verbs) and not any(
        v in ("__exit__", "__aexit__") or basis.apis.means("end_of_life_methods", v) for v in verbs if v
    )


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
