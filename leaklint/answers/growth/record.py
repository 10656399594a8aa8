"""Is what is added a record of what has been, or one of those that come and go? Does its holder last?"""

from __future__ import annotations

from collections.abc import Sequence

from leaklint.answers import owner, shared
from leaklint.answers.growth.nested import constant_key
from leaklint.answers.key import key
from leaklint.answers.rounds import endless
from leaklint.meaning.basis import NO, Answer, Basis, once
from leaklint.meaning.names import ELEMENT, Place
from leaklint.meaning.scopes import source_name, text_of
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, Scope, source, statements, walk

_CLOCKS = ("time", "time_ns", "now", "utcnow", "monotonic", "perf_counter")
_STAMPS = ("timestamp", "ts", "time", "datetime", "created_at", "at")
_WRITES = ("append", "appendleft", "add", "extend", "insert", "update", "__iadd__", "bind")
_SETTING_UP = ("add_", "set_", "include_", "mount_", "use_", "install_")  # whoever puts the program together
_QUEUE, _FUTURE = "queue", "future"  # the nouns of their rows


def record(basis: Basis, added: Use) -> Answer:
    """`history`: its name says that it is kept, whoever holds it; `named`: one that says so of what lasts; `numbered`:
    so named, and it takes ids of what comes and goes; `stamped`: with the time at which it came; `latest`: only its end
    is read; `seen`: it is only asked whether something has been; `unread`: nobody looks at it; `entry`: it is put
    together here of what came in; `waiter`: somebody waits for it here; `passing`: what comes and goes, as a
    connection, or is to go by the name of its container."""
    name = _name(basis, added)
    if basis.apis.means("plain_histories", name):
        return Answer("history", word=name)
    if basis.apis.means("history_names", name):
        return Answer("numbered" if key(basis, added.value).kind == "caller's key" else "named", word=name)
    if added.value is not None and any(_stamp(basis, e) for e in walk(added.value)):
        return Answer("stamped")
    if _only_latest(basis, added.place):
        return Answer("latest")
    if _only_asked(basis, added):
        return Answer("seen")
    if _unread(basis, added.place):
        return Answer("unread")
    if waits(basis, added):
        return Answer("waiter")
    if _entry(basis, added, name):
        return Answer("entry")
    itself = shared.added_instance(basis, added) is not None and added.place.scope.kind == "module"
    return Answer("passing") if itself or passing(basis, added) else NO


def _name(basis: Basis, added: Use) -> str:
    """What the container is called: by the key under which it stands (`state["errors"]`), else by its own name."""
    under = constant_key(basis, added.expr).strip("\"'") if added.place.path[-1] == ELEMENT else ""
    return under or next(p for p in reversed(added.place.path) if p != ELEMENT)


def passing(basis: Basis, added: Use) -> bool:
    """Does an entry come and go, by the name of its container or by what it is?"""
    named = basis.apis.means("passing_names", _name(basis, added))
    return named or waits(basis, added) or any(_passing(basis, p) for p in _parts(added))


def waits(basis: Basis, added: Use) -> bool:
    """Is it a future that was made or handed in here, or has it one? Somebody waits for it, and soon no more."""
    value = added.value
    entry = basis.names.only_value(value.text, value.scope) if value is not None and value.op == "name" else value
    return _waiter(basis, value) or (entry is not None and any(_waiter(basis, p) for p in _put_together(entry)))


def _parts(added: Use) -> Sequence[Expr | None]:
    value = added.value
    return value.args if value is not None and value.op == "tuple" else (value,)


def _put_together(entry: Expr) -> Sequence[Expr]:
    """What an entry is made of: `(reply, deadline)`, `{"reply": reply}`, `Pending(reply, deadline)`."""
    if entry.op == "call":
        return entry.args[1:] if source_name(entry).lstrip("_")[:1].isupper() else ()
    return entry.args if entry.op in ("tuple", "list", "dict") else ()


def _waiter(basis: Basis, value: Expr | None) -> bool:
    """A future that was made here, or that a parameter is said to be."""
    if value is None or value.op not in ("name", "call"):
        return False
    made = basis.names.only_value(value.text, value.scope) if value.op == "name" else value
    given = value.op == "name" and made is None
    row = basis.types.row(value) if given else basis.types.row(made) if made is not None and made.op == "call" else None
    return row is not None and row.noun == _FUTURE


