"""What is made by a method of something that a `with` around it ends, as a page of a browser is."""

from __future__ import annotations

from leaklint.meaning.basis import Basis
from leaklint.tree.ir import Expr, ancestors

_DEPTH = 4  # one made by the other
_APART = ("accept", "submit", "run")  # a server and its peers, a pool and what its functions give, a host and its jobs


def part_of_scoped(basis: Basis, call: Expr, depth: int = _DEPTH) -> bool:
    """`with playwright() as p: browser = p.chromium.launch()`: whoever ends the one ends the other with it. The same of
    what is made by that: `page = browser.new_page()`."""
    maker = call
    while maker.op in ("call", "attr", "await"):
        if maker.op == "attr" and maker.text in _APART:
            return False
        maker = maker.args[0]
    if maker.op != "name" or maker is call.args[0] or depth == 0:
        return False
    entered = (t for block, o in ancestors(call.stmt) if o.op == "with" for _, t in o.items)
    if any(t is not None and t.op == "name" and t.text == maker.text for t in entered):
        return True
    place = basis.names.place(maker)
    binds = [u for u in basis.all_uses(place) if u.verb == "bind"] if place is not None else []
    alone = binds[0].value if len(binds) == 1 and binds[0].stmt.scope is call.stmt.scope else None
    inner = alone.args[0] if alone is not None and alone.op == "await" else alone
    return inner is not None and inner.op == "call" and part_of_scoped(basis, inner, depth - 1)
