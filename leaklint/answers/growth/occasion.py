"""When does a removal happen: as a matter of course, or only on an occasion that need not come?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

from leaklint.answers.drain import conditional
from leaklint.answers.growth.present import undone
from leaklint.meaning.basis import Basis
from leaklint.meaning.scopes import CONSTRUCTORS, source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, statements, walk

Occasion = Literal[
    "regular",
    "only_at_end",
    "only_at_start",
    "only_on_read",
    "only_on_demand",
    "only_undone",
    "only_newest",
    "only_forgotten",
    "only_finalized",
    "only_if",
]


def occasion(basis: Basis, removals: Sequence[Use], last: Collection[Scope]) -> Occasion:
    """The best that can be said of all removals together; `last` are the functions that end the holder's life.

    `only_at_end`: all at once, when the holder ends. `only_on_read`: an entry that has expired, when its own key is
    asked for again; keys that never return stay. `only_on_demand`: all at once, in a `reset` that nothing here calls.
    `only_undone`: where the same key is stored again right away, or what was stored has failed. `only_newest`: what was
    added last, by who takes a step back.
    """
    kinds = {_occasion(basis, use, last) for use in removals}
    if kinds <= {"undone"}:
        return "only_undone"
    kinds.discard("undone")
    if "newest" in kinds and kinds <= {"newest", "end"}:
        return "only_newest"
    if kinds <= {"end"}:
        return "only_at_end"
    if "read" in kinds and kinds <= {"read", "end", "demand", "invalidate"}:
        return "only_on_read"
    return "only_on_demand" if kinds <= {"end", "demand"} else "regular"


def _occasion(basis: Basis, use: Use, last: Collection[Scope]) -> str:
    function = use.stmt.scope.function
    if use.key is None and (function in last or _cancels(basis, use)):
        return "end"
    if use.verb == "pop" and use.key is None and basis.apis.means("undo_names", use.place.path[-1]):
        return "newest"
    if _started(basis, function):
        return "regular"
    if _for_the_key_at_hand(basis, use.key, use.stmt) or _called_for_it(basis, use):
        return "read"
    if undone(use, basis.all_uses(use.place)):
        return "undone"
    if function.kind == "function" and basis.apis.means("on_demand_methods", function.name):
        # a key that is named is a removal as any other, unless entries also expire
        return "demand" if use.key is None and not _called(basis, function) else "invalidate"
    return "regular"


def only_forgotten(basis: Basis, removals: Sequence[Use], last: Collection[Scope]) -> bool:
    """Are entries taken out only one by one, where somebody says that what is known of a key is no longer true
    (`invalidate(key)`), or all at once on demand or at the end? Of a cache, those that are only read stay."""
    kinds = [("forgotten" if _forgets(basis, use) else _occasion(basis, use, last)) for use in removals]
    return "forgotten" in kinds and set(kinds) <= {"forgotten", "demand", "end", "undone"}


def only_at_start(basis: Basis, removals: Sequence[Use], grows: Sequence[Use], last: Collection[Scope]) -> bool:
    """Are all entries dropped at once where the holder is opened anew (`connect`, `start`), and never while it is open?

    What it does itself as it opens belongs to that one run."""
    starts = {u.stmt.scope.function for u in removals if u.key is None and _opens(basis, u.stmt.scope.function)}
    others = {_occasion(basis, u, last) for u in removals if u.stmt.scope.function not in starts}
    if not starts or not others <= {"end", "demand"} or any(u.key is not None for u in removals):
        return False
    running = _called_by(basis, starts)
    return not any(u.stmt.scope.function in running for u in grows)


def _called_by(basis: Basis, functions: Collection[Scope]) -> set[Scope]:
    """These and what they call in turn, not what they start (`create_task(self.read())`) or hand on."""
    found, queue = set(functions), list(functions)
    while queue:
        calls = (e for s in statements(queue.pop().block) for e in s.flat if e.op == "call")
        for call in calls:
            local, given = basis.types.callee(call).local, call.parent is not None and call.parent.op == "call"
            if local is not None and local.kind == "function" and local not in found and not given:
                found.add(local)
                queue.append(local)
    return found


def _opens(basis: Basis, function: Scope) -> bool:
    named = function.kind == "function" and not function.name.startswith("__")  # what is entered is used for a block
    return named and basis.apis.means("opening_methods", function.name)


def _forgets(basis: Basis, use: Use) -> bool:
    function, key = use.stmt.scope.function, use.key
    if key is None or function.kind != "function" or not basis.apis.means("forgetting_methods", function.name):
        return False
    given = {p.name for p in function.params[1 if function.method_of else 0 :]}
    names = [e.text for e in walk(key) if e.op == "name"]
    callers = {e.stmt.scope.function for e in basis.mentions(function.name) if basis.names.local(e) is function}
    asked = all(basis.apis.means("changing_methods", c.name) for c in callers)
    return asked and bool(names) and (all(n in given for n in names) or _of_those_given(basis, use, given))


def _of_those_given(basis: Basis, use: Use, given: Collection[str]) -> bool:
    """`for key in list(cache): if user in key: del cache[key]`: those of what the function is given."""
    loop = next((o for b, o in ancestors(use.stmt) if b.kind == "body" and o.op == "for"), None)
    if loop is None or loop.value is None or not any(basis.names.place(e) == use.place for e in walk(loop.value)):
        return False
    tests = (e for b, o in ancestors(use.stmt) if o.op == "if" and b.kind == "body" for e in walk(b.exprs[0]))
    return any(e.op == "name" and e.text in given for e in tests)


def _cancels(basis: Basis, use: Use) -> bool:
    """Are all entries cancelled where they are dropped? That ends what they were for."""
    here = use.stmt.scope.function
    return any(u.verb == "cancel" and u.stmt.scope.function is here for u in basis.all_uses(use.place.entry))


def _called(basis: Basis, function: Scope) -> bool:
    """Here, or by a call of that name on an object that may be of this class."""
    for expr in basis.mentions(function.name):
        if basis.names.local(expr) is function:
            return True
        other = expr.op == "attr" and function.method_of is not None and expr.args[0].op == "attr"
        if other and basis.names.class_of(expr.args[0]) is None:
            return True
    return False


def _started(basis: Basis, function: Scope) -> bool:
    """Does it run as a task or by a timer of its own (`create_task(expire(key))`, `call_later(60, expire)`)? Then it
    comes back to the entry, whoever asks for it."""
    for expr in basis.mentions(function.name) if function.kind == "function" else ():
        call = expr.parent
        if call is None or call.op != "call" or basis.names.local(expr) is not function:
            continue
        around = call if call.args[0] is not expr else call.parent
        if around is not None and around.op == "call" and _sets_going(basis, around):
            return True
    return False


def _sets_going(basis: Basis, call: Expr) -> bool:
    row = basis.types.result(call)
    return (row is not None and row.kind == "task") or basis.apis.means("task_starters", source_name(call))


def _for_the_key_at_hand(basis: Basis, key: Expr | None, stmt: Stmt) -> bool:
    """Does a statement run only when its key is asked for again and has expired?"""
    if key is None or key.op == "slice":
        return False
    bindings = basis.names.bindings(key.text, key.scope) if key.op == "name" else []
    if any(b.how in ("for", "comp") for b in bindings):
        return False
    tests = (test for block, owner in ancestors(stmt) if owner.scope is stmt.scope for test in block.exprs)
    return any(_asks_the_clock(basis, e) for test in tests for e in walk(test))


def _called_for_it(basis: Basis, use: Use) -> bool:
    """Is its function given the key, by calls of that kind only?"""
    function = use.stmt.scope.function
    if use.key is None or use.key.op != "name" or all(p.name != use.key.text for p in function.params):
        return False
    calls = [e.parent for e in basis.mentions(function.name) if basis.names.local(e) is function]
    return bool(calls) and all(
        call is not None and len(call.args) > 1 and _for_the_key_at_hand(basis, call.args[1], call.stmt)
        for call in calls
    )


def _asks_the_clock(basis: Basis, expr: Expr) -> bool:
    return expr.op in ("name", "attr") and basis.apis.means("clock_names", expr.text)


def made_anew(born: Sequence[Expr], grows: Sequence[Use]) -> bool:
    """Does each function that adds something first make a new container, whatever its branches?"""
    fresh = {b.stmt.scope.function: b.stmt.ordinal for b in born if not conditional(b.stmt)}
    return bool(grows) and all(
        (function := u.stmt.scope.function).kind == "function"
        and function.name not in CONSTRUCTORS
        and fresh.get(function, u.stmt.ordinal) < u.stmt.ordinal
        for u in grows
    )


def renews(basis: Basis, insert: Use) -> bool:
    """Does an insert store what is young enough of the entry under the same key?"""
    value = insert.value
    if insert.verb != "__setitem__" or value is None or value.op != "comp" or len(value.args) < 3:
        return False
    if basis.names.place(value.args[0]) != insert.place.entry:
        return False
    return any(_asks_the_clock(basis, e) for part in value.args[1:-1] for e in walk(part))
