"""Which expressions open a resource: a call that rows know, a function here that returns one, a class that owns one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.answers.instances import leaves
from leaklint.answers.opening.companions import left_to
from leaklint.answers.opening.conditional import borrows, by_default, by_stream, holds_open, in_memory
from leaklint.answers.opening.files import by_mode, opened_part
from leaklint.answers.opening.handedout import handed_out
from leaklint.answers.opening.madeover import made_over
from leaklint.answers.opening.precedents import precedent
from leaklint.answers.releasing.endings import finalized
from leaklint.answers.releasing.fate import fate, resource_uses
from leaklint.answers.releasing.lending import added, called, is_file
from leaklint.apis import Row
from leaklint.meaning.basis import Basis, once
from leaklint.meaning.names import Place
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, statements, walk

_HELPERS = 2  # functions that hand on a tuple of what another one made
# what derives from these opens nothing by that
_ABSTRACT = ("io.IOBase", "io.RawIOBase", "io.BufferedIOBase", "io.TextIOBase")


def acquired(basis: Basis, expr: Expr | None) -> Row | None:
    """The row of a resource that evaluating `expr` acquires: a call of what makes one, through await and branches."""
    awaited = expr is not None and expr.op == "await"
    while expr is not None and expr.op in ("await", "walrus", "starred"):
        expr = expr.args[-1]
    if expr is not None and awaited and expr.op == "name":
        return _by_task(basis, expr)
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
    if callee.local is not None and _left_open(callee.local):
        return _by_subclass(basis, callee.local)
    row = basis.types.result(expr)
    if row is not None and row.kind == "function" and row.takes:  # `Path(mkdtemp())`: that lies at the path
        return kept if (kept := acquired(basis, expr.args[-1])) is not None and kept.closer else None
    row = row or _own_returned(basis, callee.local) or precedent(basis, expr)
    row = row or by_mode(basis, expr) or by_stream(basis, expr) or by_default(basis, expr)
    row = row or made_over(basis, expr) or handed_out(basis, expr)
    if row is None or row.kind != "resource" or in_memory(basis, expr) or borrows(basis, expr, row):
        return None
    if _over_given(basis, expr, row):
        return None
    if not row.needs_release and not holds_open(row, expr) and not _given_open(basis, callee.local, row):
        return None
    if callee.local is not None and not makes(basis, callee.local):
        return None
    return row


def _given_open(basis: Basis, function: Scope | None, row: Row) -> bool:
    """Does a function of this module open it, with the argument that does, and return it?"""
    made = (v for one in _returned(basis, function) for v in leaves(one))
    return any(v.op == "call" and holds_open(row, v) for v in made)


def _returned(basis: Basis, function: Scope | None) -> Iterator[Expr]:
    """What a function returns, or the local names are bound to that it returns."""
    for stmt in statements(function.block) if function is not None else ():
        if stmt.op == "return" and stmt.value is not None:
            yield from sources(basis, stmt.value)


def _left_open(method: Scope) -> bool:
    """Does a method give nothing itself, because subclasses are to say what it gives?"""
    return method.method_of is not None and not any(
        (s.op == "return" and s.value is not None) or any(e.op in ("yield", "yieldfrom") for e in s.flat)
        for s in statements(method.block)
    )


def _by_subclass(basis: Basis, method: Scope) -> Row | None:
    """What the same method of a subclass here gives, that makes it."""
    family = basis.names.family(method.method_of) if method.method_of is not None else ()
    others = (m for k in family for m in k.children if m.name == method.name and m is not method)
    found = (basis.types.returned(m) for m in others if makes(basis, m))
    return next((row for row in found if row is not None and row.kind == "resource" and row.needs_release), None)


def _by_task(basis: Basis, name: Expr) -> Row | None:
    """What is acquired by the coroutine of a task that is awaited: `task = create_task(connect())`, `await task`."""
    call = basis.names.only_value(name.text, name.scope)
    row = basis.types.result(call) if call is not None and call.op == "call" else None
    if call is None or row is None or row.kind != "task" or len(call.args) < 2 or call.args[1].op != "call":
        return None
    return acquired(basis, call.args[1])


def _over_given(basis: Basis, call: Expr, row: Row) -> bool:
    """A file made over one that was opened elsewhere, or is closed by a `with` (`TextIOWrapper(stream)`)."""
    arg = call.args[1] if row.takes and len(call.args) > 1 and is_file(basis, row) else None
    if arg is None or arg.op not in ("name", "attr"):
        return False
    entered = any(t is not None and t.text == arg.text for _, o in ancestors(call.stmt) for _, t in o.items)
    return entered or not any(value.op in ("call", "await") for value in sources(basis, arg))


def acquired_part(basis: Basis, target: Expr, depth: int = _HELPERS) -> Row | None:
    """The row of what one name of a tuple target gets: `reader, writer = await open_connection()`."""
    tuple_, stmt = target.parent, target.stmt
    if tuple_ is None or tuple_.op != "tuple" or tuple_ not in stmt.targets or stmt.value is None:
        return None
    index = next(i for i, part in enumerate(tuple_.args) if part is target)
    row = basis.types.indexed(stmt.value, str(index)) or _part_returned(basis, stmt.value, tuple_, index, depth)
    row = row or opened_part(basis, stmt.value, target)
    opens = row is not None and row.kind == "resource" and row.needs_release
    return row if row is not None and opens and not left_to(basis, target, row) else None


def _part_returned(basis: Basis, value: Expr, target: Expr, index: int, depth: int) -> Row | None:
    """The row of what a function of this module acquires and returns as one of several."""
    call = value.args[0] if value.op == "await" else value
    local = basis.types.callee(call).local if call.op == "call" else None
    if depth == 0 or local is None or local.kind != "function" or local.is_generator:
        return None
    values = [s.value for s in statements(local.block) if s.op == "return" and s.value is not None]
    if any(v.op != "tuple" or len(v.args) != len(target.args) for v in values):
        return None
    parts = [v.args[index] for v in values if v.args[index].op != "const"]
    rows = [_held_row(basis, part, depth - 1) for part in parts]
    return next(iter(rows), None) if None not in rows else None  # what one of them gives was there before


def _held_row(basis: Basis, value: Expr, depth: int) -> Row | None:
    """The row of what an expression acquires, or a local name that it reads was given."""
    place = basis.names.place(value) if value.op == "name" else None
    binds = (u for u in basis.all_uses(place) if u.verb == "bind") if place is not None else ()
    rows = (acquired(basis, u.value) if u.value is not None else acquired_part(basis, u.expr, depth) for u in binds)
    return acquired(basis, value) or next((row for row in rows if row is not None), None)


@once(meanwhile=False)  # functions that return what each other return make nothing
def makes(basis: Basis, function: Scope) -> bool:
    """Does a function of this module return a resource that it acquired itself, rather than one it keeps?"""
    for stmt in statements(function.block):
        if stmt.op != "return" or stmt.value is None:
            continue
        value = stmt.value
        if value.op == "name":
            place = basis.names.place(value)
            if place is None or place.scope is not function:
                return False
            bound = list(basis.types.bound_values(place))
            kept = any(u.role in ("bound", "element") or added(basis, u) for u in basis.all_uses(place))
            if kept or not bound or not all(_fresh(basis, b) for b in bound if b.op != "const"):
                return False
        elif acquired(basis, value) is None and value.op != "const":
            return False
    return True


def _fresh(basis: Basis, value: Expr) -> bool:
    """Is it acquired there, or made by what opens something by its name: `sock = transport.create_connection(...)`?"""
    if acquired(basis, value) is not None:
        return True
    while value.op == "await":
        value = value.args[0]
    callee = basis.types.callee(value) if value.op == "call" else None
    unknown = callee is not None and callee.row is None and callee.receiver is None and callee.local is None
    return unknown and basis.apis.means("opening_functions", called(basis, value))


def sources(basis: Basis, value: Expr | None) -> list[Expr]:
    """What a bound value comes from: itself, or all that is bound to the local name that it reads. What a `with` binds
    is closed by that."""
    local = basis.names.place(value) if value is not None and value.op == "name" else None
    if local is not None and local.scope.kind == "function":  # `client = Client(); self.client = client`
        entered = [b.value for b in basis.names.all_bindings(local.scope, local.path[0]) if b.how == "with"]
        return [v for v in basis.types.bound_values(local) if v not in entered]
    return [value] if value is not None else []


def _own_returned(basis: Basis, function: Scope | None) -> Row | None:
    """The class of this module, a resource itself, of which a function here returns a new instance."""
    if function is None or function.kind != "function" or function.is_generator or not makes(basis, function):
        return None
    return next((r for one in _returned(basis, function) if (r := acquired(basis, one)) is not None), None)


@once(meanwhile=None)  # within its own constructor
def own_class(basis: Basis, klass: Scope) -> Row | None:
    """A class of this module that is a resource itself: one of its methods opens one, and another closes that again. It
    is open from its constructor on, or from the call of the method that opens it (`connect`)."""
    rows = (basis.apis.get(name) for name in basis.names.outside_bases(klass))
    based = next((r for r in rows if r is not None and r.kind == "resource"), None)
    if based is not None and based.name not in _ABSTRACT:  # `class Api(Session)`
        return based if based.needs_release and not based.empty else None
    methods = [m for k in [klass, *basis.names.bases(klass)] for m in k.children if m.kind == "function"]
    endings = [m for m in methods if basis.apis.means("end_of_life_methods", m.name) and m.name != "__del__"]
    if not endings:
        return None
    opened = next((o for m in methods if m.name == "__init__" for o in openings(basis, m)), None)
    if opened is not None:
        return _own_row(basis, klass, opened.row, endings)
    begun = [m for m in methods if not m.name.startswith("_") and basis.apis.means("beginning_methods", m.name)]
    found = {m.name: o.row for m in begun for o in openings(basis, m)}
    return _own_row(basis, klass, next(iter(found.values())), endings, tuple(found)) if found else None


def _own_row(basis: Basis, klass: Scope, opened: Row, endings: list[Scope], begun: tuple[str, ...] = ()) -> Row:
    return Row(
        name=klass.qualname,
        file=opened.file,
        kind="resource",
        noun=f"{klass.name} with its {opened.noun.rpartition(' with its ')[2]}",
        release=tuple(dict.fromkeys(m.name for m in endings)),
        awaited=tuple(m.name for m in endings if m.is_async and not m.name.startswith("__")),
        empty=bool(begun),
        own=begun,
        counted=finalized(basis, klass),
    )


@dataclass(frozen=True, slots=True)
class Opening:
    """`stmt` gives the attribute `place` a resource which a method that ends the object's life closes."""

    place: Place
    row: Row
    stmt: Stmt


