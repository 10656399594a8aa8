"""Does a value come in from a stream or peer, or piece by piece?"""

from __future__ import annotations

from leaklint.meaning.basis import NO, Answer, Basis, Clue
from leaklint.tree.ir import Binding, Expr, Scope, source, walk

_DEPTH = 4


def streamed(basis: Basis, expr: Expr | None) -> Answer:
    """Does a value come in from a stream or peer: a feeding function's parameter, a receive, a loop over one?

    `parsed`: a part of what comes in as an object (`event.delta.text`), which somebody has read and limited before.
    """
    return _streamed(basis, expr, _DEPTH, {}) if expr is not None else NO


def piece(basis: Basis, expr: Expr | None) -> Answer:
    """Is it a parameter, or a part of one, that brings one piece of something larger, by its name?"""
    for name in (e for e in walk(expr) if e.op == "name") if expr is not None else ():
        for binding in basis.names.bindings(name.text, name.scope):
            function = binding.stmt.inner
            if binding.how == "param" and function is not None and basis.apis.means("piece_names", name.text):
                clue = Clue(binding.stmt, "driver", "fed", {"function": function.name})
                return Answer("given", (clue,), name.text)
    return NO


def _unpacked(binding: Binding) -> bool:
    """`data, address = sock.recvfrom(1500)`."""
    return binding.how == "assign" and binding.value is not None and binding.value.op in ("call", "await")


def _streamed(basis: Basis, expr: Expr, depth: int, tried: dict[tuple[str, Scope], int]) -> Answer:
    """`tried`: names that gave nothing, and to what depth: names bound to each other lead to them over and over."""
    if depth < 0:
        return NO
    for part in _parts(expr):
        if (
            part.op == "call"
            and part.args[0].op == "attr"
            and basis.apis.means("stream_reads", part.args[0].text)
            and not _from_disk(basis, part)
        ):
            return Answer("received", (Clue(part.stmt, "driver", "received", {"what": source(part)}),), source(part))
        name = (part.text, part.scope)
        if part.op != "name" or tried.get(name, -1) >= depth:
            continue
        tried[name] = depth
        for binding in basis.names.bindings(part.text, part.scope):
            function = binding.stmt.inner
            if binding.how == "param" and function is not None and basis.apis.means("feed_methods", function.name):
                if (function.params[0].name != part.text or function.method_of is None) and binding.how == "param":
                    return Answer("fed", (Clue(binding.stmt, "driver", "fed", {"function": function.name}),), part.text)
            elif binding.how in ("for", "comp") and binding.stmt.is_async:
                whole = _complete(basis, binding.value)
                if whole is not None:  # what is made of it is bounded by it, wherever that came from
                    return _streamed(basis, whole, depth - 1, tried)
                kind = "parsed" if _taken_apart(part) else "iterated"
                return Answer(
                    kind, (Clue(binding.stmt, "driver", "iterated", {"what": source(binding.value)}),), part.text
                )
            elif binding.how == "for" and binding.value is not None and _output(binding.value):
                return Answer(
                    "output", (Clue(binding.stmt, "driver", "iterated", {"what": source(binding.value)}),), part.text
                )
            elif binding.value is not None and (binding.exact or _unpacked(binding)):
                found = _streamed(basis, binding.value, depth - 1, tried)
                if found:
                    return found
    return NO


def _complete(basis: Basis, iterated: Expr | None) -> Expr | None:
    """The bytes that a loop takes apart, where a call is given nothing else: `part.decode_iter(raw)`."""
    if iterated is None or iterated.op != "call" or len(iterated.args) != 2 or iterated.args[1].op != "name":
        return None
    row = basis.types.row(iterated.args[1])
    raw = row is not None and row.kind == "buffer" and row.name in ("builtins.bytes", "builtins.bytearray")
    return iterated.args[1] if raw else None


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
    """The references and calls in an expression; slices of them, and lines that are composed of them, left out."""
    found, stack = [], [expr]
    while stack:
        node = stack.pop()
        found.append(node)
        if node.op == "call" and not _composed(node):
            stack.extend(node.args[1:])
            if node.args[0].op == "attr":
                stack.append(node.args[0].args[0])
        elif node.op not in ("sub", "fstring", "call"):
            stack.extend(node.args)
    return found


def _taken_apart(item: Expr) -> bool:
    """`event.text`, `event["text"]`; a method that is called on it gives it whole: `chunk.decode()`."""
    part = item.parent
    if part is None or part.op not in ("attr", "sub") or part.args[0] is not item:
        return False
    return part.parent is None or part.parent.op != "call" or part.parent.args[0] is not part


def _composed(call: Expr) -> bool:
    """`"{}: {}".format(...)`: a line of the code's own, about what came in."""
    method = call.args[0]
    return method.op == "attr" and method.text == "format"
