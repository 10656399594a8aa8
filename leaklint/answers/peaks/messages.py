"""An event, a message or a batch, as an object: it is as large as whoever sends it likes."""

from __future__ import annotations

from leaklint.meaning.basis import NO, Answer, Basis, Clue
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import source_name
from leaklint.tree.ir import Binding, Expr, Scope, ancestors, source

_QUEUES = ("q", "queue")
_AS_MAPPING = ("get", "__getitem__", "__setitem__", "setdefault")


def message(basis: Basis, place: Place, expr: Expr) -> Answer:
    """One that comes in, by its name; or a mapping, whose text shows all that it holds."""
    bindings = basis.names.bindings(expr.text, expr.scope) if expr.op == "name" else ()
    if any(_queued(b) for b in bindings):
        return NO
    if basis.apis.means("incoming_names", expr.text):
        for binding in bindings:
            if binding.how == "for" and binding.stmt.is_async:
                return _received(binding, source(binding.value))
            handler = binding.stmt.inner
            if binding.how == "param" and handler is not None and _is_given_to(basis, handler, binding, expr):
                return _received(binding, handler.name)
    if not basis.apis.means("payload_names", expr.text):
        return NO
    whose = expr.args[0] if expr.op == "attr" else None
    if whose is not None and whose.op == "name" and basis.apis.means("incoming_names", whose.text):
        for binding in basis.names.bindings(whose.text, whose.scope):
            if binding.how == "for" and binding.stmt.is_async:
                return _received(binding, source(binding.value))
            handler = binding.stmt.inner
            if binding.how == "param" and handler is not None and _is_given_to(basis, handler, binding, expr):
                return _received(binding, handler.name)
    for use in basis.all_uses(place):
        if use.expr.text != expr.text:
            continue  # another entry of what this one was taken from
        if use.verb in _AS_MAPPING and use.key is not None and use.key.op == "const" and use.key.text == "str":
            if _known_otherwise(expr):
                return NO
            return Answer("mapping", (Clue(use.stmt, "driver", "mapping", {"name": expr.text}),), source(expr))
    return NO


def _received(binding: Binding, what: str) -> Answer:
    return Answer("received", (Clue(binding.stmt, "driver", "received", {"what": what}),), what)


def _is_given_to(basis: Basis, handler: Scope, binding: Binding, expr: Expr) -> bool:
    """A handler of what comes in, by its name or by the class of its parameter; not where it refuses it."""
    if expr.stmt.op == "raise" or handler.name == "__init__":
        return False
    if any(basis.apis.means(what, handler.name) for what in ("sending_methods", "logging_functions")):
        return False
    if _known_otherwise(expr, left_over=True) or _names_attribute(basis, expr):
        return False
    kind = binding.param.annotation if binding.param is not None else None
    if kind is not None and kind.op in ("name", "attr") and basis.apis.means("incoming_classes", kind.text):
        return True
    return basis.apis.means("event_methods", handler.name)


def _names_attribute(basis: Basis, expr: Expr) -> bool:
    """`getattr(self, event)`: it is a name, and no message."""
    near = (e.parent for e in basis.mentions(expr.text) if e.scope.function is expr.scope.function)
    return any(above is not None and above.op == "call" and above.args[0].text == "getattr" for above in near)


def _queued(binding: Binding) -> bool:
    """`message = self._queue.get()`: the program has put it there itself."""
    value = binding.value
    while value is not None and value.op == "await":
        value = value.args[0]
    if value is None or value.op != "call" or value.args[0].op != "attr":
        return False
    method = value.args[0]
    taken = method.text == "get" and (len(value.args) == 1 or source_name(method.args[0]).strip("_") in _QUEUES)
    return taken or "queue" in source(value).lower()


