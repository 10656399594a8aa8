"""What is registered with the process, one more by each run of a function that can run again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from leaklint.answers.destiny import destiny
from leaklint.answers.driver import header
from leaklint.answers.listeners.handler import handlers
from leaklint.answers.listeners.registered import Registration, looks_up
from leaklint.answers.listeners.reruns import driver, guard, reruns, set_up_once
from leaklint.answers.listeners.undoing import kept_as
from leaklint.answers.releasing.endings import endings
from leaklint.answers.ways.faults import Faults
from leaklint.answers.ways.guards import Guards
from leaklint.answers.ways.handlers import catches_all
from leaklint.apis import Row
from leaklint.facts import DriverKind
from leaklint.meaning.basis import NO, Answer, Basis, Clue
from leaklint.meaning.flow import Effects, open_exits
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, flat_of, in_loop, is_none, source


@dataclass(frozen=True, slots=True)
class Repeated:
    """Something new that each run of a function adds to what the process keeps; `defence` says why that is well."""

    registration: Registration
    what: str
    when: Answer  # what makes it run again
    driver: DriverKind
    defence: Answer
    removal: Stmt | None = None  # on the way without an error
    wraps: bool = False  # what was registered before goes on inside
    each: bool = False  # at each of several, and taken off one
    listed: bool = False  # the same one again, in a list
    lasting: bool = True  # the process keeps it, and not an object that outlives the run


def repeated(basis: Basis, registrations: Sequence[Registration]) -> Iterator[Repeated]:
    """Every registration with the process in a function that can run again."""
    for registration in registrations:
        hosted = _with_host(basis, registration)
        if not hosted and not _with_process(registration):
            continue
        what = _fresh(basis, registration, hosted)
        when = (_given_again(basis, registration) or reruns(basis, registration.stmt)) if what else NO
        if not when or (hosted and when.kind != "setup"):
            continue
        removal = _removal(basis, registration)
        defence = _defence(basis, registration, when, removal)
        defence = defence or guard(basis, registration.stmt, source(registration.receiver))
        if removal is not None and not defence:
            defence = _removed(basis, registration, removal)
        each = removal is not None and _at_each(registration) and not _each_time(removal)
        lasting = when.kind not in _PASSED  # as long as the process, or the host
        yield Repeated(
            registration,
            what,
            when,
            driver(basis, registration.scope, when),
            defence,
            removal,
            each=each,
            lasting=lasting,
        )


def _with_process(registration: Registration) -> bool:
    """Told by a row, and a list of the process or of its host: not an entry that is stored under a key."""
    row = registration.row
    if registration.paired or (row is not None and row.weak):
        return False
    if row is None:
        return registration.receiver is None and registration.scope.kind == "function"
    long = registration.returns_undo and row.lifetime == "long"
    return row.single or row.kind == "function" or registration.verb in row.grow or long


def _with_host(basis: Basis, registration: Registration) -> bool:
    """By its name alone, at what a function of the module is given, or at a part of it: `app.bus.listen(f)`."""
    root = registration.receiver
    while root is not None and root.op == "attr":
        root = root.args[0]
    own = registration.scope.parent is basis.module.scope and not registration.paired
    return own and registration.row is None and _is_given(basis, root)


# -- what is new each time --------------------------------------------------------------------------------------------


def _fresh(basis: Basis, registration: Registration, hosted: bool) -> str:
    """What is made anew by each run, as text; empty where the same thing is handed over again."""
    handler = next((h for h in handlers(basis, registration) if h.fresh), None)
    if handler is not None:
        return handler.text
    if registration.returns_undo or hosted:  # each is one more, whatever it is
        return next((source(a, 40) for a in registration.given if _is_function(basis, a)), "")
    made = _NEW if registration.row is not None else _NEW[:1]
    for arg in registration.given:
        if _made_here(basis, arg, registration.scope, made):
            return source(arg, 40)
    return ""


def _is_function(basis: Basis, arg: Expr) -> bool:
    return arg.op == "name" and any(b.how == "def" for b in basis.names.bindings(arg.text, arg.scope))


_NEW = ("call", "fstring", "binary")  # `f"{job}.log"`, `folder / "job.log"`


def _made_here(basis: Basis, arg: Expr, function: Scope, made: Sequence[str] = ("call",)) -> bool:
    """A call, or a name or attribute that this function binds to one."""
    if arg.op in made:
        return not looks_up(arg)
    place = basis.names.place(arg) if arg.op in ("name", "attr") else None
    if place is None:
        return False
    if _each_made_here(basis, arg, function):
        return True
    uses = [u for u in basis.all_uses(place) if u.verb == "bind" and u.stmt.scope.function is function]
    bound = [u.value for u in uses if u.value is not None and not is_none(u.value) and not _in_condition(u.stmt)]
    return bool(bound) and all(v.op in made and _made_here(basis, v, function, made) for v in bound)


def _each_made_here(basis: Basis, arg: Expr, function: Scope) -> bool:
    """`for handler in (StreamHandler(), FileHandler(path)):`"""
    loops = (b.stmt.value for b in basis.names.bindings(arg.text, arg.scope) if b.how == "for")
    listed = [e for given in loops if given is not None and given.op in ("tuple", "list") for e in given.args]
    return bool(listed) and all(e.op == "call" and _made_here(basis, e, function) for e in listed)


def _in_condition(stmt: Stmt) -> bool:
    return any(owner.op == "if" and any(e.op == "compare" for e in block.exprs) for block, owner in ancestors(stmt))


# -- what keeps it from adding one more -------------------------------------------------------------------------------


_PASSED = ("setup", "given")  # what is given to these lives longer than they run


def _is_given(basis: Basis, receiver: Expr | None) -> bool:
    place = basis.names.place(receiver)
    return place is not None and place.is_given


def _given_again(basis: Basis, registration: Registration) -> Answer:
    """A helper that adds what it makes to a logger that it is given: whoever asks it twice has two of them."""
    row, function = registration.row, registration.scope
    lasting = row is not None and row.lifetime == "long" and registration.verb in row.grow
    if not lasting or function.parent is not basis.module.scope or not _is_given(basis, registration.receiver):
        return NO
    if any(registration.verb in s.bindings for s in basis.module.scope.children if s.kind == "class"):
        return NO  # by its name alone it is of the other kind: the module has one of its own
    return NO if set_up_once(basis, function) else Answer("given", header(function), function.name)


def _defence(basis: Basis, registration: Registration, when: Answer, removal: Stmt | None) -> Answer:
    receiver = registration.receiver
    if when.kind not in _PASSED and _is_given(basis, receiver):
        return Answer("registered at what the caller gave")
    if receiver is not None and any(_constructed(basis, v) for v in _values(basis, receiver)):
        return Answer("registered at what was made here")
    row = registration.row
    gives = row is None or row.kind == "function" or registration.returns_undo
    here = removal is not None and removal.scope.function is registration.scope
    if gives and not here and registration.expr.op == "call" and registration.decorated is None:
        fate = destiny(basis, registration.expr)
        if fate.kind not in ("dropped", "used") and not _unread(basis, registration):
            return Answer("what registering returns is kept")
    return NO


def _unread(basis: Basis, registration: Registration) -> bool:
    """Is it kept in an attribute that nothing here reads, of what is private or has an end to come to?"""
    name, klass = kept_as(registration), registration.scope.enclosing("class")
    ends = klass is not None and any(m.name != "__del__" for m in endings(basis, klass))
    return len(basis.mentions(name)) == 1 and (ends or name.startswith("_"))


def _values(basis: Basis, receiver: Expr) -> list[Expr]:
    place = basis.names.place(receiver)
    return [receiver, *(basis.types.bound_values(place) if place is not None else ())]


def _constructed(basis: Basis, value: Expr) -> bool:
    """`logging.Logger("x")` is nobody else's; `logging.getLogger("x")` is the process's."""
    row = basis.types.callee(value).row if value.op == "call" else None
    return row is not None and row.kind != "function"


def _removal(basis: Basis, registration: Registration) -> Stmt | None:
    """The first statement that takes something off this registry."""
    undo = registration.undo.rpartition(".")[2]
    if not undo or registration.returns_undo:
        return None
    function = registration.expr.args[0] if registration.expr.op == "call" else registration.expr
    registry = registration.called_on
    for expr in basis.mentions(undo):
        at = source(expr.args[0]) if expr.op == "attr" else ""
        same = registration.row is None or not registration.row.single or at == registry
        if same and expr.stmt is not registration.stmt:
            return expr.stmt
    listed = registration.row is not None and registration.row.kind == "container" and function.op == "attr"
    return next(_put_back(basis, function.args[0]), None) if listed else None


def _put_back(basis: Basis, listed: Expr) -> Iterator[Stmt]:
    """`sys.path[:] = saved`: the whole list is what it was, or what is left of it."""
    registry = source(listed)
    for stmt in (e.stmt for e in basis.mentions(listed.text) if e.op == "attr"):
        target = stmt.targets[0] if stmt.op == "assign" and stmt.targets else None
        whole = target.args[0] if target is not None and target.op == "sub" and target.args[1].op == "slice" else target
        if whole is None or source(whole) != registry or stmt.value is None:
            continue
        named = basis.names.only_value(stmt.value.text, stmt.scope) if stmt.value.op == "name" else None
        if named is None or source(named) != registry:
            yield stmt


def _at_each(registration: Registration) -> bool:
    """`for log in loggers: log.addHandler(handler)`."""
    loops = (owner for _, owner in ancestors(registration.stmt) if owner.op == "for")
    registry = source_name(registration.receiver) if registration.receiver is not None else ""
    return any(t.op == "name" and t.text == registry for loop in loops for t in loop.targets)


def _each_time(removal: Stmt) -> bool:
    return in_loop(removal) or any(e.op == "comp" for e in flat_of(removal))


def _removed(basis: Basis, registration: Registration, removal: Stmt) -> Answer:
    """A defence unless the removal stands in the same function and an exception goes past it, or takes what was
    registered at each of several off one of them."""
    released = Answer("removed again", (Clue(removal, "released", "released"),))
    if _at_each(registration) and not _each_time(removal):
        return NO
    function = registration.stmt.scope.function
    before = removal.ordinal < registration.stmt.ordinal
    if before or removal.scope.function is not function or registration.row is None:
        return released
    undo = registration.undo.rpartition(".")[2]
    removals = {removal, *(e.stmt for e in basis.mentions(undo) if e.stmt.scope.function is function)}
    return NO if passed_by(basis, registration, removals, convincing=False) else released


def passed_by(basis: Basis, registration: Registration, removals: Collection[Stmt], *, convincing: bool) -> bool:
    """Does what fails, or (`convincing`) likely fails, leave the function past all that takes it off there?"""
    function = registration.stmt.scope.function
    if function.block is None:
        return False
    place = basis.names.place(registration.receiver) or Place(function, (registration.verb,))
    faults = Faults(basis, place, registration.row or Row("", basis.module.path, "resource"), function)
    weighed = faults.telling if convincing else faults.any
    guards = Guards(basis, place, registration.stmt)

    def narrow(test: Expr) -> bool | None:
        told = _registered_yet(registration, test)
        return guards.narrow(test) if told is None else told

    effects = Effects(
        at=lambda s: "acquire" if s is registration.stmt else "release" if s in removals else "",
        fallible=lambda s: weighed(s) is not None,
        narrow=narrow,
        catches_all=catches_all,
    )
    return any(e.kind == "raise" for e in open_exits(basis, function.block, effects))


def _registered_yet(registration: Registration, test: Expr) -> bool | None:
    """`while finder in sys.meta_path:`, `if sock.fileno() == fd:`: what a test of the registry, or of what it was
    registered for, gives as long as it is registered."""
    if test.op != "compare":
        return None
    left, right = (source(e) for e in test.args[:2])
    if test.text in ("In", "NotIn"):
        return test.text == "In" if right == registration.called_on else None
    key = source(registration.given[0]) if len(registration.given) > 1 else ""
    return True if test.text == "Equal" and key and key in (left, right) else None
