"""What makes one more? The key, the payload or the event behind a use that grows something."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.owner import owner
from leaklint.basis import Answer, Basis, Clue
from leaklint.ir import Expr, Scope, Stmt, ancestors, in_loop, source, walk
from leaklint.names import source_name
from leaklint.uses import Use

_FRESH = ("uuid.uuid4", "uuid.uuid1", "secrets.token_hex", "secrets.token_urlsafe", "builtins.id", "builtins.hash", "time.time", "hashlib.sha256", "hashlib.md5")
_CLOSED_CALLS = ("builtins.type", "builtins.isinstance", "builtins.len", "builtins.bool", "os.getpid", "threading.get_ident")
_CLOSED_ATTRIBUTES = ("__name__", "__class__", "__qualname__", "__module__", "__doc__", "__file__")
_DEPTH = 6


def key(basis: Basis, expr: Expr | None, depth: int = _DEPTH) -> Answer:
    """Is a key chosen from outside (`caller's key`), from a closed set, or is that unknown?

    `word` is the identifier that decides.
    """
    if expr is None or depth < 0:
        return Answer("unknown")
    if expr.op == "const":
        return Answer("closed set", word=source(expr))
    if expr.op in ("tuple", "fstring", "format", "binary", "bool"):
        return _worst(key(basis, a, depth - 1) for a in expr.args)
    if expr.op in ("await", "starred", "walrus"):
        return key(basis, expr.args[-1], depth - 1)
    if expr.op == "if":
        return _worst((key(basis, expr.args[0], depth - 1), key(basis, expr.args[2], depth - 1)))
    if expr.op == "call":
        return _called(basis, expr, depth)
    if expr.op == "attr":
        return _attribute(basis, expr)
    if expr.op == "sub":
        return key(basis, expr.args[1], depth - 1) if len(expr.args) == 2 and expr.args[1].op == "const" and expr.args[1].text == "num" else _named(basis, _subscripted(expr), expr)
    if expr.op == "name":
        return _name(basis, expr, depth)
    return Answer("unknown")


def _worst(answers: Iterator[Answer] | tuple[Answer, ...]) -> Answer:
    """One open part makes the whole open; one unknown part keeps it from being closed."""
    found = list(answers)
    for kind in ("caller's key", "inventory", "unknown", "closed set"):
        for answer in found:
            if answer.kind == kind:
                return answer
    return Answer("closed set")


def _subscripted(expr: Expr) -> str:
    """`session_id` for `message["session_id"]`."""
    index = expr.args[1] if len(expr.args) == 2 else None
    if index is not None and index.op == "const" and index.text == "str":
        return index.value.strip("rbuRBU").strip("\"'")
    return ""


def _named(basis: Basis, word: str, expr: Expr) -> Answer:
    if basis.apis.means("closed_keys", word):
        return Answer("closed set", word=word)
    if basis.apis.means("open_keys", word):
        return Answer("inventory" if basis.apis.means("inventory_keys", word) else "caller's key", word=source(expr))
    return Answer("unknown", word=source(expr))


def _attribute(basis: Basis, expr: Expr) -> Answer:
    if expr.text in _CLOSED_ATTRIBUTES or expr.args[0].op == "name" and expr.args[0].text[:1].isupper():
        return Answer("closed set", word=source(expr))
    klass = basis.names.class_of(expr.args[0])
    if klass is not None:
        # the object's own identity: one per instance, whoever makes the instances
        return Answer("own", word=source(expr))
    return _named(basis, expr.text, expr)


def _called(basis: Basis, call: Expr, depth: int) -> Answer:
    name = basis.names.qualified(call.args[0]) or ""
    if name in _CLOSED_CALLS:
        return Answer("closed set", word=source(call))
    if name.startswith(_FRESH):
        return Answer("caller's key", word=source(call))
    func = call.args[0]
    if name in ("builtins.str", "builtins.int", "builtins.repr", "builtins.tuple", "builtins.frozenset", "builtins.bytes") and len(call.args) > 1:
        return key(basis, call.args[1], depth - 1)
    if func.op == "attr" and func.text in ("lower", "upper", "strip", "encode", "decode", "format", "hexdigest", "digest", "join", "casefold"):
        return key(basis, func.args[0] if func.text not in ("join", "format") else call.args[-1], depth - 1)
    if func.op == "attr" and func.text == "get" and len(call.args) > 1 and call.args[1].op == "const":
        return _named(basis, call.args[1].value.strip("\"'"), call)
    word = source_name(func).removeprefix("_").removeprefix("get_").removeprefix("make_").removeprefix("build_").removeprefix("generate_").removeprefix("compute_")
    answer = _named(basis, word.lstrip("_"), call)
    return answer if answer.kind != "unknown" or not call.args[1:] else _worst(key(basis, a, depth - 1) for a in call.args[1:])


def _name(basis: Basis, expr: Expr, depth: int) -> Answer:
    bindings = basis.names.bindings(expr.text, expr.scope)
    if not bindings:
        return Answer("unknown", word=expr.text)
    binding = bindings[0]
    if binding.how in ("class", "def", "import"):
        return Answer("closed set", word=expr.text)
    if binding.how == "param":
        function = binding.stmt.inner
        if function is not None and binding.param is not None and function.method_of and function.params[0] is binding.param:
            return Answer("own", word=expr.text)
        return _named(basis, expr.text, expr)
    if binding.how in ("for", "comp") and binding.value is not None:
        if _literal(basis, binding.value):
            return Answer("closed set", word=expr.text)
        return _named(basis, expr.text, expr)
    home = basis.names.scope_of(expr.text, expr.scope)
    if home is not None and home.kind == "module":
        return Answer("closed set", word=expr.text)
    if binding.exact and binding.value is not None and len(bindings) <= 3:
        answer = _worst(key(basis, b.value, depth - 1) for b in bindings if b.value is not None)
        if answer.kind != "unknown":
            return Answer(answer.kind, word=expr.text if answer.kind in ("caller's key", "inventory") else answer.word)
    return _named(basis, expr.text, expr)


def _literal(basis: Basis, iterated: Expr) -> bool:
    """A loop over what stands in the code: a literal, a class, a constant of the module, range()."""
    if iterated.op in ("list", "tuple", "set", "dict"):
        return all(a.op in ("const", "name", "tuple", "attr") for a in iterated.args)
    if iterated.op == "call":
        return source_name(iterated) in ("range", "enumerate", "zip", "sorted", "items", "keys", "values") and all(
            _literal(basis, a) or a.op in ("const", "attr") for a in (iterated.args[1:] or iterated.args[0].args)
        )
    if iterated.op == "name":
        home = basis.names.scope_of(iterated.text, iterated.scope)
        return home is not None and home.kind == "module"
    return False


# -- events -------------------------------------------------------------------------------------------------------


def context(basis: Basis, stmt: Stmt) -> Answer:
    """How often a statement runs while its owner lives: once, import, event, stream, loop, or call (unknown)."""
    function = stmt.scope.function
    if function.kind in ("module", "class"):
        return Answer("import")
    if function.name in ("__init__", "__new__", "__post_init__", "__init_subclass__", "__set_name__"):
        return Answer("once", word=function.name)
    outer = function.parent
    if basis.apis.means("registration_methods", function.name) or _decorates(function) or _fluent(function):
        return Answer("import", word=function.name)
    header = (Clue(function.stmt, "driver", "driver", {"function": function.name}),) if function.stmt is not None else ()
    if basis.apis.means("feed_methods", function.name):
        return Answer("stream", header, function.name)
    if basis.apis.means("event_methods", function.name) or _routed(function):
        return Answer("event", header, function.name)
    if endless(stmt):
        return Answer("stream", header, function.name)
    if outer is not None and outer.kind == "function" and outer.function is not function and function.stmt is not None:
        return Answer("call", header, function.name)
    return Answer("loop" if in_loop(stmt) else "call", header, function.name)


def _decorates(function: Scope) -> bool:
    """A function that is a decorator: what it is given was written in the code."""
    if function.block is None or not function.params:
        return False
    inner = {c.name for c in function.children if c.kind == "function"}
    first = function.params[-1].name if len(function.params) <= 2 else ""
    last = function.block.stmts[-1] if function.block.stmts else None
    returned = last.value if last is not None and last.op == "return" else None
    if returned is None or returned.op != "name":
        return False
    given = first in ("func", "fn", "f", "cls", "klass", "function", "handler", "callback", "wrapped", "method", "coro")
    return (returned.text in inner and given) or (returned.text == first and given)


def _fluent(function: Scope) -> bool:
    """A builder's method: what it returns is the object itself."""
    last = function.block.stmts[-1] if function.block is not None and function.block.stmts else None
    value = last.value if last is not None and last.op == "return" else None
    return bool(value is not None and function.method_of and function.params and value.op == "name" and value.text == function.params[0].name)


