"""Resources unknown to rows: if the file closes one result of a call, others of the same call must be closed too."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.apis import Row
from leaklint.meaning.basis import Basis, once
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr
from leaklint.vocabulary import words_of


def precedent(basis: Basis, call: Expr) -> Row | None:
    """A resource by what the module does with another result of the same class or function, and not with this one.

    Only names that stand for connections and the like count: much else has a `close`.
    """
    callee = basis.types.callee(call)
    if callee.name is None or callee.row is not None or callee.receiver is not None or callee.local is not None:
        return None
    row = _row(basis, callee.name)
    return row if row is not None and not any(_releases(basis, call)) else None


@once(meanwhile=None)
def _row(basis: Basis, name: str) -> Row | None:
    last = name.rpartition(".")[2]
    if name.startswith("builtins.") or not basis.apis.means("opening_names", last):
        return None
    calls = basis.calls_of.get(name, ())
    released = dict(pair for call in calls for pair in _releases(basis, call))
    if not released:
        return None
    # what connects when it is told to is not open before, nor when that fails
    begun = tuple(dict.fromkeys(verb for call in calls for verb in begins(basis, call)))
    return Row(
        name=name,
        file=basis.module.path,
        kind="resource",
        noun=noun(last),
        release=tuple(released),
        awaited=tuple(verb for verb, waits in released.items() if waits),
        empty=bool(begun),
        own=begun,
    )


def _releases(basis: Basis, call: Expr) -> Iterator[tuple[str, bool]]:
    """The methods by which the result of a call is released, and whether each is awaited."""
    expr = call.parent if call.parent is not None and call.parent.op == "await" else call
    stmt = expr.stmt
    if stmt.op == "with" and any(value is expr for value, _ in stmt.items):
        yield ("__aexit__" if stmt.is_async else "__exit__"), False
    for use in _uses(basis, call):
        late = use.stmt.scope.function.name == "__del__"
        if not late and basis.apis.means("closing_methods", use.verb):
            yield use.verb, use.site.parent is not None and use.site.parent.op == "await"


def begins(basis: Basis, call: Expr) -> Iterator[str]:
    """The methods by which the result of a call is opened."""
    return (use.verb for use in _uses(basis, call) if basis.apis.means("opening_methods", use.verb))


def _uses(basis: Basis, call: Expr) -> Iterator[Use]:
    """The methods called on what a call gives, by the name or attribute that it is bound to."""
    expr = call.parent if call.parent is not None and call.parent.op == "await" else call
    stmt = expr.stmt
    if stmt.op == "assign" and stmt.value is expr and len(stmt.targets) == 1:
        place = basis.names.place(stmt.targets[0])
        uses = basis.all_uses(place) if place is not None else []
        yield from (u for u in uses if u.verb and u.site.op == "call" and not u.verb.startswith("__"))


def noun(name: str) -> str:
    """`AcmeClient`: Acme client; `get_connection`: connection."""
    words = words_of(name.strip("_"))
    if name.strip("_")[:1].isupper():
        return " ".join([*words[:-1], words[-1].lower()])
    return words[-1] if words[-1] != "connect" else "connection"
