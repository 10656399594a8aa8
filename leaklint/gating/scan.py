"""One walk over the `ast` tree of a file: the names that `gate` decides by. It keeps no facts.

Identifiers are last identifiers: `append` of `self.items.append`.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable
from typing import Any

from leaklint.gating.awaiting import awaited
from leaklint.gating.identifiers import adds_method, first, identifiers, inner, last, passed_on, put_in, values, words
from leaklint.gating.seen import OWN, Seen
from leaklint.gating.turning import DISPLAYS, calls_itself, turn


@functools.cache
def _look(kind: type[ast.AST]) -> tuple[Callable[[Any, Seen], None] | None, tuple[str, ...]]:
    """What looks at a node, and the fields to go on with."""
    return _LOOKS.get(kind), inner(kind)  # type: ignore[arg-type]  # a class is hashable


def scan(tree: ast.Module, deepest: int) -> Seen | None:
    """Walk over a file once, level by level; None when it is nested deeper than `deepest` levels."""
    seen, depth = Seen(), 0
    nodes: list[ast.AST | None] = [tree]
    called = seen.called.add
    while nodes:
        depth += 1
        if depth > deepest:
            return None
        below: list[ast.AST | None] = []
        for node in nodes:
            kind = node.__class__
            if kind is ast.Name:  # most nodes are one of these
                called(node.id)  # type: ignore[union-attr]
                continue
            if kind is ast.Attribute:
                called(node.attr)  # type: ignore[union-attr]  # called or not: `start = asyncio.create_task`
                below.append(node.value)  # type: ignore[union-attr]
                continue
            look, fields = _look(kind)  # type: ignore[arg-type]
            if look is not None:
                look(node, seen)
            for name in fields:
                part = getattr(node, name, None)
                if part.__class__ is list:
                    below += part
                elif part is not None:
                    below.append(part)
        nodes = below
    return seen


_OWN = ("self", "cls")


def _import(node: ast.Import, seen: Seen) -> None:
    seen.reimported |= seen.roots.intersection(a.name.partition(".")[0] for a in node.names)
    seen.roots.update(a.name.partition(".")[0] for a in node.names)
    seen.imported.update((a.asname or a.name).partition(".")[0] for a in node.names)


def _import_from(node: ast.ImportFrom, seen: Seen) -> None:
    seen.reimported |= seen.roots & {(node.module or "").partition(".")[0]}
    seen.roots.add((node.module or "").partition(".")[0])
    seen.roots.update(a.name for a in node.names if passed_on(node, a))
    seen.called.update(a.name for a in node.names)  # may be called by another name
    seen.imported.update(a.asname or a.name for a in node.names)
    seen.bound.update((a.asname, a.name) for a in node.names if a.asname is not None)


def _subscript(node: ast.Subscript, seen: Seen) -> None:
    if type(node.ctx) is ast.Store:
        seen.keyed.add(last(node.value))
    elif type(node.ctx) is ast.Del:
        seen.removed.add(first(node))
        _take(node.value, seen)
    else:
        seen.looked.add(last(node.value))


def _call(node: ast.Call, seen: Seen) -> None:
    func = node.func
    seen.keywords.update(k.arg for k in node.keywords if k.arg is not None)
    if any(type(a) in _CALLABLE for a in node.args) or any(type(k.value) in _CALLABLE for k in node.keywords):
        seen.handed.add(last(func))
    for arg in node.args:  # what another object keeps to itself is handed over: `drain(hub._queue)`
        if type(arg) is ast.Attribute and arg.attr.startswith("_"):
            _take(arg, seen)
    if type(func) is not ast.Attribute:
        return
    seen.unawaited[func.attr] += 1
    seen.asked.add((last(func.value), func.attr))
    if func.attr in _REMOVING:
        seen.removed.add(first(func))
        _take(func.value, seen)
    if func.attr in _CLOSING and type(func.value) is ast.Attribute and _is_own(func.value):
        seen.closed.add(func.value.attr)
    if func.attr in _TELLING or func.attr.startswith(("set_", "add_", "record_", "log_")):
        given = (*node.args, *(keyword.value for keyword in node.keywords))
        seen.told = seen.told.union(*map(identifiers, given))
    if func.attr in _LOOKING:
        seen.looked.add(last(func.value))
    if func.attr in _REPLACING:
        seen.bound |= {(last(func.value), last(arg)) for arg in node.args[:1]}
    if func.attr in _KEYED:
        seen.keyed.add(last(func.value))
    if func.attr in _ADDING:
        seen.added_to.add(last(func.value))
        for arg in node.args:
            turn(func, arg, seen)
            seen.grown |= identifiers(arg)


def _take(container: ast.AST, seen: Seen) -> None:
    """From `hub.sessions`, or from what is the object's own, something is taken."""
    if type(container) is ast.Attribute:
        seen.taken.add((OWN if _is_own(container) else last(container.value), container.attr))


