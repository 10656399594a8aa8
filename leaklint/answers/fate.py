"""What a use does to a resource: releases it, hands it over, binds the name anew, or merely borrows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from leaklint.apis import Row
from leaklint.basis import Basis
from leaklint.ir import Expr, Scope, statements
from leaklint.names import Place
from leaklint.types import Callee
from leaklint.uses import Use

Fate = Literal["release", "escape", "rebind", "borrow"]

_HANDED_OVER = ("returned", "element", "bound", "other")
_DEPTH = 3


def fate(basis: Basis, use: Use, row: Row, depth: int = _DEPTH) -> Fate:
    """The fate of a resource of type `row` by one use of the place that holds it."""
    if use.verb in ("__exit__", "__aexit__"):
        return "borrow" if row.exit_keeps_open else "release"
    if use.verb in row.release:
        return "release"
    if use.verb in row.quiet:
        return "borrow"  # `process.kill()`: somebody still has to wait for it
    if basis.apis.means("end_of_life_methods", use.verb):
        return "release"
    if use.verb in ("bind", "del"):
        same = use.value is not None and basis.names.place(use.value) == use.place
        return "borrow" if same else "rebind"
    if use.verb:
        return "borrow"
    if use.role == "argument":
        return _argument(basis, use, row, depth)
    if use.role == "yielded":
        return "borrow" if lends(use) else "escape"
    if use.role == "bound" and any(basis.names.place(t) == use.place for t in use.stmt.targets):
        return "borrow"  # `self.session = self.session or ClientSession()`
    return "escape" if use.role in _HANDED_OVER else "borrow"


def lends(use: Use) -> bool:
    """Does the function hand its value out by `yield` and take it back, as a context manager or fixture does?"""
    return bool(_decorated(use.stmt.scope.function) & {"contextmanager", "asynccontextmanager", "fixture"})


def manages(function: Scope) -> bool:
    """A generator that is a context manager: its `yield` raises what the `with` block raises. A fixture's does not."""
    return bool(_decorated(function) & {"contextmanager", "asynccontextmanager"})


def _decorated(function: Scope) -> set[str]:
    decorators = function.stmt.decorators if function.stmt is not None else ()
    return {e.text for d in decorators for e in _reference(d)}


def _reference(expr: Expr) -> Iterator[Expr]:
    while expr.op in ("call", "attr"):
        yield expr
        expr = expr.args[0]
    yield expr


def _argument(basis: Basis, use: Use, row: Row, depth: int) -> Fate:
    call = use.site
    callee = basis.types.callee(call)
    if callee.local is not None and depth > 0:
        param = parameter(callee.local, call, use.value)
        return _summary(basis, callee.local, param, row, depth - 1) if param is not None else "borrow"
    if callee.row is not None and callee.row.ends_argument:
        return "release"
    if row.spawn and callee.receiver is not None and callee.method in callee.receiver.spawn:
        return "borrow"  # `loop.run_in_executor(pool, f)`
    return "escape" if takes_over(callee) else "borrow"


def takes_over(callee: Callee) -> bool:
    """Does a call keep what it is given? What is unknown may."""
    if callee.row is not None:
        return callee.row.takes
    if callee.receiver is not None:
        return callee.method in callee.receiver.own or callee.method in callee.receiver.grow
    return True


def parameter(local: Scope, call: Expr, value: Expr | None) -> Place | None:
    """The parameter of a function of this module that an argument of a call is bound to."""
    function = local
    skip = 0
    if local.kind == "class":
        init = next((c for c in local.children if c.name == "__init__"), None)
        if init is None:
            return None
        function, skip = init, 1
    elif local.method_of is not None and call.args[0].op == "attr":
        skip = 1
    for index, arg in enumerate(call.args[1:]):
        if arg is value:
            name = call.names[index + 1]
            if name and name[0] != "*":
                return next((Place(function, (p.name,)) for p in function.params if p.name == name), None)
            position = index + skip
            plain = [p for p in function.params if p.star != "**"]
            return (
                Place(function, (plain[position].name,)) if position < len(plain) and not plain[position].star else None
            )
    return None


def _summary(basis: Basis, local: Scope, param: Place, row: Row, depth: int) -> Fate:
    """What a function of this module does with the argument it gets."""
    if local.kind == "function" and local.is_generator and local.method_of is None and local.is_async:
        return "escape"
    fates = {fate(basis, use, row, depth) for use in resource_uses(basis, param, row)}
    return "release" if "release" in fates else "escape" if "escape" in fates else "borrow"


def resource_uses(basis: Basis, place: Place, row: Row) -> Iterator[Use]:
    """Uses of the place itself, and of its releasing methods by reference (`callback(f.close)`)."""
    yield from basis.all_uses(place)
    for verb in row.release:
        yield from basis.all_uses(Place(place.scope, (*place.path, verb)))


