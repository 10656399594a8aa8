"""Instances that a container holds until they are finalized, which they are not as long as it holds them."""

from __future__ import annotations

from collections.abc import Sequence

from leaklint.answers.shared import added_instance
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.uses import Use


def only_finalized(basis: Basis, row: Row, grows: Sequence[Use], removals: Sequence[Use]) -> bool:
    """Do instances add themselves, and only their `__del__` takes one out, but for all of them at once?"""
    if row.weak or not any(added_instance(basis, use) for use in grows):
        return False
    final = [u for u in removals if u.stmt.scope.function.name == "__del__"]
    others = (u for u in removals if u not in final)
    return bool(final) and all(u.key is None and u.verb in ("clear", "bind") for u in others)
