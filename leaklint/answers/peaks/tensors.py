"""Which values that carry the graph of their computation are put by, round after round?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from leaklint.answers.bound import by_type
from leaklint.answers.driver import callers
from leaklint.answers.peaks.demand import in_own_loop
from leaklint.meaning.basis import Basis, once
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, flat_of, statements, walk

_THROUGH = ("binary", "tuple", "list", "dict", "unary", "sub", "if", "starred", "await")
_ADDING = ("append", "extend", "insert", "appendleft")
_PASSES = 4


@dataclass(frozen=True, slots=True)
class Retained:
    """`stmt` puts `value` into `holder`, with its graph, in each round of `loop`; `proof` shows that it has one.

    `given`: whether it has one is up to whoever hands it in, and `proof` is where the holder is made as a tensor.
    """

    stmt: Stmt
    value: Expr
    holder: Expr
    proof: Stmt
    loop: Stmt | None
    summed: bool
    given: bool = False
    presumed: bool = False  # by what a model is called, and that nothing says it records none


def retained(basis: Basis) -> Iterator[Retained]:
    """Losses and outputs that a function collects or adds up without cutting them off from their graph."""
    telling = ("backward_methods", "model_names")
    steps = (s.name for s in basis.module.scopes if s.method_of is not None)
    if not any(basis.apis.means(what, word) for word in (*basis.identifiers, *steps) for what in telling):
        return
    for scope in basis.module.scopes:
        body = body_of(basis, scope)
        if body is not None and body.proof is not None and not graph_free(basis, scope):
            yield from body.retained(body.proof)


def graph_free(basis: Basis, function: Scope) -> bool:
    """Decorated so that no graph is recorded, or called in such a block only."""
    decorators = function.stmt.decorators if function.stmt is not None else ()
    if any(basis.apis.means("graph_free_blocks", source_name(d)) for d in decorators):
        return True
    called = [in_graph_free(basis, call.stmt) for call in callers(basis, function)]
    return bool(called) and all(called)


def in_graph_free(basis: Basis, stmt: Stmt) -> bool:
    return any(
        basis.apis.means("graph_free_blocks", source_name(item))
        for _, owner in ancestors(stmt)
        if owner.op == "with"
        for item, _ in owner.items
    )


class Body:
    """One function: what its gradients are computed from, and what carries a graph."""

    def __init__(self, basis: Basis, scope: Scope) -> None:
        self.basis, self.scope = basis, scope
        block = scope.block
        self.stmts = (
            list(statements(block)) if block is not None else [s for s in basis.module.stmts if s.scope is scope]
        )
        self.roots: set[str] = set()
        gradients = [stmt for stmt in self.stmts if self._computes_gradients(stmt)]
        self.feeding = self._feeds(self.roots) if gradients else set[str]()
        steps = [found for stmt in self.stmts if (found := self._steps(stmt)) is not None]
        proofs = gradients or steps or [stmt for stmt in self.stmts if self._measures(stmt)]
        self.proof = proofs[0] if proofs else None

    @cached_property
    def carrying(self) -> set[str]:
        return self.roots | self._operands() | self._outputs

    def _computes_gradients(self, stmt: Stmt) -> bool:
        before = len(self.roots)
        if stmt.op == "return" and stmt.value is not None and self._trains:
            self.roots |= {_key(e) for e in through(self.basis, stmt.value) if e.op == "name"}
        for call in (e for e in flat_of(stmt) if e.op == "call" and e.args[0].op == "attr"):
            func = call.args[0]
            if self.basis.apis.means("backward_methods", func.text):
                given = func.text == "manual_backward" or _is_driver(func.args[0])
                sources = call.args[1:] if given else func.args[:1]
                self.roots |= {_key(e) for s in sources for e in walk(s) if _key(e)}
        return len(self.roots) > before

    @cached_property
    def _trains(self) -> bool:
        """Is the function a step whose caller computes gradients from what it returns?"""
        return self.scope.method_of is not None and self.basis.apis.means("training_steps", self.scope.name)

    def _steps(self, stmt: Stmt) -> Stmt | None:
        """`loss = self.step(batch)`, of a method that computes gradients from what it returns."""
        value = stmt.value.args[0] if stmt.value is not None and stmt.value.op == "await" else stmt.value
        if stmt.op not in ("assign", "augassign") or value is None or value.op != "call":
            return None
        step = self.basis.types.callee(value).local
        found = gives_graph(self.basis, step) if step is not None and step is not self.scope else None
        self.roots |= {_key(t) for t in stmt.targets if t.op == "name"} if found and stmt.op == "assign" else set()
        return found

    def _measures(self, stmt: Stmt) -> bool:
        """No gradients here, but a loss of what a model returned: it has a graph unless it is told otherwise."""
        value = stmt.value
        if stmt.op != "assign" or value is None or value.op != "call" or in_graph_free(self.basis, stmt):
            return False
        row = self.basis.types.callee(value).row or self.basis.types.row(value.args[0])
        given = {_key(e) for arg in value.args[1:] for e in walk(arg)}
        if row is None or not row.graph or not given & self._outputs:
            return False
        self.roots |= {_key(t) for t in stmt.targets if t.op == "name"}
        return True

    def _feeds(self, wanted: set[str]) -> set[str]:
        """Names from which the values of these names are computed."""
        found = set(wanted)
        for _ in range(_PASSES):
            for stmt in self.stmts:
                names = {_key(t) for t in stmt.targets} if stmt.op in ("assign", "augassign") else set()
                if stmt.value is not None and names & found:
                    found |= {_key(e) for e in walk(stmt.value) if _key(e)}
        return found

    def _operands(self) -> set[str]:
        """What a loss is the sum of."""
        found = set(self.roots)
        for _ in range(_PASSES):
            for stmt in self.stmts:
                names = {_key(t) for t in stmt.targets} if stmt.op in ("assign", "augassign") else set()
                if stmt.value is not None and names & found and stmt.value.op == "binary":
                    found |= {_key(e) for e in through(self.basis, stmt.value) if e.op == "name"}
        return found

    @cached_property
    def _outputs(self) -> set[str]:
        """What a model has returned."""
        return {
            _key(target)
            for stmt in self.stmts
            if stmt.op == "assign" and stmt.value is not None and stmt.value.op == "call"
            if self.basis.apis.means("model_names", source_name(stmt.value))
            and stmt.value.args[0].op in ("name", "attr")
            for target in stmt.targets
            if target.op == "name"
        }

    # -- putting by

    def retained(self, proof: Stmt) -> Iterator[Retained]:
        for stmt in self.stmts:
            for holder, value, summed in puts(stmt):
                loop = in_own_loop(stmt)
                place = self.basis.names.place(holder)
                if place is None or (loop is None and not place.is_attribute) or _key(holder) in self.feeding:
                    continue
                if in_graph_free(self.basis, stmt) or self._renewed(holder, place, loop):
                    continue
                if any(self.carries(part, stmt) for part in through(self.basis, value)):
                    yield Retained(stmt, value, holder, proof, loop, summed)

    def _renewed(self, holder: Expr, place: Place, loop: Stmt | None) -> bool:
        """Is the holder made anew in each round, or bounded?"""
        while holder.op == "sub":
            holder = holder.args[0]
        anew = (
            loop is not None
            and holder.op == "name"
            and any(
                b.how == "assign" and any(o is loop for _, o in ancestors(b.stmt)) and not _sums_itself(b.stmt)
                for b in self.basis.names.bindings(holder.text, holder.scope)
            )
        )
        row = self.basis.types.place_row(place)
        born = tuple(v for v in self.basis.types.bound_values(place) if v.op == "call")
        return anew or (row is not None and bool(born) and bool(by_type(self.basis, row, born)))

    def carries(self, part: Expr, stmt: Stmt) -> bool:
        """Does a name carry a graph where it is put by, by what it was bound to last?"""
        key = _key(part)
        if key not in self.carrying:
            return False
        before = [s for s in self.stmts if s.ordinal < stmt.ordinal and key in {_key(t) for t in s.targets}]
        last = next((s for s in reversed(before) if s.op == "assign"), None)
        if last is None or last.value is None:
            return True
        return recorded(self.basis, last.value) and not self._cut_in_place(key, last, stmt)

    def _cut_in_place(self, key: str, since: Stmt, until: Stmt) -> bool:
        between = (s for s in self.stmts if since.ordinal < s.ordinal < until.ordinal)
        return any(e.op == "attr" and e.text == "detach_" and _key(e.args[0]) == key for s in between for e in s.flat)


@once(meanwhile=None)
def body_of(basis: Basis, scope: Scope) -> Body | None:
    """What a function, or the module by itself, computes gradients from."""
    return Body(basis, scope) if scope.kind in ("function", "module") else None


@once(meanwhile=None)
def gives_graph(basis: Basis, function: Scope) -> Stmt | None:
    """Where a function computes gradients from what it returns as it is."""
    named = any(basis.apis.means("backward_methods", e.text) for s in statements(function.block) for e in flat_of(s))
    body = body_of(basis, function) if named else None
    if body is None or body.proof is None:
        return None
    returned = [(s, s.value) for s in body.stmts if s.op == "return" and s.value is not None and s.value.op == "name"]
    return body.proof if any(body.carries(value, s) for s, value in returned) else None


def _is_driver(receiver: Expr) -> bool:
    """`accelerator.backward(loss)`: given the loss, not called on it."""
    call = receiver.parent.parent if receiver.parent is not None else None
    given = call is not None and len(call.args) > 1 and call.names[1] == "" and "loss" in source_name(call.args[1])
    return given and "loss" not in source_name(receiver)


def _key(expr: Expr) -> str:
    """What tells one variable of a function from another: `loss`, `self.loss`; entries count for the whole."""
    while expr.op == "sub":
        expr = expr.args[0]
    if expr.op == "name":
        return expr.text
    if expr.op == "attr" and expr.args[0].op == "name" and expr.args[0].text in ("self", "cls"):
        return f"self.{expr.text}"
    return ""


def puts(stmt: Stmt) -> Iterator[tuple[Expr, Expr, bool]]:
    """What a statement adds to something that stays: the holder, the value, and whether it is a sum."""
    value = stmt.value
    if stmt.op == "augassign" and stmt.text == "AddAssign" and value is not None:
        yield stmt.targets[0], value, True
    elif stmt.op == "assign" and value is not None and _sums_itself(stmt):
        key = _key(stmt.targets[0])
        yield from ((stmt.targets[0], a, True) for a in value.args if key not in (_key(a), _key(_got_from(a))))
    elif stmt.op == "expr" and value is not None and value.op == "call" and len(value.args) > 1:
        func = value.args[0]
        if func.op == "attr" and func.text in _ADDING and func.args[0].op in ("name", "attr", "sub"):
            yield func.args[0], value.args[-1], False


def _got_from(expr: Expr) -> Expr:
    """`totals` of `totals.get("loss", 0)`."""
    method = expr.args[0] if expr.op == "call" else expr
    return method.args[0] if method.op == "attr" and method.text == "get" and expr.op == "call" else expr


def _sums_itself(stmt: Stmt) -> bool:
    value = stmt.value
    key = _key(stmt.targets[0]) if stmt.targets else ""
    return bool(
        key
        and value is not None
        and value.op == "binary"
        and value.text == "Add"
        and any(_key(a) == key or _key(_got_from(a)) == key for a in value.args)
    )


def through(basis: Basis, value: Expr) -> Iterator[Expr]:
    """The references that a value is made of, but for those that come out of a call as something else."""
    stack = [value]
    while stack:
        e = stack.pop()
        if e.op in ("name", "attr") and not (e.op == "attr" and not _key(e)):
            yield e
        elif e.op == "sub" or (e.op == "attr" and e.text == "loss"):
            stack.append(e.args[0])
        elif e.op in _THROUGH:
            stack.extend(e.args)
        elif e.op == "call" and e.args[0].op == "attr" and basis.apis.means("graph_keeping_methods", e.args[0].text):
            stack.append(e.args[0].args[0])


def recorded(basis: Basis, value: Expr) -> bool:
    """May a value carry a graph? Not a number (`loss.item()`, `float(loss)`), nor what was cut off (`loss.data`)."""
    if any(e.op == "attr" and basis.apis.means("graph_cuts", e.text) for e in walk(value)):
        return False
    row = basis.types.callee(value).row if value.op == "call" else None
    return not (row is not None and row.cuts)
