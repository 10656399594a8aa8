"""What is read as a whole, of which a part is used: some entries, their number, the first one, the names of columns."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.peaks.handed import Peak, used_once
from leaklint.answers.peaks.loads import Whole, is_open, names_data, parsed_file, whole
from leaklint.answers.peaks.query import table
from leaklint.meaning.basis import Basis
from leaklint.meaning.scopes import source_name
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr, source, walk

_SAMPLING = ("random.sample", "random.choice", "random.choices")
_OF_FRAMES = ("columns", "dtypes", "head")
_ASKING = ("len", "isinstance", "type", "bool")


def part(basis: Basis, expr: Expr) -> Iterator[Peak]:
    """A slice, an index, a sample or the length of something that is all there."""
    if expr.op == "call":
        yield from _counted(basis, expr)
    elif expr.op == "attr" and expr.text in _OF_FRAMES:
        yield from _of_frame(basis, expr)
    elif expr.op == "sub" and len(expr.args) == 2:
        yield from _cut(basis, expr) if expr.args[1].op == "slice" else _first(basis, expr)


def _counted(basis: Basis, call: Expr) -> Iterator[Peak]:
    func, args = call.args[0], call.args[1:]
    if func.op == "name" and func.text == "len" and args:
        found = (whole(basis, args[0]) or _narrowed(basis, args[0])) if args[0].op != "name" else None
        if found is not None and _countable(found, args[0]) and not _wanted_beside(basis, args[0]):
            yield Peak("counted", found, call.stmt)
    elif args and basis.types.callee(call).name in _SAMPLING:
        found = whole(basis, args[0])
        if found is not None and (found.kind == "table" or (found.kind == "lazy" and found.listed)):
            yield Peak("sampled", found, call.stmt, basis.types.callee(call).name or "")


def _wanted_beside(basis: Basis, counted: Expr) -> bool:
    """`len([t for t in trades if t.open])`, of rows that are used for something else as well."""
    over = counted.args[0] if counted.op == "comp" else counted
    place = basis.names.place(over) if over.op == "name" else None
    return place is not None and any(u.verb != "bind" and u.expr is not over for u in basis.all_uses(place))


def _narrowed(basis: Basis, rows: Expr) -> Whole | None:
    """Some rows of a table, all of which are loaded: they can be counted where they are."""
    listed = rows.op == "call" and rows.args[0].text == "list" and len(rows.args) == 2
    found = table(basis, rows.args[1] if listed else rows, narrowed=True)
    if found is None or found.how == "cursor":
        return None
    return Whole("table", rows, found.what)


def _of_frame(basis: Basis, attr: Expr) -> Iterator[Peak]:
    """`read_csv(path).columns`, and nothing else of it."""
    found = whole(basis, attr.args[0])
    if found is None or found.kind != "frame":
        return
    if attr.args[0].op == "name" and not all(u.verb in _OF_FRAMES or u.verb == "bind" for u in _uses(basis, attr)):
        return
    yield Peak("first", found, attr.stmt, attr.text)


def _first(basis: Basis, sub: Expr) -> Iterator[Peak]:
    """`data[0]` of a file that was taken apart whole, `file.readlines()[0]`; not where anything else of it is used."""
    if sub.args[1].op != "const" or sub.args[1].value != "0":
        return
    value = sub.args[0]
    parsed = parsed_file(basis, value)
    found = parsed or whole(basis, value)
    if found is not None and found.kind == "table" and found.site.args[0].op == "attr":
        yield from _first_row(basis, sub, found)
    if found is None or found.kind != "file":
        return
    if not names_data(basis, found.path) and not (parsed is not None and is_open(basis, found.path)):
        return
    if value.op == "name":
        if all(_asks(use) or (use.site.op == "sub" and source(use.site.args[1]) == "0") for use in _uses(basis, sub)):
            yield Peak("first", found, sub.stmt, source(sub))
    elif value.args[0].text in ("readlines", "splitlines", "split", "load"):
        yield Peak("first", found, sub.stmt, "[0]")


def _first_row(basis: Basis, sub: Expr, found: Whole) -> Iterator[Peak]:
    """`cursor.fetchall()[0]`, or of a name of which nothing else is used."""
    value = sub.args[0]
    uses = _uses(basis, sub) if value.op == "name" else []
    if all(_asks(u) or (u.site.op == "sub" and source(u.site.args[1]) == "0") for u in uses):
        yield Peak("first", found, sub.stmt, source(sub))


def _uses(basis: Basis, of: Expr) -> list[Use]:
    place = basis.names.place(of.args[0])
    return [u for u in basis.all_uses(place) if u.verb != "bind"] if place is not None else []


def _asks(use: Use) -> bool:
    """`len(data)`, `isinstance(data, list)`, `if data`: asks of what kind it is."""
    above = use.expr.parent
    asked = above is not None and above.op == "call" and above.args[0].text in _ASKING
    return asked or (use.role == "tested" and not use.verb)


def _countable(found: Whole, arg: Expr) -> bool:
    if found.kind == "lazy":
        return True
    lines = arg.op == "call" and source_name(arg) in ("readlines", "splitlines")
    return found.kind == "table" or (found.kind == "file" and lines)


def _cut(basis: Basis, sub: Expr) -> Iterator[Peak]:
    """`rows[:n]` of all rows. A slice of a query that has not run limits it."""
    index = sub.args[1]
    if not index.args or index.text == "step":
        return
    value = sub.args[0]
    found = whole(basis, value)
    if found is None or found.kind not in ("table", "lazy", "file"):
        return
    if found.kind == "lazy" and not found.listed:
        return
    if found.kind == "file" and value is found.site and source_name(value) == "read" and index.text == "upper":
        yield Peak("cut", found, sub.stmt, source(index))
        return
    in_lines = found.kind == "file" and _in_lines(value)
    read_on = in_lines and _offset(basis, index)
    tail = value is found.site and index.args[0].op == "unary" and is_open(basis, found.path)
    long = in_lines and (tail or names_data(basis, found.path))
    if found.kind == "file" and not read_on and not (long and _few(index)):
        return
    if not read_on and value.op == "name" and used_once(basis, value) is None:
        return
    yield Peak("cut", found, sub.stmt, source(index))


def _in_lines(value: Expr) -> bool:
    return any(e.op == "attr" and e.text in ("readlines", "splitlines") for e in walk(value)) or value.op == "name"


def _few(index: Expr) -> bool:
    """`[-n:]` or `[:n]`, not `[1:]`."""
    bound = index.args[0]
    return index.text.startswith("upper") or (bound.op == "unary" and index.text == "lower")


def _offset(basis: Basis, index: Expr) -> bool:
    """`[seen:]` of a parameter or an attribute: what was read before is read again, to be left out."""
    start = index.args[0] if index.text == "lower" else None
    if start is None or start.op not in ("name", "attr"):
        return False
    if start.op == "attr":
        return basis.names.class_of(start.args[0]) is not None
    return [b.how for b in basis.names.bindings(start.text, start.scope)] == ["param"]
