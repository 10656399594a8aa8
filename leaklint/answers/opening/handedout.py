"""Sessions that are taken out of the generator which hands them out: its end, which closes them, runs for nobody."""

from __future__ import annotations

from dataclasses import replace

from leaklint.answers.releasing.lending import called
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.tree.ir import Expr, Scope, statements

_TAKING = ("builtins.next", "builtins.anext")
_METHODS = ("__next__", "__anext__")


def handed_out(basis: Basis, call: Expr) -> Row | None:
    """`db = next(get_db())`: of what a function here yields, its row; of another file's, told by its name.

    Nothing refers to the generator, so that it ends at once; the session opens anew when it is used.
    """
    made = _generator(basis, call)
    if made is None:
        return None
    callee = basis.types.callee(made)
    if callee.local is not None:
        row = _yielded(basis, callee.local)
        return replace(row, counted=True) if row is not None and row.kind == "resource" else None
    name = called(basis, made)
    if callee.row is not None or callee.receiver is not None or not basis.apis.means("session_givers", name):
        return None
    waits = call.parent is not None and call.parent.op == "await"
    release = ("close",)
    return Row(
        name=name,
        file=basis.module.path,
        kind="resource",
        noun="database session",
        release=release,
        awaited=release if waits else (),
        counted=True,
    )


def _generator(basis: Basis, call: Expr) -> Expr | None:
    """The call that makes what `next(get_db())`, `get_db().__next__()` takes the first of."""
    func = call.args[0]
    if func.op == "attr" and func.text in _METHODS:
        made = func.args[0]
    else:
        made = call.args[1] if len(call.args) == 2 and basis.types.callee(call).name in _TAKING else call
    return made if made is not call and made.op == "call" else None


def _yielded(basis: Basis, function: Scope) -> Row | None:
    """What a generator of this module yields."""
    flat = (e for s in statements(function.block) for e in s.flat if function.is_generator)
    values = (e.args[0] for e in flat if e.op == "yield" and e.args)
    return next((row for value in values if (row := basis.types.row(value)) is not None), None)
