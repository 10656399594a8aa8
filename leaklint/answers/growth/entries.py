"""How many entries can the cache of a function get: one, as many as the code lists, or one for each key?"""

from __future__ import annotations

from leaklint.answers.driver import context
from leaklint.answers.growth.memo import Memo
from leaklint.answers.key import key, looped, parameter, passed_in
from leaklint.answers.listed import literal, public_name
from leaklint.meaning.basis import Answer, Basis
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Param, Scope, Stmt, statements, walk

_WRITTEN = ("Callable", "ModuleType", "FunctionType")  # what the code itself holds


def entries(basis: Basis, memo: Memo) -> Answer:
    """`one`, `closed set`, `caller's key`, `inventory` or `unknown`, with the parameter that decides."""
    if not memo.params:
        return Answer("one")
    found = [_parameter(basis, memo, p) for p in memo.params]
    kinds = ("caller's key", "inventory", "unknown")
    worst = min(
        (a for a in found if a.kind in kinds), key=lambda a: (kinds.index(a.kind), a.word == "self"), default=None
    )
    if worst is None or _few_callers(basis, memo, worst):
        return Answer("closed set")
    return worst


def brought(basis: Basis, memo: Memo) -> bool:
    """Is a call to be seen that hands on what comes in from outside, or one after the other? Of a function that others
    call nothing is known."""
    calls = (u for u in basis.all_uses(memo.place) if u.verb == "__call__")
    outside = (u for u in calls if u.stmt.scope.function is not memo.function)
    given = (e for use in outside for e in use.site.args[1:])
    return any(passed_in(basis, e) or looped(basis, e) for e in given)


def _parameter(basis: Basis, memo: Memo, param: Param) -> Answer:
    if param.annotation is not None and any(public_name(basis, e) in _WRITTEN for e in walk(param.annotation)):
        return Answer("closed set", word=param.name)
    if _looked_up(basis, memo, param) or _chosen(basis, memo.function, param):
        return Answer("closed set", word=param.name)
    return parameter(basis, memo.function, param)


def _looked_up(basis: Basis, memo: Memo, param: Param) -> bool:
    """Is it looked up in what the module lists, so that everything else raises?"""
    used = (e for e in basis.mentions(param.name) if e.scope.function is memo.function and e.op == "name")
    keys = (e.parent for e in used if e.parent is not None and e.parent.op == "sub" and e is e.parent.args[-1])
    places = (basis.names.place(sub.args[0]) for sub in keys)
    return any(p is not None and p.scope.kind == "module" and len(p.path) == 1 for p in places)


def _chosen(basis: Basis, function: Scope, param: Param) -> bool:
    """Is everything but what the code lists refused: `if zone not in ZONES: raise`, or by branches for each of them? A
    call that raises leaves no entry."""
    for stmt in function.block.stmts if function.block is not None else ():
        tests = [block.exprs[0] for block in stmt.blocks if block.exprs] if stmt.op == "if" else []
        if tests and stmt.blocks[0].stmts[-1].op == "raise":
            if _compares(basis, tests[0], param, ("NotIn", "NotEqual")):
                return True
            continue
        listed = bool(tests) and all(_compares(basis, test, param, ("In", "Equal", "Is")) for test in tests)
        if listed or (stmt.op == "match" and stmt.value is not None and stmt.value.text == param.name):
            return _refuses(function, stmt)
    return False


def _compares(basis: Basis, test: Expr, param: Param, how: tuple[str, ...]) -> bool:
    """The parameter, with what is written in the code."""
    if test.op != "compare" or test.text not in how or len(test.args) != 2 or test.args[0].text != param.name:
        return False
    other = test.args[1]
    return literal(basis, other) if test.text in ("In", "NotIn") else key(basis, other).kind == "closed set"


def _refuses(function: Scope, branches: Stmt) -> bool:
    """Does what no branch takes raise: in the last one, behind them, or because each of them binds a name that is read
    behind them?"""
    last, home = branches.blocks[-1], branches.parent
    if last.kind == "else" or home is None:
        return bool(last.stmts) and last.stmts[-1].op == "raise"
    behind = home.stmts[home.stmts.index(branches) + 1 :]
    if behind and behind[-1].op == "raise":
        return True
    inside = {s for block in branches.blocks for s in statements(block)}
    read = {e.text for stmt in behind for e in stmt.flat if e.op == "name"}
    return any(all(b.stmt in inside for b in found) for name, found in function.bindings.items() if name in read)


def _few_callers(basis: Basis, memo: Memo, worst: Answer) -> bool:
    """Are all calls that are to be seen made with constants, or at import? Others may call what is public and takes
    what comes from outside."""
    uses = basis.all_uses(memo.place)
    calls = [u for u in uses if u.verb == "__call__"]
    handed_on = any(not u.verb for u in uses)
    public = not memo.place.path[-1].startswith("_") and worst.kind != "unknown"
    if not calls or handed_on or public:
        return False
    return all(_fixed(basis, call) for call in calls)


def _fixed(basis: Basis, call: Use) -> bool:
    at_import = context(basis, call.stmt).kind == "import"
    return at_import or all(key(basis, argument).kind == "closed set" for argument in call.site.args[1:])
