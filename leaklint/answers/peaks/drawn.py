"""Figures that nobody here makes: those that another library draws, and the one that is always there."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.peaks.figures import PICTURE, Figure, again, made, settled
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.tree.ir import Expr, Stmt, flat_of, statements

_LEADING = ("get_figure", "figure", "fig")  # from what was drawn to its figure
_INTO = ("ax", "axes", "fig", "figure")  # arguments that say where to draw


def drawn(basis: Basis) -> Iterator[Figure]:
    """`rows.plot().get_figure().savefig(path)`, `corner(samples).savefig(path)`, `plt.plot(x)` and `plt.savefig(path)`,
    again and again, in functions that close and clear nothing."""
    row = next((r for r in basis.apis.rows.values() if r.noun == PICTURE), None)
    if row is None or row.name.partition(".")[0] not in basis.packages:
        return
    for saving in (e for word in row.bulk for e in basis.mentions(word) if e.op == "attr"):
        call = _origin(basis, saving.args[0]) or _current(basis, saving, row)
        answer = again(basis, call) if call is not None else None
        if call is not None and answer and not settled(basis, call.scope.function, row, cleared=True):
            yield Figure(call, saving.stmt, "drawn", answer)


def _origin(basis: Basis, saved: Expr) -> Expr | None:
    """The call of another library that has drawn what is saved."""
    saved = _leading(saved)
    if saved.op == "name":
        values = [b.value for b in basis.names.bindings(saved.text, saved.scope) if b.how == "assign"]
        saved = _leading(values[0]) if len(values) == 1 and values[0] is not None else saved
    if saved.op != "call" or any(n in _INTO for n in saved.names):
        return None
    callee = basis.types.callee(saved)
    if callee.row is not None or callee.local is not None:
        return None
    return saved if _draws(basis, saved) else None


def _leading(expr: Expr) -> Expr:
    while True:
        if expr.op == "call" and expr.args[0].op == "attr" and expr.args[0].text in _LEADING:
            expr = expr.args[0].args[0]
        elif expr.op == "attr" and expr.text in _LEADING and expr.args[0].op in ("call", "name"):
            expr = expr.args[0]
        else:
            return expr


def _draws(basis: Basis, call: Expr) -> bool:
    """By its name: a function of another library, or a method of data."""
    func = call.args[0]
    name = basis.types.callee(call).name or ""
    return basis.apis.means("drawing_functions" if "." in name else "drawing_methods", func.text)


def _current(basis: Basis, saving: Expr, row: Row) -> Expr | None:
    """What the same function draws into the figure that is always there, in a module that makes and clears none."""
    module = basis.names.qualified(saving.args[0]) or ""
    if not module.startswith(row.name.partition(".")[0] + ".") or basis.apis.get(f"{module}.figure") is None:
        return None
    if any(made(basis, call) or _settles(basis, call, row) for call in basis.all_calls):
        return None
    function = saving.scope.function
    stmts: list[Stmt] = list(statements(function.block)) if function.block is not None else []
    calls = (e for s in stmts for e in flat_of(s) if e.op == "call" and e.args[0].op == "attr")
    return next(
        (
            call
            for call in calls
            if basis.names.qualified(call.args[0].args[0]) == module
            and basis.apis.means("drawing_methods", call.args[0].text)
        ),
        None,
    )


def _settles(basis: Basis, call: Expr, row: Row) -> bool:
    callee = basis.types.callee(call).row
    return (callee is not None and callee.settles == row.name) or (
        call.args[0].op == "attr" and call.args[0].text in (*row.release, "cla")
    )
