"""Instances that hold themselves: by a closure over `self`, an own bound method, or a container that they are put into.

Reference counting does not free what such a cycle holds; the garbage collector does, when it comes by.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from leaklint.answers.bulky import bulky
from leaklint.answers.driver import context
from leaklint.answers.holding.attributes import Held, module_instance
from leaklint.answers.instances import leaves
from leaklint.answers.listeners.referring import Whose, closing_over_instances, nested, refers
from leaklint.answers.listeners.reruns import reruns
from leaklint.answers.owner import lifetime
from leaklint.answers.shared import shared, singleton
from leaklint.meaning.basis import NO, Answer, Basis, Clue
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import CONSTRUCTORS
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt

_STORING = ("__setitem__", "append", "appendleft", "add", "insert")
_REMOVING = ("clear", "pop", "popitem", "popleft", "remove", "discard")


@dataclass(frozen=True, slots=True)
class Cycle:
    """`stmt` makes instances of `klass` hold themselves in `place`, through `value`.

    `kind`: closure, method, container, itself. `matters` says why it is worth a word: finalizer, resource, memory,
    number. `late` lets go of it in `__del__`, which the cycle itself holds up.
    """

    klass: Scope
    place: Place
    stmt: Stmt
    value: Expr
    kind: str
    matters: Answer
    defence: Answer
    late: Stmt | None
    function: Stmt | None  # the nested function that refers to the instance


def cycles(basis: Basis, resources: Collection[Held]) -> Iterator[Cycle]:
    """The first store of each attribute through which an instance holds itself, where that matters."""
    whose: Whose | None = None
    kept: dict[Scope, Answer] = {}
    for place, uses in basis.uses.items():
        if not place.is_attribute or len(place.path) != 1:
            continue
        for use in uses:
            if use.value is None or not _by_instance(use):
                continue
            klass = basis.names.class_of(use.expr.args[0])
            if whose is None:
                whose, kept = Whose(basis, closing_over_instances(basis)), _kept(basis, resources)
            kind = _holds(whose, use)
            if klass is None or not kind:
                continue
            matters = _matters(basis, klass, use.stmt, kept)
            if matters:
                gone = _let_go(whose, place, use.stmt, kind)
                late = next((s for s in gone if s.scope.function.name == "__del__"), None)
                defence = _defence(basis, klass, matters, [s for s in gone if s.scope.function.name != "__del__"])
                yield Cycle(klass, place, use.stmt, use.value, kind, matters, defence, late, nested(basis, use.value))
                break


def _by_instance(use: Use) -> bool:
    """A method stores it: in an attribute of its instance, or in the container that this holds."""
    return use.expr.op == "attr" and (use.verb == "bind" or use.verb in _STORING)


# -- what refers back -------------------------------------------------------------------------------------------------


def _holds(whose: Whose, use: Use) -> str:
    """How what is stored refers to the instance that stores it; empty where it does not."""
    if use.value is None or not whose.is_it(use.expr.args[0]):
        return ""
    if use.verb == "bind":
        return next((kind for part in leaves(use.value) if (kind := refers(whose, part))), "")
    return refers(whose, use.value) and "container" if own_container(whose.basis, use.place, use) else ""


def own_container(basis: Basis, place: Place, use: Use) -> bool:
    """Does the container belong to this instance alone? One that the module knows nothing of does by a written key."""
    made = list(basis.types.bound_values(place))
    rows = [basis.types.row(value) for value in made]
    if made:
        return all(r is not None and r.kind == "container" and not r.weak for r in rows) and not shared(basis, place)
    return use.key is not None and use.key.op == "const" and use.verb == "__setitem__"


# -- why it matters, and what takes it apart --------------------------------------------------------------------------


def _matters(basis: Basis, klass: Scope, stored: Stmt, kept: Mapping[Scope, Answer]) -> Answer:
    """A finalizer that waits, something large or open that stays, or instances without number."""
    for method in basis.names.methods(klass):
        if method.name == "__del__" and method.stmt is not None:
            return Answer("finalizer", (Clue(method.stmt, "holder", "finalizer"),))
    found = next((kept[k] for k in basis.names.family(klass) if k in kept), NO)
    return found or _many(basis, klass, stored)


def _kept(basis: Basis, resources: Collection[Held]) -> dict[Scope, Answer]:
    """Classes whose instances hold something open that they do not close, or a model, which rows call heavy."""
    found = {}
    for place, uses in basis.uses.items():
        for use in uses if place.is_attribute and len(place.path) == 1 else ():
            value = use.value if use.verb == "bind" else None
            row = basis.types.callee(value).row if value is not None and value.op == "call" else None
            if row is not None and row.heavy and row.kind == "function":
                found[place.scope] = _holding("memory", use.stmt, "model")
            elif value is not None and (word := _bulky(basis, place, value)):
                found[place.scope] = _holding("memory", use.stmt, word)
    for held in resources:
        if not held.defence and held.supposed is None:
            found[held.place.scope] = _holding("resource", held.acquired, held.row.noun)
    return found


def _bulky(basis: Basis, place: Place, value: Expr) -> str:
    """The class of a tensor, array or table, by the annotation of an attribute, or of the parameter that it is."""
    annotations = [basis.types.annotation(place)]
    if value.op == "name":
        bound = basis.names.bindings(value.text, value.scope)
        annotations += [b.param.annotation for b in bound if b.param is not None]
    return next((word for a in annotations if (word := bulky(basis, a))), "")


def _holding(kind: str, stmt: Stmt, noun: str) -> Answer:
    return Answer(kind, (Clue(stmt, "holder", "resource", {"what": noun}),), noun)


def _many(basis: Basis, klass: Scope, stored: Stmt) -> Answer:
    """Made in a loop, for each event, or to be entered, and holding itself from its birth on."""
    if context(basis, stored).kind != "once":
        return NO
    bases = basis.names.bases(klass)
    for made in (k for k in basis.names.family(klass) if k not in bases and k.parent is not None):
        for use in basis.all_uses(Place(made.parent, (made.name,))) if made.parent is not None else ():
            when = context(basis, use.stmt) if use.verb == "__call__" else NO
            again = when.kind == "loop" or (when.kind in ("event", "stream") and reruns(basis, use.stmt))
            entered = use.stmt.op == "with" and when.kind == "call"  # as often as somebody does so
            if again or entered:
                return Answer(when.kind, (Clue(use.stmt, "driver", "made"),), use.stmt.scope.function.name)
    return NO


def _let_go(whose: Whose, place: Place, stored: Stmt, kind: str) -> list[Stmt]:
    """Statements after which the attribute holds the instance no more, through whatever name they know it by."""
    basis, found = whose.basis, []
    for expr in basis.mentions(place.path[0]):
        stmt, function = expr.stmt, expr.stmt.scope.function
        before = function is stored.scope.function and stmt.ordinal <= stored.ordinal
        if expr.op != "attr" or before or function.name in CONSTRUCTORS or function.kind != "function":
            continue
        if _renewed(whose, expr) or stmt.op == "del" or (kind == "container" and _emptied(expr)):
            found.append(stmt)
    return found + [e.stmt for e in basis.mentions("__dict__") if e.parent is not None and e.parent.text == "clear"]


def _renewed(whose: Whose, attribute: Expr) -> bool:
    """Bound to something that does not refer to the instance."""
    stmt = attribute.stmt
    targets = (part for t in stmt.targets for part in (t.args if t.op in ("tuple", "list") else (t,)))
    bound = stmt.op == "assign" and stmt.value is not None and attribute in targets
    return bound and stmt.value is not None and not refers(whose, stmt.value)


def _emptied(attribute: Expr) -> bool:
    return attribute.parent is not None and attribute.parent.op == "attr" and attribute.parent.text in _REMOVING


def _defence(basis: Basis, klass: Scope, matters: Answer, gone: list[Stmt]) -> Answer:
    if gone:
        return Answer("broken", (Clue(gone[0], "released", "released"),))
    if basis.apis.means("test_classes", klass.name):
        return Answer("made for a test")
    lasting = matters.kind == "resource" and basis.apis.means("long_lived_classes", klass.name)
    if (
        lasting
        or lifetime(basis, klass) == "long-lived instance"
        or module_instance(basis, klass)
        or singleton(basis, klass)
    ):
        return Answer("lives as long as the process")
    return NO
