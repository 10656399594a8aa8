"""Is code a job that goes over all there is, with nobody who waits for a page of it?"""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import Basis
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Scope, Stmt


def in_job(basis: Basis, stmt: Stmt) -> bool:
    """By where its module stands (`management/commands`, `tasks`), or by what decorates the function."""
    if any(basis.apis.means("job_modules", part) for part in basis.module.name.split(".")):
        return True
    return any(basis.apis.means("job_decorators", name) for name in _decorated(basis, stmt.scope.function))


def queued(basis: Basis, function: Scope) -> bool:
    """Does a worker call it for each message of a queue: `@shared_task`, `@app.task`?"""
    return any(basis.apis.means("queue_decorators", name) for name in _decorated(basis, function))


def _decorated(basis: Basis, function: Scope) -> Iterator[str]:
    """The names of its decorators; of a method of some object with a dot before it."""
    for d in function.stmt.decorators if function.stmt is not None else ():
        called = d.args[0] if d.op == "call" else d
        word = (basis.names.qualified(called) or source_name(called)).rpartition(".")[2]
        yield word
        if called.op == "attr":
            yield f".{word}"
