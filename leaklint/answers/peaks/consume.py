"""What is done with something that was read as a whole, and would have done with a part, or piece by piece?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from leaklint.answers.peaks.copied import copied
from leaklint.answers.peaks.limits import asked_before, limited
from leaklint.answers.peaks.loads import Whole, is_open, names_data, whole
from leaklint.meaning.basis import Basis
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Expr, Stmt, flat_of, source, statements, walk

_HANDED_ON = ("file", "member", "upload", "download")

How = Literal["iterated", "parsed", "limited", "hashed", "written", "copied", "answered", "cut", "sampled", "counted"]

_ADDING = ("append", "add", "extend", "setdefault", "insert", "update", "put", "push", "appendleft")
_ROW_LOOPS = ("iterrows", "itertuples", "iter_rows", "to_dict")


@dataclass(frozen=True, slots=True)
class Peak:
    """`found` is whole in memory; `at` is the statement that does not need it whole, `tool` what it is done by."""

    how: How
    found: Whole
    at: Stmt
    tool: str = ""


def peaks(basis: Basis) -> Iterator[Peak]:
    """Everything that this module reads as a whole and uses in another way; not what was small enough when asked."""
    for peak in _peaks(basis):
        if peak.found.kind not in ("upload", "body", "download") or not asked_before(
            peak.found, peak.at, compared=True
        ):
            yield peak


def _peaks(basis: Basis) -> Iterator[Peak]:
    for stmt in basis.module.stmts:
        if stmt.op == "for" and stmt.value is not None:
            yield from _iterated(basis, stmt, stmt.value)
        late = limited(basis, stmt) if stmt.op == "if" else None
        if late is not None:
            yield Peak("limited", late[0], stmt, late[1])
        for expr in flat_of(stmt):
            if expr.op == "call":
                yield from _call(basis, expr)
            elif expr.op == "sub" and len(expr.args) == 2 and expr.args[1].op == "slice":
                yield from _cut(basis, expr)
            elif expr.op == "comp":
                yield from _parsed(basis, expr)
            elif expr.op == "yield" and expr.args and (part := _requested(basis, expr.args[0])) is not None:
                yield Peak("answered", part, stmt)
        if stmt.op == "assign" and stmt.value is not None and any(_is_body(t) for t in stmt.targets):
            part = _requested(basis, stmt.value)
            yield from [Peak("answered", part, stmt)] if part else _as_it_is(basis, "answered", stmt.value, stmt, "")


# -- piece by piece --------------------------------------------------------------------------------------------------


def _iterated(basis: Basis, loop: Stmt, value: Expr) -> Iterator[Peak]:
    """A loop over all of it, once, that does not keep each item."""
    if value.op == "call" and value.args[0].op == "attr" and value.args[0].text in _ROW_LOOPS:
        value = value.args[0].args[0]
        found = _used_once(basis, value)
        if found is not None and found.kind == "frame" and not _keeps(loop):
            yield Peak("iterated", found, loop)
        return
    if value.op == "call" and value.args[0].text == "enumerate" and len(value.args) > 1:
        value = value.args[1]
    found = _used_once(basis, value)
    if found is None or loop.is_async or found.kind in ("frame", "download", "body", "cursor"):
        return
    if found.kind in ("file", "member") and _parses(loop):
        yield Peak("parsed", found, loop)
        return
    if _keeps(loop):
        return
    if found.kind in ("table", "lazy") and _runs_queries(loop):
        return  # the cursor would be lost
    if found.kind == "file" and not names_data(basis, found.path):
        return
    if found.kind == "upload" and not found.listed and value.op == "name":
        return
    yield Peak("iterated", found, loop)


def _used_once(basis: Basis, value: Expr) -> Whole | None:
    """What is whole here and of no more use afterwards: an expression, or a name that is read nowhere else."""
    found = whole(basis, value)
    names = [value]
    while found is not None and names:
        node = names.pop()
        if node.op == "name":
            place = basis.names.place(node)
            uses = basis.all_uses(place) if place is not None else []
            reads = [u for u in uses if u.verb != "bind" and u.expr is not node and u.expr.text == node.text]
            if any(not (u.role == "tested" and not u.verb) for u in reads):
                return None
            bound = basis.names.only_value(node.text, node.scope)
            names += [bound] if bound is not None else []
        elif node.op == "await":
            names.append(node.args[0])
        elif node.op == "call" and node.args[0].op == "attr" and node is not found.site:
            names.append(node.args[0].args[0])
        elif node.op == "call" and node.args[0].op == "name" and len(node.args) > 1:
            names.append(node.args[1])
    return found


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


def _parsed(basis: Basis, comp: Expr) -> Iterator[Peak]:
    """`[json.loads(line) for line in file.read().splitlines()]`: the text is there beside all that was made of it."""
    element, over = comp.args[-1], comp.args[0]
    if element.op != "call" or source_name(element) != "loads" or over.op not in ("call", "name"):
        return
    found = whole(basis, over)
    if found is not None and found.kind in ("file", "upload", "download"):
        yield Peak("parsed", found, comp.stmt)


# -- handed on -------------------------------------------------------------------------------------------------------


def _call(basis: Basis, call: Expr) -> Iterator[Peak]:
    func, args = call.args[0], call.args[1:]
    if not args:
        return
    word, callee = source_name(func), basis.types.callee(call)
    made = callee.row
    if made is not None and made.pieces:
        yield from _as_it_is(basis, "hashed", args[0], call.stmt, made.pieces[0])
    elif made is not None and made.kind == "buffer" and made.bulk and len(args) == 1:
        yield from _as_it_is(basis, "copied", args[0], call.stmt, word)
    elif func.op == "attr" and word == "update" and _feeds(basis, func.args[0]):
        yield from _as_it_is(basis, "hashed", args[0], call.stmt, "update")
    elif func.op == "attr" and word in ("write", "write_bytes", "write_text"):
        part = copied(basis, args[0], func.args[0]) if word == "write" else None
        yield from (
            [Peak("written", part, call.stmt, word)] if part else _as_it_is(basis, "written", args[0], call.stmt, word)
        )
    elif callee.local is None and basis.apis.means("response_classes", (callee.name or word).rpartition(".")[2]):
        for name, arg in zip(call.names[1:], args, strict=False):
            if name in ("", "content", "body", "data", "response"):
                yield from _as_it_is(basis, "answered", arg, call.stmt, word)
    elif func.op == "name" and word == "len":
        found = whole(basis, args[0]) if args[0].op != "name" else None
        if found is not None and _countable(found, args[0]):
            yield Peak("counted", found, call.stmt)
    elif callee.name in ("random.sample", "random.choice", "random.choices"):
        found = whole(basis, args[0])
        if found is not None and (found.kind == "table" or (found.kind == "lazy" and found.listed)):
            yield Peak("sampled", found, call.stmt, callee.name or "")


def _feeds(basis: Basis, receiver: Expr) -> bool:
    """Is it something that takes its data piece by piece (`digest = hashlib.sha256()`)?"""
    value = basis.names.only_value(receiver.text, receiver.scope) if receiver.op == "name" else None
    if value is None or value.op != "call":
        return False
    row = basis.types.callee(value).row
    return (row is not None and bool(row.pieces)) or basis.apis.means("digest_makers", source_name(value))


def _as_it_is(basis: Basis, how: How, value: Expr, stmt: Stmt, tool: str) -> Iterator[Peak]:
    """Handed on whole: only what was read here for this."""
    found = whole(basis, value)
    if found is None or found.listed or found.kind not in _HANDED_ON:
        return
    if found.kind == "file" and not (is_open(basis, found.path) or names_data(basis, found.path)):
        return
    if value.op == "name" and _used_once(basis, value) is None:
        return
    if how == "written" and found.kind == "file" and "text" in tool:
        return
    if how == "copied" and found.kind == "download":
        return
    yield Peak(how, found, stmt, tool)


def _is_body(target: Expr) -> bool:
    return target.op == "attr" and target.text == "body" and "resp" in source_name(target.args[0]).lower()


def _requested(basis: Basis, value: Expr) -> Whole | None:
    """`read(stop - start)`: the range that a client asks for, which may be the whole file."""
    if value.op != "call" or value.args[0].op != "attr" or value.args[0].text != "read" or len(value.args) != 2:
        return None
    size: Expr | None = value.args[1]
    if size is not None and size.op == "name":
        size = basis.names.only_value(size.text, size.scope)
    sought = any(e.text == "seek" for s in statements(value.scope.function.block) for e in s.flat if e.op == "attr")
    ranged = sought and size is not None and size.op == "binary" and size.text == "Subtract"
    return Whole("file", value, source(value.args[0].args[0])) if ranged else None


def _countable(found: Whole, arg: Expr) -> bool:
    if found.kind == "lazy":
        return True
    return found.kind == "table" or (found.kind == "file" and arg.op == "call" and source_name(arg) == "readlines")


def _cut(basis: Basis, sub: Expr) -> Iterator[Peak]:
    """`rows[:n]` of all rows. A slice of a query that has not run limits it."""
    index = sub.args[1]
    if not index.args or index.text == "step":
        return
    value = sub.args[0]
    found = whole(basis, value)
    if found is None or found.kind not in ("table", "lazy", "file"):
        return
    if found.kind == "lazy" and not found.listed:
        return
    in_lines = found.kind == "file" and _in_lines(value)
    read_on = in_lines and _offset(basis, index)
    if found.kind == "file" and not read_on and not (in_lines and names_data(basis, found.path) and _few(index)):
        return
    if not read_on and value.op == "name" and _used_once(basis, value) is None:
        return
    yield Peak("cut", found, sub.stmt, source(index))


def _in_lines(value: Expr) -> bool:
    return any(e.op == "attr" and e.text in ("readlines", "splitlines") for e in walk(value)) or value.op == "name"


def _few(index: Expr) -> bool:
    """`[-n:]` or `[:n]`, not `[1:]`."""
    bound = index.args[0]
    return index.text.startswith("upper") or (bound.op == "unary" and index.text == "lower")


def _offset(basis: Basis, index: Expr) -> bool:
    """`[seen:]` of a parameter or an attribute: what was read before is read again, to be left out."""
    start = index.args[0] if index.text == "lower" else None
    if start is None or start.op not in ("name", "attr"):
        return False
    if start.op == "attr":
        return basis.names.class_of(start.args[0]) is not None
    return [b.how for b in basis.names.bindings(start.text, start.scope)] == ["param"]
