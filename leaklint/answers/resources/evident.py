"""Resources of classes that no row knows: who closes one on one path says that it is to be closed on the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from leaklint.answers.holding.supposed import over_closed
from leaklint.answers.opening.openers import acquired
from leaklint.answers.opening.parts import part_of_scoped
from leaklint.answers.opening.wrappers import wrapper
from leaklint.answers.releasing.fate import parameter
from leaklint.answers.releasing.lending import called
from leaklint.answers.ways.failing import function_called
from leaklint.answers.ways.handlers import in_handler
from leaklint.answers.ways.held import kept_in
from leaklint.answers.ways.paths import Paths, guarded, trace, wraps
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, Stmt

_NOUN = "resource"


def evident(basis: Basis, endings: Mapping[Scope, tuple[Scope, ...]]) -> Iterator[tuple[Paths, Expr]]:
    """Each local name that gets what an unknown call made, and is closed by its function, or by the object that it is
    handed over to; followed through the function."""
    for place, uses in list(basis.uses.items()):
        if place.scope.kind != "function" or len(place.path) != 1 or basis.types.place_row(place) is not None:
            continue
        made = [use for use in uses if _made(basis, use)] if not any(_awaits(u) for u in uses) else []
        closes = _closes(basis, uses) or (_closed_by_holder(basis, place, uses, endings) if made else [])
        if made and not closes:
            yield from _by_name(basis, place, uses, made)
        begins = [u for u in uses if u.verb and basis.apis.means("beginning_methods", u.verb)]
        for use in made if closes else ():
            maker = called(basis, _call(use))
            if _opens(basis, maker, use, closes, begins):
                begun = _first_after(begins if maker[:1].isupper() else [], use.stmt)
                row = _row(basis, [*closes, *(u for u in uses if _lets_go(basis, u))])
                yield trace(basis, place, row, use.stmt, begun=begun, judged=True), use.value or _call(use)


def _by_name(basis: Basis, place: Place, uses: list[Use], made: list[Use]) -> Iterator[tuple[Paths, Expr]]:
    """A connection by its name and by that of its maker, or because it is told to connect, which is handed over:
    whoever gets it closes it."""
    if any(_handed_over(u) or wrapper(basis, u) is not None for u in uses):
        row = Row("", basis.module.path, "resource", noun="connection", release=("close",), supposed=True)
        for use in made:
            peer = _peer(basis, use)
            begun = None if peer else _connected(basis, uses, use)
            if peer or begun is not None:
                yield trace(basis, place, row, use.stmt, begun=begun, judged=True), use.value or _call(use)


def _connected(basis: Basis, uses: list[Use], made: Use) -> Stmt | None:
    """`client = Client(host)`, then `await client.connect()`: where what is new is told to connect."""
    maker = called(basis, _call(made))
    if not basis.apis.means("opening_names", maker) or basis.apis.means("never_open", maker):
        return None
    first = min((u for u in uses if u.stmt.ordinal > made.stmt.ordinal), key=lambda u: u.stmt.ordinal, default=None)
    connects = first is not None and bool(first.verb) and basis.apis.means("connecting_methods", first.verb)
    return first.stmt if first is not None and connects else None


def _peer(basis: Basis, made: Use) -> bool:
    """`sock = new_socket()`, `client = await connect()`, `reader, writer = await dial()`: is it open to a peer?"""
    call, name = _call(made), made.expr.text
    waited = call.parent is not None and call.parent.op == "await"
    if name.endswith("reader"):
        return False  # nothing to close: the writer has the connection
    if basis.apis.means("peer_names", name):
        return basis.apis.means("opening_functions", called(basis, call))
    if waited and basis.apis.means("connection_names", name):
        return basis.apis.means("dialing_functions", called(basis, call))
    pair = made.expr.parent.args if made.expr.parent is not None and made.expr.parent.op == "tuple" else ()
    return waited and name.endswith("writer") and any(e.text.endswith("reader") for e in pair)


def _made(basis: Basis, use: Use) -> bool:
    """Does an assignment bind it to what a call returns, which is neither known nor an entry of something?"""
    stmt = use.stmt
    if use.verb != "bind" or stmt.op != "assign" or wraps(basis, use) or any(t.op == "attr" for t in stmt.targets):
        return False
    call = _call(use)
    if call.op != "call" or acquired(basis, call) is not None or basis.types.result(call) is not None:
        return False
    if _ends_soon(basis, call) or over_closed(basis, use.place, call) or part_of_scoped(basis, call):
        return False
    method = call.args[0].text if call.args[0].op == "attr" else ""
    # `stack.enter_context(...)` closes it; `engine.connect()` does not
    return method not in basis.apis.owning or basis.apis.means("opening_functions", method)


def _ends_soon(basis: Basis, call: Expr) -> bool:
    """Is it an object of a class of this module whose base rows know to hold nothing open, as a parser?"""
    klass = basis.types.callee(call).local
    bases = basis.names.outside_bases(klass) if klass is not None and klass.kind == "class" else []
    return any(row is not None and row.lifetime == "short" for row in map(basis.apis.get, bases))


def _awaits(use: Use) -> bool:
    """`connecting = connect(host)`, and `await connecting` later: the name stands for what is to be awaited."""
    return not use.verb and use.expr.parent is not None and use.expr.parent.op == "await"


def _call(use: Use) -> Expr:
    value = use.value if use.value is not None else use.stmt.value
    while value is not None and value.op == "await":
        value = value.args[0]
    return value if value is not None else use.expr


def _opens(basis: Basis, maker: str, made: Use, closes: list[Use], begins: list[Use]) -> bool:
    """Is something likely to be open behind it: what was awaited, opened by name, or is closed whatever happens?"""
    if any(basis.apis.means("memory_objects", name) for name in (maker, made.expr.text)):
        return False
    if basis.apis.means("bare_getters", maker) and not basis.apis.means("opening_names", maker):
        return any(guarded(u) for u in closes)  # what was there before may go on being used by others
    call = _call(made)
    return (
        (call.parent is not None and call.parent.op == "await")
        or bool(begins)
        or basis.apis.means("opening_functions", maker)
        or any(_awaited(u) or guarded(u) for u in closes)
    )


def _first_after(begins: list[Use], stmt: Stmt) -> Stmt:
    """What is opened by a method of its own holds nothing before."""
    return next((u.stmt for u in begins if u.stmt.ordinal > stmt.ordinal), stmt)


def _closes(basis: Basis, uses: list[Use]) -> list[Use]:
    """Where a function closes it, other than where it fails only: what is closed there may be somebody else's."""
    found = [u for u in uses if _closing(basis, u) and u.stmt.scope.function is u.place.scope]
    plain = not all(in_handler(u.stmt) for u in found)
    return found if plain or any(_handed_over(u) or wrapper(basis, u) is not None for u in uses) else []


