"""What takes entries out of a container again, wherever it stands in the module?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from leaklint.answers.releasing.fate import parameter
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import CONSTRUCTORS, is_called, source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, source, statements

_BIRTHPLACES = (*CONSTRUCTORS, "__init_subclass__", "setUp", "asyncSetUp")
_DEPTH = 2


def shrinks(basis: Basis, place: Place, row: Row, depth: int = _DEPTH) -> Iterator[Use]:
    """Uses that remove entries: methods, `del`, rebinding outside the constructor, slices, and helpers that do so."""
    for use in basis.all_uses(place):
        if (
            use.verb in row.shrink
            or use.verb == "del"
            or (use.verb == "bind" and rebinds(basis, use))
            or (use.verb == "__setitem__" and use.key is not None and use.key.op == "slice")
            or (use.role == "argument" and use.verb == "" and _helper(basis, use, row, depth))
        ):
            yield use
    for verb in row.shrink:
        yield from (u for u in basis.all_uses(Place(place.scope, (*place.path, verb))) if not u.verb)
    if place.is_attribute or place.scope.kind == "module":
        yield from _elsewhere(basis, place, row)


def _elsewhere(basis: Basis, place: Place, row: Row) -> Iterator[Use]:
    """Through another object (`self.hub.active.pop(k)`), what gives it out, or a loop over several."""
    removing = [v for v in row.shrink if v not in _TOO_COMMON]
    names = {place.path[-1], *_given_out(basis, place)}
    for name in names:
        for expr in basis.mentions(name):
            called = is_called(expr)
            holder = expr.parent if called and expr.parent is not None else expr
            parent, other = holder.parent, basis.names.place(expr)
            another = other is not None and other.is_attribute and len(other.path) == 1 and not called
            if other == place or (another and expr.text == place.path[-1]):
                continue  # the place itself, or another class's own attribute of the same name
            if parent is None:
                if _swapped_out(expr, basis.mentions(name)):
                    yield Use(place, "bind", expr, expr, expr.stmt, key=None)
                continue
            if parent.op == "attr" and parent.text in removing and (expr.op == "attr" or holder is not expr):
                yield Use(place, parent.text, expr, parent, expr.stmt, key=None)
            elif parent.op == "sub" and expr.stmt.op == "del" and parent in expr.stmt.targets and expr.op == "attr":
                yield Use(place, "__delitem__", expr, parent, expr.stmt, key=parent.args[1])
    for use in basis.all_uses(place):
        if use.role == "element" and use.stmt.op == "for" and _loops_remove(use, removing):
            yield use


def _swapped_out(expr: Expr, mentions: Sequence[Expr]) -> bool:
    """`queue = loader.queue`, then `loader.queue = []`."""
    value, function = expr.stmt.value, expr.stmt.scope.function
    if expr.op != "attr" or expr not in expr.stmt.targets or value is None or value.op not in ("list", "dict", "call"):
        return False
    empty = len(value.args) == (1 if value.op == "call" else 0)
    same = (e for e in mentions if e.stmt.scope.function is function and e.stmt.ordinal < expr.stmt.ordinal)
    return empty and any(source(e) == source(expr) for e in same)


_TOO_COMMON = ("get", "remove", "close")


def _given_out(basis: Basis, place: Place) -> Iterator[str]:
    """Names of the functions and properties that return the container itself."""
    for use in basis.all_uses(place):
        if use.role == "returned":
            yield use.stmt.scope.function.name


def _loops_remove(use: Use, removing: list[str]) -> bool:
    """`for m in (self.a, self.b): m.pop(k, None)`."""
    target = use.stmt.targets[0].text
    return any(
        e.op == "attr" and e.text in removing and e.args[0].op == "name" and e.args[0].text == target
        for stmt in statements(use.stmt.blocks[0])
        for e in stmt.flat
    )


def rebinds(basis: Basis, use: Use) -> bool:
    """Is a place bound anew after its birth (`self.items = []` in a method)? The first binding is the birth."""
    function = use.stmt.scope.function
    if function.kind in ("module", "class") or function.name in _BIRTHPLACES:
        return False
    born = [u for u in basis.all_uses(use.place) if u.verb == "bind"]
    body = use.place.scope.bindings.get(use.place.path[0], ()) if use.place.is_attribute else ()
    again = use.place.is_attribute and _run_again(basis, function)
    return again or born[0] is not use or any(b.value is not None for b in body)


def _run_again(basis: Basis, function: Scope) -> bool:
    """Do other methods call it, so that what it binds first it binds again and again? A constructor's helper is not."""
    mentions = (e for e in basis.mentions(function.name) if e.op == "attr" and basis.names.local(e) is function)
    callers = {e.stmt.scope.function for e in mentions}
    return function.method_of is not None and bool(callers) and not any(c.name in _BIRTHPLACES for c in callers)


def _helper(basis: Basis, use: Use, row: Row, depth: int) -> bool:
    callee = basis.types.callee(use.site)
    if callee.local is not None and depth > 0:
        param = parameter(callee.local, use.site, use.value)
        return param is not None and any(True for _ in shrinks(basis, param, row, depth - 1))
    return False


def escapes(basis: Basis, place: Place) -> Iterator[Use]:
    """Uses by which somebody else comes to hold the container itself: stored elsewhere, or handed to what stores it.

    That a function which cannot be seen is given the container says nothing: most only read it.
    """
    for use in basis.all_uses(place):
        if use.verb:
            continue
        if use.role == "argument":
            callee = basis.types.callee(use.site)
            if (callee.local is not None and _stores(basis, callee.local, use)) or (
                callee.local is None
                and callee.row is None
                and callee.receiver is None
                and (_constructs(use.site) or _inherited(basis, use.site.args[0]))
            ):
                yield use
        elif use.role in ("bound", "yielded") and not _alias(basis, use) and not _swapped(basis, use):
            yield use


def _inherited(basis: Basis, called: Expr) -> bool:
    """A method of its own class, from a base class elsewhere, is given the container: it is part of the holder."""
    own = called.op == "attr" and basis.names.class_of(called.args[0]) is not None
    place = basis.names.place(called) if own else None
    return own and not any(u.verb == "bind" for u in (basis.all_uses(place) if place is not None else ()))


def _constructs(call: Expr) -> bool:
    """A class that cannot be seen is given the container: it may keep and prune it."""
    name = source_name(call).lstrip("_")
    return name[:1].isupper() and not name.isupper()


def _stores(basis: Basis, local: Scope, use: Use) -> bool:
    param = parameter(local, use.site, use.value)
    return param is not None and any(u.role in ("bound", "element") and not u.verb for u in basis.all_uses(param))


def _swapped(basis: Basis, use: Use) -> bool:
    """`waiting, self.waiting = self.waiting, []`: whoever holds what was in it, its place is empty."""
    return any(u.verb == "bind" and u.stmt is use.stmt for u in basis.all_uses(use.place))


def _alias(basis: Basis, use: Use) -> bool:
    """Bound to a local name that stands for the same place: its uses are counted already."""
    targets = use.stmt.targets
    return bool(targets) and all(t.op == "name" and basis.names.place(t) == use.place for t in targets)
