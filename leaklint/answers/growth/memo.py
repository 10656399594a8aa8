"""Functions whose results are kept by their arguments: which cache, bounded or not, and what it keeps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leaklint.answers.bound import by_type
from leaklint.answers.shared import is_classmethod
from leaklint.apis import Row
from leaklint.meaning.basis import Answer, Basis, once
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import CONSTRUCTORS, decorators, source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Param, Scope, Stmt, is_none, source, statements, walk

FORGETS = ("cache_clear", "cache_invalidate")
_READING = ("__getitem__", "get", "")


@dataclass(frozen=True, slots=True)
class Memo:
    """A function with a cache, made by `made` in `stmt`; `klass` when its first parameter, an instance, is part of the
    key. `place` is where the cached function is found."""

    function: Scope
    stmt: Stmt
    made: Expr
    row: Row
    bound: Answer
    klass: Scope | None
    place: Place

    @property
    def asked(self) -> Place | None:
        """Where other files find it, to empty it."""
        return self.place if self.klass is None else None

    @property
    def is_property(self) -> bool:
        """Is it read without a call already?"""
        return any(source_name(d) == "property" for d in self.stmt.decorators)

    @property
    def params(self) -> tuple[Param, ...]:
        """The parameters that tell entries apart, the instance or class left out."""
        bound_first = self.function.method_of is not None and not _is_static(self.function)
        return self.function.params[1:] if bound_first else self.function.params


def memos(basis: Basis) -> Iterator[Memo]:
    """Every function of a module or class body that gets a cache: decorated, or `name = lru_cache(...)(function)`."""
    for stmt in basis.module.stmts:
        function = stmt.inner
        if stmt.op == "def" and function is not None:
            for decorator in stmt.decorators:
                row = basis.apis.get(basis.names.qualified(decorator.args[0] if decorator.op == "call" else decorator))
                if row is not None and row.memo:
                    yield _memo(basis, function, stmt, decorator, row, Place(stmt.scope, (stmt.text,)))
        elif stmt.op == "assign" and stmt.scope.kind in ("module", "class") and stmt.targets[0].op == "name":
            for made, row, cached in _applied(basis, stmt):
                yield _memo(basis, cached, stmt, made, row, Place(stmt.scope, (stmt.targets[0].text,)))


def _memo(basis: Basis, function: Scope, stmt: Stmt, made: Expr, row: Row, place: Place) -> Memo:
    return Memo(function, stmt, made, row, by_type(basis, row, (made,)), _instance_in_key(basis, function, made), place)


def _applied(basis: Basis, stmt: Stmt) -> Iterator[tuple[Expr, Row, Scope]]:
    """`lru_cache(maxsize=None)(function)`, `cache(function)`: the cache, its row, the function."""
    for call in (e for e in stmt.flat if e.op == "call" and len(e.args) == 2):
        made = call.args[0]
        row = basis.apis.get(basis.names.qualified(made.args[0] if made.op == "call" else made))
        given = call.args[1]
        function = given.inner if given.op == "lambda" else basis.names.local(given)
        if row is not None and row.memo and function is not None and function.kind in ("function", "lambda"):
            yield made, row, function


def _instance_in_key(basis: Basis, function: Scope, made: Expr) -> Scope | None:
    klass = function.method_of
    if klass is None or not function.params or function.params[0].name == "cls":
        return None
    if is_classmethod(function) or _is_static(function):
        return None
    if made.op == "call" and not {"key", "key_func"}.isdisjoint(made.names):
        return None  # a key of its own
    return None if _members_are_fixed(basis, klass) else klass


def _is_static(function: Scope) -> bool:
    return "staticmethod" in decorators(function)


def _members_are_fixed(basis: Basis, klass: Scope) -> bool:
    """Enum members live as long as their class, whoever keeps them."""
    names = [*basis.names.outside_bases(klass), *(source_name(b) for b in klass.bases)]
    return any(n.startswith("enum.") or n in ("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag") for n in names)


def forgotten(basis: Basis, memo: Memo) -> Use | None:
    """A use that empties the cache: `function.cache_clear()`."""
    return next((u for u in basis.all_uses(memo.place) if u.verb in FORGETS), None)


def gives(memo: Memo) -> bool:
    """Does the function give anything back, or is it called for what it does?"""
    inside = statements(memo.function.block)
    given = any(s.op == "return" and s.value is not None and not is_none(s.value) for s in inside)
    return memo.function.block is None or given or any(e.op == "yield" for s in inside for e in s.flat)


def holds_nothing(basis: Basis, klass: Scope) -> bool:
    """Has an instance nothing but the methods of its class, and no base class or decorator that may give it more?"""
    if klass.bases or klass.stmt is None or klass.stmt.decorators:
        return False
    inside = (e for method in klass.children for stmt in statements(method.block) for e in stmt.flat if e.op == "attr")
    return all(e.text in klass.bindings for e in inside if basis.names.class_of(e.args[0]) is klass)


def is_tuple(basis: Basis, klass: Scope) -> bool:
    """A named tuple: equal ones are one entry, and none has attributes that could be set in `__init__`."""
    made = (b.args[0] if b.op == "call" else b for b in klass.bases)
    return any((basis.names.qualified(b) or "").endswith((".NamedTuple", ".namedtuple")) for b in made)


def kept_object(basis: Basis, memo: Memo) -> str:
    """The parameter by which an object with a life of its own gets into the key: its name says so, and the function
    takes something from it; or it is an instance that a method hands over whole. Empty when there is none."""
    for param in memo.params:
        place = Place(memo.function, (param.name,))
        named = basis.apis.means("kept_objects", param.name) and not _plain(basis, param)
        if (named and taken_apart(basis, place)) or _given_itself(basis, memo, param):
            return param.name
    return ""


def _plain(basis: Basis, param: Param) -> bool:
    """Annotated as text, a number or the like."""
    names = (basis.names.qualified(e) or "" for e in (walk(param.annotation) if param.annotation is not None else ()))
    return any(n.startswith("builtins.") and n != "builtins.object" for n in names)


_OF_TEXT = frozenset(dir(str)) | frozenset(dir(bytes)) | frozenset(dir(tuple)) | frozenset(dir(int))


def taken_apart(basis: Basis, place: Place) -> bool:
    """Are attributes read or methods called that text, numbers and tuples do not have?"""
    attributes = (e.parent for e in basis.mentions(place.path[0]) if e.parent is not None and e.parent.op == "attr")
    return any(a.text not in _OF_TEXT and basis.names.place(a.args[0]) == place for a in attributes)


def an_object(basis: Basis, key: Expr | None) -> bool:
    """Does a key go by a name of which the function takes something that text, numbers and tuples do not have?"""
    return key is not None and key.op == "name" and _taken_apart_in(basis, key.text, key.scope.function)


@once(meanwhile=False)
def _taken_apart_in(basis: Basis, name: str, function: Scope) -> bool:
    parents = (e.parent for e in basis.mentions(name) if e.op == "name" and e.scope.function is function)
    return any(a is not None and a.op == "attr" and a.text not in _OF_TEXT for a in parents)


def _given_itself(basis: Basis, memo: Memo, param: Param) -> bool:
    """Is the function called with `self`?"""
    index = memo.params.index(param) + 1
    for use in basis.all_uses(memo.place):
        given = use.site.args[index] if use.verb == "__call__" and len(use.site.args) > index else None
        if given is None or given.op != "name" or use.site.names[index]:
            continue
        klass, function = basis.names.class_of(given), use.stmt.scope.function
        itself = klass is not None and given.text != klass.name and not is_classmethod(function)
        if klass is not None and itself and not _members_are_fixed(basis, klass):
            return True
    return False


def memoises(basis: Basis, place: Place, stored: Use) -> bool:
    """Is the container looked up and returned from in the function that stores into it? A registry is not."""
    function = stored.stmt.scope.function
    if function.kind != "function":
        return False
    here = [u for u in basis.all_uses(place) if u.stmt.scope.function is function and u is not stored]
    looks = (
        any(u.verb in ("__contains__", "get", "__getitem__", "setdefault") for u in here) or stored.verb == "setdefault"
    )
    if not looks:
        return False
    kept = {source(e) for e in (*_parts(stored.value), *stored.stmt.targets)}
    params = {p.name for p in function.params}
    given = stored.value is not None and stored.value.op == "name" and stored.value.text in params
    returned = (s.value for s in statements(function.block) if s.op == "return" and s.value is not None)
    parts = [part for value in returned for part in _parts(value)]
    kept_back = any(source(p) in kept or any(basis.names.place(e) == place for e in walk(p)) for p in parts)
    return not given and (kept_back or _made_when_missing(basis, stored, here))


def recomputes(basis: Basis, stored: Use) -> bool:
    """Is what is stored worked out by a call that does nothing else, and no object with a state of its own?"""
    made = _made(basis, stored)
    acts = basis.apis.means("effect_functions", stored.stmt.scope.function.name)
    return made is not None and not acts and _computes(basis, made) and not stateful(basis, stored)


def stateful(basis: Basis, stored: Use) -> bool:
    """Is it an object that works or counts, or a new container: one that is made again begins anew?"""
    made = _made(basis, stored)
    if made is None or made.op != "call":
        return made is not None and made.op in ("list", "dict", "set") and not made.args
    row = basis.types.row(made)
    return _acts(basis, made) or (row is not None and row.kind == "container" and len(made.args) == 1)


def _made(basis: Basis, stored: Use) -> Expr | None:
    value = stored.value
    named = basis.names.only_value(value.text, value.scope) if value is not None and value.op == "name" else value
    return named.args[0] if named is not None and named.op == "await" else named


def _acts(basis: Basis, made: Expr) -> bool:
    """An object that works or counts, by the name of its class or because its methods change it."""
    name, klass = source_name(made), basis.names.local(made.args[0])
    if any(basis.apis.means(what, name) for what in ("active_classes", "long_lived_classes", "cache_names")):
        return True
    return klass is not None and klass.kind == "class" and klass in _changing(basis)


@once(meanwhile=frozenset())
def _changing(basis: Basis) -> frozenset[Scope]:
    """The classes whose methods, beside the constructor, change what their instances have."""
    return frozenset(
        place.scope
        for place, uses in basis.uses.items()
        if place.scope.kind == "class"
        and any(
            u.verb not in ("__getitem__", "get", "") and u.stmt.scope.function.name not in CONSTRUCTORS for u in uses
        )
    )


def _made_when_missing(basis: Basis, stored: Use, here: Sequence[Use]) -> bool:
    """`rule = RULES.get(key)`, and where there is none `rule = RULES[key] = compile(key)`: then it is used here."""
    bound = [*stored.stmt.targets, stored.value] if stored.stmt.op == "assign" else [stored.value]
    names = {e.text for e in bound if e is not None and e.op == "name"}
    made = [stored.value, *(b.value for n in names for b in basis.names.bindings(n, stored.expr.scope) if b.exact)]
    if not any(m is not None and _computes(basis, m) for m in made):
        return False
    looks = [u for u in here if u.verb in ("get", "__getitem__") and source(u.key) == source(stored.key)]
    again = any(t.op == "name" and t.text in names for u in looks if u.stmt.op == "assign" for t in u.stmt.targets)
    asked = any(source(u.key) == source(stored.key) and u.stmt.op == "if" for u in here if u.verb == "__contains__")
    return again or (asked and any(u.stmt.ordinal > stored.stmt.ordinal for u in looks))


def _computes(basis: Basis, value: Expr) -> bool:
    """A call that does not just make a new container or an empty object."""
    value = value.args[0] if value.op == "await" else value
    told = value.op == "call" and (len(value.args) > 1 or value.args[0].op == "attr")
    row = basis.types.row(value) if told else None
    return told and (row is None or row.kind != "container")


def _parts(value: Expr | None) -> Iterator[Expr]:
    """A value, what a tuple of it holds, and what an attribute is taken from: `entry` of `(entry.key, entry.chain)`."""
    found: list[Expr | None] = [value, *value.args] if value is not None and value.op == "tuple" else [value]
    for part in found:
        if part is not None:
            yield part
            found += part.args[:1] if part.op == "attr" else ()
