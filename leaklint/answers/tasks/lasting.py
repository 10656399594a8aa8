"""Does what a task runs go on until it is stopped, and what stops it?"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from leaklint.answers.releasing.endings import reached
from leaklint.answers.ways.handlers import caught_types, sees_loss
from leaklint.meaning.basis import NO, Answer, Basis, Clue
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import CONSTRUCTORS, source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Block, Expr, Scope, Stmt, ancestors, flat_of, in_loop, source, statements, walk

_WAITS = ("sleep", "wait")
_COUNTS = ("len", "qsize", "empty")


def body(basis: Basis, coroutine: Expr | None) -> frozenset[Scope]:
    """The functions of this module that a coroutine runs, in turn; none for one that stands elsewhere."""
    local = basis.types.callee(coroutine).local if coroutine is not None and coroutine.op == "call" else None
    if local is None or local.kind != "function":
        return frozenset()
    klass = local.enclosing("class")
    return reached(basis, klass, (local,))


def lasting(basis: Basis, coroutine: Expr | None) -> Answer:
    """`endless`: a loop with no way out of its own, or one by name; `long`: it loops or waits; `unseen`: elsewhere.

    False for one that runs to its end. The word is the coroutine's name.
    """
    if coroutine is None:
        return NO
    name = source_name(coroutine)
    functions = body(basis, coroutine)
    if not functions:
        named = basis.apis.means("endless_coroutines", name)
        return Answer("endless" if named else "unseen", word=name)
    running = [s for f in functions if f.is_async for s in statements(f.block)]
    loop = next((s for s in running if s.op == "while" and _endless(s)), None)
    if loop is not None:
        return Answer("endless", (Clue(loop, "driver", "loops", {"coroutine": name}),), name)
    waits = any(
        (s.op == "while" and not _gives_up(s)) or (s.op == "for" and s.is_async) or any(_waits(e) for e in flat_of(s))
        for s in running
    )
    return Answer("long", word=name) if waits else NO


def _gives_up(loop: Stmt) -> bool:
    """Does a wait in it that takes too long leave the loop?"""
    inside = statements(loop.blocks[0])
    handlers = (b for s in inside if s.op == "try" for b in s.blocks if b.kind == "handler" and b.exprs)
    timed = (b for b in handlers if all("Timeout" in source_name(e) for e in caught_types(b)))
    return any(s.op in ("return", "break", "raise") and _leaves(s, loop) for b in timed for s in b.stmts)


def unknown(basis: Basis, coroutine: Expr | None) -> bool:
    """A method of another object: its name alone does not tell whether that object's end ends it."""
    func = coroutine.args[0] if coroutine is not None and coroutine.op == "call" else None
    foreign = func is not None and func.op == "attr" and basis.names.class_of(func.args[0]) is None
    return foreign and not body(basis, coroutine)


def _waits(expr: Expr) -> bool:
    return expr.op == "await" and source_name(expr.args[0]) in _WAITS


def _endless(loop: Stmt) -> bool:
    """Does its test look at no data that changes in time, and do errors alone leave its body?"""
    test = loop.value
    if test is None or any(_changes(e) for e in walk(test)):
        return False
    awaits = any(e.op == "await" for s in statements(loop.blocks[0]) for e in flat_of(s))
    return awaits and not any(_leaves(s, loop) for s in statements(loop.blocks[0]))


def _changes(expr: Expr) -> bool:
    """A comparison, an element or a length: it is another one each time."""
    compared = expr.op == "compare" and expr.text not in ("Is", "IsNot")
    return expr.op == "sub" or compared or (expr.op == "call" and source_name(expr) in _COUNTS)


def _leaves(stmt: Stmt, loop: Stmt) -> bool:
    """A `return` or `break` out of the loop, other than in a handler of being cancelled or of any error."""
    if stmt.op not in ("return", "break"):
        return False
    for block, owner in ancestors(stmt):
        if stmt.op == "break" and owner.op in ("while", "for") and owner is not loop:
            return False
        if block.kind == "handler" and _catches_cancelling(block):
            return False
        if owner is loop:
            break
    return True


def _catches_cancelling(block: Block) -> bool:
    caught = caught_types(block)
    return not caught or any(source_name(e) in _CANCELLING for e in caught)


_CANCELLING = ("CancelledError", "Exception", "BaseException", "KeyboardInterrupt")


