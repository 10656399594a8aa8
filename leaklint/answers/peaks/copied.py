"""What is written to a file or handed to be stored, and was in memory as a whole before: read from whatever it is, or
put together there."""

from __future__ import annotations

import itertools

from leaklint.answers.peaks.loads import Whole, opened
from leaklint.meaning.basis import Basis
from leaklint.meaning.branches import apart
from leaklint.meaning.scopes import source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, source

_TAKEN_BACK = ("getvalue", "getbuffer")
_HANDLING = ("seek", "close", "flush", "write", "truncate", *_TAKEN_BACK)


def copied(basis: Basis, value: Expr, writer: Expr) -> Whole | None:
    """`out.write(source.read())`, `out.write(blob.readall())`, `out.write(buffer.getvalue())`; not where somebody else
    looks at it as well."""
    row = basis.types.row(writer)
    file = row.noun.endswith("file") if row is not None else opened(basis, writer) is not None
    call = _given(basis, value) if file else None
    if call is None or call.op != "call" or call.args[0].op != "attr" or len(call.args) > 1:
        return None
    method, origin = call.args[0].text, call.args[0].args[0]
    row = basis.types.row(origin)
    if row is None and (
        (method == "read" and _may_be_anything(basis, origin)) or basis.apis.means("downloading_methods", method)
    ):
        return Whole("data", call, source(call))
    filling = _filled(basis, origin) if method in _TAKEN_BACK and row is not None and row.kind == "buffer" else None
    return Whole("buffer", filling, source(call)) if filling is not None else None


def stored(basis: Basis, value: Expr) -> Whole | None:
    """`bucket.upload(path, source.read())`; in a buffer of its own too, and where its length is asked beside."""
    call = _given(basis, value, measured=True)
    made = basis.types.callee(call).row if call is not None and call.op == "call" else None
    if call is not None and made is not None and made.kind == "buffer" and made.bulk and len(call.args) == 2:
        call = _given(basis, call.args[1], measured=True)
    if call is None or call.op != "call" or call.args[0].op != "attr" or len(call.args) > 1:
        return None
    origin = call.args[0].args[0]
    if call.args[0].text not in ("read", "readall") or not _may_be_anything(basis, origin):
        return None
    row = basis.types.row(origin)
    if row is not None and row.noun != "upload":
        return None
    return Whole("data" if row is None else "upload", call, source(call))


def stored_body(basis: Basis, value: Expr) -> Whole | None:
    """`store.get_object(Key=key)["Body"].read()`, of no other use."""
    call = _given(basis, value)
    if call is None or call.op != "call" or len(call.args) > 1 or call.args[0].op != "attr":
        return None
    body = call.args[0].text == "read" and call.args[0].args[0].op == "sub"
    return Whole("data", call, source(call)) if body else None


def _given(basis: Basis, value: Expr, measured: bool = False) -> Expr | None:
    """What is handed over, also by way of a name that is used for nothing else, but to see how much it is."""
    while value.op == "await":
        value = value.args[0]
    if value.op != "name":
        return value
    place = basis.names.place(value)
    uses = basis.all_uses(place) if place is not None else []
    found = basis.names.only_value(value.text, value.scope)
    others = [u for u in uses if u.expr is not value and u.verb != "bind"]
    if found is None or any(not measured or u.stmt is value.stmt or not _asks_how_much(u) for u in others):
        return None
    return found.args[0] if found.op == "await" else found


def _asks_how_much(use: Use) -> bool:
    """`len(data)`, `if not data`."""
    above = use.expr.parent
    return (use.role == "tested" and not use.verb) or (
        above is not None and above.op == "call" and above.args[0].text == "len"
    )


def _may_be_anything(basis: Basis, origin: Expr) -> bool:
    """Given to the function, kept by its object, or made by a call; settings and templates are small."""
    if basis.apis.means("settings_names", source_name(origin).lower()):
        return False
    if origin.op == "name":
        bindings = basis.names.bindings(origin.text, origin.scope)
        return bool(bindings) and all(b.how in ("param", "assign", "with", "for") for b in bindings)
    return origin.op in ("attr", "sub")


def _filled(basis: Basis, buffer: Expr) -> Expr | None:
    """The call that fills a new buffer of this function, which is of no other use."""
    place = basis.names.place(buffer) if buffer.op == "name" else None
    if place is None or place.scope.kind != "function":
        return None
    made = list(basis.types.bound_values(place))
    empty = len(made) == 1 and made[0].op == "call" and len(made[0].args) == 1
    uses = [u for u in basis.all_uses(place) if u.verb != "bind"]
    filling = [u.expr.parent for u in uses if u.role == "argument" and u.expr.parent is not None]
    taken = [u.stmt for u in uses if u.verb in _TAKEN_BACK]
    once = bool(taken) and all(apart(a, b) for a, b in itertools.combinations(taken, 2))
    handled = all(u.role == "argument" or u.verb in _HANDLING for u in uses)
    return filling[0] if empty and filling and once and handled else None
