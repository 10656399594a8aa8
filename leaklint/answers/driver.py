"""What makes a statement run again: an event, a stream, a loop, whoever calls?"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from leaklint.answers.listed import literal
from leaklint.answers.rounds import driven, endless, goes_on, last_turn
from leaklint.meaning.basis import Answer, Basis, Clue, once
from leaklint.meaning.scopes import CONSTRUCTORS, is_called, source_name
from leaklint.project.paths import beside, shows, tests
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, walk


def context(basis: Basis, stmt: Stmt) -> Answer:
    """How often a statement runs while its owner lives: once, import, event, stream, loop, or call (unknown)."""
    function = stmt.scope.function
    if function.kind in ("module", "class"):
        return Answer("import")
    if function.name in _ONCE or _sets(function):
        return Answer("once", word=function.name)
    if _only_at_birth(basis, function) and not (function.is_async and endless(basis, stmt)):
        return Answer("once", word=function.name)  # a coroutine may be a task from then on, whose loop goes on
    outer = function.parent
    if basis.apis.means("registration_methods", function.name) or decorates(function) or fluent(function):
        return Answer("import", word=function.name)
    if basis.apis.means("feed_methods", function.name):
        return Answer("stream", header(function), function.name)
    if basis.apis.means("event_methods", function.name) or _routed(basis, function):
        return Answer("event", header(function), function.name)
    if endless(basis, stmt) or driven(basis, function):
        return Answer("stream", header(function), function.name)
    nested = outer is not None and outer.kind == "function" and outer.function is not function
    if nested and function.stmt is not None and not is_command(basis, function):
        return Answer("call", header(function), function.name)
    looped = repeats(basis, stmt)
    if not looped and is_program(basis, function):
        return Answer("once", word=function.name)
    return Answer("loop" if looped else "call", header(function), function.name)


def header(function: Scope) -> tuple[Clue, ...]:
    """The header of the function whose runs make one more, as evidence."""
    return (Clue(function.stmt, "driver", "driver", {"function": function.name}),) if function.stmt is not None else ()


_ONCE = (*CONSTRUCTORS, "__init_subclass__", "__set_name__")


def _sets(function: Scope) -> bool:
    """The setter of a property: whoever configures the object."""
    return function.stmt is not None and any(d.op == "attr" and d.text == "setter" for d in function.stmt.decorators)


@once(meanwhile=False)
def _only_at_birth(basis: Basis, function: Scope, depth: int = 3) -> bool:
    """A function that nothing here calls but constructors and the import of the module, on their own or through others.
    One that nobody calls, or that is also handed on, may be called at any time."""
    if (function.name.startswith("__") and function.name.endswith("__")) or depth == 0:
        return False
    mentions = [e for e in basis.mentions(function.name) if e.op == "attr" or basis.names.local(e) is function]
    called = all(is_called(e) for e in mentions)
    return bool(mentions) and called and all(_begins(basis, e.stmt, depth - 1) for e in mentions)


def _begins(basis: Basis, stmt: Stmt, depth: int) -> bool:
    caller = stmt.scope.function
    if caller.kind in ("module", "class"):
        return not script_only(basis, stmt)
    return caller.name in _ONCE or _only_at_birth(basis, caller, depth)


def decorates(function: Scope) -> bool:
    """A function that is a decorator: what it is given was written in the code."""
    if function.block is None or not function.params:
        return False
    inner = {c.name for c in function.children if c.kind == "function"}
    first = function.params[-1].name if len(function.params) <= 2 else ""
    last = function.block.stmts[-1] if function.block.stmts else None
    returned = last.value if last is not None and last.op == "return" else None
    if returned is None or returned.op != "name":
        return False
    given = first in _DECORATED
    return (returned.text in inner and given) or (returned.text == first and given)


_DECORATED = (
    *("func", "fun", "fn", "f", "cls", "klass", "function", "method"),
    *("handler", "callback", "wrapped", "coro"),
)


def fluent(function: Scope) -> bool:
    """A builder's method: what it returns is the object itself."""
    last = function.block.stmts[-1] if function.block is not None and function.block.stmts else None
    value = last.value if last is not None and last.op == "return" else None
    return bool(
        value is not None
        and function.method_of
        and not function.name.startswith("__")
        and function.params
        and value.op == "name"
        and value.text == function.params[0].name
    )


def _routed(basis: Basis, function: Scope) -> bool:
    """Decorated as a handler: `@app.get("/")`, `@bot.event`, `@hub.on("x")`."""
    return _decorated(basis, function, "handler_decorators") and not is_command(basis, function)


def is_command(basis: Basis, function: Scope) -> bool:
    """`@click.command()`: whoever types it starts a process of its own."""
    named = _decorated(basis, function, "command_decorators")
    return named and any(basis.apis.means("command_packages", one) for one in basis.packages)


def _decorated(basis: Basis, function: Scope, words: str) -> bool:
    decorators = function.stmt.decorators if function.stmt is not None else ()
    return any(d.op in ("call", "attr") and basis.apis.means(words, source_name(d)) for d in decorators)


def repeats(basis: Basis, stmt: Stmt) -> bool:
    """In a loop whose length is not written in the code: `for _ in range(4)` starts four."""
    return any(
        block.kind == "body" and (owner.op == "while" or (owner.op == "for" and not literal(basis, owner.value)))
        for block, owner in ancestors(stmt)
        if owner.scope is stmt.scope and not last_turn(stmt, owner)
    )