def openings(basis: Basis, method: Scope) -> Iterator[Opening]:
    """What a method, or a helper that it calls for certain, opens into an attribute.

    A method that begins something may open what no row knows, and so may a constructor that makes a `Client`: that its
    class closes it says enough.
    """
    helpers = (basis.types.callee(e).local for s in _certain(method) for e in s.flat if e.op == "call")
    functions = {method, *(h for h in helpers if h is not None and h.method_of is not None)}
    certain = {s for f in functions for s in _certain(f) if s.op == "assign"}
    for place, uses in basis.uses.items() if certain else ():
        if place.is_attribute and len(place.path) == 1:
            for use in uses:
                if use.verb == "bind" and use.stmt in certain:
                    row = _opened(basis, use, begun=method.name != "__init__")
                    if row is not None and _closed_at_end(basis, place, row):
                        yield Opening(place, row, use.stmt)


def _opened(basis: Basis, use: Use, begun: bool) -> Row | None:
    found = [(value, acquired(basis, value)) for value in sources(basis, use.value)]
    row = next((row for _, row in found if row is not None), None) or acquired_part(basis, use.expr)
    made = [value for value, _ in found if value.op in ("call", "await") and basis.types.row(value) is None]
    unknown = any(begun or _named_open(basis, value) for value in made)
    if row is None and (unknown or (begun and use.value is None and use.stmt.value is not None)):
        return Row("", basis.module.path, "resource", noun=use.place.path[0].strip("_"))
    return row


