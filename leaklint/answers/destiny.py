"""What becomes of the task that a call returns: is it dropped, or how is it kept?"""

from __future__ import annotations

from leaklint.answers.releasing.fate import parameter
from leaklint.answers.spawn import LOOKS
from leaklint.meaning.basis import NO, Answer, Basis
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import is_called, source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, source, statements

_CALLBACKS = ("add_done_callback", "remove_done_callback", "set_name")
_DEPTH = 3


def destiny(basis: Basis, call: Expr, depth: int = _DEPTH) -> Answer:
    """`dropped`, or how it is kept. `word` is the local name it was dropped in."""
    expr = call
    while True:
        parent = expr.parent
        if parent is None:
            return _top(basis, expr, depth)
        if parent.op == "await":
            local = basis.types.callee(call).local
            if expr is not call or local is None or not local.is_async:
                return Answer("awaited")
        elif parent.op == "attr":
            method = parent.parent
            if method is not None and method.op == "call" and method.args[0] is parent and parent.text in _CALLBACKS:
                return Answer("dropped") if method.parent is None and method.stmt.op == "expr" else Answer("used")
            return Answer("used")
        elif parent.op == "walrus":
            return _named(basis, parent.args[0], call.stmt) if expr is parent.args[1] else NO
        elif parent.op == "lambda":
            return _of_lambda(basis, parent, depth)
        elif parent.op == "if":
            if expr is parent.args[1]:
                return Answer("tested")
        elif parent.op == "comp":
            if parent.text == "gen" or expr is not parent.args[-1]:
                return Answer("handed on")
        elif parent.op == "call":
            row = basis.types.callee(parent).row
            if (row is None or not row.passes) and not _into_lost_container(basis, parent, expr):
                return Answer("handed over")
            if row is None or not row.passes:
                return Answer("dropped", word=source(parent.args[0].args[0]))
        elif parent.op not in ("bool", "tuple", "list", "set", "starred"):
            return Answer("kept")
        expr = parent


def _top(basis: Basis, expr: Expr, depth: int) -> Answer:
    stmt = expr.stmt
    if stmt.op in ("expr", "assert"):
        return Answer("dropped")
    if stmt.op == "assign" and expr is stmt.value:
        answers = [_named(basis, t, stmt) for t in stmt.targets]
        return next((a for a in answers if a.kind != "dropped"), answers[0]) if answers else NO
    if stmt.op == "return" and _dropped_by_all(basis, stmt.scope.function, depth):
        return Answer("dropped")
    return Answer("returned" if stmt.op == "return" else "kept")


def _of_lambda(basis: Basis, function: Expr, depth: int) -> Answer:
    """A callback's result is dropped; unless it is a factory, or a function of this module that makes use of it."""
    call = function.parent
    if call is None or call.op != "call":
        return Answer("returned")  # called by a name, where the result may be kept
    keyword = next((n for n, a in zip(call.names, call.args, strict=False) if a is function), "")
    if "factory" in keyword or "factory" in source_name(call):
        return Answer("handed on")
    param = parameter(local, call, function) if (local := basis.types.callee(call).local) is not None else None
    if param is None:
        handed = depth > 0 and local is None and source_name(call) == "run"  # `context.run(lambda: create_task(f()))`
        return destiny(basis, call, depth - 1) if handed else Answer("dropped")
    used = [u for u in basis.all_uses(param) if u.verb == "__call__"]
    dropped = depth > 0 and all(destiny(basis, u.site, depth - 1).kind == "dropped" for u in used)
    return Answer("dropped" if dropped else "handed on")


def _dropped_by_all(basis: Basis, function: Scope, depth: int) -> bool:
    """A private method, of several results, which is only ever called for what it does."""
    private = function.name.startswith("_") and not function.name.endswith("__")
    if not private or function.method_of is None or depth == 0:
        return False
    mentions = [e for e in basis.mentions(function.name) if e.op == "attr"]
    calls = [e.parent for e in mentions if e.parent is not None and is_called(e)]
    if not calls or len(calls) < len(mentions) or any(basis.types.result(c) is not None for c in calls):
        return False
    return all(destiny(basis, c, depth - 1).kind == "dropped" for c in calls)


