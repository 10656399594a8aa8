"""Is a value an exception or a traceback, or does it hold one? It keeps the frames it went through, with all locals."""

from __future__ import annotations

from leaklint.answers.driver import callers
from leaklint.meaning.annotations import alternatives
from leaklint.meaning.basis import NO, Answer, Basis, Clue, once
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Binding, Expr, Scope, Stmt, ancestors, is_none, source, statements

_DEPTH = 4
_KEEPS = ("append", "add", "extend", "insert", "__setitem__", "__iadd__")
_DISPLAYS = ("tuple", "list", "set", "dict", "starred")
_PARTS = {"1": "caught", "2": "traceback"}  # of what `sys.exc_info()` gives


def error(basis: Basis, expr: Expr | None, depth: int = _DEPTH) -> Answer:
    """`caught`, `traceback`, `wrapped` (a new exception that was given one), `given` (a parameter); or not.

    `word` is what is an exception within `expr`.
    """
    if expr is None or depth < 0:
        return NO
    if expr.op in _DISPLAYS:
        return next((found for a in expr.args if (found := error(basis, a, depth - 1))), NO)
    if expr.op in ("if", "bool"):
        parts = (expr.args[0], expr.args[2]) if expr.op == "if" else expr.args
        return next((found for a in parts if (found := error(basis, a, depth - 1))), NO)
    if expr.op == "await":
        return error(basis, expr.args[0], depth)
    if expr.op == "walrus":
        return error(basis, expr.args[1], depth)
    if expr.op == "attr" and expr.text == "__traceback__":
        return Answer("traceback", word=source(expr))
    if expr.op == "sub":
        whole = error(basis, expr.args[0], depth - 1)
        kind = _PARTS.get(expr.args[-1].value, "")
        if whole.kind == "info" and kind:
            return Answer(kind, whole.clues, source(expr))
        return _under_key(basis, expr, expr.args[-1])
    if expr.op == "call":
        return _called(basis, expr, depth)
    return _named(basis, expr, depth) if expr.op == "name" else NO


def _called(basis: Basis, call: Expr, depth: int) -> Answer:
    name, word = basis.names.qualified(call.args[0]), source_name(call)
    row = basis.types.callee(call).row
    if row is not None and row.frames and row.noun in ("traceback", "failure"):
        return Answer("info", (Clue(call.stmt, "driver", "caught"),), source(call)) if len(call.args) == 1 else NO
    if name == "sys.exception":
        return Answer("caught", (Clue(call.stmt, "driver", "caught"),), source(call))
    if word == "with_traceback" and call.args[0].op == "attr":
        bare = len(call.args) == 2 and is_none(call.args[1])
        return NO if bare else error(basis, call.args[0].args[0], depth - 1)
    if word == "exception" and call.args[0].op == "attr" and len(call.args) == 1:
        row = basis.types.row(call.args[0].args[0])
        return Answer("caught", (), source(call)) if row is not None and row.kind == "task" else NO
    if word == "get" and call.args[0].op == "attr" and len(call.args) > 1:
        return _under_key(basis, call, call.args[1])
    local = basis.types.callee(call).local
    if local is not None and local.kind == "function":
        return _given_back(basis, local, depth)
    whole = is_error_class(basis, call) or _records(basis, call)
    for arg, key in zip(call.args[1:], call.names[1:], strict=True):
        inner = (
            error(basis, arg, depth - 1)
            if whole or (key and _keeps_under(basis, (name or word).rpartition(".")[2], key))
            else NO
        )
        if inner:
            return Answer("wrapped", inner.clues, inner.word)
    return NO


def _given_back(basis: Basis, function: Scope, depth: int) -> Answer:
    """What a function of this file returns from its handlers: `return Outcome(job, error=error)`."""
    for stmt in statements(function.block) if depth > 0 else ():
        found = error(basis, stmt.value, depth - 2) if stmt.op == "return" and stmt.value is not None else NO
        if found.kind in ("caught", "wrapped"):
            return Answer("wrapped", (Clue(stmt, "driver", "returned", {"name": found.word}),), found.word)
    return NO


def _keeps_under(basis: Basis, maker: str, key: str) -> bool:
    """`Outcome(job, error=error)`: an object of a class that is not to be seen, by the name it is given it under."""
    return maker[:1].isupper() and not maker.isupper() and basis.apis.means("error_fields", key)


def is_error_class(basis: Basis, call: Expr) -> bool:
    """Does a call make an exception, by the name of the class or of one that it derives from?"""
    local = basis.types.callee(call).local
    bases = (local, *basis.names.bases(local)) if local is not None and local.kind == "class" else ()
    words = [source_name(call), *(source_name(b) for k in bases for b in k.bases)]
    return any(basis.apis.names_error(word) for word in words) and (local is None or local.kind == "class")


def _under_key(basis: Basis, expr: Expr, key: Expr) -> Answer:
    """`hint["exc_info"]`, `kwargs.get("exc_info")`."""
    name = key.value.strip("'\"") if key.op == "const" and key.text == "str" else ""
    if not name or not basis.apis.means("error_names", name):
        return NO
    return Answer(_given_as(name), (Clue(expr.stmt, "driver", "given", {"name": name}),), source(expr))


