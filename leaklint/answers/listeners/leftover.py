"""What each run of a function leaves registered at an object that outlives the run: a callback of this run's own."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.destiny import destiny
from leaklint.answers.driver import context, header
from leaklint.answers.listeners.handler import Handler, handlers
from leaklint.answers.listeners.registered import ADDING, Registration, is_self, of_module, target, untold
from leaklint.answers.listeners.repeated import Repeated, passed_by
from leaklint.answers.listeners.reruns import driver, guard, reruns
from leaklint.answers.releasing.fate import manages
from leaklint.answers.signals import SENDING, awaits_later, sent
from leaklint.apis import Row
from leaklint.counterparts import undoings
from leaklint.meaning.basis import NO, Answer, Basis, Clue
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Expr, Scope, Stmt, flat_of, source, statements, walk


def leftovers(basis: Basis) -> Iterator[Repeated]:
    """Every registration of a callback that belongs to one run, where the run does not take it off again."""
    for call in basis.all_calls:
        function, func = call.scope.function, call.args[0]
        if func.op != "attr" or len(call.args) < 2 or function.kind != "function" or call.scope.kind == "lambda":
            continue
        inherited = _inherited(basis, func)
        if (
            not (inherited or _registers(basis, func))
            or _told_otherwise(basis, call)
            or _hands_on(basis, func, function)
        ):
            continue
        if any(n.startswith("weak") and a.value == "True" for n, a in zip(call.names, call.args, strict=False)):
            continue
        given = call.args[1:]
        told = target(basis, given) if of_module(basis, func) and not _is_def(basis, given[0]) else None
        receiver = told or func.args[0]
        registration = Registration(call, call.stmt, func.text, "", _row(basis, func), receiver, given)
        handler = next(iter(handlers(basis, registration)), None)
        listed = handler is not None and not handler.fresh and _listed_again(registration)
        if handler is None or not (listed or _of_this_run(basis, registration, handler)):
            continue
        when = NO if inherited else _again(basis, call.stmt, receiver, func.text)
        when = when or _for_one_wait(basis, registration)
        if not when:
            continue
        removals = _removals(basis, registration, handler)
        defence = guard(basis, call.stmt, source(receiver)) or _defence(basis, registration, handler, removals)
        inside = next((s for s in removals if s.scope.function is function), None)
        yield Repeated(
            registration,
            handler.text,
            when,
            driver(basis, registration.scope, when),
            defence,
            inside,
            listed=listed,
            lasting=False,
        )


def _told_otherwise(basis: Basis, call: Expr) -> bool:
    """A row tells of it, or of what it is called on that it runs what it is given: `loop.add_callback(f)`."""
    callee = basis.types.callee(call)
    return not untold(callee.row) or (callee.receiver is not None and callee.receiver.kind == "spawner")


def _hands_on(basis: Basis, func: Expr, function: Scope) -> bool:
    """Is the function one that registers what it is given? Whoever calls it has the callback, and can take it off."""
    words = ("listening_methods", "callback_registering")
    return func.text == function.name and any(basis.apis.means(what, func.text) for what in words)


def _row(basis: Basis, func: Expr) -> Row | None:
    return basis.types.row(func.args[0])


# -- what registers ---------------------------------------------------------------------------------------------------


def _registers(basis: Basis, func: Expr) -> bool:
    """By its name it keeps what it is given until that is taken off; a list does so if it is one of callbacks."""
    if func.text in ADDING:
        listed = func.args[0].args[0] if func.args[0].op == "sub" else func.args[0]
        if listed.op != "attr" or not basis.apis.means("callback_lists", listed.text):
            return False
        return basis.names.class_of(listed.args[0]) is None or _of_another_class(basis, listed)
    klass = basis.names.class_of(func.args[0])
    if klass is not None:
        return any(basis.names.method(klass, name) is not None for name in undoings(func.text))
    return any(basis.apis.means(words, func.text) for words in ("listening_methods", "callback_registering"))


def _of_another_class(basis: Basis, listed: Expr) -> bool:
    """A registry that its class keeps, of a class of its own; a plain list is the object's own to look after."""
    made = list(basis.types.bound_values(place)) if (place := basis.names.place(listed)) is not None else []
    return bool(made) and all(v.op == "call" and basis.types.row(v) is None for v in made)


