"""Where models are loaded: by what call, through which helper, behind which setting, and whether they are kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.answers.driver import cached
from leaklint.answers.peaks.demand import demand, in_own_loop, leaves, varies
from leaklint.meaning.basis import NO, Answer, Basis, Clue
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, flat_of, is_none, source, statements, walk

_DEPTH = 2
_KEEPING = ("attr", "sub")


@dataclass(frozen=True, slots=True)
class Load:
    """`call` is the call at hand, `inside` the one that loads: the same, or one in `helper`, which may keep it."""

    call: Expr
    inside: Expr
    helper: Scope | None = None
    kept: bool = False


def loads(basis: Basis) -> Iterator[Load]:
    """Every call of the module that loads a model, itself or through a function or class of the module."""
    known: _Known = {}
    for call in basis.all_calls:
        found = _load(basis, call, _DEPTH, known)
        if found is not None:
            yield found


_Known = dict[tuple[Scope, int], tuple[Expr, Load] | None]
"""What each function loads, by how deep was looked: it may be called a thousand times."""


def _load(basis: Basis, call: Expr, depth: int, known: _Known) -> Load | None:
    callee = basis.types.callee(call)
    if callee.row is not None:
        return Load(call, call) if callee.row.heavy else None
    helper = callee.local
    if helper is not None and helper.kind == "class":
        helper = basis.names.method(helper, "__init__")
    if depth == 0 or helper is None or helper.kind != "function" or helper.is_generator:
        return None
    if (helper, depth) not in known:
        known[helper, depth] = _within(basis, helper, depth, known)
    within = known[helper, depth]
    if within is None:
        return None
    inner, found = within
    return Load(call, found.inside, helper, found.kept or cached(basis, helper) or _kept(basis, inner))


def _within(basis: Basis, helper: Scope, depth: int, known: _Known) -> tuple[Expr, Load] | None:
    """The first call in a function that loads, and what it loads."""
    for stmt in statements(helper.block):
        for inner in flat_of(stmt):
            if inner.op == "call" and inner.scope.function is helper:
                found = _load(basis, inner, depth - 1, known)
                if found is not None:
                    return inner, found
    return None


def guard(call: Expr) -> Expr | None:
    """The test that a call depends on: of the nearest `if` around it, or of a conditional expression."""
    node = call
    while node.parent is not None:
        if node.parent.op == "if" and node is node.parent.args[0]:
            return node.parent.args[1]
        if node.parent.op == "bool" and node is not node.parent.args[0]:
            return node.parent.args[0]
        node = node.parent
    for block, owner in ancestors(call.stmt):
        if owner.op == "if" and block.exprs and owner.scope is call.stmt.scope:
            return block.exprs[0]
    return None


def processes(basis: Basis) -> tuple[Expr, str] | None:
    """A call that starts several processes, each with what this module holds, and the argument that says how many."""
    for stmt in basis.module.stmts:
        for call in (e for e in stmt.flat if e.op == "call"):
            row = basis.types.callee(call).row
            words = row.multiplies if row is not None else ()
            for name, arg in zip(call.names, call.args, strict=False) if words else ():
                if (name in words or arg.text == "num") and arg.value not in ("1", "None"):
                    return call, f"{name or words[0]}={source(arg, 20)}"
    return None


# -- per call --------------------------------------------------------------------------------------------------------


def repeated(basis: Basis, load: Load) -> Answer:
    """What makes a load run again and again; nothing when it runs once, or when something keeps what it loads."""
    call = load.call
    function = call.scope.function
    if function.kind != "function" or load.kept or _kept(basis, call) or cached(basis, function):
        return NO
    loop = in_own_loop(call.stmt)
    if loop is not None and (_other_model(basis, loop, load) or leaves(loop)):
        return NO  # a different model in each round, or another attempt at the same
    when = demand(basis, call.stmt, depth=0)  # what its callers do is asked of their calls
    if when.kind == "loop" and loop is not None:
        return Answer("loop", (Clue(loop, "driver", "loop"),), function.name)
    return when if when.kind in ("event", "stream", "loop") else NO


def _other_model(basis: Basis, loop: Stmt, load: Load) -> bool:
    """Which model is loaded depends on the round; through a helper, when it is the helper's parameter that says it."""
    if load.helper is not None and not _named_by_caller(basis, load):
        return False
    return any(varies(loop, arg) for arg in load.call.args[1:])


def _named_by_caller(basis: Basis, load: Load) -> bool:
    """May the loading function load another model each time: does something in it say which?"""
    function = load.inside.scope.function
    names = [e for arg in load.inside.args[1:] for e in walk(arg) if e.op == "name"]
    own = [e for e in names if basis.names.scope_of(e.text, e.scope) is function and e.text not in ("self", "cls")]
    return any((value := basis.names.only_value(e.text, e.scope)) is None or value.op != "const" for e in own)


def _kept(basis: Basis, call: Expr) -> bool:
    """Is what a call loads kept for the next time? A constructor keeps it no longer than its instance."""
    stmt = call.stmt
    targets = stmt.targets if stmt.op == "assign" and call.scope.function.name != "__init__" else ()
    stored = any(_outlives(basis, t) or (t.op == "name" and _stored_later(basis, t)) for t in targets)
    return stored or any(_looks_first(test) for test in _tests(call))


def _outlives(basis: Basis, target: Expr) -> bool:
    """An attribute, an entry, or a global."""
    if target.op in _KEEPING:
        return True
    place = basis.names.place(target)
    return place is not None and place.scope.kind in ("module", "class")


def _stored_later(basis: Basis, target: Expr) -> bool:
    """`model = load()`, then `self.model = model` or `MODELS[name] = model`."""
    place = basis.names.place(target)
    uses = basis.all_uses(place) if place is not None else []
    return any(
        (u.role in ("bound", "element") and any(_outlives(basis, t) for t in u.stmt.targets))
        or (u.role == "argument" and _puts(u.site))
        for u in uses
    )


def _puts(call: Expr) -> bool:
    return call.args[0].op == "attr" and call.args[0].text in ("setdefault", "append", "add", "put", "set")


def _tests(call: Expr) -> Iterator[Expr]:
    """What decides whether a call runs: tests around it, and what a handler that it stands in catches."""
    test = guard(call)
    if test is not None:
        yield test
    for block, owner in ancestors(call.stmt):
        if owner.scope is call.stmt.scope and owner.op in ("if", "try"):
            yield from block.exprs or (owner.blocks[0].exprs if block.kind == "else" else ())


def _looks_first(test: Expr) -> bool:
    """`is None`, `not self.model`, `key not in CACHE`, or a look-up that has failed."""
    for e in walk(test):
        if (e.op == "unary" and e.text == "Not") or (e.op == "name" and e.text in ("KeyError", "AttributeError")):
            return True
        if e.op == "compare" and (e.text in ("In", "NotIn") or any(is_none(a) for a in e.args)):
            return True
    return False
