"""Queues without a bound: who puts in, does anybody take out, is there one for each subscriber?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leaklint.answers.bound import by_guard, by_type
from leaklint.answers.growth.unsent import signals
from leaklint.answers.owner import guarded, owner
from leaklint.answers.releasing.fate import parameter
from leaklint.answers.rounds import driven, endless
from leaklint.answers.shrink import shrinks
from leaklint.meaning.basis import NO, Answer, Basis
from leaklint.meaning.names import ELEMENT, Place
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Stmt, ancestors, source, walk

QUEUE, CHANNEL = "queue", "channel"  # the nouns of their rows
_INFINITE = ('float("inf")', "float('inf')")
_STORES = ("__setitem__", "setdefault", "append", "appendleft", "add", "insert")
_LISTED = ("append", "appendleft", "extend")  # of a list or deque: who locks it shares it with a loop
_LEAVES = ("argument", "bound", "returned", "element", "yielded", "other", "operand")


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue that is held, or one of several in a held container (`place` is an entry then).

    `taken`: does anybody take from it, or may somebody who is not to be seen?
    """

    place: Place
    born: Expr
    puts: tuple[Use, ...]
    taken: bool
    owner: Answer
    bound: Answer


def queues(basis: Basis) -> Iterator[Queue]:
    """Queues of modules, classes and instances that something is put into, and those of a call that others fill."""
    for place, uses in basis.uses.items():
        if place.scope.kind not in ("module", "class") or any(p != ELEMENT for p in place.path[1:]):
            continue
        born = next((b for b in _born(basis, place) if _is_queue(basis, b)), None)
        row = basis.types.row(born) if born is not None else None
        if born is None or row is None:
            continue
        handed = (u for verb in row.grow for u in _by_reference(basis, place, verb))
        puts = (*(u for u in uses if u.verb in row.grow), *handed)
        if puts:
            taken = any(u.verb in row.shrink for u in uses) or _may_be_taken(basis, place, uses, born)
            bound = by_type(basis, row, (born,)) or by_guard(basis, place)
            yield Queue(place, born, puts, taken, owner(basis, place), bound)
    yield from _in_lists(basis)
    yield from _channels(basis)
    yield from _given_to_readers(basis)


def _in_lists(basis: Basis) -> Iterator[Queue]:
    """Lists and deques that one loop of their holder takes from, while other functions add to them."""
    for place, uses in basis.uses.items():
        if place.scope.kind not in ("module", "class") or len(place.path) != 1:
            continue
        born = next(iter(basis.types.bound_values(place)), None)
        row = basis.types.row(born) if born is not None else None
        if born is None or row is None or row.kind != "container" or "append" not in row.grow:
            continue
        taken = (s for s in shrinks(basis, place, row) if in_order(s) and _in_rounds(basis, s.stmt))
        taking = {s.stmt.scope.function for s in taken}
        puts = tuple(u for u in uses if u.verb in row.grow and u.stmt.scope.function not in taking)
        if taking and puts:
            guard = by_guard(basis, place)
            bound = by_type(basis, row, (born,)) or (NO if signals(guard) else guard)
            yield Queue(place, born, puts, True, owner(basis, place), bound)


def in_order(removal: Use) -> bool:
    """The first one, or all at once; not one that is looked for."""
    first = removal.verb in ("popleft", "pop", "__delitem__") and source(removal.key) in ("", "0")
    return first or removal.verb in ("clear", "bind") or (removal.key is not None and removal.key.op == "slice")


def in_turn(removals: Sequence[Use]) -> bool:
    """Is the first one taken out, whoever it is? One that nobody waits for any more goes when its turn has come."""
    firsts = [s for s in removals if s.verb in ("pop", "popleft") and source(s.key) in ("", "0")]
    return any(source(s.key) == "0" or s.verb == "popleft" for s in firsts) and all(in_order(s) for s in removals)


def _in_rounds(basis: Basis, stmt: Stmt) -> bool:
    return endless(basis, stmt) or driven(basis, stmt.scope.function)


def _by_reference(basis: Basis, place: Place, verb: str) -> Iterator[Use]:
    """`loop.call_soon_threadsafe(self.queue.put_nowait, data)`."""
    for use in basis.all_uses(Place(place.scope, (*place.path, verb))):
        given = use.site.args[2:3] if use.role == "argument" and use.site.op == "call" else ()
        if given and use.site.args[1] is use.value:
            yield Use(place, verb, use.expr, use.site, use.stmt, key=given[0], value=given[0])


def _channels(basis: Basis) -> Iterator[Queue]:
    """`self._send, self._receive = open_memory_channel(math.inf)`: nothing less takes the bound of a channel away."""
    for stmt in basis.module.stmts:
        pair = stmt.targets[0] if stmt.op == "assign" and stmt.targets else None
        if pair is None or pair.op != "tuple" or stmt.value is None or stmt.value.op != "call":
            continue
        made, place = basis.types.callee(stmt.value).row, basis.names.place(pair.args[0])
        sender = basis.types.indexed(stmt.value, "0")
        if made is None or sender is None or made.noun != CHANNEL or place is None or not _endless(basis, stmt.value):
            continue
        puts = tuple(u for u in basis.all_uses(place) if u.verb in sender.grow)
        if puts and place.scope.kind in ("module", "class"):
            yield Queue(place, stmt.value, puts, True, owner(basis, place), NO)


