"""What a name stands for: bindings by Python's scope rules, imported names in full, the classes of a module."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator
from functools import cached_property

from leaklint.tree.ir import Binding, Expr, Module, Scope

CONSTRUCTORS = ("__init__", "__new__", "__post_init__", "__attrs_post_init__")
"""The methods in which an instance is made: its own, those of dataclasses, those of attrs."""

_ALIAS_STEPS = 4
_BUILTINS = frozenset(dir(builtins))


class Scopes:
    """Look-up of names and classes in one module. Pure but for its memory of what it has looked up."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self._bases: dict[Scope, list[Scope]] = {}
        self._classes: dict[tuple[Scope, str], Scope | None] = {}

    # -- bindings ------------------------------------------------------------------------------------------------

    def scope_of(self, name: str, scope: Scope) -> Scope | None:
        """The scope in which a name, used in `scope`, is bound; None for builtins and unknown names."""
        where: Scope | None = scope
        while where is not None:
            if where.elsewhere.get(name) == "global":
                return self.module.scope
            visible = where.kind != "class" or where is scope
            if visible and name in where.bindings and where.elsewhere.get(name) != "nonlocal":
                return where
            where = where.parent
        return None

    def bindings(self, name: str, scope: Scope) -> list[Binding]:
        """All bindings of a name as seen from `scope`, those made through `global` and `nonlocal` included."""
        where = self.scope_of(name, scope)
        return [] if where is None else self.all_bindings(where, name)

    def all_bindings(self, where: Scope, name: str) -> list[Binding]:
        own = where.bindings.get(name, [])
        rebound = self._rebound.get((where, name)) if self._rebound else None
        return [*own, *rebound] if rebound else own

    @cached_property
    def _rebound(self) -> dict[tuple[Scope, str], list[Binding]]:
        """Bindings made in other scopes through `global` and `nonlocal`."""
        found: dict[tuple[Scope, str], list[Binding]] = {}
        for scope in self.module.scopes:
            for name, how in scope.elsewhere.items():
                home = self.module.scope if how == "global" else self.scope_of(name, scope.parent or scope)
                if home is not None and home is not scope and name in scope.bindings:
                    found.setdefault((home, name), []).extend(scope.bindings[name])
        return found

    def only_value(self, name: str, scope: Scope) -> Expr | None:
        """The one expression a name is ever bound to, None counted out; None when there are several."""
        found = self.bindings(name, scope)
        values = [b for b in found if not (b.value is not None and b.value.op == "const" and b.value.text == "none")]
        real = [b for b in values if b.how not in ("annotation", "del")]
        return real[0].value if len(real) == 1 and real[0].exact else None

    # -- qualified names -----------------------------------------------------------------------------------------

    def qualified(self, expr: Expr | None, steps: int = _ALIAS_STEPS) -> str | None:
        """The public dotted name of what an expression refers to: `asyncio.Queue`, `builtins.open`.

        Names of this module are given as `.Name`. None when it is no plain reference to an importable thing.
        """
        path: list[str] = []
        while expr is not None and expr.op == "attr":
            path.append(expr.text)
            expr = expr.args[0]
        if expr is None or expr.op != "name":
            return None
        path.reverse()
        where = self.scope_of(expr.text, expr.scope)
        if where is None:
            return ".".join(["builtins", expr.text, *path]) if expr.text in _BUILTINS else None
        found = self.all_bindings(where, expr.text)
        imported = [b for b in found if b.how == "import"]
        if imported:
            return ".".join([imported[0].target, *path])
        if found and found[0].how in ("def", "class") and where.kind == "module":
            return ".".join(["", expr.text, *path])
        value = self.only_value(expr.text, expr.scope)
        if value is not None and value.op in ("name", "attr") and value is not expr:
            # `ct = asyncio.create_task`
            base = self.qualified(value, steps - 1) if steps else None
            return ".".join([base, *path]) if base else None
        return None

    def local(self, expr: Expr | None) -> Scope | None:
        """The function or class of this module that an expression names: `f`, `Hub`, `self.start`, `Hub.start`."""
        if expr is None:
            return None
        if expr.op == "name":
            for binding in self.bindings(expr.text, expr.scope):
                if binding.inner is not None:
                    return binding.inner
            return None
        if expr.op == "attr":
            home = self.class_of(expr.args[0])
            if home is not None and expr.args[0].op == "call" and source_name(expr.args[0]) == "super":
                return self._defined(self.bases(home), expr.text)
            return self.method(home, expr.text) if home is not None else None
        return None

    def method(self, klass: Scope, name: str) -> Scope | None:
        """The function or class that a class or its bases define under a name, else one that a subclass does."""
        found = self._defined([klass, *self.bases(klass)], name)
        return found if found is not None else self._defined(self._below.get(klass, ()), name)

    def _defined(self, classes: Iterable[Scope], name: str) -> Scope | None:
        return next((b.inner for k in classes for b in k.bindings.get(name, ()) if b.inner is not None), None)

    @cached_property
    def _below(self) -> dict[Scope, list[Scope]]:
        """Subclasses by plain name: enough for `self.hook()`, and free of look-ups that would come back here."""
        found: dict[Scope, list[Scope]] = {}
        classes = {s.name: s for s in self.module.scopes if s.kind == "class"}
        for scope in classes.values():
            for base in scope.bases:
                if base.op == "name" and base.text in classes and base.text != scope.name:
                    found.setdefault(classes[base.text], []).append(scope)
        return found

    # -- classes -------------------------------------------------------------------------------------------------

    def class_of(self, expr: Expr) -> Scope | None:
        """The class of this module that `self`, `self.__class__`, `cls`, `super()` or its own name stands for."""
        if expr.op == "call" and expr.args[0].op == "name" and expr.args[0].text in ("super", "type"):
            return self._own_class(expr.scope)
        if expr.op == "attr" and expr.text == "__class__":
            expr = expr.args[0]
        if expr.op != "name":
            return None
        key = expr.scope, expr.text
        if key not in self._classes:
            # leaklint: ignore[session-map-never-pruned] -- made anew for each file
            self._classes[key] = None  # what is made of itself is nothing
            self._classes[key] = self._named_class(expr)
        return self._classes[key]

    def _named_class(self, expr: Expr) -> Scope | None:
        found = self.bindings(expr.text, expr.scope)
        if not found:
            return None
        if found[0].how == "class" and len(found) == 1:
            return found[0].inner
        made = [b for b in found if b.how != "param"]
        if made:
            classes = {self._bare(b.value, expr.text) if b.exact else None for b in made}
            return classes.pop() if len(classes) == 1 else None
        if all(b.how == "param" for b in found):
            function = found[0].stmt.inner
            if function is not None and function.method_of and function.params and function.params[0].name == expr.text:
                decorated = {source_name(d) for d in function.stmt.decorators} if function.stmt else set()
                return None if "staticmethod" in decorated else function.method_of
            told = found[0].param.default if found[0].param is not None else None
            if told is not None and told.op == "name" and told.text == expr.text and told.scope is not expr.scope:
                return self.class_of(told)  # `def done(task, self=self)`
        return None

    def _bare(self, value: Expr | None, name: str) -> Scope | None:
        """The class of a bare instance: `super().__new__(cls)`, or what `super().init()` makes of `self` itself."""
        if value is None or value.op != "call" or value.args[0].op != "attr":
            return None
        maker, receiver = value.args[0], value.args[0].args[0]
        if (
            maker.text == "__new__"
            and len(value.args) > 1
            and value.args[1].op == "name"
            and value.args[1].text != name
        ):
            return self.class_of(value.args[1])
        function, klass = value.scope.function, self._own_class(value.scope)
        itself = function.method_of is klass and function.params and function.params[0].name == name
        return klass if itself and receiver.op == "call" and source_name(receiver.args[0]) == "super" else None

    def _own_class(self, scope: Scope) -> Scope | None:
        return scope.enclosing("class")

    def bases(self, klass: Scope) -> list[Scope]:
        """Base classes that stand in this module, nearest first, each once."""
        if klass not in self._bases:
            self._bases[klass] = []  # a class among its own bases has none
            self._bases[klass] = self._find_bases(klass)
        return self._bases[klass]

    def _find_bases(self, klass: Scope) -> list[Scope]:
        found, queue = {klass: None}, [klass]
        for one in queue:  # which grows meanwhile
            for base in one.bases:
                scope = self.local(base.args[0] if base.op == "sub" else base)  # `Hub[Message]`
                if scope is not None and scope.kind == "class" and scope not in found:
                    found[scope] = None
                    queue.append(scope)
        return queue[1:]

    @cached_property
    def _subclasses(self) -> dict[Scope, list[Scope]]:
        found: dict[Scope, list[Scope]] = {}
        for scope in self.module.scopes:
            if scope.kind == "class":
                for base in self.bases(scope):
                    found.setdefault(base, []).append(scope)
        return found

    def family(self, klass: Scope) -> list[Scope]:
        """A class, its bases and its subclasses in this module."""
        return [klass, *self.bases(klass), *self._subclasses.get(klass, ())]

    def outside_bases(self, klass: Scope) -> list[str]:
        """Qualified names of the base classes that stand elsewhere."""
        bases = (b for scope in [klass, *self.bases(klass)] for b in scope.bases)
        names = (self.qualified(b.args[0] if b.op == "sub" else b) for b in bases)
        return [n for n in names if n is not None and not n.startswith(".")]

    def methods(self, klass: Scope) -> list[Scope]:
        """Functions in the bodies of a class, its bases and its subclasses."""
        return [s for k in self.family(klass) for s in k.children if s.kind == "function"]


