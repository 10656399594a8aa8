"""LK208: something new that each run of a function registers with the process."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.listeners.repeated import Repeated
from leaklint.meaning.basis import Clue
from leaklint.model import Clear, Facts, Hit
from leaklint.tree.ir import source


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for one in facts.repeated:
        registration = one.registration
        subject = f"{registration.scope.qualname}.{registration.verb}"
        if one.defence:
            yield Clear(registration.stmt, subject, one.defence.kind, one.defence.clues, sound=True)
            continue
        removed = "one_only" if one.each else "removed"
        yield Hit(
            at=registration.stmt,
            subject=subject,
            owner="process" if one.lasting else "instance",
            driver=one.driver,
            release="never" if one.removal is None else "on some paths",
            message=_message(one),
            hint=_hint(one),
            args={
                "what": one.what,
                "registry": registration.registry,
                "call": source(registration.expr, 50),
                "runs": one.when.word,
                "undo": registration.undo,
                "verb": registration.verb,
            },
            clues=(
                Clue(registration.stmt, "acquired", "registered", {"registry": registration.registry}),
                *one.when.clues,
                *((Clue(one.removal, "released", removed),) if one.removal is not None else ()),
            ),
            acquired=source(registration.expr),
        )


def _message(one: Repeated) -> str:
    if one.removal is not None:
        return "one_only" if one.each else "skipped"
    if one.wraps:
        return "wraps"
    if one.when.kind == "setup":
        return "set_up"
    if not one.lasting:
        return "outlives"
    return "instance" if one.when.kind == "instance" else "run"


def _hint(one: Repeated) -> str:
    if one.removal is not None:
        return "each" if one.each else "finally"
    if one.when.kind == "setup":
        return "keep" if one.registration.returns_undo else "take_down" if one.registration.undo else "take_off"
    if not one.lasting:
        return "once" if one.listed or one.when.kind == "given" else "done"
    return "undo" if one.registration.undo and not one.registration.returns_undo else "guard"
