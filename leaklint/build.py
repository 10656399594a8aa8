"""Builds the `ir.Module` of a file from its LibCST tree: statements, blocks, scopes and bindings, in one pass.

Statements nest at most a hundred deep (Python's own limit on indentation; `elif` chains are flat here), so this part
may recurse; expressions are lowered by `lower`, which does not.
"""

from __future__ import annotations

import libcst as cst

from leaklint.ir import Binding, Block, Expr, Module, Param, Scope, Stmt
from leaklint.lower import bind, lower


def build(tree: cst.Module, path: str, name: str, is_package: bool = False) -> Module:
    """Lower a parsed module. `name` is its dotted name, for relative imports and subjects."""
    scope = Scope("module", name, None)
    builder = _Builder(name if is_package else name.rpartition(".")[0], scope)
    block = Block("body")
    scope.block = block
    block.stmts = builder.many(tree.body, scope, block)
    return Module(path, name, scope, tuple(builder.stmts), tuple(builder.scopes), builder.ordinal)


def _dotted(node: cst.CSTNode | None) -> str:
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if isinstance(node, cst.Name):
        parts.append(node.value)
    return ".".join(reversed(parts))


class _Builder:
    """The counters and lists of one file while it is built; thrown away with the tree."""

    def __init__(self, package: str, scope: Scope) -> None:
        self.package = package
        self.ordinal = 0
        self.stmts: list[Stmt] = []
        self.scopes: list[Scope] = [scope]

    def number(self) -> int:
        self.ordinal += 1
        return self.ordinal - 1

    def many(self, body: object, scope: Scope, block: Block) -> tuple[Stmt, ...]:
        stmts: list[Stmt] = []
        for node in body:  # type: ignore[attr-defined]
            if isinstance(node, cst.SimpleStatementLine):
                stmts.extend(self.simple(small, scope, block) for small in node.body)
            elif isinstance(node, cst.BaseSmallStatement):
                stmts.append(self.simple(node, scope, block))
            else:
                stmts.append(self.compound(node, scope, block))
        return tuple(stmts)

    def block(self, kind: str, body: cst.BaseSuite, scope: Scope, owner: Stmt, ordinal: int = -1) -> Block:
        block = Block(kind, ordinal=ordinal, parent=owner)
        block.stmts = self.many(body.body, scope, block)
        return block

    def new(self, op: str, scope: Scope, parent: Block) -> Stmt:
        stmt = Stmt(op, self.number(), scope, parent)
        self.stmts.append(stmt)
        return stmt

    # -- simple statements ---------------------------------------------------------------------------------------

    def simple(self, node: cst.BaseSmallStatement, scope: Scope, parent: Block) -> Stmt:
        stmt = self.new(_SIMPLE.get(type(node), "pass"), scope, parent)
        flat: list[Expr] = []
        if isinstance(node, (cst.Expr, cst.Return)):
            stmt.value = lower(node.value, scope, stmt, flat) if node.value is not None else None
        elif isinstance(node, cst.Assign):
            stmt.value = lower(node.value, scope, stmt, flat)
            stmt.targets = tuple(lower(t.target, scope, stmt, flat) for t in node.targets)
            for target in stmt.targets:
                bind(target, "assign", stmt.value, stmt)
        elif isinstance(node, cst.AnnAssign):
            stmt.value = lower(node.value, scope, stmt, flat) if node.value is not None else None
            stmt.annotation = lower(node.annotation.annotation, scope, stmt, [])
            stmt.targets = (lower(node.target, scope, stmt, flat),)
            bind(stmt.targets[0], "assign" if stmt.value is not None else "annotation", stmt.value, stmt)
        elif isinstance(node, cst.AugAssign):
            stmt.text = type(node.operator).__name__
            stmt.value = lower(node.value, scope, stmt, flat)
            stmt.targets = (lower(node.target, scope, stmt, flat),)
            bind(stmt.targets[0], "augassign", stmt.value, stmt)
        elif isinstance(node, cst.Del):
            target = lower(node.target, scope, stmt, flat)
            stmt.targets = target.args if target.op == "tuple" else (target,)
            for one in stmt.targets:
                bind(one, "del", None, stmt)
        elif isinstance(node, cst.Raise):
            stmt.value = lower(node.exc, scope, stmt, flat) if node.exc is not None else None
            if node.cause is not None:
                lower(node.cause.item, scope, stmt, flat)
        elif isinstance(node, cst.Assert):
            stmt.value = lower(node.test, scope, stmt, flat)
            if node.msg is not None:
                lower(node.msg, scope, stmt, flat)
        elif isinstance(node, (cst.Global, cst.Nonlocal)):
            for item in node.names:
                scope.elsewhere[item.name.value] = stmt.text = "global" if isinstance(node, cst.Global) else "nonlocal"
        elif isinstance(node, (cst.Import, cst.ImportFrom)):
            self.imports(node, scope, stmt)
        elif isinstance(node, cst.TypeAlias):
            scope.bindings.setdefault(node.name.value, []).append(Binding("assign", stmt, exact=False))
        stmt.exprs = tuple(e for e in flat if e.parent is None)
        stmt.flat = tuple(flat)
        return stmt

    def imports(self, node: cst.Import | cst.ImportFrom, scope: Scope, stmt: Stmt) -> None:
        prefix = ""
        if isinstance(node, cst.ImportFrom):
            prefix = _dotted(node.module)
            if node.relative:
                parents = self.package.split(".") if self.package else []
                kept = parents[: len(parents) - len(node.relative) + 1]
                prefix = ".".join([*kept, prefix] if prefix else kept)
            if isinstance(node.names, cst.ImportStar):
                scope.bindings.setdefault("*", []).append(Binding("import", stmt, target=prefix))
                return
        for alias in node.names:  # type: ignore[union-attr]
            dotted = _dotted(alias.name)
            full = f"{prefix}.{dotted}" if prefix else dotted
            if alias.asname is not None:
                bound = _dotted(alias.asname.name)
            elif isinstance(node, cst.Import):
                bound = full = dotted.split(".")[0]  # `import a.b` binds a
            else:
                bound = dotted
            scope.bindings.setdefault(bound, []).append(Binding("import", stmt, target=full))

    # -- compound statements -------------------------------------------------------------------------------------

    def compound(self, node: cst.CSTNode, scope: Scope, parent: Block) -> Stmt:
        stmt = self.new(_COMPOUND.get(type(node), "pass"), scope, parent)
        flat: list[Expr] = []
        if isinstance(node, cst.FunctionDef):
            self.function(node, scope, stmt, flat)
        elif isinstance(node, cst.ClassDef):
            self.klass(node, scope, stmt, flat)
        elif isinstance(node, cst.If):
            self.branches(node, scope, stmt, flat)
        elif isinstance(node, cst.While):
            stmt.value = lower(node.test, scope, stmt, flat)
            stmt.flat = tuple(flat)
            stmt.blocks = (self.block("body", node.body, scope, stmt), *self.orelse(node.orelse, scope, stmt))
        elif isinstance(node, cst.For):
            stmt.is_async = node.asynchronous is not None
            stmt.value = lower(node.iter, scope, stmt, flat)
            stmt.targets = (lower(node.target, scope, stmt, flat),)
            bind(stmt.targets[0], "for", stmt.value, stmt)
            stmt.blocks = (self.block("body", node.body, scope, stmt), *self.orelse(node.orelse, scope, stmt))
        elif isinstance(node, cst.With):
            stmt.is_async = node.asynchronous is not None
            items: list[tuple[Expr, Expr | None]] = []
            for item in node.items:
                value = lower(item.item, scope, stmt, flat)
                target = lower(item.asname.name, scope, stmt, flat) if item.asname is not None else None
                if target is not None:
                    bind(target, "with", value, stmt)
                items.append((value, target))
            stmt.items = tuple(items)
            stmt.blocks = (self.block("body", node.body, scope, stmt),)
        elif isinstance(node, (cst.Try, cst.TryStar)):
            blocks = [self.block("body", node.body, scope, stmt)]
            blocks += [self.handler(h, scope, stmt) for h in node.handlers]
            blocks += self.orelse(node.orelse, scope, stmt)
            if node.finalbody is not None:
                blocks.append(self.block("finally", node.finalbody.body, scope, stmt))
            stmt.blocks = tuple(blocks)
        elif isinstance(node, cst.Match):
            stmt.value = lower(node.subject, scope, stmt, flat)
            stmt.blocks = tuple(self.case(c, scope, stmt) for c in node.cases)
        stmt.flat = tuple(flat)
        stmt.exprs = tuple(e for e in flat if e.parent is None)
        return stmt

    def orelse(self, node: cst.Else | None, scope: Scope, stmt: Stmt) -> list[Block]:
        return [] if node is None else [self.block("else", node.body, scope, stmt)]

    def branches(self, node: cst.If, scope: Scope, stmt: Stmt, flat: list[Expr]) -> None:
        stmt.value = lower(node.test, scope, stmt, flat)
        blocks = [self.block("body", node.body, scope, stmt)]
        blocks[0].exprs = (stmt.value,)
        rest = node.orelse
        while isinstance(rest, cst.If):
            ordinal, tests = self.number(), list[Expr]()
            test = lower(rest.test, scope, stmt, tests)
            block = self.block("elif", rest.body, scope, stmt, ordinal)
            block.exprs, block.flat = (test,), tuple(tests)
            blocks.append(block)
            rest = rest.orelse
        blocks += self.orelse(rest, scope, stmt)
        stmt.blocks = tuple(blocks)

    def handler(self, node: cst.ExceptHandler | cst.ExceptStarHandler, scope: Scope, stmt: Stmt) -> Block:
        ordinal, flat = self.number(), list[Expr]()
        caught = (lower(node.type, scope, stmt, flat),) if node.type is not None else ()
        name = _dotted(node.name.name) if node.name is not None else ""
        if name:
            scope.bindings.setdefault(name, []).append(Binding("except", stmt, caught[0] if caught else None))
        block = self.block("handler", node.body, scope, stmt, ordinal)
        block.exprs, block.flat, block.name = caught, tuple(flat), name
        return block

    def case(self, node: cst.MatchCase, scope: Scope, stmt: Stmt) -> Block:
        ordinal, flat = self.number(), list[Expr]()
        stack: list[cst.CSTNode] = [node.pattern]
        while stack:
            pattern = stack.pop()
            for bound in (getattr(pattern, "name", None), getattr(pattern, "rest", None)):
                if isinstance(bound, cst.Name):
                    scope.bindings.setdefault(bound.value, []).append(Binding("match", stmt, stmt.value))
            stack.extend(c for c in pattern.children if not isinstance(c, cst.BaseParenthesizableWhitespace))
        guard = (lower(node.guard, scope, stmt, flat),) if node.guard is not None else ()
        block = self.block("case", node.body, scope, stmt, ordinal)
        block.exprs, block.flat = guard, tuple(flat)
        return block

    def function(self, node: cst.FunctionDef, scope: Scope, stmt: Stmt, flat: list[Expr]) -> None:
        stmt.text, stmt.is_async = node.name.value, node.asynchronous is not None
        stmt.decorators = tuple(lower(d.decorator, scope, stmt, flat) for d in node.decorators)
        inner = self.scope("function", stmt.text, scope, stmt)
        inner.is_async = stmt.is_async
        p = node.params
        starred = [(p.star_arg, "*"), (p.star_kwarg, "**")]
        nodes = [(n, "") for n in (*p.posonly_params, *p.params)] + [
            (n, s) for n, s in starred[:1] if isinstance(n, cst.Param)
        ]
        nodes += [(n, "") for n in p.kwonly_params] + [(n, s) for n, s in starred[1:] if isinstance(n, cst.Param)]
        params = []
        for param, star in nodes:
            assert isinstance(param, cst.Param)
            annotation = lower(param.annotation.annotation, scope, stmt, []) if param.annotation is not None else None
            default = lower(param.default, scope, stmt, flat) if param.default is not None else None
            params.append(Param(param.name.value, annotation, default, star))
            inner.bindings.setdefault(param.name.value, []).append(Binding("param", stmt, param=params[-1]))
        inner.params = tuple(params)
        stmt.annotation = lower(node.returns.annotation, scope, stmt, []) if node.returns is not None else None
        scope.bindings.setdefault(stmt.text, []).append(Binding("def", stmt, inner=inner))
        self.body(node.body, inner, stmt)

    def klass(self, node: cst.ClassDef, scope: Scope, stmt: Stmt, flat: list[Expr]) -> None:
        stmt.text = node.name.value
        stmt.decorators = tuple(lower(d.decorator, scope, stmt, flat) for d in node.decorators)
        inner = self.scope("class", stmt.text, scope, stmt)
        inner.bases = tuple(lower(a.value, scope, stmt, flat) for a in (*node.bases, *node.keywords))
        scope.bindings.setdefault(stmt.text, []).append(Binding("class", stmt, inner=inner))
        self.body(node.body, inner, stmt)

    def scope(self, kind: str, name: str, parent: Scope, stmt: Stmt) -> Scope:
        inner = Scope(kind, name, parent, stmt)
        parent.children.append(inner)
        self.scopes.append(inner)
        stmt.inner = inner
        return inner

    def body(self, suite: cst.BaseSuite, inner: Scope, stmt: Stmt) -> None:
        inner.block = self.block("body", suite, inner, stmt)
        stmt.blocks = (inner.block,)


_SIMPLE: dict[type[cst.CSTNode], str] = {
    cst.Expr: "expr", cst.Assign: "assign", cst.AnnAssign: "assign", cst.AugAssign: "augassign", cst.Del: "del",
    cst.Return: "return", cst.Raise: "raise", cst.Assert: "assert", cst.Import: "import", cst.ImportFrom: "import",
    cst.Global: "global", cst.Nonlocal: "global", cst.Break: "break", cst.Continue: "continue",
}  # fmt: skip
_COMPOUND: dict[type[cst.CSTNode], str] = {
    cst.If: "if", cst.While: "while", cst.For: "for", cst.With: "with", cst.Try: "try", cst.TryStar: "try",
    cst.Match: "match", cst.FunctionDef: "def", cst.ClassDef: "class",
}  # fmt: skip
