"""What an object starts and keeps under an attribute: tasks, loops made of its own methods, timers that start anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from leaklint.answers.releasing.endings import reached
from leaklint.answers.spawn import Spawn, elsewhere, spawn
from leaklint.answers.tasks.lasting import body, lasting
from leaklint.apis import Row
from leaklint.meaning.basis import NO, Answer, Basis, Clue
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, is_none, statements


@dataclass(frozen=True, slots=True)
class Birth:
    """Where it is started; `course` says whether it goes on until it is stopped. A timer that runs out is `once`."""

    stmt: Stmt
    call: Expr
    spawned: Spawn
    course: Answer
    among: bool = False  # others, in a container
    keyed: bool = False  # that container is a dict


def births(basis: Basis) -> Iterator[tuple[Place, Birth]]:
    """Everything of the kind, by the attribute that names it."""
    for place, uses in basis.uses.items():
        if place.is_attribute and len(place.path) == 1:
            for use in uses:
                found = _task(basis, use) or _timer(basis, use) or _loop(basis, use) or _member(basis, use)
                if found is not None:
                    yield place, found


def _task(basis: Basis, use: Use) -> Birth | None:
    """The task that a use puts into an attribute, on the spot or by way of a local name."""
    return next((b for made in _given(basis, use) if (b := _birth(basis, use, made)) is not None), None)


def _member(basis: Basis, use: Use) -> Birth | None:
    """A task or a timer that a use adds to a container: `self._tasks.append(task)`, `self._tasks = [task, ...]`."""
    value = use.value if use.verb in (*_TAKING, *ADDING) else None
    if value is None or (use.verb in _TAKING and value.op not in _DISPLAYS):
        return None
    for part in (value,) if use.verb in ADDING else value.args:
        for made in _values(basis, part):
            found = _birth(basis, use, made) or _delayed(basis, use, made)
            if found is not None and found.course:
                keyed = use.verb == "__setitem__" or value.op == "dict" or value.text == "dict"
                return replace(found, among=True, keyed=keyed)
    return None


ADDING = ("append", "appendleft", "add", "__setitem__")
_TAKING = ("bind", "extend", "update", "__iadd__")
_DISPLAYS = ("list", "tuple", "set", "dict", "comp")


def _birth(basis: Basis, use: Use, made: Expr) -> Birth | None:
    found = _started(basis, made) if made.op == "call" else None
    if found is None or found.row.noun != "task":
        return None
    return Birth(use.stmt, made, found, lasting(basis, found.coroutine))


def _started(basis: Basis, made: Expr) -> Spawn | None:
    """By a row, a function of this module, or one of another module that is called as asyncio's own."""
    found = spawn(basis, made) or elsewhere(basis, made)
    likely = (
        found is None or not found.elsewhere or basis.apis.means("asyncio_names", found.elsewhere.rpartition(".")[2])
    )
    return found if likely else None


def _given(basis: Basis, use: Use) -> tuple[Expr, ...]:
    value = use.value
    return _values(basis, value) if use.verb == "bind" and use.stmt.op == "assign" and value is not None else ()


def _values(basis: Basis, value: Expr) -> tuple[Expr, ...]:
    """What an expression is or, if it is a local name, what that was bound to; of one with a condition either."""
    if value.op == "if":
        return (value.args[0], value.args[2])
    local = basis.names.place(value) if value.op == "name" else None
    return tuple(basis.types.bound_values(local)) if local is not None and local.scope.kind == "function" else (value,)


def _loop(basis: Basis, use: Use) -> Birth | None:
    """`self.update.start()`, where a decorator has made a loop of the method `update`."""
    method = basis.names.method(use.place.scope, use.place.path[0]) if use.verb == "start" else None
    for decorator in method.stmt.decorators if method is not None and method.stmt is not None else ():
        row = _returned(basis, decorator)
        counted = any(n == "count" and not is_none(a) for n, a in zip(decorator.names, decorator.args, strict=False))
        if row is not None and row.kind == "task" and row.noun == "task loop" and not counted and method is not None:
            return Birth(use.stmt, use.site, Spawn(row, use.expr), _endless(method.stmt, method))
    return None


def _returned(basis: Basis, decorator: Expr) -> Row | None:
    row = basis.types.callee(decorator).row if decorator.op == "call" else None
    return basis.apis.get(row.returns) if row is not None else None


def _timer(basis: Basis, use: Use) -> Birth | None:
    """`self._handle = loop.call_later(5, self._tick)`; endless where `_tick` does so again, whatever the state."""
    return next((b for made in _given(basis, use) if (b := _delayed(basis, use, made)) is not None), None)


def _delayed(basis: Basis, use: Use, made: Expr) -> Birth | None:
    row = timer(basis, made)
    if row is None:
        return None
    callback = basis.names.local(made.args[2])
    functions = reached(basis, use.place.scope, (callback,)) if callback is not None else ()
    course = next(
        (c for f in functions if (c := _again(basis, use.place, f))), Answer("once", word=source_name(made.args[2]))
    )
    return Birth(use.stmt, made, Spawn(row, made.args[2]), course)


def runs(basis: Basis, birth: Birth) -> frozenset[Scope]:
    """The functions that it runs, in turn: those of its coroutine, or of the timer's callback."""
    work = birth.spawned.coroutine
    callback = basis.names.local(work) if work is not None and birth.spawned.row.noun == "timer handle" else None
    if callback is None or callback.kind != "function":
        return body(basis, work)
    return reached(basis, callback.enclosing("class"), (callback,))


def timer(basis: Basis, made: Expr) -> Row | None:
    """What a call gives that calls its second argument when a time is up: by a row, or as asyncio calls it."""
    if made.op != "call" or len(made.args) < 3:
        return None
    row = basis.types.result(made)
    if row is None and basis.types.callee(made).local is None and made.args[0].op == "attr":
        named = basis.apis.means("delaying_methods", made.args[0].text)
        row = basis.apis.get("asyncio.TimerHandle") if named else None
    return row if row is not None and row.noun == "timer handle" else None


def _again(basis: Basis, place: Place, function: Scope) -> Answer:
    for use in basis.all_uses(place):
        if (
            use.verb == "bind"
            and use.stmt.scope.function is function
            and use.value is not None
            and not is_none(use.value)
        ):
            return _endless(use.stmt, function) if always(use.stmt) else NO
    return NO


def always(stmt: Stmt) -> bool:
    """Does its function come to a statement whatever the state?"""
    tested = any(owner.op in ("if", "while", "match") for _, owner in ancestors(stmt))
    left = (s.op in ("return", "raise") and s.ordinal < stmt.ordinal for s in statements(stmt.scope.function.block))
    return not tested and not any(left)


def _endless(stmt: Stmt | None, function: Scope) -> Answer:
    clues = (Clue(stmt, "driver", "loops", {"coroutine": function.name}),) if stmt is not None else ()
    return Answer("endless", clues, function.name)