def _routed(function: Scope) -> bool:
    """Decorated as a handler: `@app.get("/")`, `@bot.event`, `@socketio.on("x")`."""
    decorators = function.stmt.decorators if function.stmt is not None else ()
    names = {source_name(d) for d in decorators if d.op in ("call", "attr")}
    return bool(names & {"get", "post", "put", "delete", "patch", "route", "websocket", "event", "on", "on_event", "listener", "command", "task", "handler", "message"})


def endless(stmt: Stmt) -> bool:
    """Does a statement run again and again, as long as something comes in: `while True`, `async for`?"""
    return any(
        owner.op == "while" and owner.value is not None and owner.value.op == "const" and block.kind == "body"
        or owner.op == "for" and owner.is_async and block.kind == "body"
        for block, owner in ancestors(stmt)
    )


def script_only(stmt: Stmt) -> bool:
    """Under `if __name__ == "__main__"`."""
    return any(e.op == "name" and e.text == "__name__" for block, _ in ancestors(stmt) for test in block.exprs for e in walk(test))


def growth(basis: Basis, use: Use) -> Answer:
    """The driver of one growing use: its key where it has one, else what makes its function run."""
    when = context(basis, use.stmt)
    keyed = key(basis, use.key)
    if when.kind in ("import", "once"):
        return when
    clue = Clue(use.stmt, "acquired", "grows", {"key": source(use.key)})
    if keyed.kind == "own" and owner(basis, use.place).kind == "process":
        return Answer("caller's key", (clue,), keyed.word)  # one entry for each instance
    if keyed.kind in ("closed set", "own"):
        return Answer("closed set", (clue,), keyed.word)
    if keyed.kind in ("caller's key", "inventory"):
        return Answer(keyed.kind, (*when.clues, clue), keyed.word)
    return Answer(when.kind, (*when.clues, clue), when.word)
