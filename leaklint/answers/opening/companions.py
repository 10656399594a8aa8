"""What comes together and holds the other: a transport, and the protocol that it was made for."""

from __future__ import annotations

from leaklint.answers.releasing.fate import fate
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.tree.ir import Expr


def left_to(basis: Basis, target: Expr, row: Row) -> bool:
    """Is one name of a tuple, that gets what has to be closed, left to what another one gets: by its underscore
    (`_, protocol = await loop.create_connection(...)`), or because it is never read, while the other is kept?"""
    if target.op != "name" or target.parent is None or row.closer:
        return False
    if target.text.startswith("_"):
        return True
    place = basis.names.place(target)
    others = (basis.names.place(t) for t in target.parent.args if t is not target and t.op == "name")
    read = place is None or any(u.verb != "bind" for u in basis.all_uses(place))
    return not read and any(
        fate(basis, use, row) == "escape" for other in others if other is not None for use in basis.all_uses(other)
    )