def _inherited(basis: Basis, func: Expr) -> bool:
    """`self.on("open", ready.set)`, where another file's base class says what that does."""
    klass = basis.names.class_of(func.args[0]) if basis.apis.means("listening_methods", func.text) else None
    return klass is not None and basis.names.method(klass, func.text) is None and bool(klass.bases)


def _of_this_run(basis: Basis, registration: Registration, handler: Handler) -> bool:
    """Made by this run, and of what is this run's alone: a function or lambda that refers to its locals."""
    if not handler.fresh:
        return False
    function = registration.scope
    for arg in registration.given:
        inner = next((b.inner for b in basis.names.bindings(arg.text, arg.scope) if b.how == "def"), None)
        if arg.op == "name" and inner is not None and inner.parent is function:
            return any(_is_local(basis, e, function) for s in statements(inner.block) for e in flat_of(s))
        if arg.op == "attr" and _is_local(basis, arg.args[0], function):
            return True
        if arg.op == "lambda" or (arg.op == "call" and source(arg, 40) == handler.text):
            return any(_is_local(basis, e, function) for e in walk(arg))
    return False


def _is_def(basis: Basis, expr: Expr) -> bool:
    return expr.op == "name" and any(b.how == "def" for b in basis.names.bindings(expr.text, expr.scope))


def _is_local(basis: Basis, expr: Expr, function: Scope) -> bool:
    place = basis.names.place(expr) if expr.op == "name" else None
    if place is None or place.scope is not function or is_self(basis, expr):
        return False
    return all(b.how != "import" for b in basis.names.bindings(expr.text, expr.scope))


def _listed_again(registration: Registration) -> bool:
    """`session.hooks["response"].append(self.track)`: a list holds the same method as often as it is given it."""
    return registration.verb in ("append", "insert", "appendleft")


# -- what it is registered at -----------------------------------------------------------------------------------------


def _again(basis: Basis, stmt: Stmt, receiver: Expr, verb: str) -> Answer:
    """What makes one more at an object that outlives the run: part of an attribute, of a global, or of what is given
    to a context manager, which is to leave it as it was, or to be hooked for a while."""
    function = stmt.scope.function
    root = _root(basis, receiver)
    if root.op != "name":
        return NO
    place = basis.names.place(receiver if receiver.op in ("name", "attr") else receiver.args[0])
    own = basis.names.class_of(root) is not None and is_self(basis, root)
    if own and place is not None and any(_binds(basis, Place(place.scope, place.path[:1]), function)):
        return NO
    home = basis.names.scope_of(root.text, root.scope)
    if own or (home is not None and home.kind == "module"):
        return _each_call(basis, stmt) or _each_visit(basis, stmt)
    given = home is function and root.text in [p.name for p in function.params]
    if given and any(basis.apis.means("application_names", e.text) for e in walk(receiver) if e.op == "attr"):
        return _each_visit(basis, stmt)  # `request.app.bus`
    done = basis.apis.means("done_registering", verb)
    asked = basis.apis.means("registration_methods", function.name)  # whoever calls `install_hooks(model)` wants them
    hooked = basis.apis.means("hook_registering", verb) and not asked
    kept = given and not done and (manages(basis, function) or hooked)
    return Answer("call", header(function), function.name) if kept else NO


def _for_one_wait(basis: Basis, registration: Registration) -> Answer:
    """It tells this run what it waits for, and is of no use when that is over: `bus.on("open", ready.set)`, then
    `await ready.wait()`. Not at what the run has made itself, nor at what it serves, which is over then too."""
    function, receiver = registration.scope, registration.receiver
    place = basis.names.place(receiver)
    if receiver is None or place is None or (place.scope is function and not place.is_given):
        return NO
    served = place.scope is function and basis.apis.means("served_objects", place.path[0])
    if not function.is_async or served or not basis.apis.means("listening_methods", registration.verb):
        return NO
    given = (p for arg in registration.given for p in _told_by(basis, arg))
    told = any(awaits_later(basis, registration.stmt, p) for p in given)
    return Answer("call", header(function), function.name) if told else NO


