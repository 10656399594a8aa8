"""Which calls fail now and then, when a peer, a disk or the data is not as it should be, and which only compute?"""

from __future__ import annotations

from leaklint.answers.instances import klass
from leaklint.answers.opening.openers import acquired
from leaklint.answers.releasing.lending import called, given
from leaklint.answers.ways.handlers import contained
from leaklint.meaning.basis import Basis, once
from leaklint.tree.ir import Expr, Scope, statements

_DEPTH = 3  # functions that call each other


@once(meanwhile=False)
def fails(basis: Basis, call: Expr, depth: int = _DEPTH) -> bool:
    """Is a call known to fail: by what it does where its function stands here, by its name, or as other people's code?

    A function here that only computes does not, whatever it is called.
    """
    row = acquired(basis, call)
    if (row is not None and row.raises) or given(basis, call):
        return True
    local = function_called(basis, call)
    body = _body(local) if local is not None and depth > 0 else None
    if body is not None:
        return _runs_into(basis, body, depth - 1)
    if local is not None and local.kind == "class":
        return False
    name = called(basis, call)
    return any(basis.apis.means(words, name) for words in ("failing_steps", "running_functions"))


def function_called(basis: Basis, call: Expr) -> Scope | None:
    """The function or class of this module that it calls, or the method of an instance of one."""
    func, local = call.args[0], basis.types.callee(call).local
    owner = klass(basis, func.args[0]) if local is None and func.op == "attr" else None
    return basis.names.method(owner, func.text) if owner is not None else local


def refuses(function: Scope) -> bool:
    """Does a function raise something itself?"""
    return any(stmt.op == "raise" for stmt in statements(function.block))


def _body(local: Scope) -> Scope | None:
    """The function that runs, if it says what it does: not what subclasses are to say, or another file's base class."""
    if local.kind == "class":
        return next((c for c in local.children if c.name == "__init__"), None)
    stmts = statements(local.block)
    silent = (s.op in ("raise", "pass") or (s.value is not None and s.value.op == "const") for s in stmts)
    return local if not all(silent) else None


@once(meanwhile=False)
def _runs_into(basis: Basis, function: Scope, depth: int) -> bool:
    """Does a function of this module raise, wait, or call what fails, and let that out?"""
    if contained(function):
        return False
    return refuses(function) or any(
        e.op == "await" or (e.op == "call" and fails(basis, e, depth))
        for stmt in statements(function.block)
        if stmt.op not in ("def", "class")
        for e in stmt.flat
        if e.scope.kind != "lambda"
    )
