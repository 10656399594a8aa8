"""What is done with something that was read as a whole, and would have done with a part, or piece by piece?"""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.driver import runs_aside
from leaklint.answers.peaks.demand import leaves
from leaklint.answers.peaks.handed import (
    Peak,
    as_it_is,
    dropped,
    handed_on,
    is_body,
    requested,
    used_once,
    written_back,
)
from leaklint.answers.peaks.jobs import in_job
from leaklint.answers.peaks.limits import asked_before, limited
from leaklint.answers.peaks.loads import Whole, is_open, names_data, parsed_file, whole
from leaklint.answers.peaks.parts import part
from leaklint.answers.peaks.query import bound_value
from leaklint.answers.peaks.unsized import read_in_rounds, unclear, unstreamed
from leaklint.meaning.basis import Basis
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Expr, Stmt, flat_of, statements, walk

_ADDING = ("append", "add", "extend", "setdefault", "insert", "update", "put", "push", "appendleft")
_ROW_LOOPS = ("iterrows", "itertuples", "iter_rows", "to_dict")


def peaks(basis: Basis) -> Iterator[Peak]:
    """Everything that this module reads as a whole and uses in another way; not what was small enough when asked, and
    nothing of a script or an example, which is over soon."""
    for peak in _peaks(basis) if not runs_aside(basis) else ():
        limits = peak.found.kind in ("upload", "body", "download") or peak.how == "stored"
        if not limits or not asked_before(peak.found, peak.at, compared=True):
            yield peak


def _peaks(basis: Basis) -> Iterator[Peak]:
    for word in basis.identifiers:
        if basis.apis.means("response_pieces", word):
            yield from (peak for taken in basis.mentions(word) for peak in unstreamed(basis, taken))
    for stmt in basis.module.stmts:
        if stmt.op == "for" and stmt.value is not None:
            yield from unclear(basis, stmt, stmt.value)
            yield from _iterated(basis, stmt, stmt.value)
        late = limited(basis, stmt) if stmt.op == "if" else None
        if late is not None:
            yield Peak("limited", late[0], stmt, late[1])
        for expr in flat_of(stmt):
            if expr.op == "call":
                yield from handed_on(basis, expr)
                yield from read_in_rounds(basis, expr)
            if expr.op in ("call", "attr", "sub"):
                yield from part(basis, expr)
            elif expr.op == "comp":
                yield from _parsed(basis, expr)
                yield from _comprehended(basis, expr)
            elif expr.op == "yieldfrom":
                found = whole(basis, expr.args[0])
                if found is not None and found.kind == "table":
                    yield Peak("iterated", found, stmt)
            elif expr.op == "yield" and expr.args and (asked := requested(basis, expr.args[0])) is not None:
                yield Peak("answered", asked, stmt)
        if stmt.op == "expr" and stmt.value is not None:
            yield from dropped(basis, stmt.value)
        if stmt.op == "assign" and stmt.value is not None and any(is_body(t) for t in stmt.targets):
            asked = requested(basis, stmt.value)
            yield from [Peak("answered", asked, stmt)] if asked else as_it_is(basis, "answered", stmt.value, stmt, "")


# -- piece by piece --------------------------------------------------------------------------------------------------


def _iterated(basis: Basis, loop: Stmt, value: Expr) -> Iterator[Peak]:
    """A loop over all of it, once, that does not keep each item."""
    if value.op == "call" and value.args[0].op == "attr" and value.args[0].text in _ROW_LOOPS:
        value = value.args[0].args[0]
        found = used_once(basis, value)
        if found is not None and found.kind == "frame" and not _keeps(loop):
            yield Peak("iterated", found, loop)
        return
    wrapper = basis.types.callee(value).name or source_name(value) if value.op == "call" and len(value.args) > 1 else ""
    if basis.apis.means("iterating_wrappers", wrapper.rpartition(".")[2]):
        value = value.args[1]
    found = used_once(basis, value) or _dumped(basis, value)
    if found is None or loop.is_async or found.kind in ("frame", "body", "cursor"):
        return
    if found.kind == "download" and not _in_lines(basis, value):
        return
    if found.kind in ("file", "member") and _parses(loop):
        yield Peak("parsed", found, loop)
        return
    if _keeps(loop):
        return
    if found.kind in ("table", "lazy") and _runs_queries(loop):
        return  # the cursor would be lost
    if found.kind == "file" and not names_data(basis, found.path) and not _any_lines(basis, loop, found):
        return
    if found.kind == "upload" and not found.listed and value.op == "name":
        return
    yield Peak("iterated", found, loop, written_back(basis, found, value))