def _told_by(basis: Basis, arg: Expr) -> Iterator[Place]:
    """What an argument that is called back sends by: `ready.set`, or a function that calls it."""
    place = basis.names.place(arg.args[0]) if arg.op == "attr" and arg.text in SENDING else None
    if place is not None:
        yield place
    for binding in basis.names.bindings(arg.text, arg.scope) if arg.op == "name" else ():
        if binding.how == "def" and binding.inner is not None:
            yield from sent(basis, binding.inner)


def _root(basis: Basis, receiver: Expr, steps: int = 3) -> Expr:
    """The name that it is reached by; where that is another word for a part of something, the name of that."""
    root = receiver
    while root.op in ("attr", "sub") and basis.names.class_of(root) is None:
        root = root.args[0]
    value = basis.names.only_value(root.text, root.scope) if root.op == "name" and not is_self(basis, root) else None
    return _root(basis, value, steps - 1) if value is not None and value.op == "attr" and steps else root


def _binds(basis: Basis, place: Place, function: Scope) -> Iterator[bool]:
    return (True for u in basis.all_uses(place) if u.verb == "bind" and u.stmt.scope.function is function)


def _each_call(basis: Basis, stmt: Stmt) -> Answer:
    when = context(basis, stmt)
    return reruns(basis, stmt) if when.kind not in ("once", "import") else NO


def _each_visit(basis: Basis, stmt: Stmt) -> Answer:
    """A function that is given a connection or a request to serve runs once for each of them."""
    function = stmt.scope.function
    served = next((p.name for p in function.params if basis.apis.means("served_objects", p.name)), "")
    return Answer("event", header(function), function.name) if served else NO


# -- who takes it off -------------------------------------------------------------------------------------------------


def _removals(basis: Basis, registration: Registration, handler: Handler) -> list[Stmt]:
    """Statements that take off this very callback, or whatever its registry has."""
    words = {*undoings(registration.verb), *_UNDOING}
    registry = source_name(registration.receiver) if registration.receiver is not None else ""
    found = []
    itself = registration.receiver is not None and is_self(basis, registration.receiver)
    for expr in (e for w in words for e in basis.mentions(w) if e.stmt is not registration.stmt):
        named = {e.text for e in flat_of(expr.stmt) if e.op in ("attr", "name")}
        call = expr.parent if expr.parent is not None and expr.parent.op == "call" else None
        whole = call is not None and (len(call.args) == 1 or _same_key(call, registration))
        at = not itself or (expr.op == "attr" and is_self(basis, expr.args[0]))  # and not `self.layers.clear()`
        if (handler.key and handler.key in named) or (registry in named and whole and at):
            found.append(expr.stmt)
    return found


def _same_key(call: Expr, registration: Registration) -> bool:
    """`poller.unregister(self.sock)` for `poller.register(conn.sock, events, callback)`."""
    first = registration.given[0]
    return len(registration.given) > 1 and first.op == "attr" and first.text == source_name(call.args[1])


_UNDOING = (
    *("remove", "discard", "unregister", "disconnect", "off", "clear", "remove_listener", "unsubscribe"),
    "remove_all",
)


def _listed_too(basis: Basis, registration: Registration, handler: Handler) -> Stmt | None:
    """`HOOKS[name].append(hook)` beside it: whoever looks there can take it off."""
    named = (e for e in basis.mentions(handler.key) if e.op == "name" and e.scope.function is registration.scope)
    around = (p.parent if (p := e.parent) is not None and p.op == "tuple" else p for e in named)
    into = (p.stmt for p in around if p is not None and p.op == "call" and p.args[0].text in ADDING)
    return next((s for s in into if s is not registration.stmt), None)


def _defence(basis: Basis, registration: Registration, handler: Handler, removals: list[Stmt]) -> Answer:
    if not removals:
        listed = _listed_too(basis, registration, handler)
        if listed is not None:
            return Answer("kept to be taken off", (Clue(listed, "holder", "released"),))
        dropped = registration.stmt.op == "expr" or destiny(basis, registration.expr).kind == "dropped"
        return NO if dropped else Answer("what undoes it is kept")
    function = registration.scope
    released = Answer("removed again", (Clue(removals[0], "released", "released"),))
    inside = [s for s in removals if s.scope.function is function]
    return NO if inside and passed_by(basis, registration, inside, convincing=True) else released
