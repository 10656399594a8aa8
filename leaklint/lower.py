"""Lowers LibCST expressions to `ir.Expr`, without recursion: what `ast` accepts may be nested a thousand deep."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import libcst as cst

from leaklint.ir import Binding, Expr, Scope, Stmt

Part = tuple[cst.CSTNode, bool]  # a child, and whether it belongs to the inner scope that its parent opens


def _operator(node: cst.CSTNode) -> str:
    return type(node).__name__


def _index(element: cst.SubscriptElement) -> cst.CSTNode:
    return element.slice.value if isinstance(element.slice, cst.Index) else element.slice


def _comp_parts(elements: Sequence[cst.CSTNode], loop: cst.CompFor | None) -> Iterable[Part]:
    outermost = True
    while loop is not None:
        yield loop.iter, not outermost
        yield loop.target, True
        for condition in loop.ifs:
            yield condition.test, True
        outermost, loop = False, loop.inner_for_in
    for element in elements:
        yield element, True


def _formats(node: cst.FormattedString) -> Iterable[cst.CSTNode]:
    for part in node.parts:
        if isinstance(part, cst.FormattedStringExpression):
            yield part


def _children(node: cst.CSTNode) -> list[Part]:
    """What a node is made of, in the order of evaluation."""
    if isinstance(node, cst.Call):
        return [(node.func, False), *((a.value, False) for a in node.args)]
    if isinstance(node, cst.Attribute):
        return [(node.value, False)]
    if isinstance(node, cst.Subscript):
        return [(node.value, False), *((_index(e), False) for e in node.slice)]
    if isinstance(node, cst.Slice):
        return [(part, False) for part in (node.lower, node.upper, node.step) if part is not None]
    if isinstance(node, (cst.List, cst.Tuple, cst.Set)):
        return [(e if isinstance(e, cst.StarredElement) else e.value, False) for e in node.elements]
    if isinstance(node, cst.Dict):
        pairs: list[Part] = []
        for entry in node.elements:
            pairs += [(entry.key, False), (entry.value, False)] if isinstance(entry, cst.DictElement) else [(entry, False)]
        return pairs
    if isinstance(node, (cst.ListComp, cst.SetComp, cst.GeneratorExp)):
        return list(_comp_parts([node.elt], node.for_in))
    if isinstance(node, cst.DictComp):
        return list(_comp_parts([node.key, node.value], node.for_in))
    if isinstance(node, cst.Lambda):
        params = node.params
        everyone = [*params.posonly_params, *params.params, *params.kwonly_params]
        return [*((p.default, False) for p in everyone if p.default is not None), (node.body, True)]
    if isinstance(node, cst.IfExp):
        return [(node.body, False), (node.test, False), (node.orelse, False)]
    if isinstance(node, (cst.BooleanOperation, cst.BinaryOperation)):
        return [(node.left, False), (node.right, False)]
    if isinstance(node, cst.UnaryOperation):
        return [(node.expression, False)]
    if isinstance(node, cst.Comparison):
        return [(node.left, False), *((c.comparator, False) for c in node.comparisons)]
    if isinstance(node, cst.FormattedString):
        return [(part, False) for part in _formats(node)]
    if isinstance(node, cst.FormattedStringExpression):
        spec = [p for p in node.format_spec or () if isinstance(p, cst.FormattedStringExpression)]
        return [(node.expression, False), *((p, False) for p in spec)]
    if isinstance(node, cst.ConcatenatedString):
        return [(node.left, False), (node.right, False)]
    if isinstance(node, cst.NamedExpr):
        return [(node.target, False), (node.value, False)]
    if isinstance(node, cst.Await):
        return [(node.expression, False)]
    if isinstance(node, cst.Yield):
        value = node.value
        return [] if value is None else [(value.item if isinstance(value, cst.From) else value, False)]
    if isinstance(node, (cst.StarredElement, cst.StarredDictElement)):
        return [(node.value, False)]
    return []


_OPS: dict[type[cst.CSTNode], str] = {
    cst.Name: "name", cst.Attribute: "attr", cst.Call: "call", cst.Subscript: "sub", cst.Slice: "slice",
    cst.List: "list", cst.Tuple: "tuple", cst.Set: "set", cst.Dict: "dict",
    cst.ListComp: "comp", cst.SetComp: "comp", cst.GeneratorExp: "comp", cst.DictComp: "comp",
    cst.Lambda: "lambda", cst.IfExp: "if", cst.BooleanOperation: "bool", cst.BinaryOperation: "binary",
    cst.UnaryOperation: "unary", cst.Comparison: "compare", cst.FormattedString: "fstring",
    cst.FormattedStringExpression: "format", cst.ConcatenatedString: "fstring", cst.NamedExpr: "walrus",
    cst.Await: "await", cst.Yield: "yield", cst.StarredElement: "starred", cst.StarredDictElement: "starred",
    cst.Integer: "const", cst.Float: "const", cst.Imaginary: "const", cst.SimpleString: "const", cst.Ellipsis: "const",
}  # fmt: skip

_CONSTANTS = {"None": "none", "True": "bool", "False": "bool"}
_COMPS: dict[type[cst.CSTNode], str] = {cst.ListComp: "list", cst.SetComp: "set", cst.GeneratorExp: "gen", cst.DictComp: "dict"}
_VALUE_LIMIT = 80


def _describe(node: cst.CSTNode, op: str) -> tuple[str, str, str, tuple[str, ...]]:
    """Operation, text, value and argument names of a node."""
    if isinstance(node, cst.Name):
        kind = _CONSTANTS.get(node.value)
        return ("const", kind, node.value, ()) if kind else (op, node.value, "", ())
    if isinstance(node, cst.Attribute):
        return op, node.attr.value, "", ()
    if isinstance(node, cst.Call):
        return op, "", "", ("", *(a.star or (a.keyword.value if a.keyword else "") for a in node.args))
    if isinstance(node, cst.SimpleString):
        return op, "bytes" if "b" in node.prefix.lower() else "str", node.value[:_VALUE_LIMIT], ()
    if isinstance(node, (cst.Integer, cst.Float, cst.Imaginary)):
        return op, "num", node.value[:_VALUE_LIMIT], ()
    if isinstance(node, cst.Ellipsis):
        return op, "ellipsis", "...", ()
    if isinstance(node, (cst.BooleanOperation, cst.BinaryOperation, cst.UnaryOperation)):
        return op, _operator(node.operator), "", ()
    if isinstance(node, cst.Comparison):
        return op, " ".join(_operator(c.operator) for c in node.comparisons), "", ()
    if isinstance(node, cst.Slice):
        given = [n for n, part in (("lower", node.lower), ("upper", node.upper), ("step", node.step)) if part is not None]
        return op, " ".join(given), "", ()
    if isinstance(node, cst.FormattedStringExpression):
        literal = "".join(p.value for p in node.format_spec or () if isinstance(p, cst.FormattedStringText))
        return op, (f"!{node.conversion}" if node.conversion else "") + (f":{literal}" if literal else ""), "", ()
    if isinstance(node, cst.Yield):
        return "yieldfrom" if isinstance(node.value, cst.From) else "yield", "", "", ()
    return op, _COMPS.get(type(node), ""), "", ()


def _open(node: cst.CSTNode, scope: Scope, stmt: Stmt) -> Scope | None:
    """The scope that a comprehension or lambda opens."""
    if type(node) in _COMPS or isinstance(node, cst.Lambda):
        inner = Scope("lambda" if isinstance(node, cst.Lambda) else "comp", "<lambda>" if isinstance(node, cst.Lambda) else "<comp>", scope, stmt)
        scope.children.append(inner)
        if isinstance(node, cst.Lambda):
            params = node.params
            names = [p.name.value for p in (*params.posonly_params, *params.params, *params.kwonly_params)]
            names += [p.name.value for p in (params.star_arg, params.star_kwarg) if isinstance(p, cst.Param)]
            for name in names:
                inner.bindings.setdefault(name, []).append(Binding("param", stmt))
        return inner
    return None


def lower(root: cst.CSTNode, scope: Scope, stmt: Stmt, flat: list[Expr]) -> Expr:
    """Lower one expression; all of its parts are added to `flat` in the order of evaluation."""
    order: list[tuple[cst.CSTNode, Scope, Scope | None, list[Part]]] = []
    stack: list[tuple[cst.CSTNode, Scope]] = [(root, scope)]
    while stack:
        node, where = stack.pop()
        inner = _open(node, where, stmt)
        parts = _children(node)
        order.append((node, where, inner, parts))
        # popped last to first, so that the reversed order is that of evaluation
        stack.extend((child, inner if inside and inner is not None else where) for child, inside in parts)
    built: dict[int, Expr] = {}
    for node, where, inner, parts in reversed(order):
        op, text, value, names = _describe(node, _OPS.get(type(node), "unknown"))
        expr = Expr(op, text, tuple(built[id(child)] for child, _ in parts), where, stmt, names, value, None, inner)
        for arg in expr.args:
            arg.parent = expr
        built[id(node)] = expr
        flat.append(expr)
        if op == "comp":
            _bind_comp(expr, node, built)
        elif op == "walrus":
            bind(expr.args[0], "walrus", expr.args[1], stmt)
        elif op in ("yield", "yieldfrom"):
            where.function.is_generator = True
    return built[id(root)]


def _bind_comp(expr: Expr, node: cst.CSTNode, built: dict[int, Expr]) -> None:
    loop: cst.CompFor | None = node.for_in  # type: ignore[attr-defined]
    targets = []
    while loop is not None:
        target = built[id(loop.target)]
        targets.append(target)
        bind(target, "comp", built[id(loop.iter)], expr.stmt)
        loop = loop.inner_for_in
    expr.targets = tuple(targets)


def bind(target: Expr, how: str, value: Expr | None, stmt: Stmt, path: str = "") -> None:
    """Record the names that a target binds; a tuple target against a tuple value is taken apart."""
    if target.op == "starred":
        bind(target.args[0], how, value, stmt, path + "*")
    elif target.op in ("tuple", "list"):
        apart = value is not None and how == "assign" and value.op in ("tuple", "list") and len(value.args) == len(target.args)
        for i, part in enumerate(target.args):
            if apart and value is not None:
                bind(part, how, value.args[i], stmt, path)
            else:
                bind(part, how, value, stmt, f"{path}{i}.")
    elif target.op == "name":
        scope = target.scope
        if how == "walrus":
            while scope.kind == "comp" and scope.parent is not None:
                scope = scope.parent
        binding = Binding(how, stmt, value, path, exact=not path and how in ("assign", "walrus"))
        scope.bindings.setdefault(target.text, []).append(binding)


Lower = Callable[[cst.CSTNode], Expr]
