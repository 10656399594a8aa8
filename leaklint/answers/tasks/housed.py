"""Tasks that go on in a global, or in what an application carries with it, and that nothing in the file ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.answers.spawn import LOOKS, Spawn, spawn
from leaklint.answers.tasks.lasting import lasting, told
from leaklint.answers.tasks.lodged import looked_at
from leaklint.meaning.basis import Basis, once
from leaklint.meaning.names import Place
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, flat_of


@dataclass(frozen=True, slots=True)
class Housed:
    """`app["poller"] = create_task(...)`, or the same in a global or in a dict of the module."""

    call: Expr
    target: Expr
    spawned: Spawn
    taken_out: Use | None = None  # of the dict, without being ended


def housed(basis: Basis) -> Iterator[Housed]:
    """Each such task that goes on until it is stopped, where nothing but its state is ever looked at."""
    for call in basis.all_calls:
        stmt = call.stmt
        target = stmt.targets[0] if stmt.op == "assign" and stmt.value is call and len(stmt.targets) == 1 else None
        if target is None or stmt.scope.function.kind != "function":
            continue
        place = _global(basis, target)
        if place is None and not _carried(basis, target):
            continue
        found = spawn(basis, call)
        if found is None or found.tracked or found.row.noun != "task" or not _goes_on(basis, found.coroutine):
            continue
        if place is None:
            if not (looked_at(basis, target.text) if target.op == "attr" else _named_again(basis, target)):
                yield Housed(call, target, found)
        elif all(_passes(use) for use in basis.below(place)):
            removed = (u for u in basis.all_uses(place) if u.verb in _REMOVING)
            out = next(removed, None)
            if target.op == "name" or out is not None:
                yield Housed(call, target, found, out)


def _goes_on(basis: Basis, coroutine: Expr | None) -> bool:
    return lasting(basis, coroutine).kind == "endless" and not told(basis, coroutine)


def _global(basis: Basis, target: Expr) -> Place | None:
    """The global that is bound, or the dict of the module that gets an entry."""
    place = basis.names.place(target.args[0] if target.op == "sub" else target)
    return place if place is not None and place.scope.kind == "module" and len(place.path) == 1 else None


def _carried(basis: Basis, target: Expr) -> bool:
    """`app["poller"]`, `request.app["poller"]`, `app.state.poller`."""
    holder = target.args[0] if target.op in ("sub", "attr") else None
    if target.op == "attr" and holder is not None:
        holder = holder.args[0] if holder.op == "attr" and holder.text == "state" else None
    return holder is not None and holder.op in ("name", "attr") and basis.apis.means("application_names", holder.text)


def _named_again(basis: Basis, target: Expr) -> bool:
    """Does the file name the same key anywhere else?"""
    key = target.args[1]
    if key.op != "const":
        return any(e is not key and e not in e.stmt.targets for e in basis.mentions(key.text))
    return _constants(basis)[key.value] > 1


@once(meanwhile=Counter())
def _constants(basis: Basis) -> Counter[str]:
    """How often each constant stands in the module."""
    return Counter(e.value for s in basis.module.stmts for e in flat_of(s) if e.op == "const")


_REMOVING = ("__delitem__", "pop", "clear")
_ADDING = ("bind", "__setitem__", "__contains__", "__len__")


def _passes(use: Use) -> bool:
    """Is it put there, looked at, or taken out and dropped, and nothing else?"""
    dropped = use.verb in _REMOVING and use.stmt.op in ("expr", "del") and use.site.parent is None
    return use.verb in (*_ADDING, *LOOKS) or use.role in ("tested", "discarded") or dropped
