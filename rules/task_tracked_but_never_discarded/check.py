"""LK203: tasks are kept in a container that forgets none of them."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.facts import Change, DriverKind
from leaklint.meaning.basis import Answer, Clue
from leaklint.meaning.uses import Use
from leaklint.model import Clear, Facts, Hit
from leaklint.repairs.repair import after, whole
from leaklint.tree.ir import ancestors, source, statements
from leaklint.value import Value


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for value in facts.held:
        told = facts.holds_tasks(value.place)
        adds = [use for use in value.grows if facts.is_task(use.value) or (told and use.value is not None)]
        if not adds:
            continue
        removed = bool(value.shrinks) and not facts.only_at_end(value)
        klass = value.place.scope
        at_end = facts.reached_by_ending(klass) if removed and klass.kind == "class" else frozenset()
        stays = facts.staying(adds, value.shrinks, at_end) if removed else None
        ended = facts.only_ended(adds, value.shrinks, at_end) if removed and stays is None else None
        why = "ended" if ended else "newest" if stays and facts.takes_newest(value.shrinks) else "others"
        stays = stays or ended
        grow = stays or adds[0]
        at = value.born[0].stmt
        when = facts.context(grow.stmt)
        if grow.verb == "__setitem__" and value.driver(grow).kind == "closed set":
            yield Clear(at, value.subject, "keys: closed set", sound=True)
        elif value.bound:
            yield Clear(at, value.subject, value.bound.kind, value.bound.clues, sound=True)
        elif removed and stays is None:
            yield Clear(
                at,
                value.subject,
                "discarded",
                tuple(Clue(s.stmt, "released", "discarded") for s in value.shrinks[:2]),
                sound=True,
            )
        elif (
            when.kind in ("once", "import")
            or (not value.shrinks and facts.first_only(grow.stmt))
            or (value.shrinks and stays is None and begins(facts, grow, when))
        ):
            yield Clear(at, value.subject, "filled once", sound=True)
        elif grow.verb == "__setitem__" and runs_on(facts, grow):
            yield Clear(at, value.subject, "each runs on until it is stopped")
        elif value.owner.kind == "short-lived instance":
            yield Clear(at, value.subject, "short-lived holder", value.owner.clues)
        else:
            repeats = when.kind in ("event", "stream") or turns(grow)
            driver: DriverKind = when.kind if repeats else "call"  # type: ignore[assignment]
            yield Hit(
                at=grow.stmt,
                subject=value.subject,
                owner=value.owner.kind,  # type: ignore[arg-type]
                driver=driver,
                release="never" if repeats and not ended else "on some paths",
                message=why if stays is not None else "only_at_end" if value.shrinks else "never",
                hint=(kind := forgetting(value, grow)),
                args={
                    "name": source(grow.expr),
                    "function": grow.stmt.scope.function.name,
                    "call": source(grow.value),
                    "remover": remover(value),
                },
                clues=(
                    Clue(grow.stmt, "acquired", "kept"),
                    *when.clues,
                    *((value.birth,) if value.birth else ()),
                    *(Clue(s.stmt, "released", why if stays else "only_at_end") for s in value.shrinks[:1]),
                ),
                acquired=source(grow.site),
                place=value.place,
                repair=forget(grow, kind) if not walked(value) else (),
            )


def remover(value: Value) -> str:
    """Who takes them out."""
    return value.shrinks[0].stmt.scope.function.name if value.shrinks else ""


def forgetting(value: Value, add: Use) -> str:
    """How a task can take itself out: of a list only where that is not emptied under the task."""
    if add.verb == "__setitem__":
        return "entry"
    if "discard" in value.row.shrink:
        return "discard"
    emptied = any(s.verb != "bind" for s in value.shrinks)
    return "exchange" if emptied or "remove" not in value.row.shrink else "remove"


def forget(add: Use, kind: str) -> tuple[Change, ...]:
    """The same for the name that is added, right after that."""
    task, held = whole(add.value) if add.value is not None and add.value.op == "name" else "", whole(add.expr)
    if kind not in ("discard", "remove") or not task or not held or add.stmt.op != "expr":
        return ()
    return (after(add.stmt, f"{task}.add_done_callback({held}.{kind})"),)


def walked(value: Value) -> bool:
    """Does a loop over it wait, so that tasks take themselves out meanwhile?"""
    loops = (u.stmt for u in value.uses if u.verb == "__iter__" and u.stmt.op == "for")
    return any(e.op == "await" for loop in loops for s in statements(loop.blocks[0]) for e in s.flat)


def begins(facts: Facts, add: Use, when: Answer) -> bool:
    """Added where the owner starts, which is where its tasks begin, and taken out where it ends."""
    plain = when.kind in ("call", "loop") and not turns(add)
    return plain and facts.means("beginning_methods", add.stmt.scope.function.name)


def runs_on(facts: Facts, add: Use) -> bool:
    """One for each key that has none yet, which never ends by itself: none that has finished stays behind."""
    if add.value is None or add.value.op != "call":
        return False
    spawned, test = facts.spawn(add.value), facts.guard(add.value)
    if test is None or test.op != "compare" or test.text != "NotIn":
        return False
    return spawned is not None and facts.course(spawned).kind == "endless"


def turns(add: Use) -> bool:
    return any(owner.op == "while" for _, owner in ancestors(add.stmt))
