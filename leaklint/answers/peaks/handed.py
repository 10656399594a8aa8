"""What is read as a whole to be handed on at once: written, hashed, copied, sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from leaklint.answers.peaks.copied import copied, stored, stored_body
from leaklint.answers.peaks.loads import Whole, is_open, names_data, whole
from leaklint.answers.peaks.query import bound_value, just_before
from leaklint.meaning.basis import Basis, once
from leaklint.meaning.scopes import source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt, source, statements

_HANDED_ON = ("file", "member", "upload", "download", "body")

How = Literal[
    "iterated", "parsed", "limited", "hashed", "written", "archived", "sent", "stored", "copied", "answered",
    "cut", "sampled", "counted", "first", "dropped", "rounds", "unstreamed", "unclear",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Peak:
    """`found` is whole in memory; `at` is the statement that does not need it whole, `tool` what it is done by."""

    how: How
    found: Whole
    at: Stmt
    tool: str = ""


def used_once(basis: Basis, value: Expr) -> Whole | None:
    """What is whole here and of no more use afterwards: an expression, or a name that is read nowhere else."""
    found = whole(basis, value)
    names = [value]
    while found is not None and names:
        node = names.pop()
        if node.op == "name":
            place = basis.names.place(node)
            uses = basis.all_uses(place) if place is not None else []
            reads = [u for u in uses if u.verb != "bind" and u.expr is not node and u.expr.text == node.text]
            anew = just_before(node) if basis.names.only_value(node.text, node.scope) is None else None
            if anew is not None:  # what it was earlier is forgotten
                reads = [u for u in reads if u.stmt.ordinal > anew.stmt.ordinal]
            reads = [
                u
                for u in reads
                if u.stmt is not found.site.stmt and not (found.kind == "lazy" and _leaves_rows(basis, u))
            ]
            if any(not (u.role == "tested" and not u.verb) for u in reads):
                return None
            bound = bound_value(basis, node)
            names += [bound] if bound is not None else []
        elif node.op == "await":
            names.append(node.args[0])
        elif node.op == "call" and node.args[0].op == "attr" and node is not found.site:
            names.append(node.args[0].args[0])
        elif node.op == "call" and node.args[0].op == "name" and len(node.args) > 1 and node is not found.site:
            names.append(node.args[1])
    return found


def written_back(basis: Basis, found: Whole, rows: Expr) -> str:
    """What the rows of a query are given to once a loop has changed them: `bulk_update`."""
    place = basis.names.place(rows) if found.kind == "lazy" and rows.op == "name" else None
    uses = basis.all_uses(place) if place is not None else ()
    return next((word for u in uses if (word := _writes_back(basis, u))), "")


def _leaves_rows(basis: Basis, use: Use) -> bool:
    """Are the rows of a query given back changed, or is the database asked anew: `rows.count()`?"""
    return bool(_writes_back(basis, use)) or basis.apis.means("fresh_queries", use.verb)


def _writes_back(basis: Basis, use: Use) -> str:
    call = use.expr.parent if use.role == "argument" else None
    word = source_name(call) if call is not None and call.op == "call" else ""
    return word if basis.apis.means("bulk_writes", word) else ""


def handed_on(basis: Basis, call: Expr) -> Iterator[Peak]:
    """What a call is given whole."""
    func, args = call.args[0], call.args[1:]
    if not args:
        return
    word, callee = source_name(func), basis.types.callee(call)
    made = callee.row
    if made is not None and made.pieces:
        yield from as_it_is(basis, "hashed", args[0], call.stmt, made.pieces[0])
    elif len(args) == 1 and _into_buffer(basis, call):
        yield from as_it_is(basis, "copied", args[0], call.stmt, word)
    elif func.op == "attr" and word == "update" and _feeds(basis, func.args[0]):
        yield from as_it_is(basis, "hashed", args[0], call.stmt, "update")
    elif func.op == "attr" and word in ("write", "writelines", "write_bytes", "write_text") and not _sends(basis, call):
        part = copied(basis, args[0], func.args[0]) if word == "write" else None
        yield from (
            [Peak("written", part, call.stmt, word)] if part else as_it_is(basis, "written", args[0], call.stmt, word)
        )
    elif callee.local is None and basis.apis.means("response_classes", (callee.name or word).rpartition(".")[2]):
        for name, arg in zip(call.names[1:], args, strict=False):
            if name in ("", "content", "body", "data", "response"):
                yield from as_it_is(basis, "answered", arg, call.stmt, word)
    elif basis.apis.means("batch_writes", word):
        yield from _copied_rows(basis, args[-1], call)
    elif func.op == "attr" and word == "writestr" and len(args) > 1:
        yield from as_it_is(basis, "archived", args[1], call.stmt, word)
    elif func.op == "attr" and basis.apis.means("sending_calls", word):
        for name, arg in zip(call.names[1:], args, strict=False):
            if basis.apis.means("sent_arguments", name) or (arg is args[0] and basis.apis.means("sending_texts", word)):
                body = stored_body(basis, arg)
                yield from (
                    [Peak("sent", body, call.stmt, word)] if body else as_it_is(basis, "sent", arg, call.stmt, word)
                )
    name = (callee.name or word).rpartition(".")[2]
    if callee.local is None and basis.apis.means("storing_calls", name) and (name != "write" or _sends(basis, call)):
        sent = basis.apis.means("sending_calls", word)
        for given, arg in zip(call.names[1:], args, strict=False):
            found = None if sent and basis.apis.means("sent_arguments", given) else stored(basis, arg)
            yield from [Peak("stored", found, call.stmt, name)] if found is not None else ()


def _into_buffer(basis: Basis, call: Expr) -> bool:
    """`BytesIO(data)`, `buffer.write(data)`; `ByteReader(data)` of a class of another module, by its name."""
    callee, func = basis.types.callee(call), call.args[0]
    if callee.row is not None and callee.row.kind == "buffer" and callee.row.bulk:
        return True
    row = basis.types.row(func.args[0]) if func.op == "attr" and func.text == "write" else None
    if row is not None and row.kind == "buffer" and row.bulk:
        return True
    return (
        callee.row is None
        and callee.local is None
        and basis.apis.means("buffer_classes", (callee.name or source_name(func)).rpartition(".")[2])
    )


def _sends(basis: Basis, call: Expr) -> bool:
    """`write(path, data=content)`: a call that says by name what it is given."""
    return any(basis.apis.means("sent_arguments", name) for name in call.names)


def _copied_rows(basis: Basis, rows: Expr, call: Expr) -> Iterator[Peak]:
    """`executemany(INSERT, [(row["id"], ...) for row in rows])`: from one table to another."""
    over = rows.args[0] if rows.op == "comp" else rows
    found = used_once(basis, over)
    if found is not None and found.kind == "table":
        yield Peak("iterated", found, call.stmt)


def _feeds(basis: Basis, receiver: Expr) -> bool:
    """Is it something that takes its data piece by piece (`digest = hashlib.sha256()`)?"""
    value = basis.names.only_value(receiver.text, receiver.scope) if receiver.op == "name" else None
    if value is None or value.op != "call":
        return False
    row = basis.types.callee(value).row
    return (row is not None and bool(row.pieces)) or basis.apis.means("digest_makers", source_name(value))


def as_it_is(basis: Basis, how: How, value: Expr, stmt: Stmt, tool: str) -> Iterator[Peak]:
    """Handed on whole: only what was read here for this."""
    found = whole(basis, value)
    if found is None or found.listed or found.kind not in _HANDED_ON:
        return
    if found.kind == "file" and not (is_open(basis, found.path) or names_data(basis, found.path)):
        return
    if value.op == "name" and used_once(basis, value) is None:
        return
    if how == "written" and found.kind == "file" and "text" in tool:
        return
    if found.kind == "download" and (how in ("copied", "archived", "sent") or _looked_at(basis, found.site)):
        return
    if found.kind == "body" and how != "written":
        return
    if found.fixed and how != "written":
        return  # a part of known name is mostly small
    yield Peak(how, found, stmt, tool)


def _looked_at(basis: Basis, body: Expr) -> bool:
    """Is `response.content` used for something else as well, but to see how much it is?"""
    if body.op != "attr":
        return False
    named = (e for e in _mentioned(basis, body.text).get((body.scope.function, source(body)), ()) if e is not body)
    return any(e.parent is None or e.parent.op != "call" or e.parent.args[0].text != "len" for e in named)


@once(meanwhile=MappingProxyType({}))
def _mentioned(basis: Basis, attribute: str) -> Mapping[tuple[Scope, str], list[Expr]]:
    """By function and spelling: where an attribute of this name is mentioned."""
    found: dict[tuple[Scope, str], list[Expr]] = {}
    for e in basis.mentions(attribute):
        found.setdefault((e.scope.function, source(e)), []).append(e)
    return found


def is_body(target: Expr) -> bool:
    return target.op == "attr" and target.text == "body" and "resp" in source_name(target.args[0]).lower()


def requested(basis: Basis, value: Expr) -> Whole | None:
    """`read(stop - start)`: the range that a client asks for, which may be the whole file."""
    if value.op != "call" or value.args[0].op != "attr" or value.args[0].text != "read" or len(value.args) != 2:
        return None
    size: Expr | None = value.args[1]
    if size is not None and size.op == "name":
        size = basis.names.only_value(size.text, size.scope)
    sought = any(e.text == "seek" for s in statements(value.scope.function.block) for e in s.flat if e.op == "attr")
    ranged = sought and size is not None and size.op == "binary" and size.text == "Subtract"
    return Whole("file", value, source(value.args[0].args[0])) if ranged else None


def dropped(basis: Basis, value: Expr) -> Iterator[Peak]:
    """`response.read()` as a statement: the rest is read to be thrown away."""
    call = value.args[0] if value.op == "await" else value
    if call.op != "call" or len(call.args) > 1 or call.args[0].op != "attr":
        return
    found = whole(basis, call)
    draining = basis.apis.means("draining_functions", call.scope.function.name) and _may_read(basis, call)
    if found is None and draining and basis.apis.means("reading_methods", call.args[0].text):
        found = Whole("data", call, source(call))
    if found is not None and (found.kind == "data" or (draining and found.kind in ("download", "body", "upload"))):
        yield Peak("dropped", found, call.stmt)


def _may_read(basis: Basis, call: Expr) -> bool:
    """Not where a method of its own class is called so that reads nothing: `self.read()` of a list of tokens."""
    own = basis.types.callee(call).local
    calls = (e for s in statements(own.block) for e in s.flat if e.op == "attr") if own is not None else ()
    return own is None or any(e is not call and basis.apis.means("reading_methods", e.text) for e in calls)
