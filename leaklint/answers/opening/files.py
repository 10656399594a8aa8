"""Files that no row tells of: by the mode that they are opened with, or by what they are called and used for."""

from __future__ import annotations

import re

from leaklint.answers.releasing.lending import called
from leaklint.apis import Row
from leaklint.meaning.basis import Basis
from leaklint.tree.ir import Expr

_MODE = re.compile(r"""["'][rwxa][bt+]{0,2}["']""")
_WRITING = re.compile(r"""["'][wxa][bt+]{0,2}["']""")
_TEXT = frozenset({"mode", "encoding", "newline"})  # arguments of what opens files


def by_mode(basis: Basis, call: Expr) -> Row | None:
    """A file of what opens files by its name, told by a mode or by the name that it gets: `path.open("w")`,
    `fs.open(name, "rb")`, `fp = path.open()`; or a temporary one (`memory.NamedTemporaryFile()`)."""
    callee, name = basis.types.callee(call), called(basis, call)
    known = callee.row is not None or callee.receiver is not None or callee.local is not None
    if known or not basis.apis.means("file_openers", name):
        return None
    given = zip(call.names[1:3], call.args[1:3], strict=True)
    told = any(not name and arg.op == "const" and _MODE.fullmatch(arg.value) for name, arg in given)
    told = told or not _TEXT.isdisjoint(call.names) or name[:1].isupper() or _named_file(basis, call, name)
    return basis.apis.get("io.IOBase") if told else None


def _named_file(basis: Basis, call: Expr, name: str) -> bool:
    """`fp = path.open()`, `json.load(path.open())`: of a method that is called so, the name tells what it gives, or
    that of what reads it."""
    if name != "open" or call.args[0].op != "attr" or len(call.args) > 1:
        return False
    reader = call.parent if call.parent is not None and call.parent.op == "call" else None
    if reader is not None and reader.args[0] is not call:
        return basis.apis.means("reading_functions", called(basis, reader))
    target = call.stmt.targets[0] if call.stmt.op == "assign" and call.stmt.value is call else None
    return target is not None and target.op == "name" and basis.apis.means("file_names", target.text)


def opened_part(basis: Basis, value: Expr, target: Expr) -> Row | None:
    """`stream, path = safe_open(path, "rb")`: of what an opener gives, what is read or written is the file."""
    row = by_mode(basis, value) if value.op == "call" and target.op == "name" else None
    place = basis.names.place(target) if row is not None else None
    used = place is not None and any(basis.apis.means("file_verbs", u.verb) for u in basis.all_uses(place))
    return row if used else None


def to_write(basis: Basis, call: Expr, path: Expr) -> bool:
    """Does a call open the file of that path to write it: `open(path, "wb")`, `path.open("w")`?"""
    if not basis.apis.means("file_openers", called(basis, call)):
        return False
    opened = path in call.args[1:2] or (call.args[0].op == "attr" and call.args[0].args[0] is path)
    return opened and any(a.op == "const" and _WRITING.fullmatch(a.value) for a in call.args[1:])
