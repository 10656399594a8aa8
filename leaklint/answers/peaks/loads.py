"""What is read into memory as a whole: a table, a file, a download, an upload, a body, a stream?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from leaklint.answers.peaks.query import bound_value, executed, is_whole, named, table, text_of_query
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import source_name, text_of
from leaklint.tree.ir import Expr, ancestors, is_none, source, statements, walk

Kind = Literal[
    "table",
    "lazy",
    "cursor",
    "file",
    "rows",
    "member",
    "buffer",
    "download",
    "upload",
    "body",
    "stream",
    "frame",
    "data",
]  # fmt: skip

_DEPTH = 6
_SAME_SIZE = ("splitlines", "split", "strip", "rstrip", "decode", "encode", "getvalue", "readlines", "copy")
_LISTS = ("list", "tuple", "set", "sorted", "reversed", "enumerate", "iter")
_LIMITS = ("-1", "None")
_NOUNS: dict[str, Kind] = {"HTTP response": "download", "upload": "upload"}
_PACKED = ("zip member", "tar member", "gzip file", "bz2 file", "xz file")  # as large as it was before it was packed


@dataclass(frozen=True, slots=True)
class Whole:
    """`site` reads everything; `what` says of what, `path` names the file; `listed` when it became a list here.

    `member`: unpacked from an archive; `buffer`: put together in memory; `data`: read from something unknown. `fixed`:
    a member that the code names.
    """

    kind: Kind
    site: Expr
    what: str
    path: Expr | None = None
    listed: bool = False
    fixed: bool = False


def whole(basis: Basis, expr: Expr | None, depth: int = _DEPTH) -> Whole | None:
    """What an expression's value holds all of, through names, helpers and what does not make it smaller."""
    if expr is None or depth < 0:
        return None
    if expr.op in ("await", "starred"):
        return whole(basis, expr.args[0], depth)
    if expr.op == "name":
        return whole(basis, bound_value(basis, expr), depth - 1)
    if expr.op == "comp" and expr.text != "gen":
        return _comprehended(basis, expr, depth)
    if expr.op == "attr":
        return _attribute(basis, expr)
    if expr.op != "call":
        return None
    found = table(basis, expr)
    if found is not None:
        return Whole("table" if found.how == "fetched" else found.how, expr, found.what)
    if expr.args[0].op == "name":
        return _called(basis, expr, depth)
    return (_read(basis, expr, depth) or _returned(basis, expr, depth)) if expr.args[0].op == "attr" else None


def _comprehended(basis: Basis, comp: Expr, depth: int) -> Whole | None:
    """`[x async for x in stream]`; a list of what comes from something whole is of its size."""
    owner = comp.inner
    if owner is not None and owner.is_async:
        if comp.args[0].op == "call" and any(basis.apis.means("row_limits", n) for n in comp.args[0].names):
            return None
        return Whole("stream", comp, source(comp.args[0]), listed=True)
    found = (whole(basis, comp.args[0], depth - 1) or _lines(basis, comp, comp.args[0])) if comp.args else None
    return found and _listed(found)


def _listed(found: Whole) -> Whole:
    """The same in a list: a cursor's rows are all there then."""
    return replace(found, kind="table" if found.kind == "cursor" else found.kind, listed=True)


def _attribute(basis: Basis, attr: Expr) -> Whole | None:
    row = basis.types.row(attr.args[0])
    if row is not None and attr.text in row.bulk and row.noun in _NOUNS:
        return Whole(_NOUNS[row.noun], attr, source(attr))
    return None


def _called(basis: Basis, call: Expr, depth: int) -> Whole | None:
    """`list(rows)`, or a function of the module that returns something whole."""
    callee = basis.types.callee(call)
    if callee.local is None and call.args[0].text in _LISTS and len(call.args) > 1:
        found = whole(basis, call.args[1], depth - 1) or _lines(basis, call, call.args[1]) or _rows(basis, call)
        if found is not None and found.kind == "lazy" and found.site.scope is not call.scope:
            found = replace(found, site=call)  # a query runs where its rows are wanted
        return found and _listed(found)
    return _returned(basis, call, depth)


def _returned(basis: Basis, call: Expr, depth: int) -> Whole | None:
    function = basis.types.callee(call).local
    if function is not None and function.kind == "function" and not function.is_generator:
        returned = [
            s.value
            for s in statements(function.block)
            if s.op == "return" and s.value is not None and not is_none(s.value)
        ]
        if len(returned) != 1:
            return None
        value = bound_value(basis, returned[0]) if returned[0].op == "name" else returned[0]
        return whole(basis, returned[0], depth - 2) or _asked(basis, call, value)
    return None


