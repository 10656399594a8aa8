"""May a value be of any size? By where it comes from, and last by its name."""

from __future__ import annotations

from collections.abc import Iterable

from leaklint.answers.bound import by_guard
from leaklint.answers.peaks.loads import is_open, names_data, whole
from leaklint.answers.peaks.messages import counted_beside, message
from leaklint.apis import Row
from leaklint.meaning.basis import NO, Answer, Basis, Clue
from leaklint.meaning.flow import LEAVING
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Block, Expr, Stmt, ancestors, in_loop, source, walk

_DEPTH = 4


def weight(basis: Basis, expr: Expr, depth: int = _DEPTH) -> Answer:
    """`read` (a whole body or stream), `parsed` (what an answer says), `accumulated` (grown in a loop), `received` (a
    whole message of a peer), or not.

    Less certain: `mapping` (an event or message that is one), `named` (bytes whose name says so).
    """
    if depth < 0:
        return NO
    if expr.op in ("await", "starred"):
        return weight(basis, expr.args[0], depth)
    if expr.op == "call":
        callee = basis.types.callee(expr)
        if callee.receiver is not None and _gives_all(basis, callee.receiver, expr):
            if callee.receiver.kind == "buffer":  # as large as what was written into it
                return weight(basis, expr.args[0].args[0], depth - 1)
            return _read(basis, expr, callee.receiver, expr.args[0])
        return _made_of(basis, expr, depth) or _loaded(basis, expr) or _answered(basis, expr)
    if expr.op == "attr":
        owner = basis.types.row(expr.args[0])
        if owner is not None and expr.text in owner.bulk and owner.kind != "container":
            return _read(basis, expr, owner, expr)
    if expr.op not in ("name", "attr"):
        return NO
    place = basis.names.place(expr)
    found = _held(basis, place, expr, depth) if place is not None else NO
    return NO if found and place is not None and _limited_before(basis, place, expr) else found


def _gives_all(basis: Basis, row: Row, call: Expr) -> bool:
    """`response.read()`, and what is made of that: `response.json()`."""
    method = call.args[0].text
    return bool(row.bulk) and (method in row.bulk or basis.apis.means("parsing_methods", method)) and not _limited(call)


def _read(basis: Basis, expr: Expr, row: Row | None, attr: Expr) -> Answer:
    """`of` says whose text it is, where it is a text, or in memory whether anybody looks at it or not."""
    parsed = basis.apis.means("parsing_methods", attr.text)
    there = row is not None and (attr.text in row.text or parsed or expr is attr)
    args = {"what": source(expr)} | ({"of": source(attr.args[0])} if there else {})
    return Answer("parsed" if parsed else "read", (Clue(expr.stmt, "driver", "read", args),), source(expr))


def _loaded(basis: Basis, call: Expr) -> Answer:
    """A file of any size, read whole: one that a caller names, or that grows."""
    found = whole(basis, call)
    if found is None or found.kind not in ("file", "member", "upload", "table"):
        return NO
    if found.kind == "file" and not (is_open(basis, found.path) or names_data(basis, found.path)):
        return NO
    return _read(basis, found.site, None, found.site.args[0])


def _answered(basis: Basis, call: Expr) -> Answer:
    """`await request.json()`, by its name alone: what a client has sent, or a server answers."""
    method = call.args[0]
    if method.op != "attr" or len(call.args) > 1 or not basis.apis.means("parsing_methods", method.text):
        return NO
    named = basis.apis.means("exchange_names", source_name(method.args[0]))
    return _read(basis, call, None, method) if named else NO


SHAPING = frozenset(["decode", "encode", "strip", "lstrip", "rstrip", "replace", "lower", "hex", "tobytes", "getvalue"])


def _made_of(basis: Basis, call: Expr, depth: int) -> Answer:
    """As large as what it is made of: `body.decode()`, `b"".join(chunks)`, `str(body)`."""
    row = basis.types.callee(call).row
    word = source_name(call)
    if (row is not None and row.stringifies) or (len(call.args) > 1 and basis.apis.means("reading_functions", word)):
        return weight(basis, call.args[1], depth - 1) if len(call.args) > 1 else NO
    if call.args[0].op != "attr":
        return _received(basis, call)
    if call.args[0].text == "join" and len(call.args) == 2:
        return weight(basis, call.args[1], depth - 1)
    return weight(basis, call.args[0].args[0], depth - 1) if call.args[0].text in SHAPING else _received(basis, call)


def _received(basis: Basis, call: Expr) -> Answer:
    """A whole message of a peer, as large as the peer likes: `await peer.recv()`."""
    word = source_name(call)
    rendered = basis.apis.means("rendering_methods", word) and len(call.args) == 1
    if rendered and basis.apis.means("rendered_names", source_name(call.args[0].args[0])):
        return _read(basis, call, None, call.args[0])
    if len(call.args) > 1 or not basis.apis.means("message_reads", word):
        return NO
    return Answer("received", (Clue(call.stmt, "driver", "received", {"what": source(call)}),), source(call))


def _limited_before(basis: Basis, place: Place, expr: Expr) -> bool:
    """Has its length been compared with a limit? Where it was too long, it is any length beyond."""
    guard = by_guard(basis, place)
    if not guard or guard.clues[0].stmt.ordinal > expr.stmt.ordinal:
        return False
    long = (block for block, owner in ancestors(expr.stmt) if owner is guard.clues[0].stmt and _too_long(block))
    return all(_emptied_within(basis, place, block) for block in long)


