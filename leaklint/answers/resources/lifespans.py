"""What the context manager around a program puts into the object that it is given, and leaves open when that ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from leaklint.answers.releasing.fate import manages
from leaklint.answers.resources.unreleased import Unreleased
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.tree.ir import Expr, Stmt, source, statements


def outlived(basis: Basis, acquired: Iterable[tuple[Place, Row, Stmt, Expr]]) -> Iterator[Unreleased]:
    """`app.state.client = Client()` before the `yield` of a lifespan, of which nothing is said after it."""
    for place, row, stmt, value in acquired:
        function, target = stmt.scope.function, next(iter(stmt.targets), None)
        given = len(place.path) > 1 and place.scope is function and place.is_given
        if not given or target is None or target.op not in ("attr", "sub") or not manages(basis, function):
            continue
        name = target.text if target.op == "attr" else target.args[1].value.strip("\"'")
        plain = tuple(verb for verb in row.release if not verb.startswith("__"))
        if plain and _left(basis, stmt, place.path[0], name):
            # the process ends with it, mostly
            kept = replace(row, release=plain, counted=True)
            yield Unreleased(place.text, kept, value, source(target))


def _left(basis: Basis, stmt: Stmt, holder: str, name: str) -> bool:
    """Does the function go on after a `yield` without a word of it, or of its holder as a whole, and nobody ends it?"""
    inner = statements(stmt.scope.function.block)
    first = next((s for s in inner if s.ordinal > stmt.ordinal and any(e.op == "yield" for e in s.flat)), None)
    if first is None:
        return False
    for mention in basis.mentions(name):
        parent = mention.parent
        if parent is not None and parent.op == "attr" and basis.apis.means("end_of_life_methods", parent.text):
            return False
    after = [e for s in inner if s.ordinal >= first.ordinal for e in s.flat]
    handed = any(e.op == "name" and e.text == holder and _given(e) for e in after)
    return not handed and not any(e.text == name or e.value.strip("\"'") == name for e in after)


def _given(expr: Expr) -> bool:
    """Is it passed to a call: `await shutdown(app)`?"""
    return expr.parent is not None and expr.parent.op == "call" and expr is not expr.parent.args[0]
