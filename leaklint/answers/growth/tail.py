"""How may the oldest entries of a container be dropped, so that nothing that uses it breaks?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, source

Tail = Literal["deque", "slice", "indexed", "members"]
"""It may become a deque; it stays a list, from whose front is cut; places in it are kept elsewhere; it has no order."""

# Roles in which a value leaves the code that is seen, or in which only a list will do.
_AWAY = ("argument", "bound", "returned", "yielded", "element", "operand", "other")
_OF_LISTS = ("sort", "copy")


def tail(uses: Iterable[Use], *, ordered: bool) -> Tail:
    """`ordered`: is it no set?"""
    if not ordered:
        return "members"
    found: Tail = "deque"
    for use in uses:
        if use.verb in ("__getitem__", "__setitem__", "__delitem__", "pop", "insert") and use.key is not None:
            if use.key.op == "slice":
                found = "slice"
            elif not source(use.key).lstrip("-").isdigit():  # the first and the last stay where they are
                return "indexed"
        elif use.verb in _OF_LISTS or (not use.verb and use.role in _AWAY):
            found = "slice"
    return found


_ADDS_UP = ("sum", "len", "min", "max", "mean", "median", "stdev", "any", "all", "fmean")


def gone_through(uses: Iterable[Use]) -> Use | None:
    """What goes through all of it, or gives all of it away: it counts on what was added first as well. What adds up
    its entries can do with the latest ones."""
    for use in uses:
        through = use.verb == "__iter__" and not (use.site.parent is not None and _adds_up(use.site.parent))
        away = not use.verb and use.role in ("returned", "yielded", "argument") and not _adds_up(use.site)
        if through or away:
            return use
    return None


def _adds_up(call: Expr) -> bool:
    return call.op == "call" and call.args[0].text in _ADDS_UP
