"""Which methods end the life of an object, and what runs along with them?"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from leaklint.meaning.basis import Basis, once
from leaklint.meaning.scopes import decorators, source_name
from leaklint.tree.ir import Expr, Scope, Stmt, flat_of, statements


@once(meanwhile=())
def endings(basis: Basis, klass: Scope) -> tuple[Scope, ...]:
    """Methods that end the life of an instance, by the rows of its base classes or by their names; `__del__`, which
    comes late or never, last."""
    named = _named(basis, klass)
    methods = basis.names.methods(klass)
    found = [
        m for m in methods if m.name in named or (basis.apis.means("end_of_life_methods", m.name) and _own(basis, m))
    ]
    return tuple(sorted(found, key=lambda m: m.name == "__del__"))


def _own(basis: Basis, method: Scope) -> bool:
    """Does it end its object, and not what a server runs, by `return self.post("stop")`, nor what is too old?"""
    body = [s for s in statements(method.block) if s.op != "expr" or s.value is None or s.value.op != "const"]
    flat = [e for s in body for e in flat_of(s)]
    if len(body) == 1 and body[0].op == "return":
        words = (e.value for e in flat if e.op == "const" and e.text == "str")
        return not any(method.name.strip("_") in word.lower() for word in words)
    aged = basis.apis.means("evicting_methods", method.name) and any(
        basis.apis.means("clock_names", e.text) for e in flat
    )
    return not aged or any(e.op == "attr" and basis.apis.means("end_of_life_methods", e.text) for e in flat)


def expected(basis: Basis, klass: Scope) -> str:
    """The ending that a class should have by its base classes; empty where these say nothing."""
    return next(iter(_named(basis, klass)), "")


def _named(basis: Basis, klass: Scope) -> tuple[str, ...]:
    rows = (basis.apis.get(base) for base in basis.names.outside_bases(klass))
    return tuple(name for row in rows if row is not None for name in row.ends)


def reached(basis: Basis, klass: Scope | None, functions: Collection[Scope]) -> frozenset[Scope]:
    """Functions of a class or module, and every function of this module that they call or hand on, in turn."""
    return _reached(basis, klass, frozenset(functions))


@once(meanwhile=frozenset())
def _reached(basis: Basis, klass: Scope | None, functions: frozenset[Scope]) -> frozenset[Scope]:
    by_name: dict[str, list[Scope]] = {}
    for method in basis.names.methods(klass) if klass is not None else ():
        by_name.setdefault(method.name, []).append(method)
    found, queue = set(functions), list(functions)
    while queue:
        function = queue.pop()
        # what is defined within runs with it
        inner = [s for s in function.children if s.kind == "function"]
        for stmt in statements(function.block):
            for expr in flat_of(stmt):
                inner += _meant(basis, expr, by_name)
        fresh = [s for s in inner if s not in found]
        found.update(fresh)
        queue.extend(fresh)
    return frozenset(found)


def _meant(basis: Basis, expr: Expr, by_name: dict[str, list[Scope]]) -> list[Scope]:
    """The functions that an expression may stand for: an own method, overridden ones included, or one of the module."""
    if expr.op == "attr":
        return by_name.get(expr.text, []) if basis.names.class_of(expr.args[0]) is not None else []
    local = basis.names.local(expr) if expr.op == "name" else None
    return [local] if local is not None and local.kind == "function" else []


def only_at_end(basis: Basis, klass: Scope, ends: Collection[Scope]) -> frozenset[Scope]:
    """The endings and those helpers that nothing else mentions."""
    found = set(ends)
    helpers = reached(basis, klass, ends) - found
    users = {h: set(_users(basis, h)) for h in helpers}
    while fresh := {h for h in helpers - found if users[h] and users[h] <= found}:
        found |= fresh
    return frozenset(found)


def _users(basis: Basis, function: Scope) -> Iterator[Scope]:
    """The functions in which another one is called or referred to."""
    if function.method_of is None and function.parent is not None and function.parent.kind != "module":
        yield function.parent.function
    for expr in basis.mentions(function.name):
        if basis.names.local(expr) is function:
            yield expr.stmt.scope.function


def abstract(method: Scope) -> bool:
    """Is it for subclasses to say what it does?"""
    body = [s for s in statements(method.block) if s.op != "expr" or s.value is None or s.value.op != "const"]
    left_open = len(body) == 1 and body[0].op == "raise" and source_name(body[0].value) == "NotImplementedError"
    return left_open or "abstractmethod" in decorators(method)


def finalized(basis: Basis, klass: Scope) -> bool:
    """Does a class end what it holds in `__del__`, when the last reference to it goes?"""
    last = (m for k in [klass, *basis.names.bases(klass)] for m in k.children if m.name == "__del__")
    return any(ends_something(basis, s) for m in last for s in statements(m.block))


def ends_something(basis: Basis, stmt: Stmt) -> bool:
    """Does a statement call what ends something, by its name: `task.cancel()`, `await self.close()`?"""
    names = (source_name(e) for e in flat_of(stmt) if e.op == "call")
    return any(name == "cancel" or basis.apis.means("ending_functions", name) for name in names)