def script_only(basis: Basis, stmt: Stmt) -> bool:
    """Under `if __name__ == "__main__"`, or only for type checkers."""
    return any(
        e.op in ("name", "attr") and (e.text == "__name__" or basis.names.qualified(e) == "typing.TYPE_CHECKING")
        for block, _ in ancestors(stmt)
        for test in block.exprs
        for e in walk(test)
    )


def is_example(basis: Basis) -> bool:
    """Is the module a program that shows how something is used, by its folder and by a start of its own?"""
    return shows(basis.module.path) and any(e.stmt.op == "if" for e in basis.mentions("__name__"))


def runs_aside(basis: Basis) -> bool:
    """Is the module one of those that come along with a project (examples, scripts), and no part of a package?"""
    return beside(basis.module.path) and "." not in basis.module.name


def in_tests(basis: Basis) -> bool:
    """Does the module run in a process that ends with its tests?"""
    return tests(basis.module.path, basis.module.name)


@once(meanwhile=False)
def ends_soon(basis: Basis) -> bool:
    """Is the module a script of those who work on a project, which does one thing and ends: with a start of its own,
    and without a loop that goes on or a handler of events?"""
    return runs_aside(basis) and any(e.stmt.op == "if" for e in basis.mentions("__name__")) and not _goes_on(basis)


@once(meanwhile=False)
def _goes_on(basis: Basis) -> bool:
    """Has the module a loop that goes on, or a handler of events?"""
    return any(goes_on(basis, s) or (s.inner is not None and _routed(basis, s.inner)) for s in basis.module.stmts)


def in_program(basis: Basis, stmt: Stmt) -> bool:
    """Does it run once, in a program that does one thing and ends: at its start, or in what only this calls?"""
    function = stmt.scope.function
    started = script_only(basis, stmt) if function.kind == "module" else is_program(basis, function)
    return started and not _goes_on(basis)


def in_script(basis: Basis, stmt: Stmt) -> bool:
    """Is that program nothing else: right under its start, or by its place or name? What has a `main` may be a command
    of the project."""
    named = basis.apis.means("script_modules", basis.module.name.rpartition(".")[2])
    top = stmt.scope.function.kind == "module"
    if named and top:
        return not _goes_on(basis)
    return (named or top or beside(basis.module.path)) and in_program(basis, stmt)


def seldom(basis: Basis, stmt: Stmt) -> bool:
    """Does it run once for each start of a program that ends, or as often as somebody goes through a dialog?"""
    return basis.apis.means("dialog_modules", basis.module.name.rpartition(".")[2]) or in_program(basis, stmt)


def of_program(basis: Basis, stmt: Stmt) -> bool:
    """Does it run once in all that a program, or a command of its command line, does? The process ends with that."""
    return is_program(basis, stmt.scope.function) and not repeats(basis, stmt)


@once(meanwhile=False)
def is_program(basis: Basis, function: Scope, depth: int = 3) -> bool:
    """Is a function all that a program does, because only its start calls it, itself or through another, or because it
    is a command? An error that leaves it ends the process, and with it all that is open."""
    if is_command(basis, function):
        return True
    if function.kind != "function" or function.parent is None or function.parent.kind != "module" or depth == 0:
        return False
    mentions = [e for e in basis.mentions(function.name) if e.op == "name"]
    return bool(mentions) and all(
        script_only(basis, e.stmt) or _run(e)
        if e.stmt.scope.function.kind == "module"
        else is_program(basis, e.stmt.scope.function, depth - 1) and not repeats(basis, e.stmt)
        for e in mentions
    )


def cached(basis: Basis, function: Scope) -> bool:
    """By a decorator that keeps results: of a row, or by its name."""
    for decorator in function.stmt.decorators if function.stmt is not None else ():
        row = basis.apis.get(basis.names.qualified(decorator.args[0] if decorator.op == "call" else decorator))
        if (row is not None and row.memo) or basis.apis.means("keeping_decorators", source_name(decorator)):
            return True
    return False


def _run(mention: Expr) -> bool:
    """`asyncio.run(main())`, `loop.run_until_complete(main())`, as a statement of the module."""
    stmt, call = mention.stmt, mention.stmt.value
    return stmt.op == "expr" and call is not None and call.op == "call" and call.args[0].text in _RUNNERS


_RUNNERS = ("run", "run_until_complete")


def callers(basis: Basis, function: Scope) -> list[Expr]:
    """The calls in this module of one of its functions."""
    return [c for c in _calls_of(basis, function.name).get(function, ()) if c.scope.function is not function]


@once(meanwhile=MappingProxyType({}))
def _calls_of(basis: Basis, name: str) -> Mapping[Scope, list[Expr]]:
    """The calls of what is called so, by the function that it is: there may be as many as there are classes."""
    found: dict[Scope, list[Expr]] = {}
    calls = (e.parent for e in basis.mentions(name) if e.parent is not None and e.parent.op == "call")
    for call in calls:
        local = basis.names.local(call.args[0]) if call.args[0].text == name else None
        if local is not None:
            found.setdefault(local, []).append(call)
    return found