def ended_by(basis: Basis, coroutine: Expr | None, ending: Collection[Scope]) -> Answer:
    """What the endings set that the coroutine looks at, or close or send that it waits for."""
    functions = body(basis, coroutine)
    tested = {p for e in _tests(basis, functions) for p in _places(basis, e)}
    awaited = {p for e in _sources(functions) for p in _places(basis, e)}
    failing = {p for e in _sources(functions) if not goes_on(basis, e.stmt, functions) for p in _places(basis, e)}
    if coroutine is not None and coroutine.op == "call" and coroutine.args[0].op == "attr":
        failing |= set(_places(basis, coroutine.args[0].args[0]))  # `create_task(self.client.listen())`
    if stuck(basis, functions, ending):  # and looks at nothing before the next one comes
        tested = set()
    scopes = {place.scope for place in awaited | failing | tested}
    for place, uses in basis.uses.items():
        if place.scope not in scopes:
            continue
        sent, ended, looked_at = (
            any(_related(place, w) for w in places) for places in (awaited | failing | tested, failing | tested, tested)
        )
        for use in uses if sent else ():
            signals = _signals(basis, use) or (ended and basis.apis.means("end_of_life_methods", use.verb))
            changes = looked_at and use.verb in ("bind", "del")
            if (signals or changes) and use.stmt.scope.function in ending:
                return Answer("ended by what it looks at", (Clue(use.stmt, "released", "signalled"),))
    return NO


def stuck(basis: Basis, functions: Collection[Scope], ending: Collection[Scope]) -> Answer:
    """A loop that waits without a limit of time for what comes out of a queue of the object, where the endings put
    nothing in: the word is the queue."""
    for stmt in (s for f in functions for s in statements(f.block)):
        for expr in flat_of(stmt) if in_loop(stmt) else ():
            held = expr.args[0].args[0] if expr.op == "call" and expr.args[0].op == "attr" else None
            if held is None or expr.args[0].text != "get" or len(expr.args) > 1 or not _waited_for(expr):
                continue
            place, row = basis.names.place(held), basis.types.row(held)
            if place is None or not place.is_attribute or row is None or "put" not in row.grow:
                continue
            told = (u for u in basis.below(place) if u.stmt.scope.function in ending and u.verb not in ("", "bind"))
            if not any(u.verb not in (*row.shrink, *row.quiet) for u in told):
                return Answer("stuck", (Clue(stmt, "driver", "waits", {"queue": source(held)}),), source(held))
    return NO


def only_asked(basis: Basis, coroutine: Expr | None, ending: Collection[Scope]) -> Answer:
    """Where it is stuck, if others change what its loop looks at."""
    return stuck(basis, body(basis, coroutine), ending) if told(basis, coroutine) else NO


def _waited_for(call: Expr) -> bool:
    """Awaited as it is, or called where nothing is awaited."""
    awaited = call.parent is not None and call.parent.op == "await"
    return awaited or not call.scope.function.is_async


def _signals(basis: Basis, use: Use) -> bool:
    """What wakes up whoever waits for it; to empty a container wakes nobody."""
    row = basis.types.place_row(use.place) if use.verb == "clear" else None
    return use.verb in _SIGNALS and (row is None or row.kind != "container")


def goes_on(basis: Basis, stmt: Stmt, functions: Collection[Scope]) -> bool:
    """Does an error of a statement, such as that of a closed connection, only make the loop around it try again?

    The loop may be that of another one of the functions, which calls the one that the statement stands in.
    """
    if _tries_again(basis, stmt):
        return True
    function = stmt.scope.function
    callers = [
        e.stmt
        for e in basis.mentions(function.name)
        if e.stmt.scope.function in functions and e.stmt.scope.function is not function
        if basis.names.local(e) is function
    ]
    return bool(callers) and all(_tries_again(basis, s) for s in callers)


def _tries_again(basis: Basis, stmt: Stmt) -> bool:
    for block, owner in ancestors(stmt):
        if owner.op == "while":
            return False
        if owner.op == "try" and block.kind == "body" and in_loop(owner):
            caught = [b for b in owner.blocks if b.kind == "handler" and sees_loss(basis, b)]
            if caught and not any(s.op in ("return", "break", "raise") for b in caught for s in statements(b)):
                return True
    return False


