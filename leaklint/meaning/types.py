"""What an expression is an instance of, as a row: by constructor, by annotation, by what a function here returns.

Nothing is guessed: no row means unknown, and that is a legal answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from leaklint.apis import Apis, Row
from leaklint.meaning.annotations import alternatives, generic, quoted_name
from leaklint.meaning.names import ELEMENT, Names, Place
from leaklint.meaning.scopes import source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, is_none, statements

_DEPTH = 6
_NESTED = 40  # look-ups within look-ups: a chain of a thousand calls must not exhaust the stack
_DISPLAYS = {
    "list": "builtins.list",
    "tuple": "builtins.tuple",
    "set": "builtins.set",
    "dict": "builtins.dict",
    "fstring": "builtins.str",
}
_CONSTANTS = {"str": "builtins.str", "bytes": "builtins.bytes"}


Infer = Callable[[Expr], tuple[str, ...]]  # the classes of a method call's receiver, where nothing here tells


@dataclass(frozen=True, slots=True)
class Callee:
    """What a call calls: a row's name, a method of a row's instance, a function or class of this module; or unknown."""

    name: str | None = None
    row: Row | None = None
    receiver: Row | None = None
    method: str = ""
    local: Scope | None = None


class Types:
    """Rows for expressions and places of one module; every answer is computed once."""

    def __init__(self, names: Names, apis: Apis, uses: Mapping[Place, list[Use]], infer: Infer) -> None:
        self.names, self.apis, self.uses, self._infer = names, apis, uses, infer
        self._rows: dict[int, Row | None] = {}
        self._places: dict[Place, Row | None] = {}
        self._callees: dict[int, Callee] = {}
        self._nested = 0
        self._annotations: dict[tuple[Scope, str], Expr] | None = None

    # -- calls ---------------------------------------------------------------------------------------------------

    def callee(self, call: Expr) -> Callee:
        found = self._callees.get(id(call))
        if found is None:
            found = self._callees[id(call)] = self._callee(call)
        return found

    def _callee(self, call: Expr) -> Callee:
        func = generic(call.args[0])
        name = self.names.qualified(func if func.op != "sub" else func.args[0])
        if func.op == "sub":  # `set[Task]()` makes a set, `create_memory_object_stream[str](0)` two ends of a channel
            row, name = self.apis.get(name), None
            if row is not None and row.kind in ("container", "function"):
                return Callee(None, row)
        if name is not None and not name.startswith("."):
            row = self.apis.get(name) or self._class_method(name)
            if row is not None:
                return Callee(name, row)
            if not name.startswith("builtins."):  # a project's own: `from app.log import logger`
                receiver = self.apis.get(name.rpartition(".")[0]) or self._by_custom(func)
                return self._called_itself(func, name) if receiver is None else Callee(name, None, receiver, func.text)
        local = self.names.local(func)
        if local is not None:
            return Callee(name, None, None, func.text if func.op == "attr" else "", local)
        if func.op == "attr":
            receiver = self.row(func.args[0])
            if receiver is None and func.text in self.apis.telling:
                receiver = next((r for c in self._infer(call) if (r := self.apis.get(c)) is not None), None)
            if receiver is not None:
                return Callee(name, None, receiver, func.text)
        return self._called_itself(func, name)

    def _called_itself(self, func: Expr, name: str | None) -> Callee:
        """What makes something by being called: `factory = sessionmaker(engine)`, `factory()`."""
        row = self.row(func) or self.apis.by_instance.get((name or "").rpartition(".")[2])
        if row is not None and "__call__" in row.makes:
            return Callee(name, None, row, "__call__")
        return Callee(name, method=func.text if func.op == "attr" else "")

    def _by_custom(self, func: Expr) -> Row | None:
        """The row that a receiver's name stands for, where nothing better is known."""
        return self.apis.by_instance.get(source_name(func.args[0])) if func.op == "attr" else None

    def _class_method(self, name: str) -> Row | None:
        """`datetime.datetime.now`: known when the method itself has a row."""
        head, _, method = name.rpartition(".")
        owner = self.apis.get(head)
        return self.apis.get(owner.makes.get(method)) if owner is not None and owner.kind != "function" else None

    def result(self, call: Expr, depth: int = _DEPTH) -> Row | None:
        """The row of what a call returns."""
        callee = self.callee(call)
        if callee.row is not None and callee.row.passes:
            return self.row(call.args[1], depth) if len(call.args) > 1 else None
        if callee.row is not None and callee.row.factory:
            maker = next((a for a, n in zip(call.args, call.names, strict=True) if n == callee.row.factory), None)
            if maker is not None and maker.op == "lambda":
                return self.row(maker.args[-1], depth)
            return self.apis.get(self.names.qualified(maker))
        if callee.row is not None and callee.row.returns:
            return self.apis.get(callee.row.returns)
        if callee.row is not None:
            return callee.row if callee.row.kind != "function" else None
        if callee.receiver is not None:
            made = callee.receiver.makes.get(callee.method)
            if made is not None:
                return self.apis.get(made)
            return None
        if callee.local is not None and callee.local.kind == "function" and depth > 0:
            return self._returned(callee.local, depth - 1)
        return None

    def returned(self, function: Scope) -> Row | None:
        """The row of what a function of this module returns."""
        return self._returned(function, _DEPTH)

    def _returned(self, function: Scope, depth: int) -> Row | None:
        """By its annotation, or the row that all of its returns agree on."""
        if function.is_generator:
            return None
        if function.stmt is not None and function.stmt.annotation is not None:
            row = self.annotated(function.stmt.annotation)
            if row is not None:
                return row
        rows = {
            self.row(s.value, depth)
            for s in statements(function.block)
            if s.op == "return" and s.value is not None and not is_none(s.value)
        }
        return rows.pop() if len(rows) == 1 else None

    # -- expressions ---------------------------------------------------------------------------------------------

    def row(self, expr: Expr | None, depth: int = _DEPTH) -> Row | None:
        """The row that an expression's value is an instance of."""
        if expr is None or depth < 0 or self._nested > _NESTED:
            return None
        if id(expr) not in self._rows:
            self._rows[id(expr)] = None  # a cycle answers unknown
            self._nested += 1
            self._rows[id(expr)] = self._row(expr, depth - 1)
            self._nested -= 1
        return self._rows[id(expr)]

    def _row(self, expr: Expr, depth: int) -> Row | None:
        if expr.op == "await":
            inner = self.row(expr.args[0], depth)
            local = self.callee(expr.args[0]).local if expr.args[0].op == "call" else None
            # what a task gives is not a task, but for a coroutine function of this module that returns one
            return inner if inner is None or inner.kind != "task" or (local is not None and local.is_async) else None
        if expr.op in ("starred", "walrus"):
            return self.row(expr.args[-1], depth)
        if expr.op == "if":
            return self.row(expr.args[0], depth) or self.row(expr.args[2], depth)
        if expr.op == "bool":
            return next((r for a in reversed(expr.args) if (r := self.row(a, depth)) is not None), None)
        if expr.op == "call":
            return self.result(expr, depth)
        if expr.op == "comp":
            return self.apis.get(f"builtins.{expr.text}")
        if expr.op == "const":
            return self.apis.get(_CONSTANTS.get(expr.text, ""))
        if expr.op in _DISPLAYS:
            return self.apis.get(_DISPLAYS[expr.op])
        if expr.op == "binary" and expr.text == "Divide":
            left = self.row(expr.args[0], depth)
            return self.apis.get(left.makes.get("__truediv__")) if left is not None else None
        if expr.op == "binary":
            return self.row(expr.args[0], depth) or self.row(expr.args[1], depth)
        if expr.op in ("name", "attr"):
            place = self.names.place(expr)
            row = self.place_row(place, depth) if place is not None else None
            row = row or self.apis.by_instance.get(expr.text)
            # by its form an entry, but `client.get(url)` may be a request
            entry = row is None and expr.op == "name" and place is not None and place.path[-1] == ELEMENT
            return self.row(self.names.only_value(expr.text, expr.scope), depth) if entry else row
        if expr.op == "sub" and len(expr.args) == 2 and expr.args[1].op == "const":
            return self.indexed(expr.args[0], expr.args[1].value)
        return None

    def indexed(self, value: Expr, index: str) -> Row | None:
        """An entry of a call that returns a tuple, which rows describe by index."""
        while value.op == "await":
            value = value.args[0]
        if value.op != "call":
            return None
        callee = self.callee(value)
        if callee.row is not None and callee.row.passes and len(value.args) > 1 and value.args[1].op == "call":
            callee = self.callee(value.args[1])  # `await wait_for(open_connection(host, 80), 5)`
        row = callee.row or (
            self.apis.get(callee.receiver.makes.get(callee.method)) if callee.receiver is not None else None
        )
        return self.apis.get(row.makes.get(index)) if row is not None and row.kind == "function" else None

    # -- places --------------------------------------------------------------------------------------------------

    def place_row(self, place: Place, depth: int = _DEPTH) -> Row | None:
        """The row of what a place holds: by annotation, else by what is bound to it."""
        if place not in self._places:
            self._places[place] = None
            self._places[place] = self._place_row(place, depth)
        return self._places[place]

    def _place_row(self, place: Place, depth: int) -> Row | None:
        if len(place.path) == 1:
            annotation = self.annotation(place)
            row = self.annotated(annotation) if annotation is not None else None
            if row is not None:
                # an annotation may name an interface where the constructor names the class
                born = next((r for v in self.bound_values(place) if (r := self.row(v, depth)) is not None), None)
                return born if born is not None and born.kind == row.kind else row
        for value in self.bound_values(place):
            row = self.row(value, depth)
            if row is not None:
                return row
        return self._unpacked(place)

    def bound_values(self, place: Place) -> Iterator[Expr]:
        """Every expression that is bound to a place as it is."""
        if len(place.path) == 1 and place.scope.kind != "class":
            for binding in self.names.all_bindings(place.scope, place.path[0]):
                whole = binding.exact or (binding.how == "with" and not binding.target)
                if whole and binding.value is not None:
                    yield binding.value
            return
        for use in self.uses.get(place, ()):
            if use.verb == "bind" and use.value is not None:
                yield use.value
        if place.is_attribute and len(place.path) == 1:
            for binding in place.scope.bindings.get(place.path[0], ()):
                if binding.exact and binding.value is not None:
                    yield binding.value

    def _unpacked(self, place: Place) -> Row | None:
        """`reader, writer = await open_connection()`."""
        if len(place.path) != 1:
            return None
        for use in self.uses.get(place, ()) if place.scope.kind == "class" else ():
            whole, value = use.expr.parent, use.stmt.value
            if use.verb == "bind" and value is not None and whole is not None and whole in use.stmt.targets:
                return self.indexed(value, str(whole.args.index(use.expr)))
        for binding in self.names.all_bindings(place.scope, place.path[0]):
            if binding.how == "assign" and binding.value is not None and binding.target.rstrip(".").isdigit():
                row = self.indexed(binding.value, binding.target.rstrip("."))
                if row is not None:
                    return row
        return None

    # -- annotations ---------------------------------------------------------------------------------------------

    def annotation(self, place: Place) -> Expr | None:
        """The annotation of a parameter, a name or an attribute."""
        if self._annotations is None:
            self._annotations = dict(self._collect())
        return self._annotations.get((place.scope, place.path[0]))

    def _collect(self) -> Iterator[tuple[tuple[Scope, str], Expr]]:
        for scope in self.names.module.scopes:
            for param in scope.params:
                if param.annotation is not None:
                    yield (scope, param.name), param.annotation
        for stmt in self.names.module.stmts:
            if stmt.annotation is not None and stmt.op == "assign":
                place = self.names.place(stmt.targets[0])
                if place is not None and len(place.path) == 1:
                    yield (place.scope, place.path[0]), stmt.annotation

    def annotated(self, annotation: Expr) -> Row | None:
        """The row that an annotation names, through Optional, unions, quotes and type arguments."""
        for node in alternatives(annotation):
            quoted = node.op == "const" and node.text == "str"
            row = self.apis.get(self._quoted(node) if quoted else self.names.qualified(node))
            if row is not None:
                return row
        return None

    def _quoted(self, node: Expr) -> str | None:
        """The name that a quoted annotation stands for: through an import, else a builtin's."""
        head, dot, rest = quoted_name(node).partition(".")
        where = self.names.scope_of(head, node.scope) if head else None
        bindings = self.names.all_bindings(where, head) if where is not None else ()
        imported = next((b.target for b in bindings if b.how == "import"), "builtins." + head)
        return imported + dot + rest if head else None
