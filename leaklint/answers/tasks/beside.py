"""What an object starts beside something else, and does not end with it: whatever its class is, it may run on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leaklint.answers.releasing.endings import endings, reached
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope


@dataclass(frozen=True, slots=True)
class Beside:
    """`self.control.start()`, in a class whose `ending` stops `self.output`, which is started too, by `stopped`."""

    place: Place
    started: Use
    ending: Scope
    stopped: Use


def beside(basis: Basis) -> Iterator[Beside]:
    """Each attribute of which no row tells, that is started and that nothing in the file ends, with the other one."""
    begun: dict[Scope, list[Use]] = {}
    for place, uses in basis.uses.items():
        if place.is_attribute and len(place.path) == 1 and any(u.verb == "start" for u in uses):
            begun.setdefault(place.scope, []).append(next(u for u in uses if u.verb == "start"))
    for klass, started in begun.items():
        ends = [m for m in endings(basis, klass) if m.name != "__del__"] if len(started) > 1 else []
        at_end = reached(basis, klass, ends) if ends else frozenset()
        stopped = [use for s in started if (use := _ended(basis, s.place)) is not None]
        known = next((use for use in stopped if use.stmt.scope.function in at_end), None)
        for one in started if known is not None else ():
            if known is not None and _runs_on(basis, one, known) and one.stmt.scope.function not in at_end:
                yield Beside(one.place, one, ends[0], known)


def _ended(basis: Basis, place: Place) -> Use | None:
    """The first use that ends it, or waits for its end."""
    return next((u for u in basis.below(place) if _ends(basis, u.verb)), None)


def _ends(basis: Basis, verb: str) -> bool:
    return verb in ("join", "cancel", "wait") or (bool(verb) and basis.apis.means("end_of_life_methods", verb))


def _runs_on(basis: Basis, started: Use, known: Use) -> bool:
    """Made here, of a class that no row tells of, and in nobody else's hands than the other one is."""
    place = started.place
    made = [v for v in basis.types.bound_values(place) if v.op == "call"]
    if not made or basis.types.place_row(place) is not None or place == known.place:
        return False
    named = basis.mentions(place.path[0])
    ended = any(_ends(basis, e.parent.text) for e in named if e.parent is not None and e.parent.op == "attr")
    kept = any(not u.verb and u.role in _GIVEN and not _with(u.site, known.place) for u in basis.all_uses(place))
    return not ended and not kept and all(_can_end(basis, v) for v in made)


_GIVEN = ("argument", "element", "bound", "returned", "yielded")


def _with(call: Expr, other: Place) -> bool:
    """Does the call get the other one as well?"""
    return call.op == "call" and any(e.op == "attr" and e.text == other.path[0] for e in call.args[1:])


def _can_end(basis: Basis, made: Expr) -> bool:
    """A class of this file has something to end it by; one of another file may."""
    local = basis.types.callee(made).local
    if local is None:
        return basis.types.callee(made).row is None
    methods: Sequence[Scope] = [m for k in basis.names.family(local) for m in k.children if m.kind == "function"]
    return local.kind == "class" and any(_ends(basis, m.name) for m in methods)