def _dumped(basis: Basis, value: Expr) -> Whole | None:
    """`json.load(file)` of what is called a dump or a data set, whose entries a loop goes through."""
    found = parsed_file(basis, value)
    place = basis.names.place(value) if value.op == "name" else None
    others = [u for u in basis.all_uses(place) if u.verb != "bind" and u.expr is not value] if place is not None else []
    return found if found is not None and names_data(basis, found.path) and not others else None


def _in_lines(basis: Basis, value: Expr) -> bool:
    """`response.text.splitlines()`, also through a name."""
    made = bound_value(basis, value) if value.op == "name" else value
    return made is not None and made.op == "call" and made.args[0].text in ("splitlines", "split")


def _any_lines(basis: Basis, loop: Stmt, found: Whole) -> bool:
    """`for line in file.readlines()`, of a file that a caller names, or until one line is found: it takes nothing to go
    through the file itself."""
    if found.path is None or source_name(found.site) != "readlines":
        return False
    given = all(
        b.how == "param" for e in walk(found.path) if e.op == "name" for b in basis.names.bindings(e.text, e.scope)
    )
    return leaves(loop) or (given and is_open(basis, found.path))


def _keeps(loop: Stmt) -> bool:
    """Does each round put its item into something, whatever it is? Not into a batch that is emptied now and then."""
    below = statements(loop.blocks[0])
    emptied = {t.text for s in below if s.op == "assign" for t in s.targets if t.op == "name"}
    for stmt in loop.blocks[0].stmts:
        value = stmt.value
        called = value.args[0] if stmt.op == "expr" and value is not None and value.op == "call" else None
        adds = called is not None and called.op == "attr" and called.text in _ADDING
        if adds and called is not None and called.args[0].text not in emptied:
            return True
        if stmt.op == "assign" and any(t.op == "sub" for t in stmt.targets):
            return True
    return False


def _parses(loop: Stmt) -> bool:
    """Is each line JSON by itself? Such files grow line by line."""
    names = {t.text for t in loop.targets}
    calls = (e for s in statements(loop.blocks[0]) for e in flat_of(s) if e.op == "call" and len(e.args) > 1)
    return any(source_name(e) == "loads" and any(a.text in names for a in walk(e.args[1])) for e in calls)


def _runs_queries(loop: Stmt) -> bool:
    calls = (e for s in statements(loop.blocks[0]) for e in flat_of(s) if e.op == "call" and e.args[0].op == "attr")
    return any(e.args[0].text in ("execute", "executemany", "commit", "rollback") for e in calls)


def _comprehended(basis: Basis, comp: Expr) -> Iterator[Peak]:
    """`sum(order.total for order in Order.objects.all())`, `[entry(row) for row in cursor.fetchall()]`: rows that are
    gone through once. A list that a query gives is mostly wanted, and of one page; in a job it is of all."""
    over, element = comp.args[0], comp.args[-1]
    lazily = comp.text == "gen"
    if over.op not in ("call", "name") or (not lazily and (over.op == "name" or element.op in ("name", "attr", "sub"))):
        return  # nothing is made of a row but a part of it
    found = used_once(basis, over)
    if found is None or found.listed or found.site.scope.function is not comp.scope.function:
        return
    if (comp.inner is None or not comp.inner.is_async) and (
        found.kind == "table" or (found.kind == "lazy" and (lazily or in_job(basis, comp.stmt)))
    ):
        yield Peak("iterated", found, comp.stmt)


def _parsed(basis: Basis, comp: Expr) -> Iterator[Peak]:
    """`[json.loads(line) for line in file.read().splitlines()]`: the text is there beside all that was made of it."""
    element, over = comp.args[-1], comp.args[0]
    if element.op != "call" or source_name(element) != "loads" or over.op not in ("call", "name"):
        return
    found = whole(basis, over)
    if found is not None and found.kind in ("file", "upload", "download"):
        yield Peak("parsed", found, comp.stmt)
