"""LK201: a task whose handle is dropped."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.facts import Change, DriverKind
from leaklint.meaning.basis import Clue
from leaklint.meaning.scopes import source_name
from leaklint.model import Clear, Facts, Hit
from leaklint.repairs.repair import VALUE, after, before, free_name, instead, top
from leaklint.tree.ir import Expr, source


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for call in facts.calls:
        spawn = facts.spawn(call)
        if spawn is None or spawn.row.noun != "task":
            continue
        fate = facts.destiny(call)
        subject = f"{call.stmt.scope.function.qualname or '<module>'}.{source(spawn.coroutine, 30)}"
        if spawn.tracked:
            yield Clear(call.stmt, subject, "tracked spawner", sound=True)
            continue
        if facts.runs_through(spawn):
            yield Clear(call.stmt, subject, "awaits nothing", sound=True)
            continue
        if fate.kind != "dropped" and not spawn.lost:
            if spawn.elsewhere:
                continue
            yield Clear(call.stmt, subject, f"kept: {fate.kind}", sound=True)
            continue
        if fate.word and facts.awaits_word(call, spawn):
            yield Clear(call.stmt, subject, "held while its function waits for it", sound=True)
            continue
        when = facts.context(call.stmt)
        start, course = facts.comes_up(call.stmt), facts.course(spawn).kind
        piles, endless = when.kind in ("event", "stream", "loop") and not start, course == "endless"
        driver: DriverKind = "once" if start else when.kind if piles else "call"  # type: ignore[assignment]
        yield Hit(
            at=call.stmt,
            subject=subject,
            owner="nobody",
            driver=driver,
            # one that ends by itself is gone then, however often it is started
            release="never" if endless or (piles and course == "long") else "on some paths",
            message=f"endless_{'each' if piles else 'once'}" if endless else "both" if piles else "vanish",
            hint="wrapper"
            if spawn.wrapper
            else "handed"
            if spawn.lost
            else "cancel"
            if endless
            else "keep"
            if call.stmt.scope.is_async and spawn.coroutine is not None and spawn.coroutine.op == "call"
            else "hold",
            args={
                "call": source(call),
                "starter": source(call.args[0]),
                "coroutine": source(spawn.coroutine, 40),
                "function": call.stmt.scope.function.name,
                "ending": ending_of(facts, call),
                "wrapper": spawn.wrapper,
                "name": fate.word,
            },
            clues=(
                Clue(call.stmt, "acquired", "unused" if fate.word else "started", {"name": fate.word}),
                *(
                    (Clue(spawn.inside, "driver", "wrapped", {"wrapper": spawn.wrapper}),)
                    if spawn.inside is not None
                    else ()
                ),
                *(when.clues if piles else ()),
            ),
            acquired=source(call),
            starter=spawn.elsewhere,
            coroutine=called(spawn.coroutine) if course in ("", "unseen") else "",
            likely=spawn.likely,
            repair=() if spawn.wrapper or spawn.lost or endless else kept(call),
        )


def called(coroutine: Expr | None) -> str:
    """The name of a coroutine function, where it is called on the spot; a parameter may be any."""
    if coroutine is None or coroutine.op != "call":
        return ""
    name, given = source_name(coroutine), coroutine.stmt.scope.function.params
    return "" if coroutine.args[0].op == "name" and any(one.name == name for one in given) else name


def ending_of(facts: Facts, call: Expr) -> str:
    """Where the task should be cancelled, in words of a hint."""
    klass = call.stmt.scope.enclosing("class")
    ending = next((m for m in facts.endings(klass) if m.name != "__del__"), None) if klass is not None else None
    return f"in `{ending.name}`" if ending is not None else "where what it works for ends"


def kept(call: Expr) -> tuple[Change, ...]:
    """A set of the module holds the task until it is done."""
    stmt = call.stmt
    named = stmt.op == "assign" and len(stmt.targets) == 1 and stmt.targets[0].op == "name"
    if stmt.value is not call or not (named or stmt.op == "expr") or stmt.scope.function.kind != "function":
        return ()
    tasks = free_name(stmt.scope, "background_tasks")
    task = stmt.targets[0].text if named else free_name(stmt.scope, "task")
    keep = (f"{tasks}.add({task})", f"{task}.add_done_callback({tasks}.discard)")
    return (
        before(top(stmt), f"{tasks} = set()", "", ""),
        after(stmt, *keep) if named else instead(stmt, f"{task} = {VALUE}", *keep),
    )
