"""Lowers expressions of `ast` to `ir.Expr`, without recursion: what `ast` accepts may be nested hundreds deep."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from typing import Any

from leaklint.tree.ir import Binding, Expr, Scope, Stmt
from leaklint.tree.text import Text

VALUE_LIMIT = 600  # a query is read to its end

# What a node is: operation, text, its parts in the order of evaluation, and the names of a call's arguments.
Shape = tuple[str, str, Sequence[ast.AST], tuple[str, ...]]

_OPERATORS = {
    "Sub": "Subtract", "Mult": "Multiply", "Div": "Divide", "Mod": "Modulo", "FloorDiv": "FloorDivide",
    "Pow": "Power", "LShift": "LeftShift", "RShift": "RightShift", "MatMult": "MatrixMultiply",
    "Lt": "LessThan", "LtE": "LessThanEqual", "Gt": "GreaterThan", "GtE": "GreaterThanEqual", "Eq": "Equal",
    "NotEq": "NotEqual", "USub": "Minus", "UAdd": "Plus", "Invert": "BitInvert",
}  # fmt: skip


def operator(op: ast.AST) -> str:
    """The full name of an operator."""
    name = type(op).__name__
    return _OPERATORS.get(name, name)


def _place(node: Any) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _call(node: ast.Call) -> Shape:
    if not node.keywords:
        given: list[Any] = node.args
    elif any(type(a) is ast.Starred for a in node.args):
        given = sorted([*node.args, *node.keywords], key=_place)  # `f(a=1, *b)`
    else:
        given = [*node.args, *node.keywords]
    parts, names = [node.func], [""]
    for one in given:
        kind = one.__class__
        parts.append(one.value if kind is ast.keyword or kind is ast.Starred else one)
        names.append((one.arg or "**") if kind is ast.keyword else "*" if kind is ast.Starred else "")
    return "call", "", parts, tuple(names)


def _subscript(node: ast.Subscript) -> Shape:
    index = node.slice
    if type(index) is ast.Tuple and index.elts and _place(index) == _place(index.elts[0]):  # no parentheses around it
        return "sub", "", [node.value, *(e.value if type(e) is ast.Starred else e for e in index.elts)], ()
    return "sub", "", (node.value, index), ()


def _slice(node: ast.Slice) -> Shape:
    given = [n for n in ("lower", "upper", "step") if getattr(node, n) is not None]
    return "slice", " ".join(given), [getattr(node, n) for n in given], ()


def _dict(node: ast.Dict) -> Shape:
    parts: list[ast.AST] = []
    for key, value in zip(node.keys, node.values, strict=True):
        parts += [ast.Starred(value)] if key is None else [key, value]
    return "dict", "", parts, ()


def _lambda(node: ast.Lambda) -> Shape:
    defaults = [*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]
    return "lambda", "", [*defaults, node.body], ()


def _comp(kind: str, node: Any) -> Shape:
    parts: list[ast.AST] = []
    for loop in node.generators:
        parts += [loop.iter, loop.target, *loop.ifs]
    return "comp", kind, [*parts, *([node.key, node.value] if kind == "dict" else [node.elt])], ()


def _format(node: ast.FormattedValue) -> Shape:
    spec: list[Any] = node.format_spec.values if isinstance(node.format_spec, ast.JoinedStr) else []
    literal = "".join(str(p.value) for p in spec if type(p) is ast.Constant)
    text = (f"!{chr(node.conversion)}" if node.conversion > 0 else "") + (f":{literal}" if literal else "")
    return "format", text, [node.value, *(p for p in spec if type(p) is ast.FormattedValue)], ()


def _yield(node: ast.Yield) -> Shape:
    return "yield", "", () if node.value is None else (node.value,), ()


# By exact type, a node with the operation that it becomes.
_SHAPES: dict[type[ast.AST], Callable[[Any], Shape]] = {
    ast.Attribute: lambda n: ("attr", n.attr, (n.value,), ()),
    ast.Call: _call,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
    ast.List: lambda n: ("list", "", n.elts, ()),
    ast.Tuple: lambda n: ("tuple", "", n.elts, ()),
    ast.Set: lambda n: ("set", "", n.elts, ()),
    ast.Dict: _dict,
    ast.ListComp: lambda n: _comp("list", n),
    ast.SetComp: lambda n: _comp("set", n),
    ast.GeneratorExp: lambda n: _comp("gen", n),
    ast.DictComp: lambda n: _comp("dict", n),
    ast.Lambda: _lambda,
    ast.IfExp: lambda n: ("if", "", (n.body, n.test, n.orelse), ()),
    ast.BoolOp: lambda n: ("bool", operator(n.op), n.values, ()),
    ast.BinOp: lambda n: ("binary", operator(n.op), (n.left, n.right), ()),
    ast.UnaryOp: lambda n: ("unary", operator(n.op), (n.operand,), ()),
    ast.Compare: lambda n: ("compare", " ".join(map(operator, n.ops)), [n.left, *n.comparators], ()),
    ast.JoinedStr: lambda n: ("fstring", "", [v for v in n.values if type(v) is ast.FormattedValue], ()),
    ast.FormattedValue: _format,
    ast.NamedExpr: lambda n: ("walrus", "", (n.target, n.value), ()),
    ast.Await: lambda n: ("await", "", (n.value,), ()),
    ast.Yield: _yield,
    ast.YieldFrom: lambda n: ("yieldfrom", "", (n.value,), ()),
    ast.Starred: lambda n: ("starred", "", (n.value,), ()),
}
_UNKNOWN: Shape = ("unknown", "", (), ())
_CONSTANTS = {type(None): "none", bool: "bool", str: "str", bytes: "bytes", type(Ellipsis): "ellipsis"}
_ESCAPED = re.compile(r"\\[^\n]")
_OPENING = re.compile(r"""[A-Za-z]*(\"{3}|'{3}|"|')""")
_BETWEEN = re.compile(r"\s*(?:(?:\\\n|#[^\n]*)\s*)*")


def _literals(source: str) -> list[str]:
    """The strings that stand side by side in the source of one constant."""
    bare = _ESCAPED.sub("__", source) if "\\" in source else source
    found, at = [], 0
    while (opening := _OPENING.match(bare, at)) is not None and (end := bare.find(opening[1], opening.end())) >= 0:
        end += len(opening[1])
        found.append(source[at:end])
        between = _BETWEEN.match(bare, end)
        at = between.end() if between is not None else end
    return found


def _constant(node: ast.Constant, scope: Scope, stmt: Stmt, text: Text | None) -> Expr:
    """A constant as it stands in the source; without a `text`, as Python shows it. Strings side by side are parts of
    an `fstring`."""
    kind = _CONSTANTS.get(node.value.__class__, "num")
    if kind in ("none", "bool"):
        source = repr(node.value)
    elif kind == "ellipsis":
        source = "..."
    elif text is None:
        source = hex(node.value) if type(node.value) is int and node.value >> 64 else repr(node.value)
    else:
        source = text.of(node)
        if kind in ("str", "bytes") and len(parts := _literals(source)) > 1:
            args = tuple([Expr("const", kind, (), scope, stmt, (), part[:VALUE_LIMIT]) for part in parts])
            return _joined(Expr("fstring", "", args, scope, stmt))
    return Expr("const", kind, (), scope, stmt, (), source[:VALUE_LIMIT])


def _joined(expr: Expr) -> Expr:
    """An expression that its parts know."""
    for arg in expr.args:
        arg.parent = expr
    return expr


def parameters(args: ast.arguments) -> list[tuple[ast.arg, str, ast.expr | None]]:
    """The parameters of a function in their order, with their stars and defaults."""
    plain = [*args.posonlyargs, *args.args]
    defaults = [*[None] * (len(plain) - len(args.defaults)), *args.defaults]
    found = [(arg, "", default) for arg, default in zip(plain, defaults, strict=True)]
    found += [(args.vararg, "*", None)] if args.vararg is not None else []
    found += [(arg, "", default) for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True)]
    return found + ([(args.kwarg, "**", None)] if args.kwarg is not None else [])


