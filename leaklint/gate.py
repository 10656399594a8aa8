"""Can any rule report in this file? One walk over the `ast` tree that keeps no facts.

It may pass too much, never too little: with it switched off, the findings are the same.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from leaklint.apis import Apis, Row


@dataclass(frozen=True)
class Gate:
    """The words that let a file pass, taken from the rows: nothing is listed twice."""

    apis: Apis

    @cached_property
    def words(self) -> dict[str, frozenset[str]]:
        """Root package of a row -> last identifiers of what acquires, spawns or makes."""
        found: dict[str, set[str]] = {}
        for row in self.apis.rows.values():
            root, _, _ = row.name.partition(".")
            words = found.setdefault(root, set())
            if row.kind in ("resource", "task", "spawner") or row.returns:
                words.add(row.name.rpartition(".")[2])
            words.update(row.spawn, row.makes)
        return {root: frozenset(words) for root, words in found.items()}

    @cached_property
    def everywhere(self) -> frozenset[str]:
        """Words that count without an import: of builtins, and of methods of what has customary names (`loop`)."""
        named = (set(r.spawn) | set(r.makes) for r in self.apis.rows.values() if r.instances)
        return self.words.get("builtins", frozenset()).union(*named)

    @cached_property
    def growing(self) -> frozenset[str]:
        return frozenset(v for row in self._holders() for v in row.grow)

    def _holders(self) -> Iterable[Row]:
        return (r for r in self.apis.rows.values() if r.kind in ("container", "buffer"))

    def passes(self, tree: ast.Module) -> bool:
        """Does the file hold anything that a rule could report?"""
        roots: set[str] = set()
        called: set[str] = set()
        stack: list[ast.AST] = [tree]
        while stack:
            node = stack.pop()
            kind = type(node)
            if kind is ast.Import:
                roots.update(a.name.partition(".")[0] for a in node.names)  # type: ignore[attr-defined]
                continue
            if kind is ast.ImportFrom:
                roots.add((node.module or "").partition(".")[0])  # type: ignore[attr-defined]
                called.update(a.name for a in node.names)  # type: ignore[attr-defined]
                continue
            if kind is ast.Call:
                func = node.func  # type: ignore[attr-defined]
                word = func.attr if type(func) is ast.Attribute else func.id if type(func) is ast.Name else ""
                if word in self.growing or word in self.everywhere:
                    return True
                called.add(word)
            elif kind in _ALWAYS or (kind is ast.Subscript and type(node.ctx) is not ast.Load):  # type: ignore[attr-defined]
                return True
            stack.extend(ast.iter_child_nodes(node))
        return any(not called.isdisjoint(self.words.get(root, frozenset())) for root in roots)


_ALWAYS = frozenset({ast.AugAssign, ast.ExceptHandler})
