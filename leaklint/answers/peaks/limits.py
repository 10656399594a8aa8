"""Is the size of something looked at only after all of it was read?"""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.peaks.loads import Whole, whole
from leaklint.meaning.basis import Basis
from leaklint.tree.ir import Expr, Stmt, flat_of, outermost, source, statements, walk

_AMOUNTS = ("", "size", "n", "amt", "limit", "length", "max_bytes", "max_length")


def limited(basis: Basis, test: Stmt) -> tuple[Whole, str] | None:
    """`data = read()`, then `if len(data) > MAX: raise`: what was read, and the comparison that comes too late."""
    for block in test.blocks:
        refuses = block.stmts and block.stmts[-1].op in ("raise", "return", "continue")
        compares = (e for t in block.exprs for e in walk(t) if e.op == "compare") if refuses else ()
        for compare in compares:
            data = _measured(basis, compare, test)
            found = _whole_read(basis, data, test) if data is not None else None
            if found is not None and not asked_before(found, test):
                return found, source(compare)
    return None


def _measured(basis: Basis, compare: Expr, test: Stmt) -> Expr | None:
    """What `len(x) > LIMIT` measures: the limit is named as one, or is a number of bytes."""
    if not any(op in compare.text for op in ("Greater", "Less")):
        return None
    limit = any(
        basis.apis.means("size_limits", e.text) or (e.text == "num" and _large(e))
        for a in compare.args
        for e in walk(a)
        if e.op in ("name", "attr", "const")
    )
    for arg in compare.args if limit else ():
        if arg.op == "call" and arg.args[0].text == "len" and len(arg.args) == 2:
            return arg.args[1]
        data = next(_lengths(arg, test), None) if arg.op == "name" else None
        if data is not None:
            return data
    return None


def _lengths(size: Expr, test: Stmt) -> Iterator[Expr]:
    """What a size is the length of, the last first: `size = len(data)`, `size += len(data)`."""
    for stmt in reversed(list(statements(size.scope.function.block))):
        if stmt.op in ("assign", "augassign") and stmt.ordinal < test.ordinal and stmt.value is not None:
            value = stmt.value
            if any(t.text == size.text for t in stmt.targets):
                while value.op == "binary" and value.args[-1].op == "const":  # in other units
                    value = value.args[0]
                if value.op == "call" and value.args[0].text == "len":
                    yield from value.args[1:2]


def _large(number: Expr) -> bool:
    try:
        return int(number.value.replace("_", ""), 0) >= 1024
    except ValueError:
        return False


def _whole_read(basis: Basis, data: Expr, test: Stmt) -> Whole | None:
    """The read that gave the data: one that is known, or any method that reads without a limit."""
    found = whole(basis, data)
    if found is not None and found.kind in ("upload", "body", "download", "file"):
        return found
    if data.op != "name":
        return None
    values = [b.value for b in basis.names.bindings(data.text, data.scope) if b.exact and b.value is not None]
    for value in reversed([v for v in values if v.stmt.ordinal < test.ordinal]):
        call = value.args[0] if value.op == "await" else value
        named = call.op == "call" and call.args[0].op == "attr" and call.args[0].text in ("read", "body", "aread")
        sized = not named or any(n in _AMOUNTS for n in call.names[1:])  # `read(65536)`, `read(size=rest)`
        if named and not sized and outermost(call).parent is None:
            return Whole("data", call, source(call))
    return None


_SIZES = ("size", "getsize", "st_size")


def asked_before(found: Whole, test: Stmt, compared: bool = False) -> bool:
    """Is a size asked for before it is read: `file.size`, a header, `os.path.getsize`? `compared`: held against one."""
    before = [s for s in statements(test.scope.function.block) if s.ordinal < found.site.stmt.ordinal]
    if compared:
        tests = (e for s in before for block in s.blocks for t in block.exprs for e in walk(t) if e.op == "compare")
        return any(_is_size(e) for compare in tests for e in walk(compare))
    return any(_is_size(e) for stmt in before for e in flat_of(stmt))


def _is_size(expr: Expr) -> bool:
    if expr.op in ("name", "attr"):
        return (expr.op == "attr" and expr.text in _SIZES) or "content_length" in expr.text.lower()
    return expr.op == "const" and "content-length" in expr.value.lower()
