"""LK207: a listener that refers to an instance, registered at what outlives it and never taken off."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.listeners.listener import Listening
from leaklint.meaning.basis import Clue
from leaklint.model import Clear, Facts, Hit
from leaklint.tree.ir import Scope, source


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for listening in facts.listening:
        registration, klass = listening.registration, listening.klass
        subject = f"{klass.qualname}.{listening.handler.key or registration.verb}"
        if listening.defence:
            kept = listening.defence.kind in ("taken off", "held weakly", "what undoes it is kept")
            yield Clear(registration.stmt, subject, listening.defence.kind, listening.defence.clues, sound=kept)
            continue
        sibling = listening.sibling
        called_back = {one.handler.key for one in facts.listening if one.klass is klass}
        ending = next((m for m in facts.endings(klass) if m.name not in ("__del__", *called_back)), None)
        if sibling is not None:
            ending = sibling[1].stmt.scope.function
        yield Hit(
            at=registration.stmt,
            subject=subject,
            owner=listening.owner,
            # one more for each instance: where no method ends them, there may be few
            driver="call" if ending is not None else "inventory",
            release="never",
            message=_message(listening, ending),
            hint=_hint(listening, ending, facts.expected_ending(klass)),
            args={
                "handler": listening.handler.text,
                "registry": registration.registry,
                "class": klass.name,
                "method": ending.name if ending is not None else "",
                "expected": facts.expected_ending(klass),
                "call": source(registration.expr, 40),
                "undo": _undo(listening),
                "verb": registration.verb,
                "sibling": sibling[0].text if sibling is not None else "",
            },
            clues=tuple(_clues(listening, ending)),
            acquired=source(registration.expr),
        )


def _message(listening: Listening, ending: Scope | None) -> str:
    if listening.sibling is not None:
        return "sibling"
    if listening.registration.returns_undo:
        return "dropped"
    if listening.registration.receiver is None:
        return "process"
    return "ended" if ending is not None else "never"


def _hint(listening: Listening, ending: Scope | None, expected: str) -> str:
    if listening.registration.returns_undo:
        return "keep"
    if listening.registration.row is not None and not listening.registration.undo:
        return "weak"
    if not _undo(listening):
        return "in_method" if ending is not None else "define_own" if expected else "new_method"
    return "add_to_method" if ending is not None else "define" if expected else "add_method"


def _undo(listening: Listening) -> str:
    """The call that takes it off, where a row or a sibling tells."""
    registration, sibling = listening.registration, listening.sibling
    if registration.undo:
        return registration.undo
    return sibling[1].expr.text if sibling is not None else ""


def _clues(listening: Listening, ending: Scope | None) -> Iterator[Clue]:
    registration, klass = listening.registration, listening.klass
    yield Clue(registration.stmt, "acquired", "registered", {"registry": registration.registry})
    if ending is not None and ending.stmt is not None:
        yield Clue(ending.stmt, "missing", "forgets", {"method": ending.name})
    elif klass.stmt is not None:
        yield Clue(klass.stmt, "missing", "no_method", {"class": klass.name})
    if listening.sibling is not None:
        yield Clue(listening.sibling[1].stmt, "sibling", "sibling", {"sibling": listening.sibling[0].text})
