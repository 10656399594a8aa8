"""Where the checked files name a function or class: calls, and names that are handed on. By names, without types."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from leaklint.report.audit.parsed import parsed
from leaklint.report.audit.used import used
from leaklint.report.sources import Sources


@dataclass(frozen=True, slots=True)
class Mention:
    """A name that is called, or handed on to be called back. `of` is what it is looked up on: empty where it is a plain
    name, `self` for a class's own. `klass` and `function` are what it stands in."""

    path: str
    line: int
    name: str
    of: str
    called: bool
    klass: str
    function: str
    script: bool
    """Does it run only when its file is run as a script?"""
    repeated: bool = False
    """Is it in a loop?"""
    use: str = ""
    """What is done with the value, as `uses` tells it."""
    to: str = ""
    """The last name of what it is handed to: a function, or what it is stored in."""


@dataclass(slots=True)
class Index:
    """All mentions by name; the files that import a name, each with the module it says; what is defined by a name, and
    the bases of each class."""

    mentions: dict[str, list[Mention]] = field(default_factory=dict)
    imports: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    defined: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    bases: dict[str, set[str]] = field(default_factory=dict)
    properties: set[tuple[str, str]] = field(default_factory=set)
    """Of a class, by its name and theirs: to read one is to call it."""
    decorators: dict[tuple[str, str, str], dict[int, tuple[str, ...]]] = field(default_factory=dict)
    """The last names of those that are called or looked up on something, by path, class and function, and by line."""
    packages: dict[str, set[str]] = field(default_factory=dict)
    """The outermost packages that a file imports."""


_WORD = re.compile(r"[^\W\d]\w*")
_LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_Inside = tuple[str, str, bool, bool]  # class, function, script, loop


def index(paths: Iterable[str], read: Sources, names: Collection[str], found: Index) -> None:
    """Adds what the files say of these names. A file that has none of them is not parsed."""
    if not names:
        return
    known = frozenset(names)
    for path in paths:
        lines = read(path) or ()
        hits = [number for number, line in enumerate(lines, 1) if not known.isdisjoint(_WORD.findall(line))]
        if hits:
            tree = parsed(lines)
            if tree is not None:
                found.packages.setdefault(path, set(_packages(tree)))
                _file(path, tree, hits, known, found)


def _packages(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _file(path: str, tree: ast.Module, hits: Sequence[int], names: frozenset[str], found: Index) -> None:
    stack: list[tuple[ast.AST, _Inside]] = [(tree, ("", "", False, False))]
    called: set[int] = set()
    uses: dict[int, str] = {}
    given: dict[int, str] = {}
    while stack:
        node, inside = stack.pop()
        if isinstance(node, ast.stmt) and not _within(hits, node):
            continue
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            _define(path, node, inside, found)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                found.imports.setdefault(alias.name, set()).add((path, (node.module or "").split(".")[-1]))
        elif isinstance(node, ast.Call):
            called.add(id(node.func))
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node.attr in names:
            of = node.value.id if isinstance(node.value, ast.Name) else "?"
            found.defined.setdefault(node.attr, set()).add((path, inside[0] if of in ("self", "cls") else of))
        for child, use in used(node):
            uses.setdefault(id(child), use)
        for child, to in _given(node):
            given.setdefault(id(child), to)
        name, of = _named(node)
        if name in names:
            line, use = getattr(node, "end_lineno", 0), uses.get(id(node), "")
            mention = Mention(path, line, name, of, id(node) in called, *inside, use, given.get(id(node), ""))
            found.mentions.setdefault(name, []).append(mention)
        below = _inside(node, inside)
        stack.extend((child, below) for child in ast.iter_child_nodes(node))


def _given(node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """What a call or an assignment is given, and the last name of what gets it: `command` of `app.command("x")(f)`."""
    if isinstance(node, ast.Call):
        to: ast.AST = node.func
        values = [*node.args, *(word.value for word in node.keywords)]
    elif isinstance(node, ast.Assign) and len(node.targets) == 1:
        to, values = node.targets[0], [node.value]
    else:
        return
    while isinstance(to, (ast.Call, ast.Subscript)):
        to = to.func if isinstance(to, ast.Call) else to.value
    name = to.attr if isinstance(to, ast.Attribute) else getattr(to, "id", "")
    yield from ((value, name) for value in values)


def _within(hits: Sequence[int], stmt: ast.stmt) -> bool:
    """Is one of these lines in a statement, or in its decorators?"""
    first = min([stmt.lineno, *(one.lineno for one in getattr(stmt, "decorator_list", ()))])
    at = bisect_left(hits, first)
    return at < len(hits) and hits[at] <= (stmt.end_lineno or stmt.lineno)


def _define(path: str, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, inside: _Inside, to: Index) -> None:
    klass = inside[0] if not inside[1] else ""  # what is in a function is no method
    to.defined.setdefault(node.name, set()).add((path, klass))
    if isinstance(node, ast.ClassDef):
        to.bases.setdefault(node.name, set()).update(_named(base)[0] for base in node.bases)
        return
    if any(_named(one)[0].endswith("property") for one in node.decorator_list):
        to.properties.add((klass, node.name))
    called = (one.func if isinstance(one, ast.Call) else one for one in node.decorator_list)
    names = tuple(one.attr for one in called if isinstance(one, ast.Attribute))
    if names:
        to.decorators.setdefault((path, klass, node.name), {})[node.lineno] = names


def _named(node: ast.AST) -> tuple[str, str]:
    """The name that a node reads, and the last name of what it is looked up on."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        return node.id, ""
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        holder = node.value
        while isinstance(holder, (ast.Call, ast.Subscript, ast.Await)):
            holder = holder.func if isinstance(holder, ast.Call) else holder.value
        return node.attr, holder.id if isinstance(holder, ast.Name) else getattr(holder, "attr", "?")
    return "", ""


def _inside(node: ast.AST, inside: _Inside) -> _Inside:
    klass, function, script, loop = inside
    if isinstance(node, ast.ClassDef):
        return node.name, "", script, False
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return klass, f"{klass}.{node.name}" if klass and not function else node.name, script, False
    if isinstance(node, ast.If) and "__main__" in ast.dump(node.test):
        return klass, function, True, loop
    return klass, function, script, loop or isinstance(node, _LOOPS)


def stem(path: str) -> str:
    """The name that a module goes by: its file's, or its folder's."""
    parts: Sequence[str] = path.removesuffix(".py").split("/")
    return parts[-2] if parts[-1] == "__init__" and len(parts) > 1 else parts[-1]


def subclasses(bases: Mapping[str, Collection[str]], name: str) -> Iterator[str]:
    """A class and all that derive from it, by name."""
    seen, stack = {name}, [name]
    while stack:
        one = stack.pop()
        yield one
        new = [derived for derived, above in bases.items() if one in above and derived not in seen]
        seen.update(new)
        stack += new