def _emptied_within(basis: Basis, place: Place, block: Block) -> bool:
    """What is long enough goes on its way, and the next begins: it is no longer than that and one piece."""
    if block.stmts and block.stmts[-1].op in LEAVING:
        return False
    empty = (u for u in basis.all_uses(place) if u.verb == "clear" or (u.verb == "bind" and _is_empty(u.value)))
    return any(u.stmt in block.stmts for u in empty)


def _is_empty(value: Expr | None) -> bool:
    return value is not None and value.op == "const" and value.value in ('""', "''", 'b""', "b''")


def _too_long(block: Block) -> bool:
    """A branch for what is longer than it may be: `if len(body) > LIMIT`, `if len(body) != 16`."""
    return any(part.text in ("GreaterThan", "GreaterThanEqual", "NotEqual") for t in block.exprs for part in walk(t))


def _held(basis: Basis, place: Place, expr: Expr, depth: int) -> Answer:
    # a name that stands for an attribute has been bound to it, and the attribute may be a body
    own = basis.names.bindings(expr.text, expr.scope) if expr.op == "name" else ()
    aliased = (b.value for b in own if b.exact and b.value is not None and b.value.op == "attr")
    loop = _brings(expr)
    for value in _last_first((*basis.types.bound_values(place), *aliased), expr):
        if (loop is not None and not _within(value.stmt, loop)) or _never_bound(value.stmt, expr.stmt):
            continue
        found = weight(basis, value, depth - 1)
        handed = place.is_attribute and value.op == "name" and found.kind == "received"  # what somebody has stored
        if found.kind in ("read", "parsed", "accumulated", "received") and not handed:
            return found
    row = basis.types.place_row(place) if loop is None else None
    named = basis.apis.means("buffer_names", expr.text)
    if row is not None and (named or (row.kind == "buffer" and not row.stringifies)):
        for use in basis.all_uses(place):
            repeats = in_loop(use.stmt) or basis.apis.means("feed_methods", use.stmt.scope.function.name)
            if repeats and use.verb in row.grow and use.verb != "__setitem__" and not _small(basis, use.value):
                return Answer("accumulated", (Clue(use.stmt, "driver", "accumulated"),), source(expr))
    large = row is not None and row.kind == "buffer" and not row.stringifies
    if named and large and not _made_here(basis, place):
        return Answer("named", word=source(expr))
    return message(basis, place, expr) or (counted_beside(basis, expr) if depth == _DEPTH else NO)


def _brings(expr: Expr) -> Stmt | None:
    """The innermost loop around a name that binds it anew in each round: what it was elsewhere is forgotten."""
    loops = (o for b, o in ancestors(expr.stmt) if o.op == "for" and b.kind == "body" and expr.op == "name")
    return next((o for o in loops if any(e.text == expr.text for t in o.targets for e in walk(t))), None)


def _within(stmt: Stmt, outer: Stmt) -> bool:
    return any(owner is outer for _, owner in ancestors(stmt))


def _never_bound(bound: Stmt, used: Stmt) -> bool:
    """In the handler of a `try` whose last statement binds a name, it is not bound: that statement has failed."""
    for block, owner in ancestors(used):
        if owner.op in ("for", "while", "def"):
            return False
        if block.kind == "handler" and owner.op == "try" and _within(bound, owner):
            last = owner.blocks[0].stmts[-1]
            while last.op == "with" and last.blocks[0].stmts:
                last = last.blocks[0].stmts[-1]
            return last is bound
    return False


def _made_here(basis: Basis, place: Place) -> bool:
    """A local that begins empty in this function: all that goes in is to be seen, whatever it is called."""
    made = list(basis.types.bound_values(place)) if place.scope.kind == "function" else []
    return bool(made) and all(v.op == "const" or (v.op == "call" and len(v.args) == 1) for v in made)


def _last_first(values: Iterable[Expr], expr: Expr) -> list[Expr]:
    """What was bound to it last before it is used, then what came earlier, then the rest: a round before, elsewhere."""
    here, function = expr.stmt.ordinal, expr.scope.function
    again = expr.op != "name" or any(owner.op in ("for", "while") for _, owner in ancestors(expr.stmt))
    found = [v for v in values if again or v.stmt.ordinal <= here or v.stmt.scope.function is not function]
    return sorted(found, key=lambda v: here - v.stmt.ordinal if v.stmt.ordinal <= here else v.stmt.ordinal + here)


def _small(basis: Basis, value: Expr | None) -> bool:
    """Short text made here, and numbers, are no payload: `errors.append(f"...")`, `starts.append((i, len(x)))`."""
    if value is None or value.op in ("const", "fstring"):
        return value is not None
    if value.op == "tuple":
        return all(_small(basis, part) for part in value.args)
    if value.op == "call":
        row = basis.types.callee(value).row
        method = value.args[0]
        return (row is not None and row.cuts) or (
            method.op == "attr" and method.text == "format" and method.args[0].op in ("const", "fstring")
        )
    found = basis.names.bindings(value.text, value.scope) if value.op == "name" else ()
    return bool(found) and all(b.value is not None and _counted(b.value) for b in found)


def _counted(value: Expr) -> bool:
    return value.op == "call" and value.args[0].text in ("range", "len", "min", "max", "int", "float", "round")


def _limited(call: Expr) -> bool:
    """`read(n)` is as large as the code says; `read()` and `read(-1)` are not."""
    return any(not (a.op == "const" and a.text == "none") and source(a) != "-1" for a in call.args[1:])
