"""Every use of every place, with syntax spelled as method calls: `d[k] = v` is a use of `d` by `__setitem__`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from leaklint.meaning.names import Names, Place
from leaklint.tree.ir import Expr, Module, Stmt, flat_of, outermost

# Roles of a value that is read without a method being called on it.
#   argument bound returned yielded element formatted operand key tested raised discarded other
_INPLACE = {
    "AddAssign": "__iadd__", "SubtractAssign": "__isub__", "BitOrAssign": "__ior__", "BitAndAssign": "__iand__",
    "BitXorAssign": "__ixor__", "MultiplyAssign": "__imul__",
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """One use. `verb` is a method, a syntax method, `bind`, `del`, or empty when the value is only read in `role`.

    `site` is the expression whose value matters afterwards: the call, the subscript, or the reference itself.
    """

    place: Place
    verb: str
    expr: Expr
    site: Expr
    stmt: Stmt
    role: str = ""
    key: Expr | None = None
    value: Expr | None = None

    @property
    def function(self) -> str:
        return self.stmt.scope.function.qualname


def _targets(stmt: Stmt) -> Iterator[tuple[Expr, Expr | None]]:
    """Single targets that a statement binds, each with the value it gets where that is one expression."""
    pairs: list[tuple[Expr, Expr | None]] = []
    if stmt.op == "assign" and stmt.value is not None:  # an annotation alone binds nothing
        pairs = [(t, stmt.value) for t in stmt.targets]
    elif stmt.op == "for":
        pairs = [(t, None) for t in stmt.targets]
    elif stmt.op == "with":
        pairs = [(t, v) for v, t in stmt.items if t is not None]
    while pairs:
        target, value = pairs.pop()
        if target.op in ("tuple", "list"):
            apart = value is not None and value.op in ("tuple", "list") and len(value.args) == len(target.args)
            pairs += [
                (part, value.args[i] if apart and value is not None else None) for i, part in enumerate(target.args)
            ]
        elif target.op == "starred":
            pairs.append((target.args[0], None))
        else:
            yield target, value


def _unpacked(stmt: Stmt, display: Expr) -> bool:
    """Is a tuple taken apart where it stands: `ws, self.ws = self.ws, None`?"""
    return all(t.op == "tuple" and len(t.args) == len(display.args) for t in stmt.targets)


class _Collector:
    def __init__(self, names: Names, acting: Mapping[str, str]) -> None:
        self.names = names
        self.acting = acting
        self.found: list[Use] = []

    def add(
        self,
        place: Place | None,
        verb: str,
        expr: Expr,
        site: Expr,
        role: str = "",
        key: Expr | None = None,
        value: Expr | None = None,
    ) -> None:
        if place is not None:
            self.found.append(Use(place, verb, expr, site, expr.stmt, role, key, value))

    def stmt(self, stmt: Stmt) -> None:
        bound = {id(target): value for target, value in _targets(stmt)}
        for expr in flat_of(stmt):
            if expr.op in ("name", "attr", "sub") or (
                expr.op == "call" and (expr.args[0].op == "attr" or expr.args[0].text == "getattr")
            ):
                self.expr(expr, stmt, bound)

    def expr(self, expr: Expr, stmt: Stmt, bound: dict[int, Expr | None]) -> None:
        parent = expr.parent
        if parent is not None and parent.args[0] is expr:
            if parent.op == "attr":
                call = parent.parent
                if call is not None and call.op == "call" and call.args[0] is parent:
                    self.method(expr, parent.text, call)
                return
            if parent.op == "sub":
                self.subscript(expr, parent, stmt, bound)
                return
            if parent.op == "call" and expr.op != "call":
                if expr.op == "name":
                    self.add(self.names.place(expr), "__call__", expr, parent)
                return
        if id(expr) in bound:
            place, value = self.names.place(expr) if expr.op != "name" else self._own(expr), bound[id(expr)]
            appends = (
                value is not None
                and value.op == "binary"
                and value.text == "Add"
                and any(self.names.place(a) == place for a in value.args)
            )
            self.add(place, "__iadd__" if appends else "bind", expr, expr, value=value)
        elif stmt.op == "augassign" and expr is stmt.targets[0]:
            self.add(self.names.place(expr), _INPLACE.get(stmt.text, "__iop__"), expr, expr, value=stmt.value)
        elif stmt.op == "del" and expr in stmt.targets:
            if expr.op != "sub":
                self.add(self.names.place(expr), "del", expr, expr)
        else:
            self.read(expr, stmt)

    def _own(self, name: Expr) -> Place | None:
        """The name itself: what is bound here is the name, not what it was an alias of."""
        where = self.names.scope_of(name.text, name.scope)
        return Place(where, (name.text,)) if where is not None else None

    def method(self, receiver: Expr, verb: str, call: Expr) -> None:
        if self.names.class_of(receiver) is not None:
            return  # a call of an own method is no use of a place
        given = [a for a, name in zip(call.args, call.names, strict=True) if name in ("", "*")][1:]
        args = given or call.args[1:]  # `put(item, timeout=5)`
        entry = args[0] if args and args[0].op == "dict" and verb == "update" else None  # `update({key: value})`
        verb = ".bind" if verb == "bind" else verb  # `sock.bind(address)` binds no name
        self.add(
            self.names.place(receiver),
            verb,
            receiver,
            call,
            key=entry.args[0] if entry is not None and entry.args else args[0] if args else None,
            value=args[-1] if args else None,
        )

    def subscript(self, container: Expr, sub: Expr, stmt: Stmt, bound: dict[int, Expr | None]) -> None:
        key = sub.args[1] if len(sub.args) > 1 else None
        if len(sub.args) > 2:  # `d[a, b]`
            key = Expr("tuple", "", sub.args[1:], sub.scope, stmt, parent=sub)
        verb, value = "__getitem__", None
        if id(sub) in bound:
            verb, value = "__setitem__", bound[id(sub)]
        elif stmt.op == "augassign" and sub is stmt.targets[0]:
            verb, value = "__setitem__", stmt.value
        elif stmt.op == "del" and sub in stmt.targets:
            verb = "__delitem__"
        self.add(self.names.place(container), verb, container, sub, key=key, value=value)

    def read(self, expr: Expr, stmt: Stmt) -> None:
        place = self.names.place(expr)
        if place is None:
            return
        top = outermost(expr)
        parent = top.parent
        if parent is None:
            self.top_level(place, expr, top, stmt)
        elif parent.op == "call":
            callee = parent.args[0]
            if callee.op == "name" and callee.text == "len":
                self.add(place, "__len__", expr, parent)
            elif callee.op == "name" and callee.text in _ASKING:
                self.add(place, "", expr, parent, "tested")
            elif expr in parent.args[1:2] and (verb := self.acts(callee)):
                given = parent.args[2:3]  # `heappush(self.heap, item)` is `self.heap.append(item)`
                self.add(place, verb, expr, parent, key=given[0] if given else None, value=given[0] if given else None)
            else:
                self.add(place, "", expr, parent, "argument", value=top)
        elif parent.op == "compare":
            right = parent.text.split()[0] in ("In", "NotIn") and top is not parent.args[0]
            self.add(
                place, "__contains__" if right else "", expr, parent, "tested", key=parent.args[0] if right else None
            )
        elif parent.op == "comp":
            loops = top in parent.args[: len(parent.targets)] or any(top is a for a in parent.args[:1])
            self.add(place, "__iter__" if loops else "", expr, parent, "element")
        elif parent.op == "tuple" and parent is stmt.value and stmt.op == "assign" and _unpacked(stmt, parent):
            self.add(place, "", expr, top, "bound")
        else:
            role = _ROLES.get(parent.op, "other")
            if parent.op == "sub":
                role = "key"
            self.add(place, "", expr, parent, role)

    def acts(self, callee: Expr) -> str:
        """The method whose work a function does on its first argument; empty for other functions."""
        name = self.names.qualified(callee) if self.acting else None
        return self.acting.get(name, "") if name is not None else ""

    def top_level(self, place: Place, expr: Expr, top: Expr, stmt: Stmt) -> None:
        if stmt.op == "for" and top is stmt.value:
            self.add(place, "__iter__", expr, top)
        elif stmt.op == "with" and any(top is item for item, _ in stmt.items):
            self.add(place, "__aexit__" if stmt.is_async else "__exit__", expr, top)
        elif stmt.op in ("assign", "augassign"):
            self.add(place, "", expr, top, "bound")
        else:
            role = {"return": "returned", "raise": "raised", "expr": "discarded"}.get(stmt.op, "tested")
            self.add(place, "", expr, top, role)


_ASKING = ("isinstance", "issubclass", "hasattr", "callable", "bool")  # what is given to them is asked, and not kept
_ROLES = {
    "tuple": "element", "list": "element", "set": "element", "dict": "element", "starred": "element",
    "yield": "yielded", "yieldfrom": "yielded", "lambda": "returned", "format": "formatted", "fstring": "formatted",
    "binary": "operand", "unary": "tested", "bool": "tested", "if": "tested", "slice": "key",
}  # fmt: skip


def collect(module: Module, names: Names, acting: Mapping[str, str]) -> dict[Place, list[Use]]:
    """All uses of a module by place, in source order; `acting` are functions that work as methods of what they are
    given."""
    bindings = (b for scope in module.scopes for found in scope.bindings.values() for b in found if b.how == "import")
    roots = {b.target.partition(".")[0] for b in bindings}
    collector = _Collector(names, {name: verb for name, verb in acting.items() if name.partition(".")[0] in roots})
    for stmt in module.stmts:
        collector.stmt(stmt)
    by_place: dict[Place, list[Use]] = {}
    for use in collector.found:
        by_place.setdefault(use.place, []).append(use)
    return by_place
