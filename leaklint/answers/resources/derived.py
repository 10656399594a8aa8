"""What is made from a resource and leaves the function it is open in: it may still read from it there."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Expr

_READY = ("container", "buffer")
_THROUGH = ("attr", "call", "await", "binary", "fstring", "format")
_STEPS = 4  # names that what is made goes through: `raw = await send(client)`, `stream = raw.parse()`, `Lines(stream)`


def derived(basis: Basis, call: Expr, place: Place | None) -> Expr | None:
    """The first expression made from what `call` opens, held in `place` if it has a name, that leaves the function.

    `return client.stream(url)` is one, `return client.get(url).json()` and `rows = file.readlines()` are none.
    """
    names: set[Place | None] = {place}
    held = [call]
    if place is not None:
        held = [u.expr for u in basis.below(place) if u.verb not in ("bind", "del")]
    for step in range(_STEPS):
        made = [one for expr in held for one in _made(basis, expr) if not step or _reads_on(basis, one)]
        leaving = next((one for one in made if leaves(basis, one)), None)
        if leaving is not None:
            return leaving
        fresh = [name for name in dict.fromkeys(n for one in made for n in _names(basis, one)) if name not in names]
        held = [u.expr for name in fresh for u in basis.below(name) if u.verb not in ("bind", "del")]
        names.update(fresh)
    return None


def _made(basis: Basis, expr: Expr) -> Iterator[Expr]:
    """What an expression with the resource in it gives in the end, unless that is data which has been read."""
    made = expr
    while (parent := made.parent) is not None and parent.op in _THROUGH:
        if parent.op == "call" and _read(basis, parent, method=parent.args[0] is made):
            return
        made = parent
    called = made.args[0] if made.op == "await" else made
    if called is not expr and called.op in ("call", "binary", "fstring"):
        yield made


def _reads_on(basis: Basis, made: Expr) -> bool:
    """Does an object that is made around it, or a stream by its name, read on: `Lines(answer)`, `answer.parse()`?"""
    name = source_name(made.args[0] if made.op == "await" else made).rpartition(".")[2]
    words = ("reading_functions", "wrapping_functions")
    return name.lstrip("_")[:1].isupper() or any(basis.apis.means(word, name) for word in words)


def _read(basis: Basis, call: Expr, *, method: bool) -> bool:
    """Does a call, which may be that of a `method` of it, give what it has read, rather than what will read?"""
    callee = basis.types.callee(call)
    if call.args[0].op == "attr" and callee.row is None and basis.apis.means("data_methods", call.args[0].text):
        return True
    ready = callee.row is not None and callee.row.kind in _READY
    return ready or (not method and basis.apis.means("reading_functions", source_name(call)))


def leaves(basis: Basis, made: Expr) -> bool:
    """Is it returned or kept in an attribute, under a name or at once? What is yielded is used while it is open."""
    stmt = made.stmt
    if made.parent is not None:
        return False
    if stmt.op != "assign" or made is not stmt.value:
        return stmt.op == "return"
    returned = any(use.role == "returned" for place in _names(basis, made) for use in basis.all_uses(place))
    return returned or any(target.op == "attr" for target in stmt.targets)


def _names(basis: Basis, made: Expr) -> Iterator[Place]:
    """The local names that it is bound to, whole or as one of several."""
    stmt = made.stmt
    targets = stmt.targets if stmt.op == "assign" and made is stmt.value else ()
    for target in targets:
        for name in target.args if target.op == "tuple" else (target,):
            place = basis.names.place(name) if name.op == "name" else None
            if place is not None and place.scope.kind == "function":
                yield place
