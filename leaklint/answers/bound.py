"""Is a container bounded: by its type, by an argument, by a guard on its length?"""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.apis import Row
from leaklint.meaning.basis import NO, Answer, Basis, Clue
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, source, statements, walk

_NO_LIMIT = ("None", "0", "float('inf')", 'float("inf")', "math.inf", "{}", "dict()")
_EMPTINESS = ("0", "1")
_SIZES = ("__len__", "qsize", "tell", "getbuffer", "__sizeof__")


def bound(basis: Basis, place: Place, row: Row, born: tuple[Expr, ...]) -> Answer:
    """By type (`deque(maxlen=9)`, a weak map), else by a comparison of its length anywhere in reach."""
    return by_type(basis, row, born) or by_guard(basis, place)


def by_type(basis: Basis, row: Row, born: tuple[Expr, ...]) -> Answer:
    if row.bounded or row.weak:
        return Answer(
            "bounded type" if row.bounded else "weak",
            tuple(Clue(b.stmt, "bound", "bound", {"what": row.name}) for b in born[:1]),
            row.name,
        )
    for value in born:
        if row.default_bound and not _given(value, row):
            return Answer("bounded type", (Clue(value.stmt, "bound", "bound", {"what": row.name}),), "its default")
        limit = _limit(basis, value, row)
        if limit is not None:
            return Answer("bounded type", (Clue(value.stmt, "bound", "bound", {"what": source(value)}),), source(limit))
    return NO


def _limit(basis: Basis, call: Expr, row: Row) -> Expr | None:
    return next((a for a in _given(call, row) if not _none(basis, a)), None)


def _none(basis: Basis, limit: Expr) -> bool:
    """Is it no limit at all: None, 0 or less, infinite; also by a name that stands for nothing else?"""
    if limit.op == "name":
        binds = basis.names.bindings(limit.text, limit.scope)
        only = binds[0].value if len(binds) == 1 and binds[0].exact else None
        limit = only if only is not None else limit
    negative = limit.op == "unary" and limit.text == "Minus" and limit.args[0].op == "const"
    return negative or source(limit) in _NO_LIMIT


def _given(call: Expr, row: Row) -> list[Expr]:
    """The arguments of a call that set its bound."""
    if call.op != "call":
        return []
    positional = [a for a, n in zip(call.args[1:], call.names[1:], strict=True) if not n]
    named = [a for a, n in zip(call.args[1:], call.names[1:], strict=True) if n in row.bound]
    return named + (positional[row.bound_at : row.bound_at + 1] if row.bound_at >= 0 else [])


def by_guard(basis: Basis, place: Place) -> Answer:
    """`if len(self.items) > LIMIT`, also through a name or a counter; a test for emptiness is none."""
    added: set[tuple[Scope, str]] = set()
    for use in basis.all_uses(place):
        if use.verb in _SIZES:
            for site in _same(basis, use.site):
                compared = _compared(site)
                if compared is not None and not _waits_for_more(compared, site) and not _only_told(basis, compared):
                    return Answer(
                        "guard", (Clue(site.stmt, "bound", "bound", {"what": source(compared)}),), source(compared)
                    )
        what = (use.stmt.scope.function, use.value.text if use.value is not None else "")
        if use.value is not None and use.value.op == "name" and what not in added:
            added.add(what)  # the same is added again and again
            counter = _counter(basis, use)
            if counter is not None:
                return Answer(
                    "guard", (Clue(counter.stmt, "bound", "bound", {"what": source(counter)}),), source(counter)
                )
    return NO


def _compared(site: Expr) -> Expr | None:
    """The comparison that a length takes part in, unless it is with 0 or 1."""
    parent = site.parent
    while parent is not None and parent.op in ("binary", "unary", "call", "walrus"):
        parent = parent.parent
    if parent is None or parent.op != "compare" or not any(w in parent.text for w in ("LessThan", "GreaterThan")):
        return None
    others = [a for a in parent.args if site is not a and site not in _inside(a)]
    return None if all(o.op == "const" and o.value in _EMPTINESS for o in others) else parent


def _waits_for_more(compared: Expr, site: Expr) -> bool:
    """`if len(buf) < 8: return`: a test whether there is enough, not whether there is too much."""
    stmt = compared.stmt
    left = compared.args[0] is site or site in _inside(compared.args[0])
    small = "LessThan" in compared.text if left else "GreaterThan" in compared.text
    test = stmt.value
    asked = test.args if test is not None and test.op == "bool" and test.text.startswith("And") else (test,)
    if not small or stmt.op != "if" or compared not in asked or len(stmt.blocks) > 1:
        return False
    return bool(stmt.blocks[0].stmts) and stmt.blocks[0].stmts[-1].op in ("return", "break", "continue")


def _only_told(basis: Basis, compared: Expr) -> bool:
    """`if len(items) > LIMIT: log.warning(...)`, `if len(items) > self.peak: self.peak = len(items)`: nothing is held
    back and nothing taken out."""
    stmt = compared.stmt
    if stmt.op != "if" or len(stmt.blocks) > 1 or stmt.value is None or compared not in walk(stmt.value):
        return False
    sizes = {source(a) for a in compared.args}
    return all(
        (s.op == "assign" and source(s.value) in sizes)
        or (s.op == "expr" and s.value is not None and _tells(basis, s.value))
        for s in stmt.blocks[0].stmts
    )


def _tells(basis: Basis, expr: Expr) -> bool:
    call = expr.args[0] if expr.op == "await" else expr
    return call.op == "call" and basis.apis.means("telling_methods", source_name(call.args[0]))


def _same(basis: Basis, site: Expr) -> Iterator[Expr]:
    """An expression, and the references to the name it is bound to."""
    yield site
    stmt = site.stmt
    if stmt.op == "assign" and stmt.value is site and stmt.targets[0].op in ("name", "attr"):
        place = basis.names.place(stmt.targets[0])
        if place is not None:
            yield from (u.expr for u in basis.all_uses(place) if not u.verb)


def _counter(basis: Basis, grow: Use) -> Expr | None:
    """`size += len(chunk)` beside `data += chunk`, and a comparison of `size` somewhere."""
    for stmt in statements(grow.stmt.scope.function.block):
        if stmt.op != "augassign" or stmt.value is None or stmt.text != "AddAssign":
            continue
        value = stmt.value
        if value.op == "call" and value.args[0].text == "len" and source(value.args[-1]) == source(grow.value):
            place = basis.names.place(stmt.targets[0])
            for use in basis.all_uses(place) if place is not None else ():
                compared = _compared(use.expr) if not use.verb else None
                if compared is not None:
                    return compared
    return None


def _inside(expr: Expr) -> Iterator[Expr]:
    stack = list(expr.args)
    while stack:
        node = stack.pop()
        yield node
        stack.extend(node.args)
