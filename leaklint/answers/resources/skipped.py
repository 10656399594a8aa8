"""What is released or handed over, but not on every way out: by which way, and which step, is it left open?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from leaklint.answers.driver import is_program
from leaklint.answers.resources.begun import calling_constructor, ended_on_failure, ended_when_dropped, final
from leaklint.answers.resources.excused import excused
from leaklint.answers.resources.flagged import Flagged
from leaklint.answers.resources.listed import Listed
from leaklint.answers.resources.undeleted import Undeleted
from leaklint.answers.resources.unwound import Unwound
from leaklint.answers.ways.faults import closed_when_dropped
from leaklint.answers.ways.handlers import in_handler
from leaklint.answers.ways.paths import Paths
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.flow import Exit
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Stmt, in_loop, source

Way = Literal[
    "",
    "error",
    "raise",
    "return",
    "cancel",
    "handover",
    "constructor",
    "beginning",
    "ending",
    "flag",
    "listed",
    "disk",
    "written",
]
Mend = Literal[
    "with",
    "finally",
    "guard",
    "in_finally",
    "give_back",
    "constructor",
    "constructor_async",
    "guard_beginning",
    "flag_first",
    "each",
    "each_async",
]
_SOUND: tuple[None, Way] = (None, "")
_ORDER: tuple[tuple[str, Way], ...] = (("raise", "error"), ("return", "return"), ("cancel", "cancel"))


@dataclass(frozen=True, slots=True)
class Skipped:
    """`left` is where it is left open, when `step` raises; `last` ends it on the other ways, or hands it over.

    `last` is None where only an earlier one of that name is released. Without a `way` it is sound. `kept`: it is handed
    over where all goes well.
    """

    way: Way
    at: Stmt
    acquired: Expr
    subject: str
    name: str
    row: Row
    left: Stmt
    step: str = ""
    last: Use | None = None
    kept: bool = False
    caught: bool = False  # `last` stands in a handler
    mend: Mend = "finally"
    method: str = ""  # that ends the object
    undone: Stmt | None = None  # what would have removed it, or handed it over


def distinct(basis: Basis, found: Iterable[Skipped]) -> Iterator[Skipped]:
    """Of things of one kind that several branches open into one place, and one step leaves open, the first; sound are
    those whose way out is excused."""
    seen = set()
    for one in found:
        sound = not one.way or (one.way != "return" and excused(basis, one.at, one.row))
        defect = one.way, one.subject, one.row.called, one.left
        if sound or defect not in seen:
            yield replace(one, way="") if sound else one
        seen.add(defect)


def in_functions(basis: Basis, traces: Iterable[tuple[Paths, Expr]]) -> Iterator[Skipped]:
    """Of all that a function puts into a local name, and ends or hands over on some way. What a whole program opens is
    closed by the end of its process when an error ends that."""
    for paths, value in traces:
        ends = [u for u in paths.releases if not in_handler(u.stmt)]
        kept = bool(paths.escapes) and not ends
        released = paths.escapes if kept else ends or paths.releases
        ordered = sorted(released, key=lambda use: use.stmt.ordinal < paths.acquired.ordinal)
        last = next((u for u in ordered if kept or _follows(u, paths.acquired)), None)
        ways = ((exit_, way) for kind, way in _ORDER if (exit_ := paths.exit(kind)) is not None)
        left, way = next(ways, _SOUND)
        if not released or (not way and paths.exit("end") is not None):
            continue  # never released at all, or only on a condition that may go with that of its being open
        dropped = left is not None and left.stmt.op == "raise" and closed_when_dropped(basis, paths.row)
        if way in ("error", "cancel") and (dropped or is_program(basis, paths.acquired.scope.function)):
            left, way = _SOUND
        if way == "error" and left is not None:
            way = "raise" if left.stmt.op == "raise" else "handover" if kept else "error"
        yield Skipped(
            way,
            at=paths.acquired,
            acquired=value,
            subject=paths.place.text,
            name=_name(paths),
            row=paths.row,
            left=left.stmt if left is not None else paths.acquired,
            step=_step(paths, left) if left is not None else "",
            last=last,
            kept=kept,
            caught=last is not None and not kept and not ends,
            mend="constructor_async"
            if next(iter(paths.row.release), "") in paths.row.awaited and not paths.acquired.scope.function.is_async
            else "give_back"
            if paths.escapes and paths.row.supposed
            else "guard"
            if paths.escapes
            else "with"
            if _by_block(paths)
            else "finally",
        )


def _name(paths: Paths) -> str:
    """What the function calls it: `f`, `self.file`."""
    if not paths.place.is_attribute:
        return ".".join(paths.place.path)
    target = next(iter(paths.acquired.targets), None)
    return source(target) if target is not None and target.op == "attr" else f"self.{paths.place.path[0]}"


def _by_block(paths: Paths) -> bool:
    """May a `with` take its place? What one of two branches opens is used after them."""
    stmt = paths.acquired
    plain = stmt.value is not None and stmt.value.op in ("call", "await") and stmt.parent is stmt.scope.block
    return plain and bool(paths.row.scoped) and not paths.escapes


def in_constructors(basis: Basis, traces: Iterable[tuple[Paths, Expr]]) -> Iterator[Skipped]:
    """Acquired into an attribute, after which the constructor itself raises: nobody gets the object."""
    for paths, value in traces:
        left, row = paths.exit("raise"), paths.row
        dropped = ended_when_dropped(basis, paths.place, row) or closed_when_dropped(basis, row)
        if left is not None and not dropped:
            yield Skipped(
                "constructor",
                at=paths.acquired,
                acquired=value,
                subject=paths.place.text,
                name=_name(paths),
                row=row,
                left=left.stmt,
                step=_step(paths, left),
                mend="constructor_async" if next(iter(row.release), "") in row.awaited else "constructor",
            )


def in_beginnings(basis: Basis, traces: Iterable[tuple[Paths, Expr]]) -> Iterator[Skipped]:
    """Opened into an attribute by a method that fails before it is done: what has not begun, nobody ends."""
    for paths, value in traces:
        left, method = paths.exit("raise"), paths.acquired.scope.function
        if left is None or not final(basis, paths.acquired, left.stmt):
            continue
        born = any(calling_constructor(basis, paths.acquired))
        if not ended_on_failure(basis, method) and not (born and ended_when_dropped(basis, paths.place, paths.row)):
            yield Skipped(
                "beginning",
                at=paths.acquired,
                acquired=value,
                subject=f"{method.qualname}.{paths.place.path[0]}",
                name=_name(paths),
                row=paths.row,
                left=left.stmt,
                step=_step(paths, left),
                mend="guard_beginning",
                method=method.name,
            )


def in_endings(found: Iterable[Unwound]) -> Iterator[Skipped]:
    """A method that ends the object fails before it has released all."""
    for one in found:
        close, ending = one.close, one.ending
        yield Skipped(
            "ending",
            at=close.stmt,
            acquired=close.site,
            subject=f"{ending.qualname}.{close.place.path[0]}",
            name=source(close.expr),
            row=Row("", "", "resource", noun=one.noun, release=(close.verb,)),
            left=one.step,
            step=source(one.step.value, 40) or one.step.op,
            last=close,
            mend="in_finally",
            method=ending.name,
        )


def in_lists(found: Iterable[Listed]) -> Iterator[Skipped]:
    """Opened one after the other: a later one fails, and nobody has the list yet."""
    for one in found:
        left = next((e for e in one.exits if e.kind == "raise"), None)
        if one.ends and left is not None:
            yield Skipped(
                "listed",
                at=one.call.stmt,
                acquired=one.call,
                subject=one.place.text,
                name=one.place.path[0],
                row=one.row,
                left=left.stmt,
                step=_raising(one.call if left.stmt is one.call.stmt else _awaited(left.stmt), left.stmt),
                last=one.ends[0],
                mend="each_async" if next(iter(one.row.release), "") in one.row.awaited else "each",
            )


def on_disk(found: Iterable[Undeleted]) -> Iterator[Skipped]:
    """A temporary file is removed or handed over where all goes well."""
    for one in found:
        noun = one.row.noun if one.written else "temporary file"
        yield Skipped(
            "written" if one.written else "disk",
            at=one.call.stmt,
            acquired=one.call,
            subject=f"{one.call.stmt.scope.function.qualname}.{one.name}",
            name=one.name,
            row=Row("", "", "resource", noun=noun, closer=one.row.closer, release=one.row.release),
            left=one.left.stmt,
            step=_raising(_awaited(one.left.stmt), one.left.stmt),
            mend="guard" if one.given else "finally",
            undone=one.ends,
        )


def in_flagged(found: Iterable[Flagged]) -> Iterator[Skipped]:
    """The flag that an ending asks for is set after a step that may fail."""
    for one in found:
        begun, verb = one.begun, one.ended.verb
        yield Skipped(
            "flag",
            at=begun.stmt,
            acquired=begun.site,
            subject=f"{begun.stmt.scope.function.qualname}.{begun.place.path[0]}",
            name=source(one.ended.expr),
            row=Row("", "", "resource", noun=begun.place.path[0].strip("_").replace("_", " "), release=(verb,)),
            left=one.step,
            step=source(_awaited(one.step), 40),
            last=one.ended,
            mend="flag_first",
            method=one.ending.name,
        )


def _raising(expr: Expr | None, stmt: Stmt) -> str:
    expr = expr.args[0] if expr is not None and expr.op == "await" else expr
    return f"raise {source(expr, 40)}".strip() if stmt.op == "raise" else source(expr, 40) or stmt.op


def _awaited(stmt: Stmt) -> Expr | None:
    plain = stmt.items[0][0] if stmt.items else stmt.value
    return next((e.args[0] for e in stmt.flat if e.op == "await"), plain)


def _follows(use: Use, acquired: Stmt) -> bool:
    """Is it this one that is released, and not what the name stood for before?"""
    return use.stmt.ordinal >= acquired.ordinal or in_loop(acquired)


def _step(paths: Paths, left: Exit) -> str:
    """What raises: `cursor.execute(...)`, `raise ValueError("no such id")`."""
    if left.stmt.op == "raise":
        return f"raise {source(left.stmt.value, 40)}".strip()
    step = paths.step or left.stmt.value
    step = step.args[0] if step is not None and step.op == "await" else step
    text = source(step, 40) or left.stmt.op
    if left.stmt.op == "for" and step is left.stmt.value and left.stmt.is_async:
        return f"async for ... in {text}"
    cut = step is not None and step.op == "call" and text.endswith("...")
    return f"{source(step.args[0], 40)}(...)" if step is not None and cut else text
