"""Resources that a function opens one by one into a list or dict: who closes them when a later one fails, or ever?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from leaklint.answers.opening.openers import acquired, acquired_part
from leaklint.answers.releasing.fate import fate
from leaklint.answers.ways.faults import Faults
from leaklint.answers.ways.handlers import catches_all, cleans_up, handles
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.flow import Effects, Exit, open_exits
from leaklint.meaning.names import Place
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Block, Expr, Stmt, flat_of, in_loop, statements

_LOOKS = ("bind", "append", "__setitem__", "__len__", "__contains__", "clear", "keys")
_READ = ("tested", "formatted")


@dataclass(frozen=True, slots=True)
class Listed:
    """`call` opens one more of what `put` adds to the list in `place`; `ends` close all of them, or hand it over."""

    place: Place
    row: Row
    call: Expr
    put: Stmt
    ends: tuple[Use, ...]
    exits: tuple[Exit, ...]

    @property
    def one(self) -> str:
        """Each of them, as a message calls it."""
        return f"{self.place.path[0]}[...]"


def listed(basis: Basis) -> Iterator[Listed]:
    """Each local list that is filled with what is opened for it."""
    for place, uses in list(basis.uses.items()):
        binds = [u for u in uses if u.verb == "bind"] if place.scope.kind == "function" and len(place.path) == 1 else []
        if len(binds) == 1 and binds[0].value is not None and place.scope.block is not None:
            given, put = _filled(basis, binds[0].value, uses)
            call, row = _opened(basis, given) if given is not None else _put_apart(basis, uses)
            put = call.stmt if put is None and call is not None else put
            if row is not None and call is not None and put is not None and not _unasked(basis, call):
                row = replace(row, release=tuple(v for v in row.release if not v.startswith("__")) or row.release)
                if row.release[:1] and row.release[0] in row.awaited and not place.scope.is_async:
                    continue  # nothing here could close them
                yield _listed(basis, place, row, call, put, uses, place.scope.block)


def _filled(basis: Basis, value: Expr, uses: Sequence[Use]) -> tuple[Expr | None, Stmt | None]:
    """What opens each of them, and the statement that puts it into the list."""
    if value.op == "comp" and value.text == "list":
        return value.args[-1], value.stmt
    for use in uses if value.op in ("list", "dict") and not value.args else ():
        given = _added(use) if in_loop(use.stmt) else None
        if given is not None:
            only = basis.names.only_value(given.text, given.scope) if given.op == "name" else given
            if only is not None:
                return only, use.stmt
    return None, None


def _opened(basis: Basis, given: Expr) -> tuple[Expr | None, Row | None]:
    """What opens the entry, or a part of it: `(path, open(path))`."""
    parts = given.args if given.op in ("tuple", "list") else (given,)
    return next(((part, row) for part in parts if (row := acquired(basis, part)) is not None), (None, None))


def _put_apart(basis: Basis, uses: Sequence[Use]) -> tuple[Expr | None, Row | None]:
    """What opens the first of those that are put in one by one, and that a loop closes later: `to_close.append(fd)`."""
    if not any(u.verb == "__iter__" and u.stmt.op == "for" for u in uses):
        return None, None
    for use in uses:
        given = _added(use) if use.verb == "append" and not in_loop(use.stmt) else None
        place = basis.names.place(given) if given is not None and given.op == "name" else None
        binds = [u for u in basis.all_uses(place) if u.verb == "bind"] if place is not None else []
        if len(binds) == 1 and binds[0].stmt.op == "assign" and binds[0].stmt.value is not None:
            value = binds[0].value
            row = acquired(basis, value) if value is not None else acquired_part(basis, binds[0].expr)
            if row is not None and any(_closed_by(basis, u, row) for u in uses):
                return value or binds[0].stmt.value, row
    return None, None


def _closed_by(basis: Basis, use: Use, row: Row) -> bool:
    """A loop through the list, that closes each: by a method, or by the function that ends it."""
    return use.verb == "__iter__" and _each_ends(basis, use.stmt, row)


def _each_ends(basis: Basis, loop: Stmt, row: Row) -> bool:
    return any(
        _one_ends(basis, call, row) or (bool(row.closer) and basis.types.callee(call).name == row.closer)
        for call in _through(loop)
    )


def _unasked(basis: Basis, call: Expr) -> bool:
    """Only a coroutine as yet: `waiting.append(session.get(url))`, which `gather` will await."""
    row, method = basis.types.result(call) if call.op == "call" else None, call.args[0] if call.args else None
    waits = row is not None and (bool(row.awaited) or "__aexit__" in row.release)
    return waits and method is not None and not method.text[:1].isupper()


def _added(use: Use) -> Expr | None:
    """What `files.append(one)` or `files[key] = one` adds."""
    if use.verb == "append":
        return use.site.args[1] if len(use.site.args) == 2 else None
    return use.stmt.value if use.verb == "__setitem__" and use.stmt.op == "assign" else None


def _listed(basis: Basis, place: Place, row: Row, call: Expr, put: Stmt, uses: Sequence[Use], body: Block) -> Listed:
    ends = tuple(u for u in uses if _ends(basis, u, row))
    ended = {u.stmt for u in ends}
    # where it fails, another list may hold all of them: `except: for fd in opened: os.close(fd)`
    ended |= {s for s in statements(body) if s.op == "for" and cleans_up(s) and _each_ends(basis, s, row)}
    faults = Faults(basis, place, row, place.scope)
    effects = Effects(
        at=lambda stmt: "release" if stmt in ended else "acquire" if stmt is put else "",
        fallible=lambda stmt: stmt not in ended and faults.likely(stmt) is not None,
        catches_all=lambda block: catches_all(block) or any(s in ended for s in statements(block)),
        handles=lambda block: handles(basis, block),
    )
    return Listed(place, row, call, put, ends, open_exits(basis, body, effects))


def _ends(basis: Basis, use: Use, row: Row) -> bool:
    """Is the list handed over, are its entries taken out of it, or does a loop through it close or hand on each?"""
    if use.verb in ("__iter__", "values", "items"):
        return _closed_by(basis, use, row) or any(
            _one_ends(basis, call, row) or _handed(basis, call) for call in _through(use.stmt)
        )
    if not use.verb and use.role == "element" and fate(basis, use, row) not in ("release", "escape"):
        return any(
            _one_ends(basis, call, row) for call in _through(use.stmt)
        )  # `zip(*files)`: a loop through what is in them
    return use.role not in _READ if not use.verb else use.verb not in _LOOKS


def _through(loop: Stmt) -> Iterator[Expr]:
    """The calls of a statement that goes through the list, and of its blocks."""
    for stmt in (loop, *(s for b in loop.blocks for s in statements(b))):
        yield from (e for e in flat_of(stmt) if e.op == "call")


def _one_ends(basis: Basis, call: Expr, row: Row) -> bool:
    method = call.args[0].text if call.args[0].op == "attr" else ""
    return method in (*row.release, *row.reaps) or basis.apis.means("end_of_life_methods", method)


def _handed(basis: Basis, call: Expr) -> bool:
    """Is an unknown function given a name: `closing(one)`?"""
    callee = basis.types.callee(call)
    return callee.row is None and callee.receiver is None and any(a.op == "name" for a in call.args[1:])
