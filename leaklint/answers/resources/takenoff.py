"""What somebody else held, as a logger holds its handlers, and that is taken back: it is to be closed then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from leaklint.answers.releasing.fate import fate
from leaklint.answers.resources.unreleased import Unreleased
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr


def taken_off(basis: Basis) -> Iterator[Unreleased]:
    """Each one that is opened here, given away, taken back, and closed by nobody."""
    for place, uses in basis.uses.items():
        back = next((u for u in uses if _method(u) in basis.apis.taking_back), None)
        if back is None:
            continue
        # a local name may well get another one after that
        opened = _opened(basis, [u for u in uses if place.is_attribute or u.stmt.ordinal < back.stmt.ordinal])
        if opened is not None and not any(_ends(basis, u, opened[0]) for u in uses):
            name = f"self.{place.path[0]}" if place.is_attribute else place.path[0]
            yield Unreleased(place.text, *opened, name, back=back.stmt)


def _method(use: Use) -> str:
    """The method that it is given to."""
    called = use.site.args[0] if use.role == "argument" and use.site.op == "call" else None
    return called.text if called is not None and called.op == "attr" else ""


def _opened(basis: Basis, uses: Sequence[Use]) -> tuple[Row, Expr] | None:
    made = (u.value for u in uses if u.verb == "bind" and u.value is not None)
    found = ((basis.types.row(value), value) for value in made)
    return next(((row, value) for row, value in found if row is not None and row.kind == "resource"), None)


def _ends(basis: Basis, use: Use, row: Row) -> bool:
    """Is it closed, or handed on otherwise?"""
    return fate(basis, use, row) in ("release", "escape") and _method(use) not in basis.apis.giving
