"""Is an entry there when it is stored, and does a removal take one away for good?

A store under a key that is known to be there replaces an entry, one beside the removal of another moves it. And a
removal that is followed by a store under the same key, or that takes back its own insert when something failed, leaves
the entries of all that went well where they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from leaklint.answers.drain import conditional
from leaklint.answers.growth.known import known
from leaklint.answers.ways.handlers import in_handler
from leaklint.meaning.flow import LEAVING
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Block, Expr, Scope, Stmt, ancestors, is_none, source, statements

_LOOKS = ("__getitem__", "get", "__contains__")
_STORES = ("__setitem__", "setdefault", "add", "append")


Reads = Mapping[tuple[Scope, str], Sequence[Use]]


def reads(uses: Iterable[Use]) -> Reads:
    """The uses that look at an entry, by their function and key: there may be thousands of each."""
    found: dict[tuple[Scope, str], list[Use]] = {}
    for use in uses:
        if use.key is not None and use.verb in _LOOKS:
            found.setdefault((use.stmt.scope.function, source(use.key)), []).append(use)
    return found


def present(store: Use, read: Reads, inserts_on_read: bool) -> bool:
    """Was the entry read, or asked for, on the way, and is a missing one refused?"""
    same = read.get((store.stmt.scope.function, source(store.key)), ())
    here = [u for u in same if u.stmt.ordinal <= store.stmt.ordinal]
    if not inserts_on_read and any(u.verb == "__getitem__" and _for_certain(u.stmt) for u in here):
        return True
    looks = [u for u in here if u.verb in ("get", "__contains__")]
    return bool(looks) and any(_holds(test, looks) is wanted for test, wanted in known(store.stmt))


def _same_key(use: Use, uses: Iterable[Use]) -> Iterator[Use]:
    function, key = use.stmt.scope.function, source(use.key)
    return (u for u in uses if u.stmt.scope.function is function and u.key is not None and source(u.key) == key)


def _for_certain(stmt: Stmt) -> bool:
    return not conditional(stmt) and not any(owner.op == "try" for _, owner in ancestors(stmt))


def _holds(test: Expr, looks: Sequence[Use]) -> bool | None:
    """Does it say that the entry is there (True), or missing (False), when it is true? None where it says neither."""
    if test.op == "unary" and test.text == "Not":
        told = _holds(test.args[0], looks)
        return None if told is None else not told
    if test.op == "compare":
        if any(u.site is test and u.verb == "__contains__" for u in looks):
            return test.text == "In"
        if len(test.args) == 2 and is_none(test.args[1]) and _found(test.args[0], looks):
            return test.text == "IsNot"
        return None
    return True if _found(test, looks) else None


def _found(expr: Expr, looks: Sequence[Use]) -> bool:
    """What `get` gave, by itself or by the name it was bound to."""
    if expr.op == "walrus":
        expr = expr.args[-1]
    for look in (u for u in looks if u.verb == "get"):
        stmt = look.stmt
        bound = stmt.op == "assign" and stmt.value is look.site and len(stmt.targets) == 1
        if expr is look.site or (bound and expr.op == "name" and stmt.targets[0].text == expr.text):
            return True
    return False


def moves(store: Use, removals: Iterable[Use]) -> bool:
    """`d[new] = d.pop(old)`: one goes whenever this one comes, in the same statements."""
    return any(
        u.stmt.parent is store.stmt.parent
        and u.stmt.ordinal <= store.stmt.ordinal
        and source(u.key) != source(store.key)
        for u in removals
    )


def undone(removal: Use, uses: Sequence[Use]) -> bool:
    """Is what it takes out stored again right away, by itself or another one in its place, or only what had failed?"""
    if removal.key is None or removal.key.op == "slice" or removal.verb == "__setitem__":
        return False
    if removal.expr.scope.kind == "lambda":
        return False  # it runs later, whenever it is called
    stores = [u for u in uses if u.verb in _STORES and u.stmt.scope.function is removal.stmt.scope.function]
    same = list(_same_key(removal, stores))
    if in_handler(removal.stmt):
        return any(i.stmt.ordinal < removal.stmt.ordinal for i in same)
    home, after = removal.stmt.parent, [i for i in same if i.stmt.ordinal > removal.stmt.ordinal]
    asked = [u for u in uses if u.verb in ("get", "__contains__")] if after else []
    looks, reached = list(_same_key(removal, asked)), frozenset(_reached(removal.stmt)) if after else frozenset()
    return any(_home(i.stmt, looks) in reached for i in after) or any(
        i.verb == "__setitem__" and i.stmt.parent is home and i.stmt.ordinal >= removal.stmt.ordinal and i not in same
        for i in stores
    )


def _reached(removal: Stmt) -> Iterator[Block]:
    """The blocks that go on after a removal, whatever the branches: its own, and those around it until one is left."""
    for block, owner in ancestors(removal):
        yield block
        after = (s for s in statements(block) if s.ordinal > removal.ordinal)
        if owner.op in ("for", "while") or any(s.op in LEAVING for s in after):
            return


def _home(insert: Stmt, looks: Sequence[Use]) -> Block | None:
    """The block that an insert is part of, or the one around it, where only a missing entry is asked for."""
    home = insert.parent
    asks = home.parent if home is not None else None
    if asks is not None and asks.op == "if" and asks.value is not None and _holds(asks.value, looks) is False:
        return asks.parent
    return home
