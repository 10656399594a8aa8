"""Resources that a class gathers in a list or dict, and that nothing in it takes out again to close them."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.opening.acquisitions import Acquisition
from leaklint.answers.opening.openers import acquired, sources
from leaklint.answers.releasing.fate import fate
from leaklint.answers.releasing.handover import local_name
from leaklint.answers.ways.handlers import in_handler
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Stmt

_ADDING = ("append", "add")
_LOOKS = ("__contains__", "__len__", "__getitem__", "get", "clear", "keys", "__setitem__", "setdefault", *_ADDING)
_READ = ("tested", "formatted", "operand")
_NAMES = 3  # local names that one entry is given in turn


def gathered(basis: Basis) -> Iterator[Acquisition]:
    """Of each attribute that gains resources, and of which no entry is ever closed or handed on, the first."""
    for place, uses in list(basis.uses.items()):
        if place.is_attribute and len(place.path) == 1 and all(looks(u) for u in uses):
            filled = frozenset(use.stmt for use in uses if put(use))
            first = next((one for use in uses for one in stored(basis, use, filled)), None)
            if first is not None and not _ended(basis, basis.all_uses(place.entry), first.row, filled, lent=True):
                yield first


def stored(basis: Basis, use: Use, filled: frozenset[Stmt] = frozenset()) -> Iterator[Acquisition]:
    """What is put in by a name that nothing else ends, or without one."""
    for kept in put(use):
        for value in sources(basis, kept):
            row = acquired(basis, value)
            if row is not None and not row.empty:
                local = basis.names.place(kept) if kept.op == "name" else None
                others = [u for u in basis.all_uses(local) if u.stmt is not use.stmt] if local is not None else []
                if not _ended(basis, others, row, filled, lent=use.verb not in _ADDING):
                    yield Acquisition(use.place.entry, row, use.stmt, value)


def put(use: Use) -> tuple[Expr, ...]:
    """What a use puts in: `xs.append(x)`, `xs[k] = x`, `xs = [x, y]`, `xs = [connect(host) for host in hosts]`."""
    if use.verb == "__setitem__":
        return (use.value,) if use.value is not None else ()
    if use.verb == "bind" and use.value is not None:
        return elements(use.value)
    if use.verb == "setdefault" and use.site.op == "call":
        return use.site.args[2:3]
    return (use.site.args[1],) if use.verb in _ADDING and use.site.op == "call" and len(use.site.args) == 2 else ()


def elements(display: Expr) -> tuple[Expr, ...]:
    """What a list, tuple, set or dict is made of; of a comprehension, what each turn gives."""
    if display.op in ("list", "tuple", "set"):
        return display.args
    if display.op == "dict":  # but what `**` brings in
        return display.args[1::2] if all(a.op != "starred" for a in display.args) else ()
    return display.args[-1:] if display.op == "comp" and display.text != "gen" else ()


def looks(use: Use) -> bool:
    """Does a use only fill, ask or throw away? Who goes through a container may close what it holds."""
    if use.verb in ("pop", "__delitem__"):
        return use.site.parent is None and use.stmt.op in ("expr", "del")
    return use.verb in ("bind", *_LOOKS) or (use.verb == "" and use.role in _READ)


def _ended(
    basis: Basis, uses: list[Use], row: Row, filled: frozenset[Stmt], *, lent: bool, depth: int = _NAMES
) -> bool:
    """Is it released or handed over, other than where something fails? What is returned may be `lent` only; what is
    put in again is `filled` by one statement."""
    for use in uses:
        fails = in_handler(use.stmt)
        if use.verb == "bind" or fails or (lent and use.role == "returned") or use.stmt in filled:
            continue
        local = local_name(basis, use) if depth else None
        if local is not None:  # `client = self.clients.get(host)`
            if _ended(basis, basis.all_uses(local), row, filled, lent=lent, depth=depth - 1):
                return True
        elif fate(basis, use, row) in ("release", "escape"):
            return True
    return False
