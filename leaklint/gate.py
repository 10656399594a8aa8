"""Can any rule report in this file? One walk over the `ast` tree that keeps no facts.

It may pass too much, never too little: with it switched off, the findings are the same.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from leaklint.apis import Apis, Row


@dataclass
class Seen:
    """What one walk over a file has seen, as last identifiers: the only state, thrown away with the tree."""

    roots: set[str] = field(default_factory=set)  # imported packages
    called: set[str] = field(default_factory=set)  # what is called or referred to
    risky: set[str] = field(default_factory=set)  # what stands in handlers and raises
    born: set[tuple[str, str]] = field(default_factory=set)  # (name, what makes it); "{}" for displays
    keyed: set[str] = field(default_factory=set)  # what is stored into under a key
    held: set[str] = field(default_factory=set)  # attributes, and names of the module's and the classes' bodies
    bound: set[tuple[str, str]] = field(default_factory=set)  # (name, what it is bound to)
    grown: set[str] = field(default_factory=set)  # what is added to something
    added_to: set[str] = field(default_factory=set)
    params: set[tuple[str, str]] = field(default_factory=set)  # (function, parameter)
    streamed: set[str] = field(default_factory=set)  # targets of `async for`


def scan(tree: ast.Module, deepest: int) -> Seen | None:
    """Walk over a file once, level by level; None when it is nested deeper than `deepest` levels."""
    seen, depth = Seen(), 0
    nodes: list[ast.AST] = [tree]
    while nodes:
        depth += 1
        if depth > deepest:
            return None
        below: list[ast.AST] = []
        for node in nodes:
            look = _LOOKS.get(type(node))
            if look is not None:
                look(node, seen)
            for name in node._fields:
                part = getattr(node, name, None)
                if part.__class__ is list:
                    below.extend(n for n in part if isinstance(n, ast.AST))
                elif isinstance(part, ast.AST):
                    below.append(part)
        nodes = below
    return seen


@dataclass(frozen=True)
class Gate:
    """The words that let a file pass, taken from rows and vocabulary: nothing is listed twice."""

    apis: Apis

    @cached_property
    def _acquiring(self) -> dict[str, frozenset[str]]:
        """Root package of a row -> last identifiers of what acquires or starts something."""
        found: dict[str, set[str]] = {}
        for row in self.apis.rows.values():
            words = found.setdefault(row.name.partition(".")[0], set())
            if self._counts(row.name) or self._counts(row.returns):
                words.add(row.name.rpartition(".")[2])
            words.update(self._making(row))
        return {root: frozenset(words) for root, words in found.items()}

    @cached_property
    def _everywhere(self) -> frozenset[str]:
        """Words that count without an import: of builtins, and of what has customary names (`loop.create_task`)."""
        named = (self._making(r) for r in self.apis.rows.values() if r.instances)
        return self._acquiring.get("builtins", frozenset()).union(*named)

    def _counts(self, name: str, depth: int = 2) -> bool:
        """Is this row something that must be ended, or a function that gives out such things by index?"""
        row = self.apis.get(name)
        if row is None or depth == 0:
            return False
        if row.kind == "function":
            return any(self._counts(target, depth - 1) for target in row.makes.values())
        return (row.kind == "resource" and row.needs_release) or row.kind == "task"

    def _making(self, row: Row) -> set[str]:
        """Methods of a row's instances that acquire or start something, unless the instance looks after it itself."""
        if row.tracked:
            return set()
        return {m for m, target in row.makes.items() if self._counts(target)}.union(row.spawn)

    @cached_property
    def _reachable(self) -> dict[str, frozenset[str]]:
        """Root package -> words by which its values give out data of any size, through what they make."""
        found: dict[str, set[str]] = {}
        for row in self.apis.rows.values():
            words, queue, seen = found.setdefault(row.name.partition(".")[0], set()), [row], {row.name}
            while queue:
                one = queue.pop()
                words.update(one.bulk)
                for target in (one.returns, *one.makes.values()):
                    following = self.apis.get(target)
                    if following is not None and target not in seen:
                        seen.add(target)
                        queue.append(following)
        return {root: frozenset(words) for root, words in found.items()}

    @cached_property
    def _containers(self) -> frozenset[str]:
        made = {r.name.rpartition(".")[2] for r in self.apis.rows.values() if r.kind in ("container", "buffer")}
        made |= {r.name.rpartition(".")[2] for r in self.apis.rows.values() if (m := self.apis.get(r.returns)) and m.kind in ("container", "buffer")}
        return frozenset(made | {"{}", "field"})

    def passes(self, seen: Seen) -> bool:
        """Does the file hold anything that a rule could report?"""
        return self._acquires(seen) or self._grows(seen) or self._tells(seen)

    def _acquires(self, seen: Seen) -> bool:
        """Something is opened or started."""
        words = self._everywhere.union(*(self._acquiring.get(root, ()) for root in seen.roots))
        return not words.isdisjoint(seen.called)

    def _grows(self, seen: Seen) -> bool:
        """A held container gains entries by key, or something takes in what a stream brings."""
        containers = {name for name, maker in seen.born if name in seen.held and maker in self._containers}
        if not seen.keyed.isdisjoint(_flow(containers, seen.bound)):
            return True
        came = {param for function, param in seen.params if self.apis.means("feed_methods", function)} | seen.streamed
        came |= {word for word in seen.called if self.apis.means("stream_reads", word)}
        return not seen.grown.isdisjoint(_flow(came, seen.bound))

    def _tells(self, seen: Seen) -> bool:
        """Something of any size may become text on an error path."""
        bulk = frozenset[str]().union(*(self._reachable.get(root, ()) for root in (*seen.roots, "builtins")))
        heavy = _flow(seen.added_to | (bulk & seen.called), seen.bound)
        return not heavy.isdisjoint(seen.risky) or any(self.apis.means("buffer_names", name) for name in seen.risky)