def _given_as(name: str) -> str:
    return "info" if name.endswith("exc_info") else "given"


def _records(basis: Basis, call: Expr) -> bool:
    """A class of this module that only takes in what it is given: a data class or named tuple."""
    local = basis.types.callee(call).local
    if local is None or local.kind != "class" or local.stmt is None:
        return False
    words = {source_name(e) for e in (*local.bases, *local.stmt.decorators)}
    return bool(words & {"NamedTuple", "dataclass", "define", "frozen", "attrs"})


def bared(basis: Basis, name: Expr) -> bool:
    """Is its traceback taken off in this function: `error.__traceback__ = None`, `detached(error)` of what does so?"""
    return (name.text, name.scope.function) in _bared(basis)


@once(meanwhile=frozenset())
def _bared(basis: Basis) -> frozenset[tuple[str, Scope]]:
    """The names of exceptions without a traceback, and the functions in which they are that."""
    off = [e for e in basis.mentions("__traceback__") if e in e.stmt.targets and is_none(e.stmt.value)]
    takers = {e.scope.function.name for e in off}
    calls = (m.parent for taker in takers for m in basis.mentions(taker))
    given = (arg for c in calls if c is not None and c.op == "call" for arg in c.args[1:])
    bare = (*(e.args[0] for e in off), *given)
    return frozenset((e.text, e.scope.function) for e in bare if e.op == "name")


def _named(basis: Basis, name: Expr, depth: int) -> Answer:
    handler = next((b for b, _ in ancestors(name.stmt) if b.kind == "handler" and b.name == name.text), None)
    bindings = basis.names.bindings(name.text, name.scope)
    if handler is not None and any(b.how == "except" for b in bindings):
        if bared(basis, name):
            return NO
        return Answer("caught", (Clue(name.stmt, "driver", "caught", block=handler),), name.text)
    sorted_out = _sorted_out(basis, name)
    if sorted_out is not None:
        return Answer("given", (Clue(sorted_out, "driver", "given", {"name": name.text}),), name.text)
    for binding in bindings:
        if binding.how == "param" and (
            _is_error(basis, binding, name.text) or _handed(basis, binding, name.text, depth)
        ):
            clue = Clue(binding.stmt, "driver", "given", {"name": name.text})
            return Answer(_given_as(name.text), (clue,), name.text)
        if binding.how != "assign" or binding.value is None:
            continue
        found = error(basis, binding.value, depth - 1)
        if binding.exact and found:
            return Answer(found.kind, found.clues, name.text)
        if binding.exact and binding.value.op == "call" and (carried := _carried(basis, name, depth)):
            return Answer("wrapped", carried.clues, carried.word)
        if found.kind == "info" and (kind := _PARTS.get(binding.target.rstrip("."))):
            return Answer(kind, found.clues, name.text)
    return NO


def _sorted_out(basis: Basis, name: Expr) -> Stmt | None:
    """`for result in await gather(..., return_exceptions=True): if isinstance(result, Exception)`."""
    for block, owner in ancestors(name.stmt):
        for test in block.exprs if owner.op == "if" else ():
            if test.op != "call" or test.args[0].text != "isinstance" or len(test.args) != 3:
                continue
            words = [source_name(e) for e in (test.args[2].args if test.args[2].op == "tuple" else (test.args[2],))]
            if test.args[1].op == "name" and test.args[1].text == name.text and all(map(basis.apis.names_error, words)):
                return owner
    return None


def _handed(basis: Basis, binding: Binding, name: str, depth: int) -> bool:
    """`def _record(self, error)`, where a function of the module hands in what it has caught."""
    function = binding.stmt.inner
    if function is None or depth <= 1 or not basis.apis.means("error_words", name):
        return False
    if binding.param is None or binding.param.annotation is not None:
        return False
    given = (arg for call in callers(basis, function) for arg in call.args[1:] if arg.op == "name")
    return any(error(basis, arg, 1).kind == "caught" for arg in given)


def _carried(basis: Basis, name: Expr, depth: int) -> Answer:
    """What an object that was made here is given to keep: `job.error = error`, `state.attempts.append(error)`."""
    made = basis.names.place(name)
    if made is None or made.scope.kind != "function":
        return NO
    for use in basis.below(made):
        if len(use.place.path) == 2 and use.verb in ("bind", *_KEEPS):
            found = error(basis, use.value, depth - 1)
            if found:
                return Answer(found.kind, (Clue(use.stmt, "acquired", "carried", {"name": found.word}),), found.word)
    return NO


def _is_error(basis: Basis, binding: Binding, name: str) -> bool:
    """By the parameter's annotation; without one, by a name that means nothing else."""
    annotation = binding.param.annotation if binding.param is not None else None
    if annotation is None:
        return basis.apis.means("error_names", name)
    parts = [e for e in alternatives(annotation) if not is_none(e)]
    words = (e.text if e.op in ("name", "attr") else e.value.strip("'\"") for e in parts)
    return bool(parts) and all(basis.apis.means("error_classes", word.rpartition(".")[2]) for word in words)
