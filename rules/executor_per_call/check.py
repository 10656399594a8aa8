"""LK206: a pool of threads or processes, or an event loop, that a function makes and does not always shut down."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.ways.paths import Paths
from leaklint.apis import Row
from leaklint.meaning.basis import Clue
from leaklint.meaning.flow import Exit
from leaklint.model import Clear, Facts, Hit
from leaklint.outline import brief
from leaklint.tree.ir import Expr, source


def check(facts: Facts) -> Iterator[Hit | Clear]:
    for unreleased in facts.unreleased:
        row, call = unreleased.row, unreleased.call
        if facts.sort(row) != "executor":
            continue
        defence = unreleased.defence or ("used elsewhere" if unreleased.name and not facts.gives_work(call) else "")
        defence = defence or _defence(facts, call)
        if defence:
            yield Clear(call.stmt, unreleased.subject, defence, sound=bool(unreleased.defence))
            continue
        when = facts.context(call.stmt)
        yield Hit(
            at=call.stmt,
            subject=unreleased.subject,
            owner="nobody",
            driver=facts.cadence(when),
            release="never",
            message="named" if unreleased.name else "dropped",
            hint="with" if "__exit__" in row.release else "finally",
            args=args(row, call, unreleased.name),
            clues=(Clue(call.stmt, "acquired", "made", {"noun": row.noun}), *when.clues),
            acquired=source(call),
        )
    for paths, value in facts.traces:
        left = paths.exit("raise") or paths.exit("return")
        if facts.sort(paths.row) != "executor" or not paths.releases:
            continue
        defence = "shut down on every path" if left is None else _defence(facts, value)
        if left is None or defence:
            yield Clear(paths.acquired, paths.place.text, defence, sound=left is None)
        else:
            yield skipped(paths, value, left)


def _defence(facts: Facts, call: Expr) -> str:
    if facts.of_program(call.stmt):
        return "ends with the program"
    return "made where there is none" if facts.found_again(call) else ""


def skipped(paths: Paths, value: Expr, left: Exit) -> Hit:
    row, name = paths.row, paths.place.path[0]
    return Hit(
        at=paths.acquired,
        subject=paths.place.text,
        owner="nobody",
        driver="call",
        release="on some paths",
        message="on_return" if left.kind == "return" else "on_error",
        hint="with" if "__exit__" in row.release else "finally",
        args=args(row, value, name),
        clues=(
            Clue(paths.acquired, "acquired", "made", {"noun": row.noun}),
            Clue(left.stmt, "missing", "leaves"),
            Clue(paths.releases[0].stmt, "released", "shut"),
        ),
        acquired=source(value),
    )


def args(row: Row, call: Expr, name: str) -> dict[str, str]:
    function = call.stmt.scope.function.name
    return {"noun": row.noun, "name": name, "call": brief(call), "release": row.release[0], "function": function}
