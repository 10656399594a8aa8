"""How many entries can the cache of a function get: one, as many as the code lists, or one for each key?"""

from __future__ import annotations

from leaklint.answers.driver import context
from leaklint.answers.growth.memo import Memo
from leaklint.answers.key import key, parameter, public_name
from leaklint.meaning.basis import Answer, Basis
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Param, walk

_WRITTEN = ("Callable", "ModuleType", "FunctionType")  # what the code itself holds


def entries(basis: Basis, memo: Memo) -> Answer:
    """`one`, `closed set`, `caller's key`, `inventory` or `unknown`, with the parameter that decides."""
    if not memo.params:
        return Answer("one")
    found = [_parameter(basis, memo, p) for p in memo.params]
    worst = next((a for kind in ("caller's key", "inventory", "unknown") for a in found if a.kind == kind), None)
    if worst is None or _few_callers(basis, memo, worst):
        return Answer("closed set")
    return worst


def _parameter(basis: Basis, memo: Memo, param: Param) -> Answer:
    if param.annotation is not None and any(public_name(basis, e) in _WRITTEN for e in walk(param.annotation)):
        return Answer("closed set", word=param.name)
    if _looked_up(basis, memo, param):
        return Answer("closed set", word=param.name)
    return parameter(basis, memo.function, param)


def _looked_up(basis: Basis, memo: Memo, param: Param) -> bool:
    """Is it looked up in what the module lists, so that everything else raises?"""
    used = (e for e in basis.mentions(param.name) if e.scope.function is memo.function and e.op == "name")
    keys = (e.parent for e in used if e.parent is not None and e.parent.op == "sub" and e is e.parent.args[-1])
    places = (basis.names.place(sub.args[0]) for sub in keys)
    return any(p is not None and p.scope.kind == "module" and len(p.path) == 1 for p in places)


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
