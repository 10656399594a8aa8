"""What a piece of code does with the values in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_REMOVING = frozenset({"pop", "popitem", "popleft", "clear", "remove", "discard", "__delitem__"})
STORING = frozenset({"append", "appendleft", "add", "extend", "insert", "setdefault", "update", "put", "put_nowait"})
_LISTING = frozenset({"values", "items", "keys"})
_COPYING = frozenset({"list", "tuple", "sorted", "set", "dict", "frozenset"})
_LOOPS = (ast.For, ast.AsyncFor, ast.comprehension)


def used(node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """The values that a node uses, each with how: `indexed`, `looped`, `set` (by a key), `stored`, `removed`, `thinned`
    (an entry of it loses something), `sized`, `asked` (is something in it?), `handed` (given away whole); of a method
    that is called on it, the name with a dot: `.get`."""
    if isinstance(node, _LOOPS):
        yield _listed(node.iter), "looped"
    elif isinstance(node, ast.Call):
        yield from _called(node)
    elif isinstance(node, ast.Subscript):
        how = {ast.Store: "set", ast.Del: "removed"}
        yield node.value, how.get(type(node.ctx), "indexed")
    elif isinstance(node, ast.Compare):
        yield from ((side, "asked") for side in node.comparators)
    elif isinstance(node, (ast.Return, ast.Yield)) and node.value is not None:
        yield node.value, "handed"
    elif isinstance(node, ast.Dict):
        yield from ((value, "handed") for value in node.values)
    elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
        yield node.value, "handed"


def _listed(iterated: ast.expr) -> ast.expr:
    """`x` of `x.values()`; what goes over a copy goes over something else."""
    if isinstance(iterated, ast.Call) and isinstance(iterated.func, ast.Attribute) and iterated.func.attr in _LISTING:
        return iterated.func.value
    return iterated


def _called(call: ast.Call) -> Iterator[tuple[ast.AST, str]]:
    func = call.func
    if isinstance(func, ast.Attribute):
        method, held = func.attr, func.value
        yield held, "removed" if method in _REMOVING else "stored" if method in STORING else f".{method}"
        if method in _REMOVING and isinstance(held, ast.Subscript):
            yield held.value, "thinned"
    if isinstance(func, ast.Name) and func.id == "len":
        yield from ((arg, "sized") for arg in call.args)
    elif not (isinstance(func, ast.Name) and func.id in _COPYING):
        yield from ((arg, "handed") for arg in (*call.args, *(word.value for word in call.keywords)))