def counted_beside(basis: Basis, expr: Expr) -> Answer:
    """`log.info("%d ids: %s", len(ids), ids)`: whoever counts them expects many. Not what was collected here."""
    if expr.op != "name" or expr.stmt.op == "raise":
        return NO
    near = any(_is_length_of(e, expr.text) and not _compared(e) for e in expr.stmt.flat)
    many = not near and basis.apis.means("many_names", expr.text)
    if not near and not (many and any(_is_counted(e, expr) for e in basis.mentions(expr.text))):
        return NO
    for binding in basis.names.bindings(expr.text, expr.scope):
        value = binding.value
        handed = binding.how == "param" or (binding.how == "assign" and value is not None and value.op == "sub")
        if not handed:
            return NO
    return Answer("counted", word=source(expr))


def _is_counted(mention: Expr, expr: Expr) -> bool:
    """In the same function, by `len`."""
    above = mention.parent
    return above is not None and above.scope.function is expr.scope.function and _is_length_of(above, expr.text)


def body_of_own(basis: Basis, expr: Expr) -> Answer:
    """`self.body`, of an object that was made with it: `def __init__(self, body): self.body = body`."""
    if expr.op != "attr" or not basis.apis.means("body_names", expr.text) or basis.names.class_of(expr.args[0]) is None:
        return NO
    place = basis.names.place(expr)
    for value in basis.types.bound_values(place) if place is not None else ():
        found = handed_in(basis, value)
        if found:
            return found
    return NO


def exchanged(basis: Basis, expr: Expr) -> Answer:
    """`response.text`, by the name alone."""
    whose = expr.args[0] if expr.op == "attr" else None
    named = whose is not None and whose.op == "name" and basis.apis.means("exchange_names", whose.text)
    if whose is None or not named or expr.text not in ("text", "content", "body"):
        return NO
    return Answer(
        "read", (Clue(expr.stmt, "driver", "read", {"what": source(expr), "of": source(whose)}),), source(expr)
    )


def handed_in(basis: Basis, expr: Expr) -> Answer:
    """An argument that is dumped whole: it is as large as the caller likes."""
    for binding in basis.names.bindings(expr.text, expr.scope) if expr.op == "name" else ():
        if binding.how == "param" and binding.stmt.inner is not None:
            return _received(binding, binding.stmt.inner.name)
    return NO


def _is_length_of(expr: Expr, name: str) -> bool:
    return expr.op == "call" and expr.args[0].text == "len" and len(expr.args) == 2 and source(expr.args[1]) == name


def _compared(length: Expr) -> bool:
    """`"one" if len(names) == 1 else "some"`: asks for the grammar of a sentence."""
    return length.parent is not None and length.parent.op == "compare"


def _known_otherwise(expr: Expr, left_over: bool = False) -> bool:
    """In the branch that `isinstance` leaves for something else, it is whatever the caller has passed instead.
    `left_over`: only in the last one, which asks for nothing more."""
    for block, owner in ancestors(expr.stmt):
        if owner.op != "if" or (left_over and block.exprs and owner.blocks[0] is not block):
            continue
        earlier = owner.blocks[: next(i for i, b in enumerate(owner.blocks) if b is block)]
        no = [test.args[0] for test in block.exprs if test.op == "unary" and test.text == "Not"]
        tests = (part for test in (*no, *(t for b in earlier for t in b.exprs)) for part in _either(test))
        if any(_asks_for_class(test, expr) for test in tests):
            return True
    return False


def _either(test: Expr) -> tuple[Expr, ...]:
    """The tests that are all false where this one is."""
    return test.args if test.op == "bool" and "Or" in test.text else (test,)


def _asks_for_class(test: Expr, expr: Expr) -> bool:
    """`isinstance(message, dict)`, also beside other conditions."""
    parts = test.args if test.op == "bool" and "And" in test.text else (test,)
    asked = (p for p in parts if p.op == "call" and len(p.args) == 3 and p.args[0].text == "isinstance")
    return any(source(p.args[1]) == source(expr) for p in asked)
