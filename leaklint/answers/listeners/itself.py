"""What holds itself: an object in a container of its own or by a function that it is given, a function by a variable
that it closes over.

Reference counting does not free what such a cycle holds; the garbage collector does, when it comes by.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.answers.driver import context
from leaklint.answers.holding.attributes import module_instance
from leaklint.answers.listeners.cycles import own_container
from leaklint.answers.listeners.recursive import carried, runs_once
from leaklint.answers.listeners.referring import Whose, closing_over, is_named, nested, refers
from leaklint.answers.shared import singleton
from leaklint.meaning.basis import NO, Answer, Basis, Clue
from leaklint.meaning.flow import LEAVING
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import CONSTRUCTORS, is_called
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, source, walk

_STORING = ("__setitem__", "append", "appendleft", "add", "insert")
_LETTING_GO = ("clear", "pop", "popitem", "popleft", "remove", "discard", "__delitem__")
_PARTS = ("tuple", "list", "set", "dict", "starred", "binary")


@dataclass(frozen=True, slots=True)
class Itself:
    """`stmt` closes the cycle: `value` goes into `holder`, or `holder` is a function that refers to itself.

    `kind`: container, given (a function that refers to what it is given to), function. `carried`: what is held with it,
    by name. `defence`: what takes it apart, or why it is no matter.
    """

    kind: str
    stmt: Stmt
    holder: str
    value: Expr | None
    carried: tuple[str, ...]
    defence: Answer
    function: Stmt | None = None  # the nested one that refers to what calls it


def itself(basis: Basis) -> Iterator[Itself]:
    """Every object that is put into a container of its own, or given a function that refers to it; and every nested
    function that calls itself."""
    for uses in basis.uses.values():
        yield from (found for use in uses if (found := _in_own(basis, use) or _is_own(basis, use)) is not None)
    for stmt in basis.module.stmts:
        if stmt.op == "assign" and stmt.value is not None and stmt.value.op in ("lambda", "name", "call", "attr"):
            yield from (found for t in stmt.targets if (found := _given(basis, stmt, t, stmt.value)) is not None)
    told: set[Scope] = set()
    registering = (word for word in basis.identifiers if basis.apis.means("done_registering", word))
    for call in (e.parent for word in registering for e in basis.mentions(word) if is_called(e)):
        if call is None or call.stmt.scope.function in told:
            continue
        found = _called_back(basis, call.stmt, call)
        if found is not None:
            told.add(call.stmt.scope.function)
            yield found
    for scope in basis.module.scopes:
        if scope.kind == "function" and scope.parent is not None and scope.parent.kind == "function":
            names = carried(basis, scope, scope.parent)
            if names and scope.stmt is not None:
                yield Itself("function", scope.stmt, scope.name, None, names, NO)


# -- in a container of its own ----------------------------------------------------------------------------------------


def _in_own(basis: Basis, use: Use) -> Itself | None:
    """`self.options["pool"] = self`, `context.joins.append((make, context, path))`."""
    if use.verb not in _STORING or use.value is None:
        return None
    container = use.expr
    while container.op == "sub":
        container = container.args[0]
    whose = container.args[0] if container.op == "attr" else None
    if whose is None or whose.op != "name" or not _contains(use.value, whose.text):
        return None
    bound = basis.names.bindings(whose.text, whose.scope)
    if not bound or any(b.how not in ("param", "assign", "with", "for") for b in bound) or whose.text == "cls":
        return None
    klass = basis.names.class_of(whose)
    beside_others = use.value.op in _PARTS
    place = basis.names.place(container)
    if place is None or (klass is not None and not own_container(basis, place, use)):
        return None
    if klass is None and not beside_others:
        return None  # a registry that others share
    return Itself(
        "container", use.stmt, f"{whose.text}.{container.text}", use.value, (), _defence(basis, place, use, klass)
    )


def _is_own(basis: Basis, use: Use) -> Itself | None:
    """`self.scene = self`."""
    target, value = use.expr, use.value
    if use.verb != "bind" or value is None or value.op != "name" or target.op != "attr":
        return None
    klass = basis.names.class_of(value)
    if klass is None or target.args[0].op != "name" or target.args[0].text != value.text or value.text == "cls":
        return None
    return Itself("attribute", use.stmt, source(target), value, (), _own_defence(basis, use, klass))


def _own_defence(basis: Basis, use: Use, klass: Scope) -> Answer:
    """Taken apart where it ends; to be bound to something else in its life is no end."""
    for other in basis.all_uses(use.place):
        ending = other.verb in ("bind", "del") and basis.apis.means("closing_methods", other.stmt.scope.function.name)
        if ending and other.stmt is not use.stmt:
            return Answer("broken", (Clue(other.stmt, "released", "released"),))
    if module_instance(basis, klass) or singleton(basis, klass):
        return Answer("lives as long as the process")
    return NO


def _contains(value: Expr, name: str) -> bool:
    stack = [value]
    while stack:
        part = stack.pop()
        if part.op == "name" and part.text == name:
            return True
        if part.op in _PARTS:
            stack.extend(part.args)
    return False


def _defence(basis: Basis, place: Place, use: Use, klass: Scope | None) -> Answer:
    for other in basis.all_uses(place):
        anew = other.verb in ("bind", "del") and other.stmt.scope.function.name not in CONSTRUCTORS
        if (anew or other.verb in _LETTING_GO) and other.stmt is not use.stmt:
            return Answer("broken", (Clue(other.stmt, "released", "released"),))
    if klass is not None and (module_instance(basis, klass) or singleton(basis, klass)):
        return Answer("lives as long as the process")
    if klass is not None and basis.apis.means("test_classes", klass.name):
        return Answer("made for a test")
    return NO


# -- by a function that it is given -----------------------------------------------------------------------------------


def _given(basis: Basis, stmt: Stmt, target: Expr, value: Expr) -> Itself | None:
    """`future.get = lambda: future.result(0)`, `context["render"] = render`, `thread.run = traced(thread.run)`."""
    holder = target.args[0] if target.op in ("attr", "sub") else None
    owner = basis.names.scope_of(holder.text, holder.scope) if holder is not None and holder.op == "name" else None
    if holder is None or owner is None or owner.kind != "function" or basis.names.class_of(holder) is not None:
        return None
    bound = basis.names.bindings(holder.text, holder.scope)
    made_here = ("assign",) if target.op == "sub" else ("param", "assign", "with", "for")  # whose table is it else?
    if not bound or any(b.how not in made_here for b in bound) or basis.apis.means("lasting_objects", holder.text):
        return None
    if target.op == "sub" and any(b.value is None or b.value.op not in ("call", "dict") for b in bound):
        return None
    if value.op == "name" and not any(b.how == "def" for b in basis.names.bindings(value.text, value.scope)):
        return None
    if holder.text == "self" and not any(a.op == "attr" and a.text == target.text for a in value.args[1:]):
        return None  # a method of a class by another name, where it wraps what was there
    if _is_method(nested(basis, value)):
        return None  # of a class, which stays anyway
    whose = Whose(basis, closing_over(basis, holder.text, owner), holder.text, owner)
    if refers(whose, value) != "closure" and not _own_method(basis, target, holder.text, value):
        return None
    return Itself("given", stmt, source(target), value, (), _given_defence(basis, stmt, target, holder))


def _is_method(function: Stmt | None) -> bool:
    """`def close(self)`: whoever gets it is a class."""
    params = function.inner.params if function is not None and function.inner is not None else ()
    return bool(params) and params[0].name == "self"


def _own_method(basis: Basis, target: Expr, holder: str, value: Expr) -> bool:
    """`future.get = future.result`: a method of its own, by its name or because something calls what is called so."""
    own = value.op == "attr" and target.op == "attr" and value.args[0].op == "name" and value.args[0].text == holder
    if not own or holder == "self" or target.text == value.text:
        return False
    known = basis.apis.means("outcome_methods", value.text) or basis.apis.means("closing_methods", value.text)
    return known or any(is_called(e) for e in basis.mentions(value.text))


def _given_defence(basis: Basis, stmt: Stmt, target: Expr, holder: Expr) -> Answer:
    once = context(basis, stmt).kind in ("import", "once") or runs_once(basis, stmt.scope.function)
    if once or _at_import(basis, stmt.scope.function):
        return Answer("once in a process")
    if any(_asks_of(test, holder.text) for guard in _guards(stmt) for test in guard.blocks[0].exprs):
        return Answer("once for each object")
    for mention in basis.mentions(holder.text if target.op == "sub" else target.text):
        other, above = mention.stmt, mention.parent
        before = other.scope.function is stmt.scope.function and other.ordinal <= stmt.ordinal
        if before or other.scope.function.name in CONSTRUCTORS:
            continue
        entry = (
            target.op == "sub" and above is not None and is_named(basis, mention, holder.text, holder.scope.function)
        )
        taken = entry and above is not None and above.text in _LETTING_GO
        part = above if entry else mention if target.op == "attr" and mention.op == "attr" else None
        same = part is not None and (part is mention or source(part) == source(target))
        if taken or (same and (part in other.targets or other.op == "del")):
            return Answer("broken", (Clue(other, "released", "released"),))
    return NO


# -- by what it calls when it is done ---------------------------------------------------------------------------------


def _called_back(basis: Basis, stmt: Stmt, call: Expr) -> Itself | None:
    """`future.add_done_callback(lambda _: tell(future))`: a future of a pool keeps what it has called."""
    method, given = call.args[0], call.args[1:]
    future, callback = (
        (method.args[0], given[0]) if len(given) == 1 and method.op == "attr" else (*given, stmt.value)[:2]
    )
    owner = basis.names.scope_of(future.text, future.scope) if future is not None and future.op == "name" else None
    if future is None or callback is None or owner is None or owner.kind != "function":
        return None
    if callback.op not in ("lambda", "name") or not _of_a_pool(basis, future):
        return None
    whose = Whose(basis, closing_over(basis, future.text, owner), future.text, owner)
    if refers(whose, callback) != "closure":
        return None
    return Itself("callback", stmt, future.text, callback, (), NO, nested(basis, callback))


def _of_a_pool(basis: Basis, future: Expr) -> bool:
    """One of a thread or process; a parameter that says it is a future, in a module that has to do with those."""
    row = basis.types.row(future)
    if row is not None:
        return row.kind == "task" and row.name.startswith("concurrent.")
    bound = basis.names.bindings(future.text, future.scope)
    notes = [b.param.annotation for b in bound if b.param is not None and b.param.annotation is not None]
    return bool(notes) and all("Future" in source(n) for n in notes) and "concurrent" in basis.packages


def _guards(stmt: Stmt) -> Iterator[Stmt]:
    """The `if`s that a statement stands in, and those before it that leave."""
    below = stmt
    for block, owner in ancestors(stmt):
        before = block.stmts[: next(i for i, s in enumerate(block.stmts) if s is below)]
        yield from (s for s in before if s.op == "if" and s.blocks[0].stmts[-1].op in LEAVING)
        if owner.op in ("def", "class"):
            return
        if owner.op == "if":
            yield owner
        below = owner


def _asks_of(test: Expr, holder: str) -> bool:
    """`task.run is None`, `getattr(task, "patched", False)`: what the object itself says of what it has got already."""
    for part in walk(test):
        above = part.parent
        if part.op != "name" or part.text != holder or above is None:
            continue
        if above.op == "call" and above.args[0].text in ("getattr", "hasattr") and above.args[1] is part:
            return True
        if above.op == "attr" and not is_called(above):
            return True
    return False


def _at_import(basis: Basis, function: Scope) -> bool:
    """Is it called while the module is imported, and nowhere else?"""
    calls = [e for e in basis.mentions(function.name) if is_called(e)]
    return bool(calls) and all(e.scope.function.kind in ("module", "class") for e in calls)