def _flow(names: set[str], bound: set[tuple[str, str]]) -> set[str]:
    """The names that these are bound to in turn, as far as the engine follows."""
    found = set(names)
    for _ in range(4):
        found |= {name for name, value in bound if value in found}
    return found


def _last(node: ast.AST | None) -> str:
    """The last identifier of a reference or call."""
    while True:
        kind = type(node)
        if kind is ast.Name:
            return str(node.id)  # type: ignore[union-attr]
        if kind is ast.Attribute:
            return str(node.attr)  # type: ignore[union-attr]
        if kind is ast.Call:
            args = node.args  # type: ignore[union-attr]
            if len(args) > 1 and _last(node.func) == "getattr" and type(args[1]) is ast.Constant:  # type: ignore[union-attr]
                return str(args[1].value)
            node = node.func  # type: ignore[union-attr]
        elif kind in (ast.Await, ast.Subscript, ast.Starred, ast.NamedExpr):
            node = node.value  # type: ignore[union-attr]
        else:
            return ""


def _identifiers(node: ast.AST) -> set[str]:
    return {n.id if type(n) is ast.Name else n.attr for n in ast.walk(node) if type(n) in (ast.Name, ast.Attribute)}  # type: ignore[attr-defined]


def _import(node: ast.Import, seen: Seen) -> None:
    seen.roots.update(a.name.partition(".")[0] for a in node.names)


def _import_from(node: ast.ImportFrom, seen: Seen) -> None:
    seen.roots.add((node.module or "").partition(".")[0])
    seen.called.update(a.name for a in node.names)  # may be called by another name


def _attribute(node: ast.Attribute, seen: Seen) -> None:
    seen.called.add(node.attr)  # called or not: `start = asyncio.create_task`


def _name(node: ast.Name, seen: Seen) -> None:
    seen.called.add(node.id)


def _subscript(node: ast.Subscript, seen: Seen) -> None:
    if type(node.ctx) is ast.Store:
        seen.keyed.add(_last(node.value))


def _call(node: ast.Call, seen: Seen) -> None:
    func = node.func
    if type(func) is not ast.Attribute:
        return
    if func.attr in _KEYED:
        seen.keyed.add(_last(func.value))
    if func.attr in _ADDING:
        seen.added_to.add(_last(func.value))
        for arg in node.args:
            seen.grown |= _identifiers(arg)


