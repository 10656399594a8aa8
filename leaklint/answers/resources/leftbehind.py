"""Files that a function writes for itself, under a name that is new each time, and removes where all goes well."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.opening.files import to_write
from leaklint.answers.releasing.lending import called
from leaklint.answers.resources.undeleted import OnDisk, Undeleted, ways_out
from leaklint.answers.ways.handlers import in_handler
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import around
from leaklint.tree.ir import Expr, Scope, source, statements, walk


def left_behind(basis: Basis) -> Iterator[Undeleted]:
    """Each of which that function removes what it wrote itself, unless something fails before."""
    told: set[Place] = set()
    for call in basis.all_calls:
        path = _removed(basis, call) if basis.apis.means("deleting_functions", call.args[0].text) else None
        place = basis.names.place(path) if path is not None and path.op == "name" else None
        if place is None or place in told or not _own(basis, place, call.stmt.scope.function):
            continue
        told.add(place)
        found = _followed(basis, place, call)
        if found is not None:
            yield found


def _removed(basis: Basis, call: Expr) -> Expr | None:
    """The path that a call removes: `os.remove(path)`, `path.unlink()`, `Path(path).unlink()`."""
    row = basis.types.callee(call).row
    if row is not None and row.ends_argument:
        return call.args[1] if len(call.args) > 1 else None
    func = call.args[0]
    if func.op != "attr" or row is not None or func.text != "unlink":
        return None
    held = func.args[0]
    return held.args[1] if held.op == "call" and len(held.args) == 2 else held


def _own(basis: Basis, place: Place, function: Scope) -> bool:
    """Does the function make up the name itself, another one each time?"""
    if place.scope is not function or len(place.path) != 1 or place.is_given:
        return False
    value = basis.names.only_value(place.path[0], function)
    return value is not None and any(_varies(basis, e, function) for e in walk(value))


def _varies(basis: Basis, expr: Expr, function: Scope) -> bool:
    """A local name, other than the object's own, or what is never the same twice."""
    if expr.op == "call" and basis.apis.means("unique_functions", called(basis, expr)):
        return True
    itself = function.method_of is not None and function.params[:1] and expr.text == function.params[0].name
    local = basis.names.place(expr) if expr.op == "name" and not itself else None
    return local is not None and local.scope is function


def _followed(basis: Basis, place: Place, removal: Expr) -> Undeleted | None:
    function = place.scope
    uses = [e for e in basis.mentions(place.path[0]) if basis.names.place(e) == place and e.stmt.scope is function]
    ends = {c.stmt for e in uses for c in _calls(e) if _removed(basis, c) is e}
    written = [c for e in uses for c in _calls(e) if c.stmt not in ends and _writes(basis, c, e)]
    handed = any(e.stmt.op == "return" and e.stmt.value is e for e in uses)
    if not written or function.block is None or not basis.budget or handed:
        return None
    made = written[0]
    anew = any(c.stmt.ordinal > removal.stmt.ordinal for c in written)  # removed to make room
    if anew or in_handler(made.stmt) or all(in_handler(stmt) for stmt in ends):
        return None
    row = _row(basis, made, removal)
    within = {s for b in made.stmt.blocks for s in statements(b)} if made.stmt.op == "with" else set()
    asking = {e.stmt for e in uses}  # `if path.exists()`
    file = OnDisk(place, row, made.stmt, ends)
    exits = ways_out(basis, file, function.block, within.__contains__, asking.__contains__)
    left = next((e for e in exits if e.kind == "raise"), None)
    if left is None or any(e.kind in ("end", "return") for e in exits):
        return None  # or it is what the function is there to make
    return Undeleted(row, made, place.path[0], removal.stmt, False, left, written=True)


def _row(basis: Basis, made: Expr, removal: Expr) -> Row:
    noun = "directory" if basis.apis.means("directory_makers", called(basis, made)) else "file"
    if basis.types.callee(removal).row is None:
        return Row("", basis.module.path, "resource", noun=noun, release=(removal.args[0].text,))
    return Row("", basis.module.path, "resource", noun=noun, closer=source(removal.args[0]))


def _calls(expr: Expr) -> Iterator[Expr]:
    """Those that an expression is a part of."""
    return (e for e in around(expr) if e.op == "call")


def _writes(basis: Basis, call: Expr, path: Expr) -> bool:
    """`open(path, "wb")`, `Path(path).write_bytes(data)`, `image.save(path)`: is there a file of that name now?"""
    if to_write(basis, call, path):
        return True
    if "exist_ok" in call.names:
        return False  # it may have been there before
    func = call.args[0]
    held = func.args[0] if func.op == "attr" else func
    own = held is path or (held.op == "call" and held.args[1:] == (path,))
    words = ("file_writers", "directory_makers")
    return (own or path in call.args[1:]) and any(basis.apis.means(w, called(basis, call)) for w in words)