def _given_to_readers(basis: Basis) -> Iterator[Queue]:
    """A local queue that another function, run beside this one, fills in an endless loop or as a callback."""
    for place, uses in basis.uses.items():
        if place.scope.kind != "function" or len(place.path) > 1:
            continue
        born = next((b for b in _born(basis, place) if _is_queue(basis, b)), None)
        row = basis.types.row(born) if born is not None else None
        if born is None or row is None:
            continue
        handed = (p for u in uses if u.role == "argument" and (p := _parameter(basis, u)) is not None)
        filled = (u for p in (place, *handed) for u in basis.all_uses(p) if u.verb in row.grow)
        beside = (u for u in filled if u.stmt.scope.function is not place.scope or u.expr.scope.kind == "lambda")
        puts = tuple(u for u in beside if endless(basis, u.stmt) or called_back(basis, u))
        puts += tuple(u for verb in row.grow for u in _handed_on(basis, place, verb))
        if puts and any(u.verb in row.shrink for u in uses):
            yield Queue(place, born, puts, True, owner(basis, place), by_type(basis, row, (born,)))


def _handed_on(basis: Basis, place: Place, verb: str) -> Iterator[Use]:
    """`await app(scope, receive, queue.put)`: what is put in is up to whoever is given it."""
    for use in basis.all_uses(Place(place.scope, (*place.path, verb))):
        last = use.site.args[-1:] if use.role == "argument" and use.site.op == "call" else ()
        if last and last[0] is use.value and basis.types.callee(use.site).row is None:
            yield Use(place, verb, use.expr, use.site, use.stmt, role="argument", value=use.value)


def _parameter(basis: Basis, use: Use) -> Place | None:
    callee = basis.types.callee(use.site)
    return parameter(callee.local, use.site, use.value) if callee.local is not None else None


def _endless(basis: Basis, call: Expr) -> bool:
    """Is infinity among the arguments?"""
    return any(basis.names.qualified(a) == "math.inf" or source(a) in _INFINITE for a in call.args[1:])


def _is_queue(basis: Basis, born: Expr) -> bool:
    row = basis.types.row(born)
    return born.op == "call" and row is not None and row.noun == QUEUE


def _born(basis: Basis, place: Place) -> Iterator[Expr]:
    """What is bound to the place; for an entry, what is stored in the container."""
    if place.path[-1] != ELEMENT:
        yield from basis.types.bound_values(place)
        return
    for use in basis.all_uses(Place(place.scope, place.path[:-1])):
        value = use.value if use.verb in _STORES else None
        if value is not None and value.op == "name":
            local = basis.names.place(value)
            yield from basis.types.bound_values(local) if local is not None else ()
        elif value is not None:
            yield value


def _may_be_taken(basis: Basis, place: Place, uses: list[Use], born: Expr) -> bool:
    """Does somebody else get hold of it, or may the users of a public attribute, or a base class elsewhere?"""
    if place.path[-1] == ELEMENT or not place.path[0].startswith("_"):
        return True
    inherits = place.scope.kind == "class" and any(basis.names.local(b) is None for b in place.scope.bases)
    return inherits or any(not u.verb and u.role in _LEAVES and u.expr is not born for u in uses)


def for_each(put: Use) -> bool:
    """Is the same put into one queue after the other: `for queue in self.subscribers: queue.put_nowait(event)`?"""
    return ELEMENT in put.place.path and any(
        owner.op == "for"
        and block.kind == "body"
        and put.expr.op == "name"
        and put.expr.text in _targets(owner.targets)
        for block, owner in ancestors(put.stmt)
    )


def _targets(targets: tuple[Expr, ...]) -> set[str]:
    return {e.text for t in targets for e in (t.args if t.op in ("tuple", "list") else (t,))}


def called_back(basis: Basis, put: Use) -> bool:
    """Does a function within another one put in, which that hands on as a callback?"""
    function, lambda_ = put.stmt.scope.function, put.expr.scope.kind == "lambda"
    if lambda_ and put.stmt.op == "assign" and put.stmt.targets[0].op == "attr":
        return True  # `client.on_message = lambda message: queue.put_nowait(message)`
    outer = function.parent
    if function.kind != "function" or outer is None or outer.kind != "function":
        return False
    handed = (e for e in basis.mentions(function.name) if basis.names.local(e) is function)
    return any(e.parent is not None and e.parent.op == "call" and e.parent.args[0] is not e for e in handed)


def takes_in(basis: Basis, put: Use) -> bool:
    """Is it a service's method for others to hand in something, while a loop of the service takes it out?"""
    function = put.stmt.scope.function
    holder = function.method_of
    if holder is None:
        return False
    locked = guarded(basis, holder)
    listed = locked and put.verb in _LISTED and not _acts(basis, put)
    named = basis.apis.means("handing_in_methods", function.name) or listed
    lasting = locked or basis.apis.means("long_lived_classes", holder.name)
    given = any(e.op == "name" and e.text in {p.name for p in function.params[1:]} for e in walk(put.site))
    return named and given and lasting and not function.name.startswith("_")


def _acts(basis: Basis, put: Use) -> bool:
    """What is to be called, and a heap: an event loop's own, which it has to take."""
    words = (e.text for e in walk(put.site) if e.op in ("name", "attr"))
    return put.site.args[0].op != "attr" or any(basis.apis.means("acting_names", word) for word in words)


def waits(basis: Basis, queue: Queue, put: Use) -> bool:
    """Does whoever puts in wait until it has been taken out: `await queue.join()`?"""
    function = put.stmt.scope.function
    return any(u.verb == "join" and u.stmt.scope.function is function for u in basis.all_uses(queue.place))