def _open(op: str, node: Any, scope: Scope, stmt: Stmt) -> Scope:
    """The scope that a comprehension or lambda opens."""
    inner = Scope(op, f"<{op}>", scope, stmt)
    scope.children.append(inner)
    if op == "lambda":
        for arg, _, _ in parameters(node.args):
            inner.bindings.setdefault(arg.arg, []).append(Binding("param", stmt))
    else:
        inner.is_async = bool(node.generators[0].is_async)
    return inner


def lower(root: ast.AST, scope: Scope, stmt: Stmt, flat: list[Expr], text: Text) -> Expr:
    """Lower one expression; all of its parts are added to `flat` in the order of evaluation."""
    order: list[Expr | tuple[Any, Scope, Scope | None, Shape]] = []  # what is done, and what waits for its parts
    stack: list[tuple[Any, Scope]] = [(root, scope)]
    formatted = -1  # the height of the stack below an f-string: what stands in one has no place in Pythons before 3.12
    while stack:
        node, where = stack.pop()
        kind = node.__class__
        if kind is ast.Name:
            order.append(Expr("name", node.id, (), where, stmt))
            continue
        if len(stack) < formatted:
            formatted = -1
        if kind is ast.Constant:
            expr = _constant(node, where, stmt, text if formatted < 0 else None)
            order.append(expr)
            order.extend(reversed(expr.args))
            continue
        if kind is ast.JoinedStr and formatted < 0:
            formatted = len(stack)
        shape = _SHAPES[kind](node) if kind in _SHAPES else _UNKNOWN
        op, _, parts, _ = shape
        inner = None
        # popped last to first, so that the reversed order is that of evaluation
        if op in ("comp", "lambda"):
            inner = _open(op, node, where, stmt)
            outside = 1 if op == "comp" else len(parts) - 1  # the outermost iterable; the defaults
            stack.extend([(part, where if i < outside else inner) for i, part in enumerate(parts)])
        else:
            stack.extend([(part, where) for part in parts])
        order.append((node, where, inner, shape))
    built: list[Expr] = []
    for one in reversed(order):
        if one.__class__ is Expr:
            flat.append(one)
            if one.parent is None:  # else one of several strings side by side
                built.append(one)
            continue
        node, where, inner, (op, word, parts, names) = one
        since = len(built) - len(parts)
        expr = _joined(Expr(op, word, tuple(built[since:]), where, stmt, names, "", None, inner))
        del built[since:]
        built.append(expr)
        flat.append(expr)
        if op == "comp":
            _bind_comp(expr, node)
        elif op == "walrus":
            bind(expr.args[0], "walrus", expr.args[1], stmt)
        elif op in ("yield", "yieldfrom"):
            where.function.is_generator = True
    return built[0]


def _bind_comp(expr: Expr, node: Any) -> None:
    targets, at = [], 0
    for loop in node.generators:
        iterable, target = expr.args[at : at + 2]
        targets.append(target)
        bind(target, "comp", iterable, expr.stmt)
        at += 2 + len(loop.ifs)
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