def _is_own(attribute: ast.Attribute) -> bool:
    return type(attribute.value) is ast.Name and attribute.value.id in _OWN


def _statement(node: ast.Expr, seen: Seen) -> None:
    if type(node.value) is ast.Attribute:
        seen.named.add(node.value.attr)


def _await(node: ast.Await, seen: Seen) -> None:
    if type(node.value) is ast.Call:
        seen.unawaited[last(node.value)] -= 1


def _bind(target: ast.AST, value: ast.AST | None, seen: Seen) -> None:
    if isinstance(target, (ast.Tuple, ast.List)):
        apart = isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts)
        for index, part in enumerate(target.elts):
            _bind(part, value.elts[index] if apart else value, seen)  # type: ignore[union-attr]
        return
    name = last(target)
    if type(target) is ast.Attribute:
        seen.held.add(name)
        seen.removed.add(first(target))  # `state.SESSIONS = {}`
    for one in values(value):
        turn(target, one, seen)
        seen.holding |= {(name, part) for part in put_in(one)}
        if type(one) in DISPLAYS or type(one) in (ast.Constant, ast.JoinedStr):
            seen.born.add((name, "{}"))
            continue
        if type(one) is ast.BinOp:
            seen.grown |= identifiers(one)
            seen.added_to.add(name)
        seen.born.add((name, last(one)))
        seen.bound.add((name, last(one)))
        if type(one) is ast.Attribute:
            seen.parts.add((name, first(one)))


def _assign(node: ast.Assign, seen: Seen) -> None:
    for target in node.targets:
        _bind(target, node.value, seen)


def _annotated(node: ast.AnnAssign, seen: Seen) -> None:
    seen.declared |= {(last(node.target), word) for word in words(node.annotation)}
    _bind(node.target, node.value, seen)


def _with(node: ast.withitem, seen: Seen) -> None:
    if node.optional_vars is not None:
        _bind(node.optional_vars, node.context_expr, seen)


def _walrus(node: ast.NamedExpr, seen: Seen) -> None:
    _bind(node.target, node.value, seen)


def _loop(node: ast.For | ast.AsyncFor | ast.comprehension, seen: Seen) -> None:
    _bind(node.target, node.iter, seen)
    if type(node) is ast.AsyncFor or getattr(node, "is_async", False):
        seen.streamed |= identifiers(node.target)
        seen.collected = seen.collected or type(node) is ast.comprehension


def _endless(node: ast.While, seen: Seen) -> None:
    """What is local to an endless loop is held as long as that runs. And what any such loop does, it does in rounds."""
    seen.rounds |= identifiers(node)
    if type(node.test) is ast.Constant:
        seen.held |= identifiers(node)


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef, seen: Seen) -> None:
    seen.functions.add(node.name)
    seen.itself = seen.itself or calls_itself(node)
    if type(node) is ast.AsyncFunctionDef:
        seen.coroutines.add(node.name)
        seen.awaits.add((node.name, awaited(node)))
    seen.handed.update(map(last, node.decorator_list))
    if node.name == "__repr__":
        seen.told |= identifiers(node)
    given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    starred = [a for a in (node.args.vararg, node.args.kwarg) if a is not None]
    given += starred
    seen.starred |= {a.arg for a in starred}
    seen.params |= {(node.name, a.arg) for a in given}
    seen.declared |= {(a.arg, word) for a in given if a.annotation is not None for word in words(a.annotation)}
    _keeps(node, seen)


