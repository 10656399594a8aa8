"""Who holds a value, and how long does the holder live?"""

from __future__ import annotations

from leaklint.answers.shared import is_data, shared
from leaklint.facts import OwnerKind
from leaklint.meaning.basis import NO, Answer, Basis, Clue, once
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Expr, Scope, statements, walk


def owner(basis: Basis, place: Place) -> Answer:
    """Process, an instance (long-lived, short-lived or unknown), a call, or nobody."""
    scope = place.scope
    if scope.kind == "module":
        return Answer("process", word="the module")
    if scope.kind == "class":
        kind = lifetime(basis, scope)
        clues = (Clue(scope.stmt, "holder", "holder", {"class": scope.name}),) if scope.stmt is not None else ()
        if shared(basis, place):
            return Answer("process", clues, f"class `{scope.name}`")
        return Answer(kind, clues, f"`{scope.name}`")
    return Answer("call", word=f"`{scope.function.name}`") if scope.kind in ("function", "lambda", "comp") else NO


_HOMES = ("threading", "asyncio")
_LOCKS = tuple(f"{home}.{kind}" for home in _HOMES for kind in ("Lock", "RLock", "Condition"))
_SEMAPHORES = tuple(f"{home}.{kind}" for home in _HOMES for kind in ("Semaphore", "BoundedSemaphore"))


def is_lock(basis: Basis, expr: Expr | None) -> bool:
    """Is a lock made here: by a call, a name that is bound to one, or by what a default dict calls?"""
    if expr is not None and expr.op == "name":
        expr = basis.names.only_value(expr.text, expr.scope) or expr
    made = expr.args[0] if expr is not None and expr.op == "call" else expr
    return made is not None and basis.names.qualified(made) in (*_LOCKS, *_SEMAPHORES)


def guarded(basis: Basis, klass: Scope) -> bool:
    """Does it hold a lock? Then several threads or tasks share its instances, for longer than one call."""
    for binding in (b for name in klass.bindings for b in klass.bindings[name]):
        if binding.value is not None and any(basis.names.qualified(e) in _LOCKS for e in walk(binding.value)):
            return True
    inits = (m for m in klass.children if m.name == "__init__" and m.block is not None)
    return any(
        stmt.op == "assign"
        and stmt.value is not None
        and stmt.value.op == "call"
        and any(basis.names.qualified(e) in _LOCKS for e in stmt.value.args)
        for init in inits
        for stmt in statements(init.block)
    )


@once(meanwhile="instance")
def lifetime(basis: Basis, klass: Scope) -> OwnerKind:
    """By what constructs it, by its base classes, and last by its name; a part lives as long as the whole."""
    whole = basis.names.whole(klass)
    if whole is not None and (not is_data(basis, klass) or _lasting(basis, whole)):
        return lifetime(basis, whole)
    made = _constructed(basis, klass)
    if (_is_data(basis, klass) and made != {"module"}) or _for_test(basis, klass):
        return "short-lived instance"
    own = basis.own_row(klass)
    for row in (own, *(basis.apis.get(name) for name in basis.names.outside_bases(klass))):
        if row is not None and row.lifetime:
            long: OwnerKind = "instance" if _local(klass) else "long-lived instance"
            return long if row.lifetime == "long" else "short-lived instance"
    if "module" in made:
        return "long-lived instance"
    if _local(klass):
        return "short-lived instance"
    words = [source_name(b) for b in klass.bases] + [klass.name]
    for word in reversed(words):
        if basis.apis.means("short_lived_classes", word):
            # what is fed piece by piece lives as long as its stream does
            fed = any(basis.apis.means("feed_methods", m.name) for m in klass.children if m.kind == "function")
            lasts = fed or guarded(basis, klass) or (word != klass.name and _serves(basis, klass))
            return "instance" if lasts else "short-lived instance"
        if basis.apis.means("long_lived_classes", word):
            return "instance"  # by a name alone: long enough to keep, not enough to be certain
    if made == {"local"}:
        return "short-lived instance"
    return "instance"


def _serves(basis: Basis, klass: Scope) -> bool:
    """Is a method handed whom it is to work for, by a key? Then the object outlasts each of them, whatever the name of
    its base class says."""
    methods = (m for m in klass.children if m.kind == "function" and m.is_async)
    return any(basis.apis.means("open_keys", p.name) for m in methods for p in m.params)


def _for_test(basis: Basis, klass: Scope) -> bool:
    """By its name, or by where it stands: `shop.testing`, `shop.test_utils`."""
    parts = basis.module.name.split(".")
    return basis.apis.means("test_classes", klass.name) or any(basis.apis.means("test_modules", p) for p in parts)


def _local(klass: Scope) -> bool:
    """A class in a function: each call makes one anew, with all that its body holds."""
    return klass.parent is not None and klass.parent.kind == "function"


def _is_data(basis: Basis, klass: Scope) -> bool:
    """A data class, unless its methods act and its name or a lock says that it lasts."""
    if not is_data(basis, klass):
        return False
    acts = any(m.kind == "function" and not m.name.startswith("__") and not _reads(m) for m in klass.children)
    return not (acts and _lasting(basis, klass))


def _lasting(basis: Basis, klass: Scope) -> bool:
    """By its name, or because it holds a lock."""
    return guarded(basis, klass) or named_lasting(basis, klass)


def named_lasting(basis: Basis, klass: Scope) -> bool:
    """By the name of its class alone, which many a short-lived one has too."""
    return any(basis.apis.means(what, klass.name) for what in ("long_lived_classes", "active_classes"))


def _reads(method: Scope) -> bool:
    """A property or another way to make or read a record, not to change it."""
    decorators = {source_name(d) for d in method.stmt.decorators} if method.stmt is not None else set()
    return bool(decorators & {"property", "cached_property", "classmethod", "staticmethod"}) or method.name.startswith(
        ("to_", "as_", "from_", "get_", "is_")
    )


def _constructed(basis: Basis, klass: Scope) -> set[str]:
    """Where this module constructs the class: module, local (a name or expression that stays local), other."""
    if klass.parent is None or klass.parent.kind != "module":
        return set()
    found = set()
    for use in basis.all_uses(Place(klass.parent, (klass.name,))):
        if use.verb != "__call__":
            continue
        stmt = use.stmt
        if stmt.scope.kind == "module":
            found.add("module" if stmt.op == "assign" else "other")
        elif stmt.op == "assign" and stmt.targets[0].op == "name" and stmt.value is use.site:
            place = basis.names.place(stmt.targets[0])
            if place is None:
                continue
            if place.scope.kind == "module":
                found.add("module")
            else:
                kept = any(
                    u.role in ("bound", "element", "returned", "argument", "yielded") for u in basis.all_uses(place)
                )
                found.add("other" if kept else "local")
        elif use.site.parent is not None and use.site.parent.op == "attr":
            found.add("local")  # `Report(path).of(facts)`: gone with the expression
        else:
            found.add("other")
    return found
