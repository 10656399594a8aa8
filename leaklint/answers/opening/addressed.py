"""What a call is given an address for is likely to be open when it returns."""

from __future__ import annotations

from leaklint.answers.releasing.lending import called
from leaklint.meaning.basis import Basis
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Expr


def addressed(basis: Basis, call: Expr) -> bool:
    """Is it told where its peer is: `connect(host, 80)`, `Client(url=url)`, `Client("tcp://peer")`?"""
    for keyword, arg in zip(call.names[1:], call.args[1:], strict=True):
        named = source_name(arg) if arg.op in ("name", "attr") else ""
        starred = _keys(basis, arg) if keyword == "**" else ()
        if any(word and basis.apis.means("address_names", word) for word in (keyword, named, *starred)):
            return True
        if arg.op == "const" and "://" in arg.value:
            return True
    return False


def dialed(basis: Basis, call: Expr) -> bool:
    """Is what an opening function gives called like a connection, or does it give cursors: `self.ws = await
    session.ws_connect(url)`, `db = mydb.connect(host)` and `db.cursor()`?"""
    if not basis.apis.means("opening_functions", called(basis, call)):
        return False
    targets = [t for t in call.stmt.targets if t.op in ("name", "attr")]
    return any(basis.apis.means("peer_names", t.text) for t in targets) or gives_cursors(basis, call)


def gives_cursors(basis: Basis, call: Expr) -> bool:
    """Is what a call gives asked for cursors, as the connection to a database is?"""
    places = (basis.names.place(t) for t in call.stmt.targets if t.op in ("name", "attr"))
    return any(u.verb == "cursor" for p in places if p is not None for u in basis.all_uses(p))


def _keys(basis: Basis, arg: Expr) -> tuple[str, ...]:
    """The keys of a display that `**` unpacks: `options = {"host": host}`, `Client(**options)`."""
    value = basis.names.only_value(arg.text, arg.scope) if arg.op == "name" else arg
    if value is not None and value.op == "call" and value.args[0].text == "dict":  # `dict({...}, **more)`
        keywords = tuple(name for name in value.names[1:] if name)
        return keywords + tuple(k for a in value.args[1:] if a.op == "dict" for k in _keys(basis, a))
    keys = value.args[::2] if value is not None and value.op == "dict" else ()
    return tuple(k.value.strip("\"'") for k in keys if k.op == "const" and k.text == "str")
