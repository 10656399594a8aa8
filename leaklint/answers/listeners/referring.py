"""Does a value refer to an object: by a closure over it, by its own bound method, by a container or partial of one?"""

from __future__ import annotations

from dataclasses import dataclass

from leaklint.answers.listeners.registered import is_method, is_self
from leaklint.meaning.basis import Basis
from leaklint.meaning.scopes import is_called
from leaklint.tree.ir import Expr, Scope, Stmt, flat_of

_DEPTH = 4
_DISPLAYS = ("dict", "list", "set", "tuple", "starred")


@dataclass(frozen=True, slots=True)
class Whose:
    """The object in question: the instance of a method, or what `name` of the function `owner` stands for.

    `closing`: the lambdas and nested functions that refer to it.
    """

    basis: Basis
    closing: frozenset[Scope]
    name: str = ""
    owner: Scope | None = None

    def is_it(self, expr: Expr) -> bool:
        """The object itself."""
        if not self.name:
            return is_self(self.basis, expr)
        return is_named(self.basis, expr, self.name, self.owner)

    def is_method(self, expr: Expr) -> bool:
        """Its own bound method, uncalled; of what is not known, what is called somewhere else."""
        if not self.name:
            return is_method(self.basis, expr)
        called = expr.op == "attr" and any(is_called(e) for e in self.basis.mentions(expr.text))
        return called and self.is_it(expr.args[0])


def is_named(basis: Basis, expr: Expr, name: str, owner: Scope | None) -> bool:
    """Is it that name, of that function?"""
    return expr.op == "name" and expr.text == name and basis.names.scope_of(name, expr.scope) is owner


def closing_over_instances(basis: Basis) -> frozenset[Scope]:
    """Lambdas and nested functions that refer to the instance of the method around them."""
    found: set[Scope] = set()
    for stmt in basis.module.stmts:
        for expr in flat_of(stmt):
            scope: Scope | None = expr.scope
            if expr.op == "name" and scope is not None and scope.method_of is None and is_self(basis, expr):
                while scope is not None and scope.method_of is None and scope not in found:
                    if scope.kind in ("function", "lambda"):
                        found.add(scope)
                    scope = scope.parent
    return frozenset(found)


def closing_over(basis: Basis, name: str, owner: Scope) -> frozenset[Scope]:
    """Lambdas and nested functions that refer to a name of the function around them."""
    found: set[Scope] = set()
    for mention in basis.mentions(name):
        scope: Scope | None = mention.scope if is_named(basis, mention, name, owner) else None
        while scope is not None and scope is not owner and scope not in found:
            if scope.kind in ("function", "lambda"):
                found.add(scope)
            scope = scope.parent
    return frozenset(found)


def refers(whose: Whose, value: Expr, depth: int = _DEPTH) -> str:
    """`closure`, `method`, `itself`, `container` or `helper` of one of these; empty for all that does not hold it."""
    if depth == 0:
        return ""
    if value.op == "lambda":
        return "closure" if value.inner in whose.closing else ""
    if whose.is_it(value):
        return "itself"
    if value.op == "attr":
        return "method" if whose.is_method(value) else ""
    if value.op in _DISPLAYS:
        return "container" if any(refers(whose, part, depth - 1) for part in value.args) else ""
    if value.op == "call":
        return "closure" if _wraps(whose, value, depth) else "helper" if _helps(whose, value, depth) else ""
    if value.op != "name":
        return ""
    names = whose.basis.names
    if any(b.inner in whose.closing for b in names.bindings(value.text, value.scope) if b.inner is not None):
        return "closure"
    bound = names.only_value(value.text, value.scope)
    return refers(whose, bound, depth - 1) if bound is not None else ""


def nested(basis: Basis, value: Expr) -> Stmt | None:
    """The nested function that a name stands for."""
    bindings = basis.names.bindings(value.text, value.scope) if value.op == "name" else ()
    return next((b.stmt for b in bindings if b.how == "def"), None)


def _wraps(whose: Whose, call: Expr, depth: int) -> bool:
    """A partial of what refers to the object, or a function made of it by one of this module."""
    callee = whose.basis.types.callee(call)
    for index, (arg, name) in enumerate(zip(call.args[1:], call.names[1:], strict=True)):
        kept = callee.local is not None and not name and _keeps(whose.basis, callee.local, index)
        own = arg.op == "attr" and whose.is_it(arg.args[0]) and kept and _calls(whose.basis, callee.local, index)
        if not own and not refers(whose, arg, depth - 1):
            continue
        row = callee.row
        if kept or (row is not None and row.takes and row.kind == "function" and not row.release):
            return True
    return False


def _helps(whose: Whose, call: Expr, depth: int) -> bool:
    """An object of a class of this module whose `__init__` keeps what it is given: `Reader(self)`."""
    klass = whose.basis.types.callee(call).local
    if klass is None or klass.kind != "class":
        return False
    given = zip(call.args[1:], call.names[1:], range(1, len(call.args)), strict=True)
    kept = [(arg, name, index) for arg, name, index in given if refers(whose, arg, depth - 1)]
    init = whose.basis.names.method(klass, "__init__") if kept else None
    if init is None or not init.params:
        return False
    this = init.params[0].name
    for _, name, index in kept:
        param = name or (init.params[index].name if index < len(init.params) else "")
        stored = (m for m in whose.basis.mentions(param) if is_named(whose.basis, m, param, init) and m is m.stmt.value)
        if any(t.op == "attr" and is_named(whose.basis, t.args[0], this, init) for m in stored for t in m.stmt.targets):
            return True
    return False


def _keeps(basis: Basis, function: Scope, index: int) -> bool:
    """Does the function that this one makes and returns refer to the parameter?"""
    if function.kind != "function" or index >= len(function.params):
        return False
    mentioned = any(_inside(e.scope, function) for e in basis.mentions(function.params[index].name))
    return mentioned and _returns_inner(function)


def _calls(basis: Basis, function: Scope | None, index: int) -> bool:
    """Does a function call what it is given, or the one within it?"""
    param = function.params[index].name if function is not None else ""
    return any(is_called(e) and _inside(e.scope, function) for e in basis.mentions(param))


def _inside(scope: Scope | None, function: Scope | None) -> bool:
    """In a function or lambda that stands within another one."""
    return scope is not None and scope is not function and scope.parent is function and scope.kind != "comp"


def _returns_inner(function: Scope) -> bool:
    inner = {s.name for s in function.children if s.kind == "function"}
    last = function.block.stmts[-1] if function.block is not None and function.block.stmts else None
    return last is not None and last.op == "return" and last.value is not None and last.value.text in inner