def _rows(basis: Basis, call: Expr) -> Whole | None:
    """`list(cursor)`, after `cursor.execute("SELECT ...")`."""
    text = executed(basis, call.args[1], call.stmt) if call.args[1].op in ("name", "attr") else ""
    return Whole("table", call, named(text)) if is_whole(text) else None


def _asked(basis: Basis, call: Expr, value: Expr | None) -> Whole | None:
    """`self.rows("SELECT ...")`, of a method that fetches all that it is asked for."""
    while value is not None and value.op in ("await", "call") and value.args[0].op != "attr":
        value = value.args[0] if value.op == "await" else value.args[-1]
    fetches = value is not None and value.op == "call" and basis.apis.means("fetch_methods", value.args[0].text)
    text = text_of_query(basis, call) if fetches else ""
    return Whole("table", call, named(text)) if is_whole(text) else None


def _lines(basis: Basis, site: Expr, reader: Expr) -> Whole | None:
    """`list(csv.reader(file))`, `[row for row in reader]`."""
    if reader.op == "name":
        reader = basis.names.only_value(reader.text, reader.scope) or reader
    if reader.op != "call" or len(reader.args) < 2 or not basis.apis.means("row_readers", source_name(reader)):
        return None
    path = opened(basis, reader.args[1])
    return Whole("rows", site, source(path), path) if path is not None else None


def parsed_file(basis: Basis, expr: Expr) -> Whole | None:
    """`json.load(file)`: what a whole file says, through a name."""
    value = basis.names.only_value(expr.text, expr.scope) if expr.op == "name" else expr
    if value is None or value.op != "call" or len(value.args) != 2 or source_name(value) not in ("load", "loads"):
        return None
    found = whole(basis, value.args[1])
    if found is not None and found.kind == "file":
        return replace(found, site=value)
    row = basis.types.row(value.args[1])
    path = opened(basis, value.args[1]) if row is not None and row.noun == "file" else None
    return Whole("file", value, source(path), path) if path is not None else None


def _read(basis: Basis, call: Expr, depth: int) -> Whole | None:
    method, receiver = call.args[0].text, call.args[0].args[0]
    row = basis.types.callee(call).row
    if row is not None and row.parts:
        given = any(n in row.parts or n == "**" for n in call.names)
        return None if given else Whole("frame", call, source(call), call.args[1] if len(call.args) > 1 else None)
    row = basis.types.row(receiver)
    if row is not None and row.streams and row.kind == "resource" and method in row.bulk and row.noun not in _NOUNS:
        return Whole("table", call, source(call))
    if row is not None and row.noun == "zip file" and method in row.bulk:
        return _member(basis, call)
    if _limited(call):
        return whole(basis, receiver, depth - 1) if method in _SAME_SIZE else None
    if row is not None and row.noun in _PACKED and method in row.bulk:
        path = opened(basis, receiver)
        return Whole("member", call, source(call)) if path is None or path.op != "const" else None
    if row is not None and row.noun in _NOUNS and method in row.bulk:
        return Whole(_NOUNS[row.noun], call, source(call))
    if basis.apis.means("file_reads", method) and (
        row is None or row.noun == "file" or (method in row.bulk and row.kind != "buffer")
    ):
        path = opened(basis, receiver)
        if row is not None or path is not None or method in ("read_text", "read_bytes"):
            return Whole("file", call, source(path or receiver), path or receiver)
        if _uploaded(basis, receiver):
            return Whole("upload", call, source(call))
        through = _read_through(basis, receiver) if method == "read" else None
        if through is not None:
            path = opened(basis, through)
            return Whole("file", call, source(path or through), path or through)
    if row is not None and method in row.bulk and row.kind == "base":
        return Whole("body", call, source(call))
    return whole(basis, receiver, depth - 1) if method in _SAME_SIZE else None


def _member(basis: Basis, call: Expr) -> Whole | None:
    """A member of an archive; none that is small by its name (`META-INF/version.txt`)."""
    name = call.args[-1]
    stem = text_of(name).rpartition("/")[2].partition(".")[0].lower()
    small = basis.apis.means("settings_names", stem)
    return None if small else Whole("member", call, source(call), fixed=name.op == "const")


def _read_through(basis: Basis, receiver: Expr) -> Expr | None:
    """The file that something else reads, and looks like a file itself: `progress(file, total)`."""
    found = basis.names.bindings(receiver.text, receiver.scope) if receiver.op == "name" else ()
    for call in (b.value for b in found if b.how in ("with", "assign") and b.value is not None):
        if call.op == "call" and basis.types.callee(call).local is None:
            for arg in call.args[1:2]:
                row = basis.types.row(arg)
                if row is not None and row.noun == "file":
                    return arg
    return None


