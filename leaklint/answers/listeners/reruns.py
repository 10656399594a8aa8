"""Can a statement run more than once in a process, and does something keep it from doing its work twice?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from leaklint.answers.driver import cached, context, header, is_command, repeats, script_only
from leaklint.answers.listeners.maker import made_once
from leaklint.answers.listeners.registered import looks_up
from leaklint.answers.releasing.endings import endings, reached
from leaklint.answers.shared import is_classmethod
from leaklint.facts import DriverKind
from leaklint.meaning.basis import NO, Answer, Basis, Clue, once
from leaklint.meaning.scopes import CONSTRUCTORS, is_called, source_name
from leaklint.tree.ir import Expr, Scope, Stmt, flat_of, is_none, source, statements, walk


def reruns(basis: Basis, stmt: Stmt) -> Answer:
    """What makes a statement run more than once in a process; nothing where custom or its callers say that it does not.

    `word` is the function, for a constructor the class.
    """
    function = stmt.scope.function
    if function.kind != "function" or script_only(basis, stmt):
        return NO
    takedown = _takedown(basis, function)
    if takedown is not None and takedown.stmt is not None:
        return Answer(
            "setup", (Clue(takedown.stmt, "missing", "taken_down", {"function": takedown.name}),), function.name
        )
    caller = _called_by_loop(basis, function)
    if caller is not None:
        return Answer("call", (Clue(caller, "driver", "again", {"function": function.name}),), function.name)
    if _once(basis, function) or _serves(basis, function):
        return NO
    klass = _class_of(function)
    if klass is not None and (made_once(basis, klass) or basis.apis.means("test_classes", klass.name)):
        return NO
    when = context(basis, stmt)
    clues = header(function)
    if when.kind == "once":
        return Answer("instance", clues, klass.name) if klass is not None else NO
    if when.kind in ("event", "stream"):
        return Answer(when.kind, clues, function.name)
    of_instance = klass is not None and not is_classmethod(function)
    if of_instance and when.kind in ("call", "loop") and not _by_custom(basis, function):
        return Answer("call", clues, function.name)
    again = not of_instance and (
        _hands_out(basis, function) or _gives_back(basis, stmt, function) or _by_argument(basis, stmt, function)
    )
    return Answer("call", clues, function.name) if again else NO


def driver(basis: Basis, function: Scope, when: Answer) -> DriverKind:
    """What makes a function run again, as the severity asks for it: `call` where a caller that does so is seen, and
    `inventory` where there may be few."""
    if when.kind in ("event", "stream"):
        return when.kind  # type: ignore[return-value]
    made = function.enclosing("class") if when.kind == "instance" else function
    calls = [e for e in basis.mentions(made.name) if is_called(e)] if made is not None else []
    seen = (context(basis, e.stmt).kind for e in calls if e.op == "attr" or basis.names.local(e) is made)
    again = any(kind in ("event", "stream", "loop") for kind in seen)
    return "call" if again else "inventory"


def _takedown(basis: Basis, function: Scope) -> Scope | None:
    """What takes down what a function of the module sets up for its host, which may then set it up again."""
    setups = [what for what in ("entry_setups", "plugin_setups") if basis.apis.means(what, function.name)]
    if not setups or function.parent is not basis.module.scope:
        return None
    others = [s for s in basis.module.scope.children if s.kind == "function"]
    if setups == ["plugin_setups"] and any(basis.apis.means("entry_setups", s.name) for s in others):
        return None  # it runs once, and those for the entries again
    return next((s for s in others if basis.apis.means("plugin_takedowns", s.name)), None)


def _called_by_loop(basis: Basis, function: Scope) -> Stmt | None:
    """Where a loop of another function calls this one again, as one that tries until it succeeds."""
    calls = (e for e in basis.mentions(function.name) if e.parent is not None and e.parent.op == "call")
    return next(
        (
            e.stmt
            for e in calls
            if e.parent is not None and e.parent.args[0] is e and e.stmt.scope.function is not function
            if repeats(basis, e.stmt) and basis.names.local(e) is function
        ),
        None,
    )


def _class_of(function: Scope | None) -> Scope | None:
    while function is not None and function.method_of is None:
        function = function.parent
    return function.method_of if function is not None else None


def _customary(basis: Basis, function: Scope) -> bool:
    return basis.apis.means("once_functions", function.name)


@once(meanwhile=False)
def _by_custom(basis: Basis, function: Scope, depth: int = 3) -> bool:
    """Does it run once by custom, or is it a part of what does?"""
    if function.kind != "function" or _customary(basis, function):
        return True
    calls = _calls(basis, function) if depth else ()
    return bool(calls) and all(_by_custom(basis, e.stmt.scope.function, depth - 1) for e in calls)


def _calls(basis: Basis, function: Scope) -> Sequence[Expr]:
    """All calls of a private function, which stand in others; none where it is handed on as well."""
    if not function.name.startswith("_") or function.name.endswith("__"):
        return ()
    mentions = [e for e in basis.mentions(function.name) if e.op == "attr" or basis.names.local(e) is function]
    inside = any(e.stmt.scope.function is function or not is_called(e) for e in mentions)
    return () if inside else mentions


def set_up_once(basis: Basis, function: Scope) -> bool:
    """By custom, or by all that is seen of it, does it run once in a process?"""
    return _customary(basis, function) or _once(basis, function)


def _once(basis: Basis, function: Scope) -> bool:
    """Its result is kept, it is a command of a program, or all its callers here run once."""
    if cached(basis, function) or is_command(basis, function):
        return True
    if function.method_of is not None or function.parent is None or function.parent.kind != "module":
        return False
    calls = [e for e in basis.mentions(function.name) if e.op == "name" and e.stmt.scope.function is not function]
    return bool(calls) and all(
        e.stmt.scope.function.kind == "module" or _customary(basis, e.stmt.scope.function) for e in calls
    )


@once(meanwhile=False)
def _serves(basis: Basis, function: Scope) -> bool:
    """Does it come back only when the program is to end: `self.cmdloop()`, `loop.run_forever()`?"""
    called = (e for s in statements(function.block) for e in flat_of(s) if e.op == "call")
    return any(basis.apis.means("program_loops", source_name(e)) for e in called)


def _hands_out(basis: Basis, function: Scope) -> bool:
    """A function that gives back what it has set up is asked for it again: `get_logger(name)`."""
    for stmt in statements(function.block):
        if stmt.op == "return" and stmt.value is not None:
            row = basis.types.row(stmt.value)
            if row is not None and row.pairs:
                return True
    return False


def _gives_back(basis: Basis, stmt: Stmt, function: Scope) -> bool:
    """A function that makes something, has it looked after, and gives it back, makes another each time."""
    if _customary(basis, function):
        return False
    named = {e.text for e in stmt.flat if e.op == "name"}
    returned = (s.value for s in statements(function.block) if s.op == "return" and s.value is not None)
    places = (basis.names.place(v) for v in returned if v.op == "name" and v.text in named)
    own = (p for p in places if p is not None and p.scope is function)
    return any(v.op == "call" and not looks_up(v) for p in own for v in basis.types.bound_values(p))


def _by_argument(basis: Basis, stmt: Stmt, function: Scope) -> bool:
    """What the statement does is done once for each job, session or request that the function is called for."""
    if _customary(basis, function):
        return False
    given = {p.name for p in function.params if basis.apis.means("open_keys", p.name)}
    given -= {name for name in given if basis.apis.means("inventory_keys", name)}
    if not _for_others(basis, function):
        return False
    places = (basis.names.place(e) for e in stmt.flat if e.op == "name")
    made = [v for p in places if p is not None and p.scope is function for v in basis.types.bound_values(p)]
    return any(e.op == "name" and e.text in given for value in (*stmt.flat, *made) for e in walk(value))


@once(meanwhile=True)
def _for_others(basis: Basis, function: Scope) -> bool:
    """Is what a function is given another thing each time, or not known?"""
    calls = _calls(basis, function)
    return not calls or any(_for_another(basis, e) for e in calls)


def _for_another(basis: Basis, called: Expr) -> bool:
    """Does a caller hand on what it is given itself, or run again by what happens?"""
    caller = called.stmt.scope.function
    if caller.kind != "function" or context(basis, called.stmt).kind in ("event", "stream", "loop"):
        return caller.kind == "function"
    params = {p.name for p in caller.params}
    given = called.parent.args[1:] if called.parent is not None else ()
    return any(e.op == "name" and e.text in params for arg in given for e in walk(arg))


@once(meanwhile=NO)
def guard(basis: Basis, stmt: Stmt, registry: str, depth: int = 2) -> Answer:
    """A test of what earlier runs have left behind, or a look at what is registered already; here, or wherever a
    private function is called."""
    function = stmt.scope.function
    for test, at in _tests(stmt):
        if _remembers(basis, test, function, registry) and not _forgets(basis, test, function):
            return Answer("guarded", (Clue(at, "bound", "guard"),))
    for other in statements(function.block):
        for expr in flat_of(other):
            if expr.op == "attr" and basis.apis.means("registered_lists", expr.text) and not _of_package(basis, expr):
                return Answer("what is registered is looked at", (Clue(other, "bound", "guard"),))
    calls = _calls(basis, function) if depth else ()
    guards = [guard(basis, e.stmt, registry, depth - 1) for e in calls]
    return guards[0] if guards and all(guards) else NO


def first_only(basis: Basis, stmt: Stmt) -> bool:
    """Is it left out once its function has run, by an attribute or global that this looks at first and sets?"""
    function = stmt.scope.function
    tested = [e for test, _ in _tests(stmt) if not _forgets(basis, test, function) for e in walk(test)]
    places = (basis.names.place(e) for e in tested if e.op in ("attr", "name"))
    return any(
        u.verb == "bind" and u.value is not None and u.stmt.scope.function is function and not is_none(u.value)
        for p in places
        if p is not None and p.scope.kind in ("class", "module")
        for u in basis.all_uses(p)
    )


def _forgets(basis: Basis, test: Expr, function: Scope) -> bool:
    """Is all that a test remembers an attribute that ending the object resets? Then it starts again after that."""
    klass = _class_of(function)
    ends = reached(basis, klass, endings(basis, klass)) if klass is not None else ()
    places = [p for e in walk(test) if e.op == "attr" and (p := basis.names.place(e)) is not None and p.is_attribute]
    resets = [
        u
        for p in places[:1]
        for u in basis.all_uses(p)
        if u.verb == "bind" and u.value is not None and (is_none(u.value) or u.value.value == "False")
    ]
    return len(places) == 1 and function not in ends and any(u.stmt.scope.function in ends for u in resets)


def _of_package(basis: Basis, attribute: Expr) -> bool:
    """A module of another module: `logging.handlers`."""
    owner = attribute.args[0]
    return owner.op == "name" and any(b.how == "import" for b in basis.names.bindings(owner.text, owner.scope))


def _tests(stmt: Stmt) -> Iterator[tuple[Expr, Stmt]]:
    """Tests that a statement stands under, and those of earlier ways out of the blocks around it."""
    below = stmt
    block = stmt.parent
    while block is not None:
        for other in block.stmts:
            if other is below:
                break
            first = other.blocks[0] if other.op == "if" else None
            if first is not None and first.stmts and first.stmts[-1].op in ("return", "raise", "continue"):
                yield from ((e, other) for e in first.exprs)
        if block.parent is None or block.parent.scope.function is not stmt.scope.function:
            break
        below = block.parent
        if below.op == "if":
            yield from ((e, below) for b in below.blocks for e in b.exprs)
        block = below.parent


def _remembers(basis: Basis, test: Expr, function: Scope, registry: str) -> bool:
    """Does a test look at something that outlasts the run?"""
    for expr in walk(test):
        if expr.op == "compare" and set(expr.text.split()) & {"In", "NotIn"}:
            return True
        if expr.op == "call" and source_name(expr) in ("hasattr", "getattr", "hasHandlers", "any", "isinstance"):
            return True
        if expr.op == "call" and _looks(basis, basis.types.callee(expr).local or basis.names.local(expr.args[0])):
            return True
        if expr.op in ("name", "attr") and registry and source(expr) == registry:
            return True
        if expr.op in ("name", "attr") and _state(basis, expr, function):
            return True
    return False


def _looks(basis: Basis, function: Scope | None) -> bool:
    """Does a function of this module ask what is registered?"""
    asked = (e for s in statements(function.block) for e in flat_of(s)) if function is not None else ()
    return any(e.op == "attr" and basis.apis.means("registered_lists", e.text) for e in asked)


def _state(basis: Basis, expr: Expr, function: Scope) -> bool:
    """A global that functions set, or an attribute that is set after it was tested."""
    place = basis.names.place(expr)
    if place is None:
        return False
    binds = [u for u in basis.all_uses(place) if u.verb in ("bind", "add", "append", "set", "__setitem__")]
    if place.scope.kind == "module":
        return any(u.stmt.scope.function.kind == "function" for u in binds)
    here = any(u.stmt.scope.function is function and u.stmt.ordinal > expr.stmt.ordinal for u in binds)
    if place.is_attribute and function.name in CONSTRUCTORS:
        return here
    others = [u for u in binds if u.stmt.scope.function is not function]
    # what is made with the object is no mark of an earlier run, whatever it is asked
    made = all(u.verb == "bind" and u.value is not None and u.value.op == "call" for u in others)
    born = made and all(u.stmt.scope.function.name in CONSTRUCTORS for u in others)
    return place.is_attribute and (here or not born)
