"""Is code a job that goes over all there is, with nobody who waits for a page of it?"""

from __future__ import annotations

from leaklint.meaning.basis import Basis
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Stmt


def in_job(basis: Basis, stmt: Stmt) -> bool:
    """By where its module stands (`management/commands`, `tasks`), or by what decorates the function."""
    if any(basis.apis.means("job_modules", part) for part in basis.module.name.split(".")):
        return True
    scope = stmt.scope.function
    decorators = scope.stmt.decorators if scope.stmt is not None else ()
    called = (d.args[0] if d.op == "call" else d for d in decorators)
    names = ((basis.names.qualified(d) or source_name(d)).rpartition(".")[2] for d in called)
    return any(basis.apis.means("job_decorators", name) for name in names)