def _keeps(node: ast.FunctionDef | ast.AsyncFunctionDef, seen: Seen) -> None:
    """What a function keeps beyond its calls: its defaults, and what the closure that it returns holds."""
    args = [*node.args.posonlyargs, *node.args.args]
    given: list[tuple[ast.arg, ast.expr | None]] = [*zip(reversed(args), reversed(node.args.defaults), strict=False)]
    given += [*zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)]
    for arg, default in given:
        if default is not None and type(default) is not ast.Constant:
            seen.held.add(arg.arg)
            _bind(ast.Name(arg.arg, ast.Store()), default, seen)
            if type(default) is ast.Call and not default.args:
                seen.born.add((arg.arg, "{}"))  # of a class that may be a container
    closures = {s.name for s in node.body if isinstance(s, (ast.FunctionDef, ast.AsyncFunctionDef))}
    returned = node.body[-1].value if isinstance(node.body[-1], ast.Return) else None
    if returned is not None and not closures.isdisjoint(identifiers(returned)):
        for stmt in node.body:
            for target in stmt.targets if isinstance(stmt, ast.Assign) else ():
                seen.held |= identifiers(target)
        seen.held.update(a.arg for a in args[1:])
        seen.born.update((a.arg, "{}") for a in args[1:])


def _augmented(node: ast.AugAssign, seen: Seen) -> None:
    if type(node.op) is ast.Add:
        seen.added_to.add(last(node.target))
        seen.grown |= identifiers(node.value)
        seen.combined = seen.combined or adds_method(node)


def _body(node: ast.Module | ast.ClassDef, seen: Seen) -> None:
    """Names that are bound in the body of a module or class, however deep in its branches."""
    if type(node) is ast.ClassDef:
        seen.classes.add(node.name)
    stack: list[ast.stmt] = list(node.body)
    while stack:
        stmt = stack.pop()
        if isinstance(stmt, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            for target in getattr(stmt, "targets", None) or [stmt.target]:  # type: ignore[union-attr]
                seen.held |= identifiers(target)
        elif not isinstance(stmt, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            stack.extend(b for name in ("body", "orelse", "finalbody") for b in getattr(stmt, name, ()))
            stack.extend(b for handler in getattr(stmt, "handlers", ()) for b in handler.body)


def _global(node: ast.Global, seen: Seen) -> None:
    seen.held.update(node.names)


def _return(node: ast.Return, seen: Seen) -> None:
    if node.value is not None:
        seen.returned |= identifiers(node.value)


def _error(node: ast.ExceptHandler | ast.Raise, seen: Seen) -> None:
    if type(node) is ast.ExceptHandler and node.name is not None:
        seen.caught.add(node.name)
    if type(node) is ast.Raise and type(node.exc) is ast.Name:
        seen.raised.add(node.exc.id)
    seen.risky |= identifiers(node)


_CALLABLE = frozenset({ast.Attribute, ast.Name, ast.Lambda, ast.Call})
_KEYED = frozenset({"setdefault", "add"})
_TELLING = frozenset(
    ["trace", "debug", "info", "success", "warning", "warn", "error", "exception", "critical", "log", "fatal"]
)
_LOOKING = frozenset({"get", "setdefault"})
_REPLACING = frozenset({"set"})
_REMOVING = frozenset({"pop", "popitem", "popleft", "clear", "discard", "remove", "cache_clear"})
_CLOSING = frozenset({"close", "aclose", "disconnect", "shutdown", "dispose", "stop", "terminate", "quit", "destroy"})
_SENDING = ["put", "put_nowait", "send", "send_nowait"]
_ADDING = frozenset(
    {"append", "appendleft", "extend", "extendleft", "insert", "write", "writelines", "add", "update", "push"}
).union(_SENDING)
_LOOKS: dict[type[ast.AST], Callable[[Any, Seen], None]] = {
    ast.Import: _import, ast.ImportFrom: _import_from,
    ast.Subscript: _subscript, ast.Call: _call, ast.Assign: _assign, ast.AnnAssign: _annotated, ast.withitem: _with,
    ast.NamedExpr: _walrus, ast.For: _loop, ast.AsyncFor: _loop, ast.comprehension: _loop, ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function, ast.AugAssign: _augmented, ast.Module: _body, ast.ClassDef: _body,
    ast.Global: _global, ast.Expr: _statement, ast.While: _endless, ast.Await: _await, ast.ExceptHandler: _error,
    ast.Raise: _error, ast.Return: _return,
}  # fmt: skip
