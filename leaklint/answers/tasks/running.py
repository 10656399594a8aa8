"""Tasks in attributes: what the class that starts one does to end it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from leaklint.answers.holding.attributes import module_instance, referred
from leaklint.answers.holding.overridden import overriding
from leaklint.answers.owner import lifetime
from leaklint.answers.releasing.endings import endings, ends_something, expected, reached
from leaklint.answers.spawn import LOOKS, Spawn, runs_through
from leaklint.answers.tasks.births import Birth, births, runs
from leaklint.answers.tasks.lasting import ended_by, only_asked, others_end_it
from leaklint.answers.tasks.schedulers import ended_with_loop
from leaklint.apis import Row
from leaklint.meaning.basis import NO, Answer, Basis, Clue
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt, flat_of, is_none, statements

_KEEPING = ("argument", "element", "bound", "returned", "yielded", "key")
_LOOKS = (*LOOKS, "bind", "del", "result", "exception")


@dataclass(frozen=True, slots=True)
class Running:
    """A task in an attribute; `defence` says why it is ended, or needs no end."""

    place: Place
    started: Stmt
    call: Expr
    spawned: Spawn
    course: Answer
    defence: Answer
    ending: Scope | None  # the method that ends the instance's life
    expected: str  # the one that the base classes call
    sibling: Use | None  # the end of another attribute's task in it
    elsewhere: Use | None  # where it is cancelled, if that is not at the end
    among: bool  # others, in a container
    keyed: bool  # that container is a dict
    optional: bool  # the attribute may be None
    forgotten: bool  # the ending sets it to None
    taken_out: Use | None  # of a container, without being ended
    overridden: bool  # the ending takes the place of a base class's, which ends it
    stuck: Answer  # it looks at what the ending changes only when something has come out of a queue


def running(basis: Basis) -> Iterator[Running]:
    """Each attribute of a class that is given a task by the class itself, once."""
    started: dict[Place, list[Birth]] = {}
    for place, birth in births(basis):
        started.setdefault(place, []).append(birth)
    ends = {
        place: tuple(_looked_through(basis, place) if born[0].among else _ends(basis, place, born[0].spawned.row))
        for place, born in started.items()
    }
    for place, born in started.items():
        klass = place.scope
        methods = endings(basis, klass)
        beginning = {b.stmt.scope.function for b in born}  # a timer that ends the object, once nobody comes back
        ending = next((m for m in methods if m.name != "__del__" and m not in beginning), None)
        at_end = reached(basis, klass, methods)
        others = (
            u for other in ends if other != place for u in ends[other] if other.scope in basis.names.family(klass)
        )
        sibling = next((u for u in others if u.stmt.scope.function in at_end), None)
        birth = max(born, key=lambda b: b.course.kind == "endless")
        if ending is None and not ends[place]:
            sibling = _beside(
                birth, (pair for other in ends if other != place for pair in ((started[other], ends[other]),))
            )
            ending = sibling.stmt.scope.function if sibling is not None else None
            at_end = reached(basis, klass, (ending,)) if ending is not None else at_end
        starters = {b.stmt.scope.function: b.stmt.ordinal for b in born}
        counting = [
            u
            for u in ends[place]
            if ending is None or _counts(basis, u, at_end, starters, sibling is not None and not birth.among)
        ]
        forgotten = ending is not None and _forgotten(basis, place, at_end)
        never = ending is not None and not ends[place] and _goes_on(basis, place, birth)
        if birth.among and birth.course.kind != "endless" and birth.spawned.row.noun == "task":
            never, sibling = _left_alone(basis, place, birth, ends[place]) and _ends_others(basis, at_end), None
        stuck = only_asked(basis, birth.spawned.coroutine, at_end) if ending is not None else NO
        told = (
            never
            or bool(stuck)
            or any(u.verb in birth.spawned.row.release for u in ends[place])
            or forgotten
            or sibling is not None
        )
        skipped = overriding(basis, counting, birth.stmt.scope.function)
        if skipped is not None:
            counting, ending = [], skipped
        taken_out = _taken_out(basis, place, birth) if birth.among else None
        if taken_out is not None:
            counting = []
        defence = _defence(basis, place, birth, counting, at_end, told or taken_out is not None, sibling is not None)
        where = next(iter(ends[place]), None)
        yield Running(
            *(place, birth.stmt, birth.call, birth.spawned, birth.course),
            *(defence, ending, expected(basis, klass), sibling, where),
            birth.among,
            birth.keyed,
            any(u.verb == "bind" and is_none(u.value) for u in basis.all_uses(place)),
            forgotten,
            taken_out,
            skipped is not None,
            stuck,
        )


def _ends(basis: Basis, place: Place, row: Row) -> Iterator[Use]:
    """Uses that cancel the task, wait for it, or hand it to who may."""
    verbs = (v for v in row.release if not v.startswith("__"))
    uses = (
        u for path in ((), *((v,) for v in verbs)) for u in basis.all_uses(Place(place.scope, (*place.path, *path)))
    )
    return (
        u
        for u in uses
        if (
            u.verb not in (*_LOOKS, *row.quiet) or u.verb in row.release
            if u.verb
            else _awaited(u) or u.role in _KEEPING
        )
    )


def _looked_through(basis: Basis, place: Place) -> Iterator[Use]:
    """Uses by which a container gives out the tasks in it: `for task in self._tasks`, `gather(*self._tasks)`."""
    uses = (u for u in basis.all_uses(place) if u.verb not in _PASSIVE and not _dropped(u))
    return (u for u in uses if u.verb or u.role in (*_KEEPING, "other"))


_PASSIVE = (
    *("bind", "del", "append", "appendleft", "add", "__setitem__", "discard", "remove", "clear", "__len__"),
    "__contains__",
)


def _beside(birth: Birth, others: Iterable[tuple[Sequence[Birth], Sequence[Use]]]) -> Use | None:
    """Where a method that others call ends what was started together with this one: that is the end of both."""
    function = birth.stmt.scope.function
    return next(
        (
            use
            for born, ends in others
            if any(b.stmt.scope.function is function for b in born)
            for use in ends
            if use.verb in birth.spawned.row.release and not use.stmt.scope.function.name.startswith("_")
            if use.stmt.scope.function is not function
        ),
        None,
    )


def _left_alone(basis: Basis, place: Place, birth: Birth, ends: Collection[Use]) -> bool:
    """Does nothing in the file get at tasks that end by themselves, nor is any of them there to end something else?"""
    work = birth.spawned.coroutine
    if ends or work is None or basis.apis.means("ending_functions", source_name(work)):
        return False
    local = birth.call.stmt.targets[0] if birth.call.stmt.op == "assign" else None
    handle = basis.names.place(local) if local is not None and local.op == "name" else None
    waited = handle is not None and any(_awaited(u) or u.verb == "__await__" for u in basis.below(handle))
    return not waited and all(basis.names.place(e) == place for e in basis.mentions(place.path[0]))


def _ends_others(basis: Basis, at_end: Collection[Scope]) -> bool:
    """Does an end of the object end anything else? Then what still runs will find that gone."""
    return any(ends_something(basis, s) for method in at_end for s in statements(method.block))


def _goes_on(basis: Basis, place: Place, birth: Birth) -> bool:
    """Does what nothing ever looks at loop until something fails, or have the name of what does?"""
    named = basis.apis.means("endless_coroutines", place.path[0])
    return birth.course.kind == "long" or (birth.course.kind == "unseen" and named)


def _taken_out(basis: Basis, place: Place, birth: Birth) -> Use | None:
    """A removal that drops a task which goes on: whoever may end all of them later does not find it any more."""
    functions = runs(basis, birth)
    for use in basis.all_uses(place) if birth.course.kind in ("endless", "once") else ():
        function = use.stmt.scope.function
        if (
            not _dropped(use)
            or function in functions
            or function is birth.stmt.scope.function
            or use.expr.scope.kind == "lambda"
        ):
            continue
        ends = birth.spawned.row.release
        ended = any(e.op == "attr" and e.text in ends for s in statements(function.block) for e in flat_of(s))
        called_back = referred(basis, function) or function.method_of is None
        if not ended and not called_back and not ended_by(basis, birth.spawned.coroutine, {function}):
            return use
    return None


_TAKING = ("pop", "remove", "discard")


def _dropped(use: Use) -> bool:
    """`del self._tasks[key]`, and `self._tasks.pop(key)` as a statement."""
    taken = use.verb in _TAKING and use.stmt.op == "expr" and use.site.parent is None
    return use.verb == "__delitem__" or taken


def _awaited(use: Use) -> bool:
    return use.expr.parent is not None and use.expr.parent.op == "await"


def _counts(basis: Basis, use: Use, at_end: Collection[Scope], starters: Mapping[Scope, int], others_end: bool) -> bool:
    """Does an end of the task come with the object's own, or when somebody outside asks for it?

    What only makes room for the next task leaves the last one running. `others_end`: the object's end is where another
    task of it is ended, which nobody outside has to ask for.
    """
    function = use.stmt.scope.function
    if function in at_end or use.role == "returned":
        return True
    if function in starters:
        return use.stmt.ordinal > starters[function]
    if others_end:
        return _awaited(use)
    return not function.name.startswith("_") or function.method_of is None or referred(basis, function)


def _forgotten(basis: Basis, place: Place, at_end: Collection[Scope]) -> bool:
    """Does an ending let go of the task? Whoever writes `self._task = None` there takes it to be over."""
    binds = (u for u in basis.all_uses(place) if u.verb == "bind" and is_none(u.value))
    return any(u.stmt.scope.function in at_end for u in binds)


def _defence(
    basis: Basis, place: Place, birth: Birth, ends: Sequence[Use], at_end: Collection[Scope], told: bool, beside: bool
) -> Answer:
    """`told`: the class itself says that the task has to be ended, here or there, or (`beside`) ends another one."""
    spawned, course = birth.spawned, birth.course
    if spawned.tracked:
        return Answer("tracked spawner")
    brief = not course and (not beside or runs_through(basis, spawned))
    if brief or (course.kind in ("long", "unseen", "once") and not told):
        return Answer("it runs to its end")
    if ends:
        return Answer("ended", (Clue(ends[0].stmt, "released", "released"),))
    if ended := ended_with_loop(basis, birth.call, at_end):
        return Answer("its loop is ended too", (Clue(ended, "released", "released"),))
    if others_end_it(basis, spawned.coroutine):
        return Answer("it looks at what somebody else ends")
    stopped = ended_by(basis, spawned.coroutine, at_end)
    if stopped:
        return stopped
    if lifetime(basis, place.scope) == "long-lived instance" and module_instance(basis, place.scope):
        return Answer("lives as long as the process")
    return NO