def _limited(call: Expr) -> bool:
    """`read(n)` is as large as the code says; `read()` and `read(-1)` are not."""
    return any(source(a) not in _LIMITS for n, a in zip(call.names[1:], call.args[1:], strict=False) if n != "encoding")


def _uploaded(basis: Basis, receiver: Expr) -> bool:
    """`request.files["x"]`, `await file.read()`: what a client sends as a file."""
    if receiver.op == "name" and basis.apis.means("upload_names", receiver.text):
        read = receiver.parent.parent if receiver.parent is not None else None
        if read is not None and read.parent is not None and read.parent.op == "await":
            return True
    if receiver.op == "name":
        value = basis.names.only_value(receiver.text, receiver.scope)
        return value is not None and value.op in ("sub", "call") and _uploaded(basis, value)
    if receiver.op == "call" and receiver.args[0].op == "attr" and receiver.args[0].text == "get":
        receiver = receiver.args[0].args[0]
    elif receiver.op == "sub":
        receiver = receiver.args[0]
    return receiver.op == "attr" and receiver.text in ("files", "FILES") and "req" in source_name(receiver.args[0])


def opened(basis: Basis, file: Expr) -> Expr | None:
    """The path of the file that an expression stands for: of `open(path)`, of `path.open()`."""
    if file.op == "call":
        row = basis.types.callee(file).row
        if row is not None and row.name.endswith(".open") and len(file.args) > 1:
            return file.args[1]
        if file.args[0].op == "attr" and file.args[0].text == "open" and len(file.args) <= 3:
            return file.args[0].args[0]
        return None
    place: Place | None = basis.names.place(file)
    values = list(basis.types.bound_values(place)) if place is not None else []
    values.sort(key=lambda v: v.stmt.ordinal > file.stmt.ordinal)  # the file that is open here, before one that comes
    near = [v for v in values if any(owner is v.stmt for _, owner in ancestors(file.stmt))]
    return next((p for v in (*near, *values) if v.op == "call" and (p := opened(basis, v)) is not None), None)


def names_data(basis: Basis, path: Expr | None, depth: int = 3) -> bool:
    """Does a path say that the file grows or comes in any size: a log, lines of JSON, a table, an upload?"""
    if path is None or depth == 0:
        return False
    for e in walk(path):
        if basis.apis.means("data_files", text_of(e).lower()):
            return True
        if e.op in ("name", "attr") and basis.apis.means("data_names", e.text.lower()):
            return True
        if e.op == "name":
            value = basis.names.only_value(e.text, e.scope)
            if value is not None and names_data(basis, value, depth - 1):
                return True
            if any(_over_data(basis, b.value) for b in basis.names.bindings(e.text, e.scope) if b.how == "for"):
                return True
    return False


def _over_data(basis: Basis, iterated: Expr | None) -> bool:
    """A loop over the files of a pattern: `folder.glob("*.csv")`."""
    return iterated is not None and any(basis.apis.means("data_files", text_of(e).lower()) for e in walk(iterated))


def _over_settings(basis: Basis, iterated: Expr | None) -> bool:
    """A loop over settings or code, by the pattern of their names: `folder.glob("*.yml")`, also through a name."""
    if iterated is not None and iterated.op == "name":
        iterated = next((b.value for b in basis.names.bindings(iterated.text, iterated.scope)), None)
    return iterated is not None and any(basis.apis.means("small_files", text_of(e).lower()) for e in walk(iterated))


def is_open(basis: Basis, path: Expr | None, depth: int = 2) -> bool:
    """May a path be any file's: a parameter, or what a loop brings? Not one that the code names."""
    if path is None:
        return False
    if path.op == "name" and depth and (made := basis.names.only_value(path.text, path.scope)) is not None:
        return not basis.apis.means("settings_names", path.text.lower()) and is_open(basis, made, depth - 1)
    names = [e for e in walk(path) if e.op == "name"]
    bound = [b for e in names for b in basis.names.bindings(e.text, e.scope) if b.how in ("param", "for", "comp")]
    open_ones = [b for b in bound if b.how == "param" or not _over_settings(basis, b.value)]
    fixed = any(e.op == "const" and e.text == "str" and "." in e.value for e in walk(path))
    words = [e.text.lower() for e in walk(path) if e.op in ("name", "attr")]
    return bool(open_ones) and not fixed and not any(basis.apis.means("settings_names", w) for w in words)