def told(basis: Basis, coroutine: Expr | None) -> bool:
    """Can anybody end its loops without a handle of the task: by what their tests look at, or what others hold?"""
    functions = body(basis, coroutine)
    tested = {p for e in _tests(basis, functions) for p in _flags(basis, e)}
    return others_end_it(basis, coroutine) or any(
        use.verb in ("bind", "del", *_SIGNALS, *_SHRINKS) and use.stmt.scope.function not in functions
        for place in tested
        for use in basis.all_uses(place)
        if use.stmt.scope.function.name not in CONSTRUCTORS
    )


_SHRINKS = ("pop", "popleft", "popitem", "remove", "discard")


def _flags(basis: Basis, expr: Expr) -> Iterator[Place]:
    """What a test looks at: attributes, globals, and names of the function around it."""
    for part in walk(expr):
        place = basis.names.place(part) if part.op in ("attr", "name") else None
        if place is not None and place.scope is not part.scope.function:
            yield place


def signalled(basis: Basis, coroutine: Expr | None, function: Scope) -> frozenset[Stmt]:
    """Statements of a function that tell a coroutine to end by what it is given, looks at, or waits for."""
    functions = body(basis, coroutine)
    given = coroutine.args[1:] if coroutine is not None and coroutine.op == "call" else ()
    told = {p for e in given if (p := basis.names.place(e)) is not None}
    told |= {p for e in (*_tests(basis, functions), *_sources(functions)) for p in _places(basis, e)}
    return frozenset(
        use.stmt
        for place, uses in basis.uses.items()
        if any(_related(place, one) for one in told)
        for use in uses
        if use.verb in _SIGNALS or basis.apis.means("end_of_life_methods", use.verb)
        if use.stmt.scope.function is function
    )


_SIGNALS = (
    *("set", "clear", "put", "put_nowait", "set_result", "feed_eof", "send", "send_nowait", "notify_all", "abort"),
    "cancel",
)


def _related(one: Place, other: Place) -> bool:
    size = min(len(one.path), len(other.path))
    return one.scope is other.scope and one.path[:size] == other.path[:size]


def _tests(basis: Basis, functions: Collection[Scope]) -> Iterator[Expr]:
    """What decides whether a loop goes on: its test, tests in it whose branch leaves, and what a helper says of it."""
    for stmt in (s for f in functions for s in statements(f.block)):
        tests: list[Expr] = [stmt.value] if stmt.op == "while" and stmt.value is not None else []
        if stmt.op == "if" and in_loop(stmt):
            leaving = any(s.op in ("return", "break", "raise") for b in stmt.blocks for s in statements(b))
            tests += [e for b in stmt.blocks if leaving for e in b.exprs]
        yield from tests
        helpers = (basis.names.local(e) for t in tests for e in walk(t) if e.op == "attr")
        for helper in (h for h in helpers if h is not None and h.kind == "function"):
            yield from (s.value for s in statements(helper.block) if s.op == "return" and s.value is not None)


def _sources(functions: Collection[Scope]) -> Iterator[Expr]:
    """What is waited for, iterated, or entered."""
    for stmt in (s for f in functions for s in statements(f.block)):
        if stmt.op == "for" and stmt.value is not None:
            yield stmt.value
        yield from (v for v, _ in stmt.items)
        yield from (e for e in flat_of(stmt) if e.op == "await")


def _places(basis: Basis, expr: Expr) -> Iterator[Place]:
    for part in walk(expr):
        place = basis.names.place(part) if part.op in ("attr", "name") else None
        if place is not None and place.scope.kind in ("class", "module"):
            yield place


def others_end_it(basis: Basis, coroutine: Expr | None) -> bool:
    """Does it loop while something that belongs to somebody else says so: a parameter, the state of another object?"""
    loops = (s for f in body(basis, coroutine) for s in statements(f.block) if s.op == "while" and s.value is not None)
    return any(_foreign(basis, e) for s in loops if s.value is not None for e in walk(s.value))


def _foreign(basis: Basis, expr: Expr) -> bool:
    if expr.op not in ("name", "attr") or (expr.parent is not None and expr.parent.op == "attr"):
        return False
    place = basis.names.place(expr)
    if place is None:
        return False
    root = Place(place.scope, place.path[:1])
    made = any(v.op == "call" for v in basis.types.bound_values(root))
    return place.scope.kind == "function" or (len(place.path) > 1 and not made)
