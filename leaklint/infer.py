"""astroid behind one function: the class of a receiver that neither a row nor an annotation tells.

It reads the checked file and the standard library only: imports of anything else are blanked out first, so that
findings do not depend on what happens to be installed. "Unknown" is a legal answer; the budget is counted, not timed.
"""

from __future__ import annotations

import ast
import sys
from functools import cached_property
from typing import TYPE_CHECKING, Any

from leaklint.tree.ir import Expr

if TYPE_CHECKING:
    from astroid import nodes

QUESTIONS = 40
"""Per file; every further receiver is unknown."""
LARGEST = 400_000
"""Characters; astroid is not asked about larger files."""

MODULES = 200
"""Modules of the standard library that astroid keeps from file to file; then it begins anew."""

_BODIES = ("body", "handlers", "orelse", "finalbody", "cases")


class Inference:
    """Answers for one file. astroid is imported, and the file parsed by it, when the first question comes."""

    def __init__(self, text: str, tree: ast.Module) -> None:
        self._text, self._tree = text, tree
        self._left = QUESTIONS if len(text) <= LARGEST else 0

    def receiver(self, call: Expr) -> tuple[str, ...]:
        """Qualified names of the classes that the receiver of a method call is an instance of, the nearest first."""
        if self._left <= 0 or call.stmt.ordinal >= len(self._statements):
            return ()
        self._left -= 1
        alike = [
            e
            for e in call.stmt.flat
            if e.op == "call" and e.args[0].op == "attr" and e.args[0].text == call.args[0].text
        ]
        found = [
            c
            for c in _header(self._statements[call.stmt.ordinal])
            if getattr(c.func, "attrname", "") == call.args[0].text
        ]
        if len(alike) != len(found):
            return ()
        return _classes(found[next(i for i, e in enumerate(alike) if e is call)].func.expr)

    @cached_property
    def _statements(self) -> list[nodes.NodeNG]:
        """All statements in source order, as `build` numbers them."""
        import astroid

        if len(astroid.MANAGER.astroid_cache) > MODULES:
            astroid.MANAGER.clear_cache()
        try:
            tree = astroid.parse(_own_imports(self._text, self._tree))
        except (astroid.AstroidError, RecursionError, ValueError):
            return []
        found: list[Any] = []
        stack: list[Any] = [tree]
        while stack:
            node = stack.pop()
            if node is not tree:
                found.append(node)
            for name in reversed(_BODIES):
                below = getattr(node, name, None)
                if isinstance(below, list):
                    stack.extend(reversed(below))
        return found


def _own_imports(text: str, tree: ast.Module) -> str:
    """The text with imports of anything but the standard library blanked out, lines kept."""
    lines = text.split("\n")
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)) and not _standard(node):
            first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
            if first == last and ";" not in lines[first]:
                lines[first] = " " * node.col_offset + "pass"
            elif first != last:
                lines[first : last + 1] = [" " * node.col_offset + "pass", *[""] * (last - first)]
    return "\n".join(lines)


def _standard(node: ast.Import | ast.ImportFrom) -> bool:
    if isinstance(node, ast.Import):
        return all(a.name.partition(".")[0] in sys.stdlib_module_names for a in node.names)
    return not node.level and (node.module or "").partition(".")[0] in sys.stdlib_module_names


def _header(stmt: nodes.NodeNG) -> list[nodes.Call]:
    """The calls of a statement's own header, inner ones first, as the engine lists them."""
    from astroid import nodes

    inside = {
        id(child)
        for name in _BODIES
        for child in (getattr(stmt, name, None) or ())
        if isinstance(getattr(stmt, name), list)
    }
    found: list[nodes.Call] = []
    stack: list[tuple[nodes.NodeNG, bool]] = [(stmt, False)]
    while stack:
        node, done = stack.pop()
        if done:
            found.append(node)
            continue
        if isinstance(node, nodes.Call):
            stack.append((node, True))
        stack.extend((child, False) for child in reversed(list(node.get_children())) if id(child) not in inside)
    return found


def _classes(expr: nodes.NodeNG) -> tuple[str, ...]:
    import astroid

    try:
        values = list(expr.infer())
    except (astroid.AstroidError, RecursionError):
        return ()
    if len(values) != 1 or not isinstance(values[0], astroid.Instance):
        return ()
    klass = values[0]._proxied
    names = [klass.qname(), *(base.qname() for base in klass.ancestors())]
    # `pathlib._local.Path` is public as `pathlib.Path`
    return tuple(name for full in names for name in (full, f"{full.partition('.')[0]}.{full.rpartition('.')[2]}"))
