"""Does a container only grow until its holder is ready, or while it is empty? What waits for the one is as much as is
said before, and what fills it in one go is as much as there was then."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from leaklint.answers.growth.known import known
from leaklint.meaning.basis import Basis, Clue
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import CONSTRUCTORS
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, is_none, source

_FALSE = ("False", "None", "0")
_DRAINS = ("popleft", "pop", "popitem", "clear")
_SIZES = ("builtins.bool", "builtins.len")


def until_ready(basis: Basis, inserts: Sequence[Use]) -> Clue | None:
    """The test that stops the first insert for good, where each is stopped: of a flag that starts false, is set, and
    never goes back, or of the container itself, which is no longer empty.

    `if self.connected: send(m)`, `else: waiting.append(m)` is none where a disconnect takes the flag back; nor is
    `if not self.closed`, where the flag is set at the end.
    """
    stopped = list(itertools.takewhile(bool, (_stops(basis, insert) for insert in inserts)))
    return stopped[0] if stopped and len(stopped) == len(inserts) else None


def _stops(basis: Basis, insert: Use) -> Clue | None:
    for test, truth in known(insert.stmt):
        flag, unset = _flag(basis, test, truth)
        place = basis.names.place(flag) if flag is not None and unset else None
        if place is None or place.scope.kind not in ("module", "class"):
            continue
        if place == insert.place or _set_for_good(basis, place, insert.place):
            return Clue(test.stmt, "bound", "bound", {"what": source(test)})
    return None


def _flag(basis: Basis, test: Expr, truth: bool) -> tuple[Expr | None, bool]:
    """What a test asks for, and whether that is known to be unset, or empty."""
    if test.op in ("name", "attr"):
        return test, not truth
    if test.op == "call" and basis.names.qualified(test.args[0]) in _SIZES and len(test.args) == 2:
        return test.args[1], not truth
    if test.op == "compare" and len(test.args) == 2 and (is_none(test.args[1]) or source(test.args[1]) == "0"):
        asked, _ = _flag(basis, test.args[0], truth)
        return asked, (test.text in ("Is", "Equal")) is truth
    return None, False


def _set_for_good(basis: Basis, place: Place, filled: Place) -> bool:
    """Is it set and never taken back: not at the holder's end, unless all that was gathered is taken out there?"""
    drained = {u.stmt.scope.function for u in basis.all_uses(filled) if u.verb in _DRAINS}
    binds = [u for u in basis.all_uses(place) if u.verb in ("bind", "del")]
    first = [u for u in binds if _begins(u)]
    later = [u for u in binds if u not in first]
    starts = list(basis.types.bound_values(place))
    return (
        any(source(value) in _FALSE for value in starts)
        and bool(later)
        and all(u.verb == "bind" and u.value is not None and source(u.value) not in _FALSE for u in later)
        and not any(
            basis.apis.means("end_of_life_methods", f.name) and f not in drained
            for f in (u.stmt.scope.function for u in later)
        )
    )


def _begins(use: Use) -> bool:
    """In the body of the module or class, or where the object is made."""
    function = use.stmt.scope.function
    return function.kind != "function" or function.name in CONSTRUCTORS
