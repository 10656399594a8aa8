"""Lowers LibCST expressions to `ir.Expr`, without recursion: what `ast` accepts may be nested a thousand deep."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import libcst as cst

from leaklint.ir import Binding, Expr, Scope, Stmt

Part = tuple[cst.CSTNode, bool]  # a child, and whether it belongs to the inner scope that its parent opens


def _operator(node: cst.CSTNode) -> str:
    return type(node).__name__


def _index(element: cst.SubscriptElement) -> cst.CSTNode:
    part = element.slice
    return part.value if type(part) is cst.Index else part


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
        if type(part) is cst.FormattedStringExpression:
            yield part


def _call(node: cst.Call) -> list[Part]:
    return [(node.func, False), *((a.value, False) for a in node.args)]


def _dict(node: cst.Dict) -> list[Part]:
    pairs: list[Part] = []
    for entry in node.elements:
        pairs += [(entry.key, False), (entry.value, False)] if type(entry) is cst.DictElement else [(entry, False)]
    return pairs


def _lambda(node: cst.Lambda) -> list[Part]:
    everyone = [*node.params.posonly_params, *node.params.params, *node.params.kwonly_params]
    return [*((p.default, False) for p in everyone if p.default is not None), (node.body, True)]


def _format(node: cst.FormattedStringExpression) -> list[Part]:
    spec = [p for p in node.format_spec or () if type(p) is cst.FormattedStringExpression]
    return [(node.expression, False), *((p, False) for p in spec)]


def _yield(node: cst.Yield) -> list[Part]:
    value = node.value
    return [] if value is None else [(value.item if type(value) is cst.From else value, False)]


def _elements(node: cst.List | cst.Tuple | cst.Set) -> list[Part]:
    return [(e if type(e) is cst.StarredElement else e.value, False) for e in node.elements]


def _both(node: cst.BooleanOperation | cst.BinaryOperation) -> list[Part]:
    return [(node.left, False), (node.right, False)]


# What a node is made of, in the order of evaluation. By exact type: `isinstance` goes through `abc` here and is slow.
_PARTS: dict[type[cst.CSTNode], Callable[[Any], list[Part]]] = {
    cst.Call: _call,
    cst.Attribute: lambda n: [(n.value, False)],
    cst.Subscript: lambda n: [(n.value, False), *((_index(e), False) for e in n.slice)],
    cst.Slice: lambda n: [(part, False) for part in (n.lower, n.upper, n.step) if part is not None],
    cst.List: _elements,
    cst.Tuple: _elements,
    cst.Set: _elements,
    cst.Dict: _dict,
    cst.ListComp: lambda n: list(_comp_parts([n.elt], n.for_in)),
    cst.SetComp: lambda n: list(_comp_parts([n.elt], n.for_in)),
    cst.GeneratorExp: lambda n: list(_comp_parts([n.elt], n.for_in)),
    cst.DictComp: lambda n: list(_comp_parts([n.key, n.value], n.for_in)),
    cst.Lambda: _lambda,
    cst.IfExp: lambda n: [(n.body, False), (n.test, False), (n.orelse, False)],
    cst.BooleanOperation: _both,
    cst.BinaryOperation: _both,
    cst.ConcatenatedString: _both,
    cst.UnaryOperation: lambda n: [(n.expression, False)],
    cst.Comparison: lambda n: [(n.left, False), *((c.comparator, False) for c in n.comparisons)],
    cst.FormattedString: lambda n: [(part, False) for part in _formats(n)],
    cst.FormattedStringExpression: _format,
    cst.NamedExpr: lambda n: [(n.target, False), (n.value, False)],
    cst.Await: lambda n: [(n.expression, False)],
    cst.Yield: _yield,
    cst.StarredElement: lambda n: [(n.value, False)],
    cst.StarredDictElement: lambda n: [(n.value, False)],
}


def _children(node: cst.CSTNode) -> list[Part]:
    parts = _PARTS.get(type(node))
    return parts(node) if parts is not None else []


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
_COMPS: dict[type[cst.CSTNode], str] = {
    cst.ListComp: "list",
    cst.SetComp: "set",
    cst.GeneratorExp: "gen",
    cst.DictComp: "dict",
}
VALUE_LIMIT = 600  # a query is read to its end


Described = tuple[str, str, tuple[str, ...]]  # text, value and argument names


def _slice_text(node: cst.Slice) -> Described:
    given = [n for n, part in (("lower", node.lower), ("upper", node.upper), ("step", node.step)) if part is not None]
    return " ".join(given), "", ()


def _format_text(node: cst.FormattedStringExpression) -> Described:
    literal = "".join(p.value for p in node.format_spec or () if type(p) is cst.FormattedStringText)
    return (f"!{node.conversion}" if node.conversion else "") + (f":{literal}" if literal else ""), "", ()


def _operated(node: Any) -> Described:
    return _operator(node.operator), "", ()


def _number(node: Any) -> Described:
    return "num", node.value[:VALUE_LIMIT], ()


_TEXTS: dict[type[cst.CSTNode], Callable[[Any], Described]] = {
    cst.Name: lambda n: (_CONSTANTS.get(n.value) or n.value, n.value if n.value in _CONSTANTS else "", ()),
    cst.Attribute: lambda n: (n.attr.value, "", ()),
    cst.Call: lambda n: ("", "", ("", *(a.star or (a.keyword.value if a.keyword else "") for a in n.args))),
    cst.SimpleString: lambda n: ("bytes" if "b" in n.prefix.lower() else "str", n.value[:VALUE_LIMIT], ()),
    cst.Integer: _number,
    cst.Float: _number,
    cst.Imaginary: _number,
    cst.Ellipsis: lambda _: ("ellipsis", "...", ()),
    cst.BooleanOperation: _operated,
    cst.BinaryOperation: _operated,
    cst.UnaryOperation: _operated,
    cst.Comparison: lambda n: (" ".join(_operator(c.operator) for c in n.comparisons), "", ()),
    cst.Slice: _slice_text,
    cst.FormattedStringExpression: _format_text,
    **dict.fromkeys(_COMPS, lambda n: (_COMPS[type(n)], "", ())),
}


def _describe(node: cst.CSTNode) -> tuple[str, str, str, tuple[str, ...]]:
    """Operation, text, value and argument names of a node."""
    kind = type(node)
    op = _OPS.get(kind, "unknown")
    if kind is cst.Name and node.value in _CONSTANTS:  # type: ignore[attr-defined]
        op = "const"
    elif kind is cst.Yield and type(node.value) is cst.From:  # type: ignore[attr-defined]
        op = "yieldfrom"
    describe = _TEXTS.get(kind)
    return (op, *describe(node)) if describe is not None else (op, "", "", ())


def _open(node: cst.CSTNode, scope: Scope, stmt: Stmt) -> Scope | None:
    """The scope that a comprehension or lambda opens."""
    if type(node) in _COMPS or type(node) is cst.Lambda:
        inner = Scope(
            "lambda" if isinstance(node, cst.Lambda) else "comp",
            "<lambda>" if isinstance(node, cst.Lambda) else "<comp>",
            scope,
            stmt,
        )
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
        op, text, value, names = _describe(node)
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
    if expr.inner is not None and loop is not None:
        expr.inner.is_async = loop.asynchronous is not None
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
        apart = (
            value is not None
            and how == "assign"
            and value.op in ("tuple", "list")
            and len(value.args) == len(target.args)
        )
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
