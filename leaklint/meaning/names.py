"""Places: where a value is kept, through one-step aliases.

A place is a scope and a path from it. `self.items`, `cls.items` and `Hub.items` are one place, and so is a local name
that was bound once, to one of them.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from leaklint.meaning.parts import Parts
from leaklint.meaning.scopes import source_name, text_of
from leaklint.tree.ir import Binding, Expr, Module, Scope, is_none

ELEMENT = "[]"  # the path segment of "an entry of"
_ELEMENT_METHODS = ("get", "setdefault", "pop", "popitem", "popleft")
_VIEWS = ("values", "items", "copy")
_CONTAINERS = ("list", "dict", "set", "deque", "defaultdict", "OrderedDict", "Counter")
_ALIAS_STEPS = 4


@dataclass(frozen=True, slots=True)
class Place:
    """A scope and the path of attributes from it; a local or global name is a path of one."""

    scope: Scope
    path: tuple[str, ...]

    @property
    def text(self) -> str:
        """`Hub.sessions`, `CACHE`, `on_data.buffer`: unique within the module."""
        return ".".join([*([self.scope.qualname] if self.scope.kind != "module" else []), *self.path]).replace(
            f".{ELEMENT}", ELEMENT
        )

    @property
    def entry(self) -> Place:
        return Place(self.scope, (*self.path, ELEMENT))

    @property
    def is_attribute(self) -> bool:
        """An attribute of an instance or class."""
        return self.scope.kind == "class"

    @property
    def is_given(self) -> bool:
        """A parameter, or a part of one."""
        return any(p.name == self.path[0] for p in self.scope.params)


class Names(Parts):
    """The places of one module."""

    def __init__(self, module: Module) -> None:
        super().__init__(module)
        self._places: dict[int, Place | None] = {}
        self._instances: dict[tuple[Scope, str], Scope | None] = {}

    @cached_property
    def _homes(self) -> dict[tuple[Scope, str], Scope]:
        """For a class and an attribute: the top-most base of this module that mentions it."""
        mentioned: dict[Scope, set[str]] = {}
        for stmt in self.module.stmts:
            for expr in stmt.flat:
                if expr.op == "attr" and expr.args[0].op == "name":
                    klass = self.class_of(expr.args[0])
                    if klass is not None:
                        mentioned.setdefault(klass, set()).add(expr.text)
        homes: dict[tuple[Scope, str], Scope] = {}
        for scope in self.module.scopes:
            if scope.kind == "class":
                for base in [scope, *self.bases(scope)]:
                    for name in mentioned.get(base, set()) | set(base.bindings):
                        homes[scope, name] = base
        return homes

    # -- places --------------------------------------------------------------------------------------------------

    def attribute(self, klass: Scope, name: str) -> Place:
        """The place of an attribute of a class's instances."""
        return Place(self._homes.get((klass, name), klass), (name,))

    def place(self, expr: Expr | None) -> Place | None:
        """The place an expression refers to, through one-step aliases; None for anything else."""
        if expr is None:
            return None
        if id(expr) not in self._places:
            # leaklint: ignore[session-map-never-pruned] -- made anew for each file
            self._places[id(expr)] = self._place(expr, _ALIAS_STEPS)
        return self._places[id(expr)]

    def _place(self, expr: Expr, steps: int) -> Place | None:
        suffix: list[str] = []
        while True:
            looked_up = _getattr(expr)
            if expr.op == "attr" or looked_up:
                attribute, owner = (looked_up, expr.args[1]) if looked_up else (expr.text, expr.args[0])
                klass = self.class_of(owner) or self._instance_of(owner)
                if klass is not None:
                    home = self.attribute(klass, attribute)
                    return Place(home.scope, (*home.path, *reversed(suffix)))
                suffix.append(attribute)
                expr = owner
            elif expr.op == "sub" and not _cuts(expr):
                suffix.append(ELEMENT)
                expr = expr.args[0]
            elif _takes_entry(expr) and self._may_be_container(expr.args[0].args[0]):
                suffix.append(ELEMENT)
                expr = expr.args[0].args[0]
            elif expr.op in ("await", "starred"):
                expr = expr.args[0]
            elif expr.op == "walrus":
                expr = expr.args[1]
            else:
                break
        if expr.op != "name":
            return None
        where = self.scope_of(expr.text, expr.scope)
        if where is None:
            return None
        if where.kind in ("function", "comp", "lambda") and steps:
            target = self._alias(expr, where, steps)
            if target is not None:
                return Place(target.scope, (*target.path, *reversed(suffix)))
        return Place(where, (expr.text, *reversed(suffix)))

    def _instance_of(self, expr: Expr) -> Scope | None:
        """The class of this module that a global or attribute was made of once, or that a parameter is said to be."""
        if expr.op == "attr":
            holder = self.class_of(expr.args[0])
            return self.parts.get((holder, expr.text)) if holder is not None else None
        if expr.op != "name":
            return None
        key = expr.scope, expr.text
        if key not in self._instances:
            # leaklint: ignore[session-map-never-pruned] -- made anew for each file
            self._instances[key] = self._made_of(expr)
        return self._instances[key]

    def _made_of(self, expr: Expr) -> Scope | None:
        real = [b for b in self.bindings(expr.text, expr.scope) if b.how not in ("annotation", "del")]
        if len(real) != 1:
            return None
        made = real[0].value if real[0].exact and real[0].stmt.scope.kind == "module" else None
        told = real[0].param.annotation if real[0].param is not None else None
        named = made.args[0] if made is not None and made.op == "call" else told
        klass = self.local(named) if named is not None and named is not expr else None
        return klass if klass is not None and klass.kind == "class" else None

    def _may_be_container(self, expr: Expr) -> bool:
        """Is a receiver of `get` or `pop` not plainly something else: a module, or what some other class made?"""
        if expr.op != "name":
            return True
        found = self.bindings(expr.text, expr.scope)
        if any(b.how in ("import", "with", "class", "def") for b in found):
            return False
        made = [b.value for b in found if b.exact and b.value is not None]
        while any(v.op == "await" for v in made):
            made = [v.args[0] if v.op == "await" else v for v in made]
        calls = [source_name(v) for v in made if v.op == "call" and v.args[0].op in ("name", "attr")]
        return not (calls and len(calls) == len(made) and all(c[:1].isupper() and "Dict" not in c for c in calls))

    def _alias(self, expr: Expr, where: Scope, steps: int) -> Place | None:
        """The attribute, global or entry that a local name was bound to, if all of its bindings agree."""
        found = [
            b
            for b in self.all_bindings(where, expr.text)
            if not is_none(b.value) and b.how not in ("del", "annotation")
        ]
        if not found or len(found) > 3:
            return None
        places = [self._bound_place(b, steps - 1) for b in found]
        looked_up = [p for p in places if p is not None]
        targets = {
            p or (self._stored(b, expr, steps - 1) if looked_up else None) for p, b in zip(places, found, strict=True)
        }
        target = targets.pop()
        if targets or target is None or (target.scope is where and target.path[:1] == (expr.text,)):
            return None
        return target if target.scope.kind in ("class", "module") or len(target.path) > 1 else None

    def _bound_place(self, binding: Binding, steps: int) -> Place | None:
        value = binding.value if binding.param is None else _kept(binding)
        if value is None:
            return None
        if binding.how in ("for", "comp"):
            return self._entry(value, binding.target, steps)
        if not binding.exact:
            part = _part(value, binding.target)  # `ws, self.ws = self.ws, None`
            return self._place(part, steps) if part is not None else None
        return self._place(value, steps) if value.op in ("name", "attr", "sub", "call") else None

    def _stored(self, binding: Binding, name: Expr, steps: int) -> Place | None:
        """Where what a name is bound to is stored at once: `items = []`, then `self.by_key[key] = items`."""
        home, made = binding.stmt.parent, binding.stmt
        if home is None or made.op != "assign" or not binding.exact or not _new_container(binding.value):
            return None
        if len(made.targets) > 1:  # `items = self.by_key[key] = []`
            return next((self._place(t, steps) for t in made.targets if t.op == "sub"), None)
        behind = bisect_right(home.stmts, made.ordinal, key=lambda s: s.ordinal)
        after = home.stmts[behind] if behind < len(home.stmts) else None
        value = after.value if after is not None and after.op == "assign" else None
        if after is None or value is None or value.op != "name" or value.text != name.text:
            return None
        return next((self._place(t, steps) for t in after.targets if t.op == "sub"), None)

    def _entry(self, iterated: Expr, index: str, steps: int) -> Place | None:
        """What a loop variable stands for: an entry of what is iterated (not a dict's keys)."""
        while (
            iterated.op == "call"
            and len(iterated.args) == 2
            and source_name(iterated.args[0]) in ("list", "tuple", "reversed", "sorted", "set")
        ):
            iterated = iterated.args[1]
        if (
            iterated.op == "call"
            and iterated.args[0].op == "attr"
            and iterated.args[0].text in _VIEWS
            and len(iterated.args) == 1
        ):
            if iterated.args[0].text == "items" and index != "1.":
                return None
            iterated, index = iterated.args[0].args[0], ""
        if index or iterated.op not in ("name", "attr"):
            return None
        base = self._place(iterated, steps)
        return base.entry if base is not None else None