def source_name(expr: Expr | None) -> str:
    """The last identifier of a reference or call: `b` of `a.b(...)`."""
    while expr is not None and expr.op == "call":
        expr = expr.args[0]
    return expr.text if expr is not None and expr.op in ("name", "attr") else ""


def decorators(scope: Scope) -> frozenset[str]:
    """The last identifiers of what decorates a function or class."""
    return frozenset(source_name(d) for d in scope.stmt.decorators) if scope.stmt is not None else frozenset()


def is_property(function: Scope) -> bool:
    """Does an attribute of this name give what it returns?"""
    return any(name.endswith("property") for name in decorators(function))


def around(expr: Expr) -> Iterator[Expr]:
    """From the inside out: each expression that this one is a part of."""
    node = expr.parent
    while node is not None:
        yield node
        node = node.parent


def is_called(expr: Expr) -> bool:
    """Is a reference called where it stands?"""
    return expr.parent is not None and expr.parent.op == "call" and expr.parent.args[0] is expr


def text_of(expr: Expr | None) -> str:
    """What a string or bytes constant says, without its quotes; empty for anything else."""
    is_text = expr is not None and expr.op == "const" and expr.text in ("str", "bytes")
    return expr.value.lstrip("rbuRBU").strip("\"'") if expr is not None and is_text else ""