def _named(basis: Basis, target: Expr, bound: Stmt) -> Answer:
    """A handle in a local name that nothing reads, or whose state is all that is looked at, is dropped."""
    if target.op != "name":
        return Answer("stored")
    home = basis.names.scope_of(target.text, target.scope)
    if home is None or home.kind in ("module", "class"):
        return Answer("stored")
    uses = list(basis.below(Place(home, (target.text,))))
    keeping = [u for u in uses if _keeps(basis, u) or _watches(u, bound)]
    if not keeping or _overwritten(uses, keeping, bound):
        return Answer("dropped", word=target.text)
    return Answer("named")


def _keeps(basis: Basis, use: Use) -> bool:
    dropped = use.role == "discarded" and use.site.op != "await"  # `(task := create_task())`, and nothing done with it
    if use.verb in ("bind", "del", *LOOKS) or use.role == "tested" or dropped:
        return False
    return use.role != "argument" or not _into_lost_container(basis, use.site, use.value)


def _watches(use: Use, bound: Stmt) -> bool:
    """`if task is None or task.done():` in the loop that starts it: the name holds the task while the loop runs."""
    loops = {owner for _, owner in ancestors(bound) if owner.op in ("for", "while")}
    return use.verb == "done" and any(owner in loops for _, owner in ancestors(use.stmt))


def _into_lost_container(basis: Basis, call: Expr, given: Expr | None) -> bool:
    """`tasks.add(task)` with a local collection that nothing but such calls ever looks at, or that holds it weakly."""
    func = call.args[0]
    row = basis.types.row(func.args[0]) if given is not None and func.op == "attr" else None
    if row is not None and row.weak and func.text in row.grow:
        return True
    if given is None or func.op != "attr" or func.args[0].op != "name":
        return False
    place = basis.names.place(func.args[0])
    if place is None or place.scope.kind != "function" or row is None or func.text not in row.grow:
        return False
    if not all(v.op in ("list", "set", "dict", "call") for v in basis.types.bound_values(place)):
        return False  # a parameter, or another name of something that is held elsewhere
    bound = [u for u in basis.all_uses(place) if u.verb == "bind"]
    own = bool(bound) and all(u.stmt.op == "assign" and all(t.op == "name" for t in u.stmt.targets) for u in bound)
    return own and all(_no_look(u, row.grow) for u in basis.below(place))


def _no_look(use: Use, grow: tuple[str, ...]) -> bool:
    return use.verb in ("bind", "__len__", *grow) or (not use.verb and use.place.path[-1] in ("discard", "remove"))


def _overwritten(uses: list[Use], keeping: list[Use], bound: Stmt) -> bool:
    """Is the name bound anew before anything reads it: further down in its block, or by the next turn of a loop?

    Not where only some turns start one, as those that find none.
    """
    following = [
        u for u in uses if u.verb == "bind" and u.stmt.ordinal > bound.ordinal and u.stmt.parent is bound.parent
    ]
    anew = min(following, key=lambda u: u.stmt.ordinal, default=None)
    if anew is not None and not any(bound.ordinal < u.stmt.ordinal <= anew.stmt.ordinal for u in keeping):
        return not any(u.stmt.ordinal <= bound.ordinal for u in keeping) or not _in_any_loop(bound)
    loops = [owner for block, owner in ancestors(bound) if owner.op in ("for", "while") and block.kind == "body"]
    loop = next((o for o in loops if o.scope is bound.scope), None)
    inside = set(statements(loop.blocks[0])) if loop is not None else set()
    some = any(owner.op == "if" for _, owner in ancestors(bound) if owner.ordinal > loop.ordinal) if loop else False
    return loop is not None and not some and all(u.stmt not in inside and u.stmt is not loop for u in keeping)


def _in_any_loop(stmt: Stmt) -> bool:
    return any(owner.op in ("for", "while") for _, owner in ancestors(stmt))
