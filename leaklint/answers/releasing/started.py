"""What a thread or an executor gives to the function that it runs."""

from __future__ import annotations

from leaklint.answers.releasing.fate import sent_in
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import Place
from leaklint.meaning.scopes import decorators
from leaklint.meaning.uses import Use
from leaklint.tree.ir import Expr


def given_to_thread(basis: Basis, use: Use) -> Place | None:
    """The parameter of a function here that a use becomes by `Thread(target=serve, args=(conn, address))` or
    `pool.submit(serve, conn, address)`."""
    call = sent_in(use.site) if use.role == "element" else use.site if use.role == "argument" else None
    if call is None or call.op != "call":
        return None
    callee = basis.types.callee(call)
    if callee.row is not None and callee.row.noun == "thread":
        named = dict(zip(call.names, call.args, strict=False))
        return _parameter(basis, named.get("target"), named.get("args"), use.expr)
    if callee.receiver is not None and callee.method in callee.receiver.spawn:
        for index, arg in enumerate(call.args[1:3], 2):
            if basis.names.local(arg) is not None:
                return _found(basis, arg, [a is use.expr for a in call.args[index:]])
    return None


def _parameter(basis: Basis, target: Expr | None, args: Expr | None, given: Expr) -> Place | None:
    packed = args.args if args is not None and args.op in ("tuple", "list") else ()
    return _found(basis, target, [a is given for a in packed]) if target is not None else None


def _found(basis: Basis, named: Expr, found: list[bool]) -> Place | None:
    return nth(basis, named, found.index(True)) if True in found else None


def nth(basis: Basis, named: Expr, index: int) -> Place | None:
    """The parameter of a function here, as it is `named` where it is handed on, that gets the argument at `index`."""
    function = basis.names.local(named)
    if function is None or function.kind != "function" or function.is_generator:
        return None
    own = function.method_of is not None and named.op == "attr" and "staticmethod" not in decorators(function)
    params = [p.name for p in function.params if not p.star][1 if own else 0 :]
    return Place(function, (params[index],)) if len(params) > index else None
