"""What is open only with a certain argument (`stdout=PIPE`, `stream=True`), or for want of one; and what is not."""

from __future__ import annotations

from leaklint.answers.instances import leaves
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.tree.ir import Expr


def holds_open(row: Row, call: Expr) -> bool:
    """Is it acquired with an argument that opens something (`stream=True`, `stdout=PIPE`)?"""
    given = zip(call.names, call.args, strict=False)
    return any(name and row.open_with.get(name) in (arg.text, arg.value) for name, arg in given)


def by_stream(basis: Basis, call: Expr) -> Row | None:
    """`client.get(url, stream=True)`, whatever the client is."""
    callee, row = basis.types.callee(call), basis.apis.streamed
    known = callee.row is not None or callee.receiver is not None or callee.local is not None
    method = call.args[0].op == "attr" and basis.apis.means("request_methods", call.args[0].text)
    return row if row is not None and method and not known and holds_open(row, call) else None


def by_default(basis: Basis, call: Expr) -> Row | None:
    """`factory()` after `if factory is None: factory = DefaultSelector`, or `factory = factory or DefaultSelector`."""
    name = call.args[0]
    scope = basis.names.scope_of(name.text, name.scope) if name.op == "name" else None
    if scope is None or scope.kind != "function":
        return None
    bound = basis.names.all_bindings(scope, name.text)
    classes = (v for b in bound if b.value is not None for v in leaves(b.value) if v.op in ("name", "attr"))
    rows = (basis.apis.get(basis.names.qualified(c)) for c in classes if any(b.param is not None for b in bound))
    return next((row for row in rows if row is not None and row.kind == "resource"), None)


def borrows(basis: Basis, call: Expr, row: Row) -> bool:
    """Is it made over a connection, pool or client that was made elsewhere: by the argument, or by what is given?"""
    if not row.borrows:
        return False
    given = tuple(zip(call.names[1:], call.args[1:], strict=True))
    if any(name in row.borrows and arg.op in ("name", "attr", "sub") for name, arg in given if name):
        return True
    rows = (basis.types.row(arg) for _, arg in given)
    return any(made is not None and made.name in row.borrows for made in rows)


def in_memory(basis: Basis, call: Expr) -> bool:
    """Made over a buffer (`ZipFile(BytesIO(data))`): there is nothing behind it that could stay open."""
    rows = (basis.types.row(arg) for arg in call.args[1:2])
    return any(row is not None and row.kind == "buffer" and not row.stringifies and "write" in row.grow for row in rows)