def _stamp(basis: Basis, expr: Expr) -> bool:
    if expr.op == "name":
        made = basis.names.only_value(expr.text, expr.scope)
        return made is not None and made.op == "call" and source_name(made) in _CLOCKS
    if expr.op == "dict":
        return any(text_of(k) in _STAMPS for k in expr.args[::2])
    return expr.op == "call" and source_name(expr) in _CLOCKS


def only_last(basis: Basis, place: Place) -> bool:
    """`self.results[-1]` and nothing more is ever read of it."""
    read = _reads(basis, place)
    return bool(read) and all(u.verb == "__getitem__" and source(u.key) == "-1" for u in read)


def _reads(basis: Basis, place: Place) -> list[Use]:
    return [u for u in basis.all_uses(place) if u.verb in ("__getitem__", "__iter__") or (not u.verb and u.role)]


def _only_latest(basis: Basis, place: Place) -> bool:
    """`self.readings[-10:]`, `self.readings[-2]`, and nothing more is ever read of it."""
    read = _reads(basis, place)
    cuts = [u.key for u in read if u.verb == "__getitem__" and u.key is not None]
    return bool(read) and len(cuts) == len(read) and all(_from_end(k) for k in cuts)


def _from_end(key: Expr) -> bool:
    first = key.args[0] if key.op == "slice" and key.text.startswith("lower") else key
    return first.op == "unary" and first.text == "Minus"


def _only_asked(basis: Basis, added: Use) -> bool:
    """`if path in self._ignored`, and nothing more is ever read of it; what is added comes from outside, or one after
    the other from a loop."""
    read = [u for u in basis.all_uses(added.place) if u.verb not in _WRITES or u.role]
    asked = bool(read) and all(u.verb in ("__contains__", "__len__") for u in read)
    if not asked or added.value is None:
        return False
    bound = basis.names.bindings(added.value.text, added.value.scope) if added.value.op == "name" else ()
    return key(basis, added.value).kind == "caller's key" or any(b.how == "for" for b in bound)


def _entry(basis: Basis, added: Use, name: str) -> bool:
    """`(model, tokens)`, `{"role": role, "text": text}`: made of what a function is given; not what is set up."""
    value = added.value
    if value is not None and value.op == "list" and len(value.args) == 1:
        value = value.args[0]  # `self.log += [(model, tokens)]`
    if value is None or value.op not in ("tuple", "dict") or len(value.args) < 2:
        return False
    function = added.stmt.scope.function
    if function.name.startswith(_SETTING_UP):
        return False
    given = {p.name for p in function.params[1:]}
    words = [e.text for e in walk(value) if e.op in ("name", "attr")]
    acts = any(basis.apis.means("acting_names", word) for word in words)
    return not acts and not basis.apis.means("registry_names", name) and any(word in given for word in words)


def _unread(basis: Basis, place: Place) -> bool:
    """What is the holder's own, and only ever added to; who calls callbacks may stand elsewhere."""
    name = place.path[0]
    if len(place.path) != 1 or not name.startswith("_") or basis.apis.means("acting_names", name.rstrip("s")):
        return False
    return all(u.verb in _WRITES and not u.role for u in basis.below(place))


def _passing(basis: Basis, value: Expr | None) -> bool:
    """A connection that was handed in, a queue that was made for a reader."""
    if value is None or value.op != "name":
        return False
    row = basis.types.row(value)
    given = any(b.how == "param" for b in basis.names.bindings(value.text, value.scope))
    return (row is not None and row.noun == _QUEUE) or (given and basis.apis.means("passing_objects", value.text))


def lasts(basis: Basis, klass: Scope) -> bool:
    """Does an object live long: by its class's name, by a lock that it holds, by a loop that it runs?"""
    return owner.named_lasting(basis, klass) or owner.guarded(basis, klass) or shown_lasting(basis, klass)


@once(meanwhile=False)
def shown_lasting(basis: Basis, klass: Scope) -> bool:
    """By a loop that goes on, or by a lock, which several threads or tasks share, where its name says so too."""
    shared_ = owner.guarded(basis, klass) and owner.named_lasting(basis, klass)
    return shared_ or any(_loops(basis, m) for m in klass.children if m.kind == "function")


def _loops(basis: Basis, method: Scope) -> bool:
    return any(
        endless(basis, s) for loop in statements(method.block) if loop.op == "while" for s in loop.blocks[0].stmts
    )