def acquired(basis: Basis, expr: Expr | None) -> Row | None:
    """The row of a resource that evaluating `expr` acquires: a call of what makes one, through await and branches."""
    while expr is not None and expr.op in ("await", "walrus", "starred"):
        expr = expr.args[-1]
    if expr is None:
        return None
    if expr.op in ("if", "bool"):
        branches = (expr.args[0], expr.args[2]) if expr.op == "if" else expr.args
        return next((r for b in branches if (r := acquired(basis, b)) is not None), None)
    if expr.op == "attr":  # `Client().aio`: the half that is kept
        whole = acquired(basis, expr.args[0]) if expr.args[0].op == "call" else None
        half = basis.apis.get(whole.makes.get(expr.text)) if whole is not None else None
        return half if half is not None and half.kind == "resource" else None
    if expr.op != "call":
        return None
    callee = basis.types.callee(expr)
    if callee.row is not None and callee.row.passes:
        return acquired(basis, expr.args[1]) if len(expr.args) > 1 else None
    if callee.local is not None and callee.local.kind != "function":
        return own_class(basis, callee.local) if callee.local.kind == "class" else None
    row = basis.types.result(expr)
    if row is None or row.kind != "resource" or _in_memory(basis, expr) or _borrows(expr, row):
        return None
    if not row.needs_release and not holds_open(row, expr):
        return None
    if callee.local is not None and not makes(basis, callee.local):
        return None
    return row


def holds_open(row: Row, call: Expr) -> bool:
    """Is it acquired with an argument that opens something (`stream=True`, `stdout=PIPE`)?"""
    given = zip(call.names, call.args, strict=False)
    return any(name and row.open_with.get(name) in (arg.text, arg.value) for name, arg in given)


def _borrows(call: Expr, row: Row) -> bool:
    """Is it made over a connection, pool or client that was made elsewhere?"""
    given = zip(call.names, call.args, strict=False)
    return any(name in row.borrows and arg.op in ("name", "attr", "sub") for name, arg in given if name)


def _in_memory(basis: Basis, call: Expr) -> bool:
    """Made over a buffer (`ZipFile(BytesIO(data))`): there is nothing behind it that could stay open."""
    rows = (basis.types.row(arg) for arg in call.args[1:2])
    return any(row is not None and row.kind == "buffer" and not row.stringifies and "write" in row.grow for row in rows)


def acquired_part(basis: Basis, target: Expr) -> Row | None:
    """The row of what one name of a tuple target gets: `reader, writer = await open_connection()`."""
    tuple_, stmt = target.parent, target.stmt
    if tuple_ is None or tuple_.op != "tuple" or tuple_ not in stmt.targets or stmt.value is None:
        return None
    index = next(i for i, part in enumerate(tuple_.args) if part is target)
    row = basis.types.indexed(stmt.value, str(index))
    if row is not None and target.text.startswith("_") and target.op == "name" and not row.closer:
        return None  # what else came with it holds it: `_, protocol = await loop.create_connection(...)`
    return row if row is not None and row.kind == "resource" and row.needs_release else None


def makes(basis: Basis, function: Scope) -> bool:
    """Does a function of this module return a resource that it acquired itself, rather than one it keeps?"""
    if function not in basis.makers:
        basis.makers[function] = False  # functions that return what each other return make nothing
        basis.makers[function] = _makes(basis, function)
    return basis.makers[function]


def _makes(basis: Basis, function: Scope) -> bool:
    for stmt in statements(function.block):
        if stmt.op != "return" or stmt.value is None:
            continue
        value = stmt.value
        if value.op == "name":
            place = basis.names.place(value)
            if place is None or place.scope is not function:
                return False
            bound = list(basis.types.bound_values(place))
            kept = any(u.role in ("bound", "element") for u in basis.all_uses(place))
            if kept or not bound or not all(acquired(basis, b) is not None for b in bound if b.op != "const"):
                return False
        elif acquired(basis, value) is None and value.op != "const":
            return False
    return True


def own_class(basis: Basis, klass: Scope) -> Row | None:
    """A class of this module that is a resource itself: its constructor opens one, and a method closes that again."""
    if klass not in basis.own_classes:
        basis.own_classes[klass] = None  # within its own constructor
        basis.own_classes[klass] = _own_class(basis, klass)
    return basis.own_classes[klass]


def _own_class(basis: Basis, klass: Scope) -> Row | None:
    methods = [m for k in [klass, *basis.names.bases(klass)] for m in k.children if m.kind == "function"]
    endings = [m for m in methods if basis.apis.means("end_of_life_methods", m.name) and m.name != "__del__"]
    constructor = next((m for m in methods if m.name == "__init__"), None)
    if not endings or constructor is None:
        return None
    for stmt in constructor.block.stmts if constructor.block is not None else ():
        # what is opened on a condition may as well be somebody else's
        if stmt.op == "assign" and stmt.value is not None and stmt.value.op in ("call", "await"):
            place, row = basis.names.place(stmt.targets[0]), acquired(basis, stmt.value)
            if place is not None and row is not None and place.is_attribute and _closed_by(basis, place, row, endings):
                return Row(
                    name=klass.qualname,
                    file=row.file,
                    kind="resource",
                    noun=f"{klass.name} with its {row.noun}",
                    release=tuple(dict.fromkeys(m.name for m in endings)),
                    awaited=tuple(m.name for m in endings if m.is_async and not m.name.startswith("__")),
                )
    return None


def _closed_by(basis: Basis, place: Place, row: Row, endings: list[Scope]) -> bool:
    return any(
        use.stmt.scope.function in endings and fate(basis, use, row) == "release"
        for use in resource_uses(basis, place, row)
    )
