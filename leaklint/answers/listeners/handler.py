"""What is registered: which of the arguments may be called back, and what does it refer to?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.answers.listeners.registered import Registration, is_method, is_self, looks_up
from leaklint.meaning.basis import Basis
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Expr, Scope, flat_of, source, statements, walk

_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Handler:
    """What is registered; `key` is the identifier that taking it off would mention, empty for a lambda."""

    key: str
    text: str
    holds: bool  # does it refer to `self`?
    fresh: bool  # does each run make another one? A bound method of one object equals the next


def handlers(basis: Basis, registration: Registration) -> Iterator[Handler]:
    """Everything among the arguments that could be called back."""
    if registration.decorated is not None:
        scope = registration.decorated
        yield Handler(scope.name, scope.name, _mentions_self(basis, scope), registration.scope.kind == "function")
    found = False
    named = zip(registration.expr.names, registration.expr.args, strict=False)
    data = {id(a) for name, a in named if name and a.op == "attr" and a.text == name}
    for arg in registration.given:
        if id(arg) in data:
            continue  # `register(task, alias=config.alias)`
        # `register_after_fork(self, f)` registers for an object, `add_listener(self)` the object
        if is_self(basis, arg) and registration.receiver is None and len(registration.given) > 1:
            continue
        handler = _handler(basis, arg, registration.scope)
        if handler is not None:
            found = True
            yield handler
    last = registration.given[-1] if registration.given and not found and registration.row is None else None
    if last is not None and last.op == "attr" and _is_part(basis, last.args[0]):
        yield Handler(last.text, source(last, 40), True, False)  # a method of a part, which is no data in this place


def _is_part(basis: Basis, expr: Expr) -> bool:
    return expr.op == "attr" and is_self(basis, expr.args[0]) and not is_method(basis, expr)


def _handler(basis: Basis, arg: Expr, function: Scope, depth: int = _DEPTH) -> Handler | None:
    text = source(arg, 40)
    if arg.op == "attr":
        if is_method(basis, arg):
            return Handler(arg.text, text, True, False)
        return Handler(arg.args[0].text, text, False, True) if _made_by(basis, arg.args[0], function) else None
    if arg.op == "lambda":
        return Handler("", "lambda", any(is_self(basis, e) for e in walk(arg.args[-1])), True)
    if arg.op == "name":
        if is_self(basis, arg):
            return Handler(arg.text, text, True, False)
        for binding in basis.names.bindings(arg.text, arg.scope):
            if binding.how == "def" and binding.inner is not None and binding.inner.parent is function:
                return Handler(arg.text, text, _mentions_self(basis, binding.inner), True)
            if binding.how == "assign" and binding.stmt.scope.function is function and binding.value is not None:
                made = _made(basis, binding.value, function, depth - 1)
                if made is not None:
                    return Handler(arg.text, text, made.holds, True)
        return None
    return _made(basis, arg, function, depth - 1)


def _made_by(basis: Basis, owner: Expr, function: Scope) -> bool:
    """`atexit.register(server.stop)`: a method of what the function has made, for itself or to give it back."""
    value = (
        basis.names.only_value(owner.text, owner.scope) if owner.op == "name" and not is_self(basis, owner) else None
    )
    home = basis.names.scope_of(owner.text, owner.scope) if value is not None else None
    return value is not None and home is function and value.op == "call" and not looks_up(value)


def _made(basis: Basis, value: Expr, function: Scope, depth: int) -> Handler | None:
    """A partial, or another wrapper made on the spot around what refers to `self`; a weak one does not hold it."""
    if value.op == "lambda":
        return _handler(basis, value, function)
    if value.op != "call" or depth <= 0:
        return None
    callee = basis.types.callee(value)
    if callee.row is not None and (callee.row.weak or callee.row.kind == "resource"):
        return None  # a process is no callback, whatever it is given
    named = zip(value.names[1:], value.args[1:], strict=True)
    given = [a for name, a in named if not name.startswith("*") and not is_self(basis, a)]
    inner = [h for a in given if (h := _handler(basis, a, function, depth)) is not None]
    if (basis.names.qualified(value.args[0]) or source_name(value)).rpartition(".")[2] == "partial":
        holds = bool(inner) or any(is_self(basis, a) for a in value.args[1:])
        return Handler(inner[0].key if inner else "", source(value, 40), holds, True)
    return Handler(inner[0].key, source(value, 40), inner[0].holds, True) if inner else None


def _mentions_self(basis: Basis, scope: Scope) -> bool:
    """Does a nested function refer to the instance of the method around it?"""
    return any(is_self(basis, e) for stmt in statements(scope.block) for e in flat_of(stmt))