def _values(node: ast.AST | None) -> Iterator[ast.AST]:
    """The expressions that a value may come from."""
    stack = [node]
    while stack:
        value = stack.pop()
        kind = type(value)
        if kind is ast.IfExp:
            stack += [value.body, value.orelse]  # type: ignore[union-attr]
        elif kind is ast.BoolOp:
            stack += value.values  # type: ignore[union-attr]
        elif kind in (ast.NamedExpr, ast.Await):
            stack.append(value.value)  # type: ignore[union-attr]
        elif value is not None:
            yield value


def _bind(target: ast.AST, value: ast.AST | None, seen: Seen) -> None:
    if isinstance(target, (ast.Tuple, ast.List)):
        apart = isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts)
        for index, part in enumerate(target.elts):
            _bind(part, value.elts[index] if apart else value, seen)  # type: ignore[union-attr]
        return
    name = _last(target)
    if type(target) is ast.Attribute:
        seen.held.add(name)
    for one in _values(value):
        if type(one) in _DISPLAYS or type(one) in (ast.Constant, ast.JoinedStr):
            seen.born.add((name, "{}"))
            continue
        if type(one) is ast.BinOp:
            seen.grown |= _identifiers(one)
            seen.added_to.add(name)
        seen.born.add((name, _last(one)))
        seen.bound.add((name, _last(one)))


def _assign(node: ast.Assign, seen: Seen) -> None:
    for target in node.targets:
        _bind(target, node.value, seen)


def _annotated(node: ast.AnnAssign, seen: Seen) -> None:
    _bind(node.target, node.value, seen)


def _with(node: ast.withitem, seen: Seen) -> None:
    if node.optional_vars is not None:
        _bind(node.optional_vars, node.context_expr, seen)


def _walrus(node: ast.NamedExpr, seen: Seen) -> None:
    _bind(node.target, node.value, seen)


def _loop(node: ast.For | ast.AsyncFor | ast.comprehension, seen: Seen) -> None:
    _bind(node.target, node.iter, seen)
    if type(node) is ast.AsyncFor or getattr(node, "is_async", False):
        seen.streamed |= _identifiers(node.target)


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef, seen: Seen) -> None:
    seen.params |= {(node.name, a.arg) for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
    seen.params |= {(node.name, a.arg) for a in (node.args.vararg, node.args.kwarg) if a is not None}


def _augmented(node: ast.AugAssign, seen: Seen) -> None:
    if type(node.op) is ast.Add:
        seen.added_to.add(_last(node.target))
        seen.grown |= _identifiers(node.value)


def _body(node: ast.Module | ast.ClassDef, seen: Seen) -> None:
    """Names that are bound in the body of a module or class, however deep in its branches."""
    stack: list[ast.stmt] = list(node.body)
    while stack:
        stmt = stack.pop()
        if isinstance(stmt, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            for target in getattr(stmt, "targets", None) or [stmt.target]:  # type: ignore[union-attr]
                seen.held |= _identifiers(target)
        elif not isinstance(stmt, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            stack.extend(b for name in ("body", "orelse", "finalbody") for b in getattr(stmt, name, ()))
            stack.extend(b for handler in getattr(stmt, "handlers", ()) for b in handler.body)


def _global(node: ast.Global, seen: Seen) -> None:
    seen.held.update(node.names)


def _error(node: ast.ExceptHandler | ast.Raise, seen: Seen) -> None:
    seen.risky |= _identifiers(node)


_KEYED = frozenset({"setdefault", "add"})
_ADDING = frozenset({"append", "appendleft", "extend", "extendleft", "insert", "write", "writelines", "add", "update", "put", "put_nowait", "push"})
_DISPLAYS = frozenset({ast.Dict, ast.Set, ast.List, ast.Tuple, ast.DictComp, ast.ListComp, ast.SetComp})
_LOOKS: dict[type[ast.AST], Callable[[Any, Seen], None]] = {
    ast.Import: _import, ast.ImportFrom: _import_from, ast.Attribute: _attribute, ast.Name: _name,
    ast.Subscript: _subscript, ast.Call: _call, ast.Assign: _assign, ast.AnnAssign: _annotated, ast.withitem: _with,
    ast.NamedExpr: _walrus, ast.For: _loop, ast.AsyncFor: _loop, ast.comprehension: _loop, ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function, ast.AugAssign: _augmented, ast.Module: _body, ast.ClassDef: _body, ast.Global: _global,
    ast.ExceptHandler: _error, ast.Raise: _error,
}  # fmt: skip
