"""Threads, timers and processes that a module starts: do they end, and who ends them?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.answers.holding.attributes import module_instance
from leaklint.answers.owner import lifetime
from leaklint.answers.releasing.endings import endings, reached
from leaklint.answers.tasks.births import ADDING
from leaklint.answers.tasks.lasting import goes_on, stuck
from leaklint.answers.tasks.numbered import by_number
from leaklint.answers.ways.handlers import ended_by_loss
from leaklint.apis import Row
from leaklint.meaning.basis import NO, Answer, Basis, Clue
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import CONSTRUCTORS, source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, flat_of, statements, walk

_TARGETS = {"thread": ("target", 1), "process": ("target", 1), "timer": ("function", 1)}
KEEPS = ("argument", "element", "bound", "returned", "yielded")
_LEAVING = ("exit", "_exit", "abort", "quit")


@dataclass(frozen=True, slots=True)
class Started:
    """A thread, timer or process and what it runs; `defence` says why it ends, or needs no end."""

    row: Row
    call: Expr
    place: Place | None  # what it is kept in
    target: str
    klass: Scope | None  # whose method starts it
    course: Answer  # why it does not end by itself: `endless`, `flag`, `event`, `stuck` or `again`; false for what does
    defence: Answer
    daemon: bool = False  # the end of the process ends it


def started(basis: Basis) -> Iterator[Started]:
    """Every one that is made and started in this module, once for what it runs and what it is kept in."""
    seen: set[tuple[Place | None, Scope]] = set()
    for call in basis.all_calls:
        row = _row(basis, call)
        if row is None:
            continue
        place = _kept(basis, call)
        uses = list(basis.below(place)) if place is not None else []
        if not _starts(call, uses):
            continue
        target = _target(basis, call, row)
        if target is not None and (place, target) in seen:
            continue
        if target is not None:
            seen.add((place, target))
        functions = _functions(basis, target)
        course = _again(basis, functions) if row.noun == "timer" else _endless(basis, functions)
        if not course and row.noun == "thread":
            course = _stuck(basis, call, functions)
        # waiting for what never ends does not end it
        ending = [u for u in uses if course.kind not in ("flag", "event", "stuck") or u.verb != "join"]
        defence = _defence(basis, call, row, place, ending, functions)
        daemon = _daemon(basis, call, uses)
        if daemon and not defence and not (course and _outlived(basis, call, target)):
            defence = Answer("daemon")
        name = target.name if target is not None else ""
        yield Started(row, call, place, name, call.stmt.scope.enclosing("class"), course, defence, daemon)


def _row(basis: Basis, call: Expr) -> Row | None:
    """The row of a thread that a call makes: its own, or that of a base of a class of this module."""
    callee = basis.types.callee(call)
    found = [callee.row]
    if callee.local is not None and callee.local.kind == "class":
        found = [basis.apis.get(name) for name in basis.names.outside_bases(callee.local)]
    return next((r for r in found if r is not None and r.kind == "task" and r.noun in _TARGETS), None)


def _kept(basis: Basis, call: Expr) -> Place | None:
    stmt = call.stmt
    plain = stmt.op == "assign" and stmt.value is call and stmt.targets[0].op in ("name", "attr")
    return basis.names.place(stmt.targets[0]) if plain else None


def _starts(call: Expr, uses: list[Use]) -> bool:
    """`t.start()`, `Thread(...).start()`."""
    if call.parent is not None and call.parent.op == "attr":
        return call.parent.text == "start"
    return any(u.verb == "start" for u in uses)


def _target(basis: Basis, call: Expr, row: Row) -> Scope | None:
    """The function of this module that is run."""
    local = basis.types.callee(call).local
    if local is not None:
        return basis.names.method(local, "run")
    word, position = _TARGETS[row.noun]
    named = dict(zip(call.names[1:], call.args[1:], strict=True))
    plain = [a for a, n in zip(call.args[1:], call.names[1:], strict=True) if n == ""]
    given = named.get(word) or (plain[position] if len(plain) > position else None)
    found = basis.names.local(given)
    return found if found is not None and found.kind == "function" else None


def _functions(basis: Basis, target: Scope | None) -> frozenset[Scope]:
    """What runs in it, in turn."""
    if target is None:
        return frozenset()
    klass = target.enclosing("class")
    return reached(basis, klass, (target,)) if klass is not None else frozenset({target})


# -- does it end by itself? -------------------------------------------------------------------------------------------


def _endless(basis: Basis, functions: frozenset[Scope]) -> Answer:
    """A loop with no way out, or whose flag nobody sets."""
    for function in functions:
        for stmt in statements(function.block):
            if stmt.op != "while" or stmt.value is None or _left(stmt) or ended_by_loss(basis, stmt):
                continue
            clue = (Clue(stmt, "driver", "loops", {"function": function.name}),)
            if stmt.value.op == "const" and stmt.value.value in ("True", "1"):
                return Answer("endless", clue, function.name)
            for kind, dead in (("flag", _dead_flag), ("event", _dead_event)):
                if word := dead(basis, stmt.value):
                    return Answer(kind, clue, word)
    return NO


def _left(loop: Stmt) -> bool:
    """Is there a way out of a loop other than an error of what it calls?"""
    for stmt in statements(loop.blocks[0]):
        if stmt.op in ("return", "raise") or any(e.op == "call" and source_name(e) in _LEAVING for e in stmt.flat):
            return True
        inner = next((o for _, o in ancestors(stmt) if o.op in ("for", "while")), None)
        if stmt.op == "break" and inner is loop:
            return True
    return False


def _stuck(basis: Basis, call: Expr, functions: frozenset[Scope]) -> Answer:
    """It looks at what the end of its object changes only when something has come out of a queue."""
    klass = call.stmt.scope.enclosing("class")
    ends = endings(basis, klass) if klass is not None else ()
    loops = (s for f in functions for s in statements(f.block) if s.op == "while" and not _left(s))
    tests = (e for s in loops if s.value is not None for e in walk(s.value))
    asked = [p for e in tests if (p := _attribute(basis, e)) is not None]
    at_end = reached(basis, klass, ends) if ends else frozenset()
    changed = any(
        u.verb in ("bind", "set", "clear") and u.stmt.scope.function in at_end for p in asked for u in basis.all_uses(p)
    )
    return stuck(basis, functions, at_end) if changed else NO


def _dead_flag(basis: Basis, test: Expr) -> str:
    """The private attribute that a loop looks at, and that once it is True nothing binds to anything else."""
    place = _attribute(basis, test)
    if place is None or not place.path[0].startswith("_"):
        return ""
    uses = basis.all_uses(place)
    binds = [u for u in uses if u.verb == "bind"]
    later = [
        u.value for u in binds if u.stmt.scope.name not in CONSTRUCTORS or u.value is None or u.value.op != "const"
    ]
    known = all(value is not None and value.value == "True" for value in later or [u.value for u in binds])
    return place.path[0] if binds and known and _alone(basis, place) else ""


def _dead_event(basis: Basis, test: Expr) -> str:
    """The event that a loop asks (`while not self._stop.is_set():`) and that nothing sets."""
    asked = test.args[0] if test.op == "unary" and test.args else test
    place = _attribute(basis, asked.args[0].args[0]) if asked.op == "call" and asked.args[0].op == "attr" else None
    if place is None:
        return ""
    uses = basis.all_uses(place)
    made = [u.value.args[0] for u in uses if u.verb == "bind" and u.value is not None and u.value.op == "call"]
    events = bool(made) and all(basis.names.qualified(e) in _EVENTS for e in made)
    idle = all(u.verb in ("bind", "is_set", "isSet", "wait", "clear") for u in uses)
    return place.path[0] if events and idle and _alone(basis, place) else ""


_EVENTS = ("threading.Event", "multiprocessing.Event")


def _attribute(basis: Basis, expr: Expr) -> Place | None:
    place = basis.names.place(expr) if expr.op == "attr" else None
    return place if place is not None and place.is_attribute and len(place.path) == 1 else None


def _alone(basis: Basis, place: Place) -> bool:
    """Is nothing else in the file called so, by which somebody might get at it?"""
    return len(basis.mentions(place.path[0])) == len(basis.all_uses(place))


def _again(basis: Basis, functions: frozenset[Scope]) -> Answer:
    """A timer whose function makes the next one, and looks at nothing before it does."""
    for function in functions:
        for stmt in statements(function.block):
            for expr in stmt.flat:
                row = _row(basis, expr) if expr.op == "call" else None
                if row is not None and row.noun == "timer" and _target(basis, expr, row) in functions:
                    tested = any(o.op == "if" for _, o in ancestors(stmt)) or any(
                        s.op == "return" and s.ordinal < stmt.ordinal for s in statements(function.block)
                    )
                    clue = Clue(stmt, "driver", "again", {"function": function.name})
                    return NO if tested else Answer("again", (clue,), function.name)
    return NO


# -- who ends it? -----------------------------------------------------------------------------------------------------


def _defence(
    basis: Basis, call: Expr, row: Row, place: Place | None, uses: list[Use], functions: frozenset[Scope]
) -> Answer:
    for use in uses:
        if use.verb in (*row.release, *row.ends) or basis.apis.means("end_of_life_methods", use.verb):
            return Answer("ended", (Clue(use.stmt, "released", "released"),))
        if not use.verb and use.place == place and use.role in KEEPS and not _put_by(basis, use):
            return Answer("handed over", (Clue(use.stmt, "holder", "escapes"),))
    if number := by_number(basis, uses):
        return Answer("ended by its number", (Clue(number.stmt, "released", "released"),))
    if place is None and not (call.parent is not None and call.parent.op == "attr"):
        return Answer("handed over")
    if place is not None and any(e.text in row.release for e in elsewhere(basis, place)):
        return Answer("ended elsewhere in the file")
    unblocked = _unblocked(basis, functions) if row.noun != "timer" else None  # a timer waits for nothing but its time
    if unblocked is not None:
        return Answer("what it waits for is ended", (Clue(unblocked, "released", "released"),))
    klass = call.stmt.scope.enclosing("class")
    if klass is not None and lifetime(basis, klass) == "long-lived instance" and module_instance(basis, klass):
        return Answer("lives as long as the process")
    return NO


def _put_by(basis: Basis, use: Use) -> bool:
    """Is it added to a list of the object itself that nothing ever looks through?"""
    func = use.site.args[0] if use.role == "argument" and use.site.op == "call" else None
    container = basis.names.place(func.args[0]) if func is not None and func.op == "attr" else None
    if container is None or not container.is_attribute or func is None or func.text not in ADDING:
        return False
    return all(u.verb in (*ADDING, *_IDLE) for u in basis.below(container))


_IDLE = ("bind", "del", "clear", "__len__", "__contains__")


def _outlived(basis: Basis, call: Expr, target: Scope | None) -> bool:
    """Does it run a method of an object that ends before the process does?"""
    klass = call.stmt.scope.enclosing("class")
    if klass is None or target is None or target.method_of not in basis.names.family(klass):
        return False
    return any(m.name != "__del__" for m in endings(basis, klass))


def _daemon(basis: Basis, call: Expr, uses: list[Use]) -> bool:
    """Told to be one by argument, attribute or its own class; what is computed may be."""
    named = dict(zip(call.names[1:], call.args[1:], strict=True))
    if "daemon" in named:
        return named["daemon"].value != "False"
    if any("daemon" in u.place.path or u.verb == "setDaemon" for u in uses):
        return True
    local = basis.types.callee(call).local
    return local is not None and (
        "daemon" in local.bindings
        or any(e.stmt.scope.enclosing("class") is local for e in basis.mentions("daemon"))
        or any("daemon" in e.names for s in _own(local) for e in flat_of(s) if e.op == "call")
    )


def _own(klass: Scope) -> Iterator[Stmt]:
    return (s for m in klass.children if m.kind == "function" for s in statements(m.block))


def elsewhere(basis: Basis, place: Place) -> Iterator[Expr]:
    """Methods called on an attribute of the same name of another object: `worker.thread.join()`."""
    for expr in basis.mentions(place.path[-1]):
        method = expr.parent
        if expr.op == "attr" and method is not None and method.op == "attr" and basis.names.place(expr) != place:
            yield method


def _unblocked(basis: Basis, functions: frozenset[Scope]) -> Stmt | None:
    """Where an attribute that the thread works with is closed or shut down by others: that raises in the thread."""
    worked = {
        p
        for p, uses in basis.uses.items()
        if p.is_attribute
        and any(u.stmt.scope.function in functions and not goes_on(basis, u.stmt, functions) for u in uses)
    }
    for place in worked:
        for use in basis.all_uses(place):
            ends = not use.verb.startswith("__") and basis.apis.means("end_of_life_methods", use.verb)
            if ends and use.stmt.scope.function not in functions:  # `with self._lock` only lets go of it
                return use.stmt
    return None
