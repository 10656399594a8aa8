"""Does an expression ask a database for a whole table, or for a part of it?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from leaklint.answers.peaks.jobs import in_job
from leaklint.meaning.basis import Basis
from leaklint.tree.ir import Expr, Stmt, is_none, source
from leaklint.tree.lower import VALUE_LIMIT

_STEPS = 24
_SELECT = re.compile(r"\bselect\b.+\bfrom\b", re.IGNORECASE | re.DOTALL)
_PART = re.compile(
    r"\b(limit|top\s+\d+|fetch\s+(first|next)|(count|sum|max|min|avg|exists)\s*\(|group\s+by|distinct|returning|pragma|explain"
    r"|sqlite_(master|schema|sequence)|information_schema|pg_\w+|system(_schema)?\.\w+|\w+_catalog\.)",
    re.IGNORECASE,
)
_EXACT = re.compile(r"\bwhere\b.*?((?<![<>!=])=(?!=)|\bin\b|\bmatch\b)", re.IGNORECASE | re.DOTALL)
_COMPARING = ("Equal", "In", "Is")
_LOOKUPS = re.compile(r"\w+__(lte?|gte?|range|isnull|i?contains|i?startswith|i?endswith|regex|date|year)|.*__ne")


@dataclass(frozen=True, slots=True)
class Table:
    """What a query gives that nothing narrows to a few rows.

    `how`: `fetched` (all rows are in a list), `lazy` (they come when it is iterated over, and are kept),
    `cursor` (they come one by one).
    """

    how: Literal["fetched", "lazy", "cursor"]
    site: Expr
    what: str


def table(basis: Basis, expr: Expr, narrowed: bool = False) -> Table | None:
    """The whole table that an expression stands for; where `narrowed`, also the rows that a condition leaves of it."""
    while expr.op == "await":
        expr = expr.args[0]
    if expr.op != "call" or expr.args[0].op != "attr":
        return None
    method, receiver = expr.args[0].text, expr.args[0].args[0]
    if basis.apis.means("fetch_methods", method):
        text = text_of_query(basis, expr) or executed(basis, receiver, expr.stmt)
        return Table("fetched", expr, named(text)) if text and is_whole(text, narrowed) else None
    if method == "execute" and len(expr.args) > 1:
        text = text_of_query(basis, expr)
        return Table("cursor", expr, named(text)) if text and is_whole(text) else None
    if method == "to_list" and _everything(receiver):
        return Table("fetched", expr, source(receiver, 50)) if all(is_none(a) for a in expr.args[1:]) else None
    if _everything(expr):
        return Table("cursor", expr, source(expr, 50))
    links = list(_chain(basis, expr))
    words = [word for word, _ in links]
    if any(basis.apis.means("query_limits", word) for word in words):
        return None
    if not narrowed and any(_narrows(basis, call) for _, call in links if call):
        return None
    lazily = any(basis.apis.means("lazy_tables", word) for word in words) and not _own(expr)
    if lazily and _of_few(basis, expr):
        return None
    if lazily or (any(basis.apis.means("row_loaders", word) for word in words) and _given(basis, expr)):
        return Table("lazy", expr, source(expr, 50))
    if _of_model(links):
        return Table("lazy", expr, source(expr, 50))
    if basis.apis.means("query_builders", method) and any(_of_class(word, call) for word, call in links):
        return Table("fetched", expr, source(expr, 50))
    if method == "all" and any(basis.apis.means("query_starts", w) and (c or w != "select") for w, c in links):
        return Table("fetched", expr, source(expr, 50))
    return None


def _everything(expr: Expr) -> bool:
    """`collection.find()`, `collection.find({})`."""
    if expr.op != "call" or expr.args[0].op != "attr" or expr.args[0].text != "find":
        return False
    return len(expr.args) == 1 or (len(expr.args) == 2 and expr.args[1].op == "dict" and not expr.args[1].args)


def root(expr: Expr) -> Expr:
    """What a chain of calls and attributes begins with."""
    while expr.op in ("call", "attr"):
        expr = expr.args[0]
    return expr


def _of_model(links: list[tuple[str, Expr | None]]) -> bool:
    """`User.select()`, with what may follow: a class whose name begins large, and that no statement is made of."""
    word, call = links[-1]
    first = call.args[0].args[0] if call is not None and call.args[0].op == "attr" else None
    return (
        word == "select"
        and first is not None
        and first.op == "name"
        and first.text[:1].isupper()
        and not first.text.isupper()
    )


def _of_class(word: str, call: Expr | None) -> bool:
    """`session.query(User)`."""
    named = call.args[1].text if word == "query" and call is not None and len(call.args) == 2 else ""
    return named[:1].isupper() and not named.isupper()


def _of_few(basis: Basis, expr: Expr) -> bool:
    """`Site.objects.all()`: somebody sets each of them up."""
    model = root(expr)
    while (
        model.parent is not None
        and model.parent.op == "attr"
        and not basis.apis.means("lazy_tables", model.parent.text)
    ):
        model = model.parent
    return basis.apis.means("small_tables", (basis.names.qualified(model) or model.text).rpartition(".")[2])


def _own(expr: Expr) -> bool:
    """`self.objects.items()`: an attribute of the instance, and no manager of a class; a mapping in any case."""
    if expr.args[0].text in ("items", "keys"):
        return True
    first = root(expr)
    if first.text != "self" or first.parent is None:
        return False
    asked = any(link.args[0].text == "objects" for link in _links(expr))  # called: no manager of a class
    return asked or first.parent.text == "objects"


def _given(basis: Basis, expr: Expr) -> bool:
    """Is a query handed in, so that nothing here says how much it selects? The relations of one object are no such."""
    first = root(expr)
    chain = first.parent is not None and first.parent.parent is not None and first.parent.parent.op == "call"
    bound = [b.how for b in basis.names.bindings(first.text, first.scope) if b.stmt is not expr.stmt]
    return first.op == "name" and chain and bound == ["param"]


def is_whole(sql: str, narrowed: bool = False) -> bool:
    """Does a query select rows from a table that no limit, aggregate or exact condition makes few?"""
    whole = len(sql) < VALUE_LIMIT and _SELECT.search(sql) is not None
    return whole and _PART.search(sql) is None and (narrowed or _EXACT.search(sql) is None)


def named(sql: str) -> str:
    found = re.search(r"\bfrom\s+[\"'`\[]?([\w.]+)", sql, re.IGNORECASE)
    return found[1] if found is not None else "the table"


def text_of_query(basis: Basis, call: Expr) -> str:
    return _text(basis, call.args[1]) if len(call.args) > 1 else ""


def _text(basis: Basis, expr: Expr | None, depth: int = 3) -> str:
    """The text of a query, through names and calls such as `text("...")`; empty when it is put together."""
    if expr is None or depth == 0:
        return ""
    if expr.op == "const" and expr.text == "str":
        return expr.value
    if expr.op == "fstring" and expr.args and all(a.op == "const" for a in expr.args):
        return "".join(a.value for a in expr.args)
    if expr.op == "binary" and expr.text == "Add":  # `"SELECT id FROM " + TABLE`
        first, last = (_text(basis, part, depth - 1) for part in expr.args)
        return f"{first}{last or 'it'}" if first else ""
    if expr.op == "name":
        return _text(basis, basis.names.only_value(expr.text, expr.scope), depth - 1)
    if expr.op == "call" and len(expr.args) == 2 and expr.args[0].op == "name":
        return _text(basis, expr.args[1], depth - 1)
    return ""


def executed(basis: Basis, receiver: Expr, stmt: Stmt) -> str:
    """The text of the query that a cursor has last been given before a statement."""
    while receiver.op == "await":
        receiver = receiver.args[0]
    if receiver.op == "call" and receiver.args[0].op == "attr" and receiver.args[0].text == "execute":
        return text_of_query(basis, receiver)
    place = basis.names.place(receiver)
    if place is None:
        return ""
    bound = basis.names.only_value(receiver.text, receiver.scope) if receiver.op == "name" else None
    if bound is None and receiver.op == "name":  # `async with db.execute("SELECT ...") as cursor`
        bound = next((b.value for b in basis.names.bindings(receiver.text, receiver.scope) if b.how == "with"), None)
    if bound is not None and (text := executed(basis, bound, stmt) if bound.op in ("call", "await") else ""):
        return text
    before = [u for u in basis.all_uses(place) if u.verb == "execute" and u.stmt.ordinal < stmt.ordinal]
    near = [u for u in before if u.stmt.scope is stmt.scope]
    return text_of_query(basis, near[-1].site) if near else ""


def _chain(basis: Basis, expr: Expr) -> Iterator[tuple[str, Expr | None]]:
    """The words of a chained query, the last first, each with its call; through what is executed and through names."""
    for _ in range(_STEPS):
        if expr.op == "await":
            expr = expr.args[0]
        elif expr.op == "call" and expr.args[0].op == "attr":
            word = expr.args[0].text
            yield word, expr
            runs = basis.apis.means("query_runs", word) and len(expr.args) > 1
            expr = expr.args[1] if runs else expr.args[0].args[0]
        elif expr.op == "call":
            yield expr.args[0].text, expr
            return
        elif expr.op == "attr":
            yield expr.text, None
            expr = expr.args[0]
        else:
            *more, value = _bound(basis, expr) if expr.op == "name" else (None,)
            if value is None or value.op not in ("call", "await"):
                return
            yield from ((link.args[0].text, link) for one in more if one is not None for link in _links(one))
            expr = value


def _links(expr: Expr) -> Iterator[Expr]:
    """The calls of a chain, the last first."""
    while expr.op == "call" and expr.args[0].op == "attr":
        yield expr
        expr = expr.args[0].args[0]


def _bound(basis: Basis, name: Expr) -> list[Expr | None]:
    """What a name is bound to, the last first; more than one where each makes more of what was there before
    (`rows = rows.filter(...)`, `rows = locked(rows)`)."""
    value = basis.names.only_value(name.text, name.scope)
    bindings = basis.names.bindings(name.text, name.scope)
    if value is not None or not bindings or any(b.how not in ("assign", "param") or not b.exact for b in bindings):
        return [value]
    first, *more = bindings
    made = [b.value for b in more]
    if not more or any(v is None or not _makes_more(v, name.text) for v in made):
        return [None]
    return [*reversed(made), first.value]


def _makes_more(value: Expr, name: str) -> bool:
    return root(value).text == name or (value.op == "call" and any(arg.text == name for arg in value.args[1:]))


def bound_value(basis: Basis, name: Expr) -> Expr | None:
    """What a name stands for; one that is made more of (`rows = rows.order_by(...)`) for what is made last."""
    return _bound(basis, name)[0] or just_before(name)


def just_before(name: Expr) -> Expr | None:
    """What the statement right before binds a name to, also as the last one of a `with`; whatever it was earlier."""
    block = name.stmt.parent
    index = block.stmts.index(name.stmt) if block is not None and name.stmt in block.stmts else 0
    last = block.stmts[index - 1] if block is not None and index else None
    while last is not None and last.op == "with" and last.blocks[0].stmts:
        last = last.blocks[0].stmts[-1]
    if last is None or last.op != "assign" or [t.text for t in last.targets if t.op == "name"] != [name.text]:
        return None
    return last.value if len(last.targets) == 1 else None


def _selects(basis: Basis, arg: Expr) -> bool:
    """`product__in=shop.products.all()`: as many as another query selects."""
    found = basis.names.only_value(arg.text, arg.scope) if arg.op == "name" else arg
    method = found.args[0] if found is not None and found.op == "call" else None
    return method is not None and method.op == "attr" and basis.apis.means("selecting_methods", method.text)


def _narrows(basis: Basis, call: Expr) -> bool:
    """Does a condition leave a few rows: an exact comparison, or one that can't be read?"""
    word = call.args[0].text
    if word == "filter_by":
        return True
    if word not in ("filter", "where", "exclude"):
        return False
    for name, arg in zip(call.names[1:], call.args[1:], strict=False):
        if name:
            related = name.endswith("__in") and (name.count("__") > 2 or _selects(basis, arg))
            flag = basis.apis.means("flag_fields", name) and in_job(basis, call.stmt)
            exact = _LOOKUPS.fullmatch(name) is None and not related and not flag
        elif arg.op == "compare":
            exact = arg.text in _COMPARING
        else:
            exact = not (arg.op == "call" and arg.args[0].text in ("is_", "is_not", "isnot", "like", "ilike"))
        if exact and word != "exclude":
            return True
    return False