def _lets_go(basis: Basis, use: Use) -> bool:
    """Another way to be done with it, beside those that close it: `response.release()`."""
    alone = use.site.op == "call" and len(use.site.args) == 1
    words = ("removing_methods", "end_of_life_methods")
    return alone and bool(use.verb) and any(basis.apis.means(word, use.verb) for word in words)


def _handed_over(use: Use) -> bool:
    """Stored, returned, or returned within something else."""
    return use.role in ("returned", "bound") or (use.role in ("argument", "element") and use.stmt.op == "return")


def _closed_by_holder(
    basis: Basis, place: Place, uses: list[Use], endings: Mapping[Scope, tuple[Scope, ...]]
) -> list[Use]:
    """Where the object that it is stored in closes it."""
    if place.is_given:
        return []
    for held in _holders(basis, uses):
        ends = endings.get(held.scope, ())
        found = [u for u in basis.all_uses(held) if _closing(basis, u) and u.stmt.scope.function in ends]
        if found:
            return found
    return []


def _holders(basis: Basis, uses: Iterable[Use], *, through: bool = True) -> Iterator[Place]:
    """The attributes that it is stored in, by its function or by one here that this gives it to."""
    for use in uses:
        yield from kept_in(basis, use)
        local = function_called(basis, use.site) if use.role == "argument" and through else None
        param = parameter(local, use.site, use.value) if local is not None and local.kind == "function" else None
        if param is not None:
            yield from _holders(basis, basis.all_uses(param), through=False)


def _closing(basis: Basis, use: Use) -> bool:
    return bool(use.verb) and basis.apis.means("closing_methods", use.verb)


def _awaited(use: Use) -> bool:
    return use.site.parent is not None and use.site.parent.op == "await"


def _row(basis: Basis, closes: list[Use]) -> Row:
    return Row(
        name="",
        file=basis.module.path,
        kind="resource",
        noun=_NOUN,
        release=tuple(dict.fromkeys(u.verb for u in closes)),
        awaited=tuple(dict.fromkeys(u.verb for u in closes if _awaited(u))),
    )
