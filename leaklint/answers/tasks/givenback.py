"""Endless tasks that are cancelled only as those which a wait gives back."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.spawn import spawn
from leaklint.answers.tasks.abandoned import runs_once
from leaklint.answers.tasks.lasting import lasting
from leaklint.answers.tasks.race import Racer, ends_of, made_by, may_leave, members_of, name_of
from leaklint.meaning.basis import Basis
from leaklint.tree.ir import Expr


def given_back(basis: Basis) -> Iterator[Racer]:
    """`done, pending = await asyncio.wait(tasks, return_when=FIRST_COMPLETED)`, `for task in pending: task.cancel()`:
    when the wait itself is cancelled, it gives nothing back."""
    for call in basis.all_calls:
        function = call.scope.function
        if function.kind != "function" or not may_leave(basis, call) or runs_once(basis, function):
            continue
        members = members_of(basis, call.args[1] if len(call.args) > 1 else None)
        made = {m: started for m in members if (started := made_by(basis, m, call)) is not None}
        left = tuple(
            (started.stmt, started, name_of(m))
            for m, started in made.items()
            if not any(True for _ in ends_of(basis, m, call)) and _goes_on(basis, started)
        )
        if left:
            yield Racer("given_back", call.stmt, left)


def _goes_on(basis: Basis, started: Expr) -> bool:
    spawned = spawn(basis, started)
    course = lasting(basis, spawned.coroutine) if spawned is not None else None
    return course is not None and course.kind == "endless" and bool(course.clues)
