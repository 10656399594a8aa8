"""Tasks in a container: does each take itself out when it is done?"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from leaklint.answers.tasks.lasting import body, lasting
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import is_called
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, statements, walk


def staying(basis: Basis, adds: Sequence[Use], removals: Sequence[Use], at_end: Collection[Scope]) -> Use | None:
    """The first task that is added and stays, where nothing but the callbacks of others' tasks takes any out."""
    taken: list[tuple[Place | None, Stmt]] = []
    mistaken = False
    for use in removals:
        callback = _callback(use)
        if callback is not None and late(basis, use):
            mistaken = True
        elif callback is not None:
            taken.append((_handle(basis, callback.args[0].args[0]), use.stmt))
        elif use.stmt.scope.function not in at_end:
            return None  # what is removed may be any of them
    lasting = (u for u in adds if u.stmt.scope.function not in at_end)
    return next((u for u in lasting if (taken or mistaken) and not _goes(basis, u, taken)), None)


def late(basis: Basis, removal: Use) -> bool:
    """Does a callback made in a loop look up, when it runs, a name that the next turn has bound anew?

    `lambda _: tasks.discard(task)` takes out the newest task, once for each; not where the loop waits for the task.
    """
    key, function = removal.key, removal.stmt.scope.function
    if key is None or key.op != "name" or basis.names.scope_of(key.text, key.scope) is not function:
        return False
    loop = next((o for b, o in ancestors(removal.stmt) if b.kind == "body" and o.op in ("for", "while")), None)
    if loop is None or removal.expr.scope.kind != "lambda":
        return False
    inside = [s for block in loop.blocks for s in statements(block)]
    bound = any(t.op == "name" and t.text == key.text for s in (loop, *inside) for t in s.targets)
    leaves = any(s.op in ("return", "break") and s.ordinal > removal.stmt.ordinal for s in inside)
    awaited = any(e.op == "await" and any(n.text == key.text for n in walk(e)) for s in inside for e in s.flat)
    return bound and not leaves and not awaited


def _goes(basis: Basis, add: Use, taken: Sequence[tuple[Place | None, Stmt]]) -> bool:
    """Is it the very task of a callback that is added to it in the same block, or around that?"""
    handle, around = _handle(basis, add.value), {block for block, _ in ancestors(add.stmt)}
    return any(task is None or (task == handle and stmt.parent in around) for task, stmt in taken)


def only_ended(basis: Basis, added: Use, task: Expr, removals: Sequence[Use], at_end: Collection[Scope]) -> Use | None:
    """The removal by which alone a task leaves before its holder does, and which ends the task: one that comes to its
    own end stays."""
    runs = body(basis, task)
    loops = any(s.op == "while" for f in runs for s in statements(f.block))
    regular = [r for r in removals if r.stmt.scope.function not in at_end and r.stmt is not added.stmt]
    if not runs or loops or lasting(basis, task).kind not in ("", "long") or not regular:
        return None
    return regular[0] if all(_ends(basis, r, runs) for r in regular) else None


def _ends(basis: Basis, removal: Use, runs: Collection[Scope]) -> bool:
    """Is the entry of a key cancelled where it is taken out, by a function that is there to end tasks?"""
    function, entries = removal.stmt.scope.function, basis.all_uses(removal.place.entry)
    if function in runs or removal.key is None or not basis.apis.means("cancelling_functions", function.name):
        return False
    verbs = {u.verb for u in entries if u.stmt.scope.function is function}
    callers = (e for e in basis.mentions(function.name) if basis.names.local(e) is function)
    return "cancel" in verbs and all(is_called(e) and _asks(e, runs) for e in callers)


def _asks(mention: Expr, runs: Collection[Scope]) -> bool:
    """Is the one that calls it none that runs when a task is over?"""
    return mention.stmt.scope.function not in runs and mention.scope.kind != "lambda"


def _callback(removal: Use) -> Expr | None:
    """The call of `add_done_callback` in which a removal stands."""
    node: Expr | None = removal.expr
    while node is not None:
        if node.op == "call" and node.args[0].op == "attr" and node.args[0].text == "add_done_callback":
            return node
        node = node.parent
    return None


def _handle(basis: Basis, task: Expr | None) -> Place | None:
    place = basis.names.place(task) if task is not None and task.op == "name" else None
    return place if place is not None and place.scope.kind == "function" else None
