"""Outputs of a model that are collected where no gradient is wanted, and that carry a graph all the same."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.peaks.demand import in_own_loop
from leaklint.answers.peaks.tensors import Retained, body_of, graph_free, in_graph_free, puts, recorded, through
from leaklint.meaning.basis import Basis
from leaklint.tree.ir import Expr, Scope, Stmt, flat_of, statements

_TENSOR = "tensor"
_NETWORK = "forward"


def evaluated(basis: Basis) -> Iterator[Retained]:
    """`predictions.append(model(x))` in a function that evaluates, outside of `no_grad`; nothing where gradients are
    computed, nor in the methods of a network, whose outputs have a graph for whoever trains it."""
    packages = {row.name.partition(".")[0] for row in basis.apis.rows.values() if row.noun == _TENSOR}
    for scope in basis.module.scopes if packages & set(basis.packages) else ():
        if scope.kind != "function" or _of_network(basis, scope) or not _evaluates(basis, scope):
            continue
        body = body_of(basis, scope)
        if body is None or body.proof is not None or graph_free(basis, scope):
            continue
        outputs = dict(_outputs(basis, scope))
        for stmt in statements(scope.block) if outputs else ():
            loop = in_own_loop(stmt)
            for holder, value, summed in puts(stmt) if loop is not None and not in_graph_free(basis, stmt) else ():
                made = [outputs[e.text] for e in through(basis, value) if e.op == "name" and e.text in outputs]
                if made and recorded(basis, value) and holder.op in ("name", "attr"):
                    yield Retained(stmt, value, holder, made[0], loop, summed, presumed=True)


def _of_network(basis: Basis, function: Scope) -> bool:
    klass = function.method_of
    return klass is not None and basis.names.method(klass, _NETWORK) is not None


def _evaluates(basis: Basis, function: Scope) -> bool:
    """It puts a model into that mode, or says so by its name."""
    if basis.apis.means("evaluating_functions", function.name):
        return True
    return any(e.op == "attr" and e.text == "eval" for s in statements(function.block) for e in flat_of(s))


def _outputs(basis: Basis, function: Scope) -> Iterator[tuple[str, Stmt]]:
    """The names that are bound to what a model returned, or to a part of it, and nothing else."""
    for name, bindings in function.bindings.items():
        values = [b.value for b in bindings if b.how == "assign"]
        if values and len(values) == len(bindings) and all(v is not None and _from_model(basis, v) for v in values):
            free = any(in_graph_free(basis, b.stmt) for b in bindings)
            if not free:
                yield name, bindings[0].stmt


def _from_model(basis: Basis, value: Expr) -> bool:
    """`model(x)`, `self.model(**inputs).last_hidden_state.mean(dim=1)`."""
    while value.op in ("call", "attr", "sub", "await"):
        if value.op == "attr" and basis.apis.means("graph_cuts", value.text):
            return False
        called = value.args[0]
        if value.op == "call" and called.op in ("name", "attr") and basis.apis.means("model_names", called.text):
            return True
        if value.op == "call" and called.op == "attr" and not basis.apis.means("graph_keeping_methods", called.text):
            return False
        if value.op == "call" and called.op == "name":
            return False
        value = called
    return False
