"""Builds the `ir.Module` of a file from its `ast` tree: statements, blocks, scopes and bindings, in one pass.

Statements nest at most a hundred deep (Python's own limit on indentation; `elif` chains are flat here), so this part
may recurse; expressions are lowered by `lower`, which does not.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any

from leaklint.gating.identifiers import passed_on
from leaklint.tree.ir import Binding, Block, Expr, Header, Module, Param, Scope, Stmt
from leaklint.tree.lower import bind, lower, operator, parameters
from leaklint.tree.text import Text


def build(tree: ast.Module, text: Text, path: str, name: str, is_package: bool = False) -> Module:
    """Lower a parsed module. `name` is its dotted name, for relative imports and subjects."""
    scope = Scope("module", name, None)
    builder = _Builder(text, name if is_package else name.rpartition(".")[0], scope)
    block = Block("body")
    scope.block = block
    block.stmts = builder.many(tree.body, scope, block)
    return Module(path, name, scope, tuple(builder.stmts), tuple(builder.scopes), tuple(builder.headers))


class _Builder:
    """The counters and lists of one file while it is built; thrown away with the tree."""

    def __init__(self, text: Text, package: str, scope: Scope) -> None:
        self.text, self.package = text, package
        self.headers: list[Header] = []
        self.stmts: list[Stmt] = []
        self.scopes: list[Scope] = [scope]

    def number(self, node: Header) -> int:
        self.headers.append(node)
        return len(self.headers) - 1

    def many(self, body: Iterable[ast.stmt], scope: Scope, block: Block) -> tuple[Stmt, ...]:
        return tuple([self.one(node, scope, block) for node in body])

    def one(self, node: ast.stmt, scope: Scope, parent: Block) -> Stmt:
        op, build_it = _STATEMENTS.get(node.__class__, _OTHER)
        stmt = Stmt(op, self.number(node), scope, parent)
        self.stmts.append(stmt)
        if build_it is not None:
            flat: list[Expr] = []
            build_it(self, node, scope, stmt, flat)
            stmt.flat = tuple(flat)
            stmt.exprs = tuple([e for e in flat if e.parent is None])
        return stmt

    def block(self, kind: str, body: list[ast.stmt], scope: Scope, owner: Stmt, ordinal: int = -1) -> Block:
        block = Block(kind, ordinal=ordinal, parent=owner)
        block.stmts = self.many(body, scope, block)
        return block

    def lower(self, node: ast.expr, scope: Scope, stmt: Stmt, flat: list[Expr]) -> Expr:
        return lower(node, scope, stmt, flat, self.text)

    def given(self, node: ast.expr | None, scope: Scope, stmt: Stmt, flat: list[Expr]) -> Expr | None:
        return None if node is None else lower(node, scope, stmt, flat, self.text)

    # -- simple statements ---------------------------------------------------------------------------------------

    def valued(self, node: ast.Expr | ast.Return, scope: Scope, stmt: Stmt, flat: list[Expr]) -> None:
        stmt.value = self.given(node.value, scope, stmt, flat)

    def assign(self, node: ast.Assign, scope: Scope, stmt: Stmt, flat: list[Expr]) -> None:
        stmt.value = self.lower(node.value, scope, stmt, flat)
        stmt.targets = tuple([self.lower(target, scope, stmt, flat) for target in node.targets])
        for target in stmt.targets:
            bind(target, "assign", stmt.value, stmt)

    def annotated(self, node: ast.AnnAssign, scope: Scope, stmt: Stmt, flat: list[Expr]) -> None:
        stmt.value = self.given(node.value, scope, stmt, flat)
        stmt.annotation = self.lower(node.annotation, scope, stmt, [])
        stmt.targets = (self.lower(node.target, scope, stmt, flat),)
        bind(stmt.targets[0], "assign" if stmt.value is not None else "annotation", stmt.value, stmt)

    def augmented(self, node: ast.AugAssign, scope: Scope, stmt: Stmt, flat: list[Expr]) -> None:
        stmt.text = f"{operator(node.op)}Assign"
        stmt.value = self.lower(node.value, scope, stmt, flat)
        stmt.targets = (self.lower(node.target, scope, stmt, flat),)
        bind(stmt.targets[0], "augassign", stmt.value, stmt)

    def delete(self, node: ast.Delete, scope: Scope, stmt: Stmt, flat: list[Expr]) -> None:
        targets = [self.lower(target, scope, stmt, flat) for target in node.targets]
        stmt.targets = targets[0].args if len(targets) == 1 and targets[0].op == "tuple" else tuple(targets)
        for target in stmt.targets:
            bind(target, "del", None, stmt)

    def raised(self, node: ast.Raise, scope: Scope, stmt: Stmt, flat: list[Expr]) -> None:
        stmt.value = self.given(node.exc, scope, stmt, flat)
        self.given(node.cause, scope, stmt, flat)

    def asserted(self, node: ast.Assert, scope: Scope, stmt: Stmt, flat: list[Expr]) -> None:
        stmt.value = self.lower(node.test, scope, stmt, flat)
        self.given(node.msg, scope, stmt, flat)

    def elsewhere(self, node: ast.Global | ast.Nonlocal, scope: Scope, stmt: Stmt, _: list[Expr]) -> None:
        stmt.text = "global" if isinstance(node, ast.Global) else "nonlocal"
        scope.elsewhere.update(dict.fromkeys(node.names, stmt.text))

    def imports(self, node: ast.Import, scope: Scope, stmt: Stmt, _: list[Expr]) -> None:
        for alias in node.names:
            full = alias.name if alias.asname is not None else alias.name.partition(".")[0]  # `import a.b` binds a
            scope.bindings.setdefault(alias.asname or full, []).append(Binding("import", stmt, target=full))

    def imports_from(self, node: ast.ImportFrom, scope: Scope, stmt: Stmt, _: list[Expr]) -> None:
        prefix = node.module or ""
        if node.level:
            parents = self.package.split(".") if self.package else []
            kept = parents[: len(parents) - node.level + 1]
            prefix = ".".join([*kept, prefix] if prefix else kept)
        for alias in node.names:
            full = prefix if alias.name == "*" else f"{prefix}.{alias.name}" if prefix else alias.name
            full = alias.name if passed_on(node, alias) else full
            scope.bindings.setdefault(alias.asname or alias.name, []).append(Binding("import", stmt, target=full))

    def alias(self, node: Any, scope: Scope, stmt: Stmt, _: list[Expr]) -> None:
        scope.bindings.setdefault(node.name.id, []).append(Binding("assign", stmt, exact=False))

    # -- compound statements -------------------------------------------------------------------------------------

    def loop(self, node: ast.For | ast.AsyncFor, scope: Scope, stmt: Stmt, flat: list[Expr]) -> None:
        stmt.is_async = isinstance(node, ast.AsyncFor)
        stmt.value = self.lower(node.iter, scope, stmt, flat)
        stmt.targets = (self.lower(node.target, scope, stmt, flat),)
        bind(stmt.targets[0], "for", stmt.value, stmt)
        stmt.blocks = (self.block("body", node.body, scope, stmt), *self.orelse(node.orelse, scope, stmt))

    def repeated(self, node: ast.While, scope: Scope, stmt: Stmt, flat: list[Expr]) -> None:
        stmt.value = self.lower(node.test, scope, stmt, flat)
        stmt.blocks = (self.block("body", node.body, scope, stmt), *self.orelse(node.orelse, scope, stmt))

    def managed(self, node: ast.With | ast.AsyncWith, scope: Scope, stmt: Stmt, flat: list[Expr]) -> None:
        stmt.is_async = isinstance(node, ast.AsyncWith)
        items: list[tuple[Expr, Expr | None]] = []
        for item in node.items:
            value = self.lower(item.context_expr, scope, stmt, flat)
            target = self.given(item.optional_vars, scope, stmt, flat)
            if target is not None:
                bind(target, "with", value, stmt)
            items.append((value, target))
        stmt.items = tuple(items)
        stmt.blocks = (self.block("body", node.body, scope, stmt),)

    def tried(self, node: Any, scope: Scope, stmt: Stmt, _: list[Expr]) -> None:
        blocks = [self.block("body", node.body, scope, stmt)]
        blocks += [self.handler(handler, scope, stmt) for handler in node.handlers]
        blocks += self.orelse(node.orelse, scope, stmt)
        if node.finalbody:
            blocks.append(self.block("finally", node.finalbody, scope, stmt))
        stmt.blocks = tuple(blocks)

    def handler(self, node: ast.ExceptHandler, scope: Scope, stmt: Stmt) -> Block:
        ordinal, flat = self.number(node), list[Expr]()
        caught = self.given(node.type, scope, stmt, flat)
        if node.name:
            scope.bindings.setdefault(node.name, []).append(Binding("except", stmt, caught))
        block = self.block("handler", node.body, scope, stmt, ordinal)
        block.exprs, block.flat, block.name = () if caught is None else (caught,), tuple(flat), node.name or ""
        return block

    def match(self, node: ast.Match, scope: Scope, stmt: Stmt, flat: list[Expr]) -> None:
        stmt.value = self.lower(node.subject, scope, stmt, flat)
        stmt.blocks = tuple([self.case(case, scope, stmt) for case in node.cases])

    def case(self, node: ast.match_case, scope: Scope, stmt: Stmt) -> Block:
        ordinal, flat = self.number(node), list[Expr]()
        for pattern in ast.walk(node.pattern):
            name = getattr(pattern, "name", None) or getattr(pattern, "rest", None)
            if name is not None:
                scope.bindings.setdefault(name, []).append(Binding("match", stmt, stmt.value))
        guard = self.given(node.guard, scope, stmt, flat)
        takes_all = type(node.pattern) is ast.MatchAs and node.pattern.pattern is None and guard is None
        block = self.block("else" if takes_all else "case", node.body, scope, stmt, ordinal)
        block.exprs, block.flat = () if guard is None else (guard,), tuple(flat)
        return block

    def orelse(self, body: list[ast.stmt], scope: Scope, stmt: Stmt) -> list[Block]:
        return [self.block("else", body, scope, stmt)] if body else []

    def branches(self, node: ast.If, scope: Scope, stmt: Stmt, flat: list[Expr]) -> None:
        stmt.value = self.lower(node.test, scope, stmt, flat)
        blocks = [self.block("body", node.body, scope, stmt)]
        blocks[0].exprs = (stmt.value,)
        rest = node.orelse
        while len(rest) == 1 and isinstance(branch := rest[0], ast.If) and self.text.starts(branch, "elif"):
            ordinal, tests = self.number(branch), list[Expr]()
            test = self.lower(branch.test, scope, stmt, tests)
            block = self.block("elif", branch.body, scope, stmt, ordinal)
            block.exprs, block.flat = (test,), tuple(tests)
            blocks.append(block)
            rest = branch.orelse
        stmt.blocks = (*blocks, *self.orelse(rest, scope, stmt))

    def function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope, stmt: Stmt, flat: list[Expr]
    ) -> None:
        stmt.text, stmt.is_async = node.name, isinstance(node, ast.AsyncFunctionDef)
        stmt.decorators = tuple([self.lower(d, scope, stmt, flat) for d in node.decorator_list])
        inner = self.scope("function", scope, stmt)
        inner.is_async = stmt.is_async
        params = []
        for arg, star, default in parameters(node.args):
            annotation = self.given(arg.annotation, scope, stmt, [])
            params.append(Param(arg.arg, annotation, self.given(default, scope, stmt, flat), star))
            inner.bindings.setdefault(arg.arg, []).append(Binding("param", stmt, param=params[-1]))
        inner.params = tuple(params)
        stmt.annotation = self.given(node.returns, scope, stmt, [])
        scope.bindings.setdefault(stmt.text, []).append(Binding("def", stmt, inner=inner))
        self.body(node.body, inner, stmt)

    def klass(self, node: ast.ClassDef, scope: Scope, stmt: Stmt, flat: list[Expr]) -> None:
        stmt.text = node.name
        stmt.decorators = tuple([self.lower(d, scope, stmt, flat) for d in node.decorator_list])
        inner = self.scope("class", scope, stmt)
        bases = [self.lower(b.value if isinstance(b, ast.Starred) else b, scope, stmt, flat) for b in node.bases]
        options = {k.arg: self.lower(k.value, scope, stmt, flat) for k in node.keywords}
        if "metaclass" in options:  # it decides over instances, as a base may
            bases.append(options["metaclass"])
        inner.bases = tuple(bases)
        scope.bindings.setdefault(stmt.text, []).append(Binding("class", stmt, inner=inner))
        self.body(node.body, inner, stmt)

    def scope(self, kind: str, parent: Scope, stmt: Stmt) -> Scope:
        inner = Scope(kind, stmt.text, parent, stmt)
        parent.children.append(inner)
        self.scopes.append(inner)
        stmt.inner = inner
        return inner

    def body(self, body: list[ast.stmt], inner: Scope, stmt: Stmt) -> None:
        inner.block = self.block("body", body, inner, stmt)
        stmt.blocks = (inner.block,)


_Build = Callable[[_Builder, Any, Scope, Stmt, list[Expr]], None]
_OTHER: tuple[str, _Build | None] = ("pass", None)
_B = _Builder
_NAMED: dict[str, tuple[str, _Build | None]] = {
    "Expr": ("expr", _B.valued), "Return": ("return", _B.valued), "Assign": ("assign", _B.assign),
    "AnnAssign": ("assign", _B.annotated), "AugAssign": ("augassign", _B.augmented), "Delete": ("del", _B.delete),
    "Raise": ("raise", _B.raised), "Assert": ("assert", _B.asserted), "Import": ("import", _B.imports),
    "ImportFrom": ("import", _B.imports_from), "Global": ("global", _B.elsewhere), "Nonlocal": ("global", _B.elsewhere),
    "TypeAlias": ("pass", _B.alias), "Break": ("break", None), "Continue": ("continue", None),
    "If": ("if", _B.branches), "While": ("while", _B.repeated), "For": ("for", _B.loop), "AsyncFor": ("for", _B.loop),
    "With": ("with", _B.managed), "AsyncWith": ("with", _B.managed), "Try": ("try", _B.tried),
    "TryStar": ("try", _B.tried), "Match": ("match", _B.match), "FunctionDef": ("def", _B.function),
    "AsyncFunctionDef": ("def", _B.function), "ClassDef": ("class", _B.klass),
}  # fmt: skip
# by type; some are not in every Python
_STATEMENTS = {getattr(ast, name): how for name, how in _NAMED.items() if hasattr(ast, name)}
