"""What all instances of a class share: values of its body, and what each instance adds to them."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from leaklint.meaning.basis import Basis, once
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import CONSTRUCTORS, source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, source

_DATA = ("dataclass", "dataclasses.dataclass", "attr.s", "attrs.define", "attr.define")
_FIELDS = ("field", "Field", "attrib", "ib")
_METACLASSES = ("builtins.type", "abc.ABCMeta", "enum.EnumMeta", "enum.EnumType")


def shared(basis: Basis, place: Place) -> bool:
    """Bound in the class body to a mutable, and never anew on the instance. A metaclass's are those of its classes,
    which the code lists."""
    klass = place.scope
    if klass.kind != "class" or _is_metaclass(basis, klass) or _declares_fields(basis, klass):
        return False
    if klass.parent is not None and klass.parent.kind == "function":
        return False  # the class itself is made anew by each call
    bound = klass.bindings.get(place.path[0], ())
    in_body = any(b.value is not None and b.how == "assign" and b.value.op not in ("const", "fstring") for b in bound)
    on_instance = any(
        (u.verb == "bind" or (u.verb == "__iadd__" and u.stmt.op == "assign")) and u.stmt.scope.kind != "class"
        for u in basis.all_uses(Place(klass, place.path[:1]))
    )
    fields = any(b.value is not None and b.value.op == "call" and _is_field(basis, b.value) for b in bound)
    return in_body and not on_instance and not fields


def of_class(basis: Basis, place: Place) -> bool:
    """Is what an attribute holds only ever put there through the class (`cls.pool = Pool()`), for all instances?"""
    binds = [u.expr for u in basis.all_uses(place) if u.verb == "bind" and u.stmt.scope.kind != "class"]
    return bool(binds) and all(e.op == "attr" and _is_class(basis, e.args[0]) for e in binds)


def _is_class(basis: Basis, expr: Expr) -> bool:
    function = expr.scope.function
    implicit = bool(function.params) and expr.text == function.params[0].name and is_classmethod(function)
    local = basis.names.local(expr)
    return expr.op == "name" and (implicit or (local is not None and local.kind == "class"))


def _is_field(basis: Basis, call: Expr) -> bool:
    row = basis.types.callee(call).row
    return source_name(call) in _FIELDS or (row is not None and row.factory != "")


def _is_metaclass(basis: Basis, klass: Scope) -> bool:
    """Are its instances classes?"""
    return any(name in _METACLASSES for name in basis.names.outside_bases(klass))


def is_data(basis: Basis, klass: Scope) -> bool:
    """Is it decorated as a data class?"""
    decorators = klass.stmt.decorators if klass.stmt is not None else ()
    names = {basis.names.qualified(d.args[0] if d.op == "call" else d) for d in decorators}
    return any(n is not None and n.lstrip(".").startswith(_DATA) for n in names)


def _declares_fields(basis: Basis, klass: Scope) -> bool:
    """Are the values in the body fields, of which each instance gets its own, or members? Rows tell.

    A base class that nothing is known of may make fields too, where every value is annotated, and not as a `ClassVar`.
    """
    rows = (basis.apis.get(name) for name in basis.names.outside_bases(klass))
    if any(row is not None and row.fields for row in rows):
        return True
    values = [b for bound in klass.bindings.values() for b in bound if b.how == "assign" and b.value is not None]
    annotated = all(b.stmt.annotation is not None and "ClassVar" not in source(b.stmt.annotation) for b in values)
    return annotated and any(True for _ in foreign_bases(basis, klass))


def foreign_bases(basis: Basis, klass: Scope) -> Iterator[Expr]:
    """The base classes of other modules of which nothing is known, by rows or as the standard library's."""
    outside = (b for k in [klass, *basis.names.bases(klass)] for b in k.bases if basis.names.local(b) is None)
    for base in (b.args[0] if b.op == "sub" else b for b in outside):
        name = basis.names.qualified(base) or ""
        if basis.apis.get(name) is None and name.partition(".")[0] not in sys.stdlib_module_names:
            yield base


def each_instance(basis: Basis, use: Use) -> bool:
    """Does the constructor add to what all instances share, or itself to what the module holds: once for each?"""
    if use.stmt.scope.function.name not in CONSTRUCTORS:
        return False
    return shared(basis, use.place) or (use.place.scope.kind == "module" and added_instance(basis, use) is not None)


def through_instance(use: Use) -> bool:
    """`self.items.append(x)` where `items` stands in the class body: one instance adds to what all of them share."""
    holder = use.expr.args[0] if use.expr.op == "attr" else None
    if holder is None or holder.op != "name":
        return False
    function = use.stmt.scope.function
    return bool(function.params) and holder.text == function.params[0].name and not is_classmethod(function)


def slotted(use: Use) -> bool:
    """Does the class list what its instances may have? No name of its body is among them: `self.items = []` fails."""
    return "__slots__" in use.place.scope.bindings


def merges(use: Use) -> bool:
    """`self.modules.extend(other.modules)`: what another class lists in its own body is taken over."""
    value = use.value
    return value is not None and value.op == "attr" and value.text == use.place.path[-1]


def added_instance(basis: Basis, use: Use) -> Scope | None:
    """The class whose method adds its own instance, whole, to a container."""
    value, function = use.value, use.stmt.scope.function
    if value is None or value.op != "name" or not function.params or is_classmethod(function):
        return None
    if value.text == "cls":
        return None  # of a metaclass: a class, which the code writes down
    itself = value.text == function.params[0].name and basis.names.class_of(value) is not None
    return function.method_of if itself else None


@once(meanwhile=False)
def singleton(basis: Basis, klass: Scope) -> bool:
    """Is there one instance, because `__new__` keeps it with the class, or a base class or metaclass says so?"""
    named = [*klass.bases, *(klass.stmt.decorators if klass.stmt is not None else ())]
    if any("singleton" in source_name(e).lower() for e in named):
        return True
    places = (p for k in [klass, *basis.names.bases(klass)] for p in basis.uses if p.scope is k and len(p.path) == 1)
    kept = (
        u for p in places for u in basis.all_uses(p) if u.verb == "bind" and u.stmt.scope.function.name == "__new__"
    )
    return any(u.expr.op == "attr" for u in kept)


def is_classmethod(function: Scope) -> bool:
    """Is its first parameter the class?"""
    decorators = function.stmt.decorators if function.stmt is not None else ()
    implicit = function.name in ("__new__", "__init_subclass__", "__class_getitem__")
    return implicit or "classmethod" in {source_name(d) for d in decorators}
