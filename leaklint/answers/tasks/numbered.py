"""A process that is got at by its number."""

from __future__ import annotations

from collections.abc import Iterable

from leaklint.answers.releasing.lending import called
from leaklint.meaning.basis import Basis
from leaklint.meaning.uses import Use


def by_number(basis: Basis, uses: Iterable[Use]) -> Use | None:
    """`os.kill(self.worker.pid, SIGTERM)`, `Process(self.worker.pid)`: what ends it, or stands for it."""
    given = (u for u in uses if u.place.path[-1] == "pid" and u.role == "argument" and u.site.op == "call")
    return next((u for u in given if (name := called(basis, u.site))[:1].isupper() or name in _ENDING), None)


_ENDING = ("kill", "killpg", "waitpid")