def _new_container(value: Expr | None) -> bool:
    """A display, or a call of a container of the standard library."""
    if value is None or value.op != "call":
        return value is not None and value.op in ("list", "dict", "set")
    return source_name(value) in _CONTAINERS


def _kept(binding: Binding) -> Expr | None:
    """What a function within another keeps for itself: `def done(task, tasks=self._tasks)`."""
    default = binding.param.default if binding.param is not None else None
    return default if default is not None and default.scope.kind == "function" else None


def _part(display: Expr, index: str) -> Expr | None:
    """What stands at an index, `1.`, of a tuple: a name or an attribute."""
    number = index.rstrip(".")
    found = (
        display.args[int(number)]
        if display.op == "tuple" and number.isdigit() and display.args[int(number) :]
        else None
    )
    return found if found is not None and found.op in ("name", "attr") else None


def _takes_entry(expr: Expr) -> bool:
    """`xs.get(k)`, `xs.pop(k)`: by its form an entry of a container."""
    if expr.op != "call" or expr.args[0].op != "attr" or expr.args[0].text not in _ELEMENT_METHODS:
        return False
    awaited = expr.parent is not None and expr.parent.op == "await"
    return not awaited and len(expr.args) <= 3 and not any(n not in ("", "default") for n in expr.names)


def _cuts(sub: Expr) -> bool:
    """`xs[1:]`: a new list, not an entry of the old one."""
    return len(sub.args) == 2 and sub.args[1].op == "slice"


def _getattr(expr: Expr) -> str:
    """The attribute that `getattr(x, "attribute", ...)` reads; empty for anything else."""
    if expr.op != "call" or len(expr.args) < 3 or expr.args[0].text != "getattr":
        return ""
    name = text_of(expr.args[2])
    return name if name.isidentifier() else ""