def _named_open(basis: Basis, value: Expr) -> bool:
    """Is it made by what is open from the start on, by its name: `self.client = AcmeClient()`?"""
    call = value.args[0] if value.op == "await" else value
    name = called(basis, call) if call.op == "call" and basis.types.callee(call).local is None else ""
    return basis.apis.means("opening_names", name) and not basis.apis.means("never_open", name)


def _certain(function: Scope) -> Iterator[Stmt]:
    """Statements that run whenever a function succeeds: what is opened under a condition may belong to someone else.

    `if self.session is None` is not such a condition: otherwise the object has one already.
    """
    for stmt in statements(function.block):
        around = (pair for pair in ancestors(stmt) if pair[1].scope is stmt.scope)
        if all(b.kind == "body" and (o.op in ("with", "try") or _missing(o, stmt)) for b, o in around):
            yield stmt


def _missing(owner: Stmt, stmt: Stmt) -> bool:
    """Is the condition that what the statement binds is not there yet?"""
    asked = {(e.op, e.text) for e in walk(owner.value)} if owner.op == "if" and owner.value is not None else set()
    return any((t.op, t.text) in asked for t in stmt.targets)


def _closed_at_end(basis: Basis, place: Place, row: Row) -> bool:
    return any(
        fate(basis, use, row) == "release" and basis.apis.means("end_of_life_methods", use.stmt.scope.function.name)
        for use in resource_uses(basis, place, row)
        if use.stmt.scope.function.name != "__del__"
    )
