"""Which calls make a value: those of a function of this module are the calls of which it returns the results."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.instances import leaves
from leaklint.answers.opening.openers import sources
from leaklint.meaning.basis import Basis
from leaklint.tree.ir import Expr, source, statements


def making(basis: Basis, value: Expr) -> Iterator[Expr]:
    """The calls that a value may come from."""
    for call in leaves(value):
        local = basis.types.callee(call).local if call.op == "call" else None
        if local is not None and local.kind == "function" and not local.is_generator:
            returned = (s.value for s in statements(local.block) if s.op == "return")
            yield from (c for r in returned for v in sources(basis, r) for c in leaves(v) if c.op == "call")
        elif call.op == "call":
            yield call


def makers(basis: Basis, value: Expr | None) -> frozenset[tuple[str, ...]]:
    """What makes it: what is called, and with which switches, since another one may well give something else."""
    own = [v for v in leaves(value) if v.op == "call"] if value is not None else []
    within = [c for c in making(basis, value) if c not in own] if value is not None else []
    # what a helper calls in turn, where that is a class
    found = (*own, *(c for c in within if _class(c)))
    return frozenset(_maker(c) for c in found if not (basis.types.callee(c).name or "").startswith("builtins."))


def _class(call: Expr) -> bool:
    return call.args[0].text.lstrip("_")[:1].isupper()


def _maker(call: Expr) -> tuple[str, ...]:
    named = enumerate(zip(call.names, call.args, strict=False))
    return (source(call.args[0]), *(f"{name}{i}={arg.value}" for i, (name, arg) in named if arg.text == "bool"))
