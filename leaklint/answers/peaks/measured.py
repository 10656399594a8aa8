"""Losses that go into a mapping for the log with their graph, beside the loss that gradients are computed from."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.peaks.tensors import Retained, graph_free, recorded, through
from leaklint.meaning.basis import Basis
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Expr, Scope, Stmt, statements, walk


def measured(basis: Basis) -> Iterator[Retained]:
    """`log = {"loss": loss}` or `log["loss"] = loss.mean()`, where `loss, log` is returned."""
    for scope in basis.module.scopes:
        if scope.kind != "function" or not any("loss" in name for name in scope.bindings) or graph_free(basis, scope):
            continue
        body = statements(scope.block)
        for returned in (s for s in body if s.op == "return" and s.value is not None and s.value.op == "tuple"):
            names = {e.text for e in returned.value.args if e.op == "name"} if returned.value is not None else set()
            losses = _summands(basis, scope, {name for name in names if "loss" in name})
            kept = [p for s in body for p in _put(s, names - losses)] if losses else []
            for stmt, holder, value in kept:
                if recorded(basis, value) and any(
                    _carries(basis, part, losses, stmt) for part in through(basis, value)
                ):
                    yield Retained(stmt, value, holder, returned, None, False)
            if kept:
                break


def _summands(basis: Basis, scope: Scope, losses: set[str]) -> set[str]:
    """A returned loss, and what it is the sum of."""
    found = set(losses)
    for name in losses:
        for binding in scope.bindings.get(name, ()):
            if binding.value is not None and binding.value.op == "binary":
                found |= {e.text for e in through(basis, binding.value) if e.op == "name" and "loss" in e.text}
    return found


def _put(stmt: Stmt, holders: set[str]) -> Iterator[tuple[Stmt, Expr, Expr]]:
    """What a statement puts into one of these mappings, or into one that it returns."""
    if stmt.op == "return" and stmt.value is not None and stmt.value.op == "tuple":
        yield from ((stmt, d, value) for d in stmt.value.args if d.op == "dict" for value in d.args[1::2])
    if stmt.op != "assign" or stmt.value is None:
        return
    for target in stmt.targets:
        if target.op == "sub" and target.args[0].op == "name" and target.args[0].text in holders:
            yield stmt, target.args[0], stmt.value
        elif target.op == "name" and target.text in holders and stmt.value.op == "dict":
            yield from ((stmt, target, value) for value in stmt.value.args[1::2])


def _carries(basis: Basis, part: Expr, losses: set[str], stmt: Stmt) -> bool:
    """Is it one of the losses, and what it was bound to last has a graph?"""
    if part.op != "name" or part.text not in losses:
        return False
    earlier = [b for b in basis.names.bindings(part.text, part.scope) if b.stmt.ordinal < stmt.ordinal]
    value = earlier[-1].value if earlier else None
    if any(b.how == "param" for b in earlier) or value is None or value.op == "const":
        return bool(earlier) and any(b.target for b in earlier)
    return recorded(basis, value) and not any(source_name(e) == "zeros" for e in walk(value))
