"""What is asked for piece by piece, and comes all at once: a `read()` in a loop, a response that is not streamed."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.peaks.demand import bound_in, in_own_loop
from leaklint.answers.peaks.handed import Peak
from leaklint.answers.peaks.loads import Whole, opened
from leaklint.answers.peaks.query import bound_value
from leaklint.meaning.basis import Basis
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Expr, Stmt, flat_of, source, statements, walk


def read_in_rounds(basis: Basis, call: Expr) -> Iterator[Peak]:
    """`while True: data = file.read()`, until nothing comes: the first round reads the whole file."""
    if call.args[0].op != "attr" or call.args[0].text != "read" or len(call.args) > 1:
        return
    loop = call.stmt if call.stmt.op == "while" else in_own_loop(call.stmt)
    if loop is None or loop.op != "while":
        return
    file = call.args[0].args[0]
    parts = [e for e in walk(file) if e.op in ("name", "attr")]
    anew = any(bound_in(loop, e) for e in parts if e.op == "name") or any(e.op == "call" for e in walk(file))
    if not anew and _is_file(basis, file) and _until_empty(call, loop):
        yield Peak("rounds", Whole("file", call, source(file), file), loop)


def _is_file(basis: Basis, file: Expr) -> bool:
    """By its row, by how it was opened, or by being wound back; a connection's `read()` gives what has come."""
    row = basis.types.row(file)
    if row is not None:
        return row.noun == "file"
    wound = (e for e in basis.mentions("seek") if e.op == "attr" and source(e.args[0]) == source(file))
    return opened(basis, file) is not None or any(e.scope.function.parent is file.scope.function.parent for e in wound)


def _until_empty(call: Expr, loop: Stmt) -> bool:
    """Does the loop end when nothing was read: `if not data: break`, `while data := file.read()`?"""
    if call.stmt is loop:
        return True
    names = {t.text for t in call.stmt.targets}
    ends = (
        s for s in loop.blocks[0].stmts if s.op == "if" and s.blocks[0].stmts and s.blocks[0].stmts[-1].op == "break"
    )
    tests = (e for s in ends for e in s.blocks[0].exprs)
    return any(e.text in names for test in tests for e in walk(test))


def unstreamed(basis: Basis, taken: Expr) -> Iterator[Peak]:
    """`response.iter_content` of a request that was not told to stream: the body is there when it returns."""
    if taken.op != "attr" or taken.args[0].op != "name":
        return
    name = taken.args[0]
    made = [b.value for b in basis.names.bindings(name.text, name.scope) if b.how in ("assign", "with")]
    calls = [v for v in made if v is not None and _requests_whole(basis, v)]
    if calls and len(calls) == len(made) and not any(e.op == "attr" for e in basis.mentions("stream")):
        yield Peak("unstreamed", Whole("download", calls[-1], source(calls[-1])), taken.stmt, taken.text)


def _requests_whole(basis: Basis, call: Expr) -> bool:
    """A request that nothing says of that it streams, made by what is no wrapper of this file."""
    if call.op != "call" or call.args[0].op != "attr" or not basis.apis.means("request_methods", call.args[0].text):
        return False
    told = any(n == "**" or "stream" in n for n in call.names)
    own = basis.types.callee(call).local is not None or basis.names.class_of(call.args[0].args[0]) is not None
    return not told and not own


def unclear(basis: Basis, loop: Stmt, value: Expr) -> Iterator[Peak]:
    """`for event, element in iterparse(path)`, where nothing takes away what has been handled: the tree grows on."""
    made = bound_value(basis, value) if value.op == "name" else value
    if made is None or made.op != "call" or len(made.args) < 2:
        return
    if (basis.names.qualified(made.args[0]) or source_name(made)).rpartition(".")[2] != "iterparse":
        return
    if loop.value is not value or any(_lets_go(basis, e) for s in statements(loop.blocks[0]) for e in flat_of(s)):
        return
    if value.op == "name" and any(e.parent is not None and e.parent.text == "root" for e in basis.mentions(value.text)):
        return  # the whole tree is what is wanted
    if not any(source_name(made.args[1]).endswith(end) for end in ("StringIO", "BytesIO")):
        yield Peak("unclear", Whole("file", made, source(made), made.args[1]), loop)


def _lets_go(basis: Basis, expr: Expr) -> bool:
    """`element.clear()`, `del parent[0]`, `root.remove(element)`, or a function that is handed the element may."""
    if expr.op == "attr":
        return expr.text in ("clear", "remove")
    return expr.stmt.op == "del" or (expr.op == "call" and basis.apis.means("clearing_functions", source_name(expr)))
