"""May a value be of any size? By where it comes from, and last by its name."""

from __future__ import annotations

from leaklint.basis import NO, Answer, Basis, Clue
from leaklint.ir import Expr, in_loop, source, walk
from leaklint.names import Place

_DEPTH = 4


def weight(basis: Basis, expr: Expr, depth: int = _DEPTH) -> Answer:
    """`read` (a whole body or stream), `accumulated` (grown in a loop), `named` (only its name says so); or not."""
    if depth < 0:
        return NO
    if expr.op in ("await", "starred"):
        return weight(basis, expr.args[0], depth)
    if expr.op == "call":
        callee = basis.types.callee(expr)
        if callee.receiver is not None and callee.method in callee.receiver.bulk and not _limited(expr):
            return Answer("read", (Clue(expr.stmt, "driver", "read", {"what": source(expr)}),), source(expr))
        return NO
    if expr.op == "attr":
        owner = basis.types.row(expr.args[0])
        if owner is not None and expr.text in owner.bulk and owner.kind != "container":
            return Answer("read", (Clue(expr.stmt, "driver", "read", {"what": source(expr)}),), source(expr))
    if expr.op not in ("name", "attr"):
        return NO
    place = basis.names.place(expr)
    return _held(basis, place, expr, depth) if place is not None else NO


def _held(basis: Basis, place: Place, expr: Expr, depth: int) -> Answer:
    for value in basis.types.bound_values(place):
        found = weight(basis, value, depth - 1)
        if found.kind in ("read", "accumulated"):
            return found
    row = basis.types.place_row(place)
    if row is not None and (
        row.kind == "buffer" or (row.kind == "container" and basis.apis.means("buffer_names", expr.text))
    ):
        for use in basis.all_uses(place):
            repeats = in_loop(use.stmt) or basis.apis.means("feed_methods", use.stmt.scope.function.name)
            if repeats and use.verb in row.grow and use.verb != "__setitem__" and not _message(use.value):
                return Answer("accumulated", (Clue(use.stmt, "driver", "accumulated"),), source(expr))
    large = row is not None and row.kind == "buffer" and not row.stringifies
    if basis.apis.means("buffer_names", expr.text) and large:
        return Answer("named", word=source(expr))
    return NO


def _message(value: Expr | None) -> bool:
    """Short text made here is no payload: `errors.append(f"...")`."""
    return value is not None and value.op in ("const", "fstring")


def _limited(call: Expr) -> bool:
    """`read(n)` is as large as the code says; `read()` and `read(-1)` are not."""
    return any(not (a.op == "const" and a.text == "none") and source(a) != "-1" for a in call.args[1:])


def streamed(basis: Basis, expr: Expr | None, depth: int = _DEPTH) -> Answer:
    """Does a value come in from a stream or peer: a feeding function's parameter, a receive, a loop over one?"""
    if expr is None or depth < 0:
        return NO
    for part in _parts(expr):
        if (
            part.op == "call"
            and part.args[0].op == "attr"
            and basis.apis.means("stream_reads", part.args[0].text)
            and not _from_disk(basis, part)
        ):
            return Answer("received", (Clue(part.stmt, "driver", "received", {"what": source(part)}),), source(part))
        if part.op != "name":
            continue
        for binding in basis.names.bindings(part.text, part.scope):
            function = binding.stmt.inner
            if binding.how == "param" and function is not None and basis.apis.means("feed_methods", function.name):
                if (function.params[0].name != part.text or function.method_of is None) and binding.how == "param":
                    return Answer("fed", (Clue(binding.stmt, "driver", "fed", {"function": function.name}),), part.text)
            elif binding.how in ("for", "comp") and binding.stmt.is_async:
                return Answer(
                    "iterated", (Clue(binding.stmt, "driver", "iterated", {"what": source(binding.value)}),), part.text
                )
            elif binding.how == "for" and binding.value is not None and _output(binding.value):
                return Answer(
                    "output", (Clue(binding.stmt, "driver", "iterated", {"what": source(binding.value)}),), part.text
                )
            elif binding.value is not None and binding.exact:
                found = streamed(basis, binding.value, depth - 1)
                if found:
                    return found
    return NO


def _output(iterated: Expr) -> bool:
    """The lines that a child process prints: `proc.stdout`, `iter(proc.stdout.readline, "")`."""
    return any(
        e.op == "attr" and e.text in ("stdout", "stderr") and e.args[0].op == "name" and e.args[0].text != "sys"
        for e in walk(iterated)
    )


def _from_disk(basis: Basis, call: Expr) -> bool:
    """What a file holds is there already; nobody sends more."""
    row = basis.types.callee(call).receiver
    return row is not None and (row.name.startswith("io.") or row.base.startswith("io."))


def _parts(expr: Expr) -> list[Expr]:
    """The references and calls in an expression, slices of them left out."""
    found, stack = [], [expr]
    while stack:
        node = stack.pop()
        found.append(node)
        if node.op == "call":
            stack.extend(node.args[1:])
            if node.args[0].op == "attr":
                stack.append(node.args[0].args[0])
        elif node.op != "sub":
            stack.extend(node.args)
    return found
