"""Does a buffer empty itself whatever comes in, or only when the input holds a delimiter?"""

from __future__ import annotations

from leaklint.basis import Basis
from leaklint.ir import Stmt, ancestors
from leaklint.names import Place
from leaklint.uses import Use

_SEARCHES = ("__contains__", "find", "rfind", "index", "partition", "rpartition", "split", "rsplit", "splitlines", "startswith", "endswith")


def waits_for_delimiter(basis: Basis, place: Place, shrink: Use) -> bool:
    """Is a removal under a condition, in a function that searches the buffer for something?"""
    function = shrink.stmt.scope.function
    searched = any(u.verb in _SEARCHES or (u.role == "argument" and _search(u)) for u in basis.all_uses(place) if u.stmt.scope.function is function)
    return searched and conditional(shrink.stmt)


def _search(use: Use) -> bool:
    func = use.site.args[0]
    return func.op == "attr" and func.text in ("search", "match", "split", "finditer", "findall", "fullmatch")


def conditional(stmt: Stmt) -> bool:
    """Does a statement run only on some of the passes through its function?"""
    return any(block.kind in ("body", "elif", "else", "handler", "case") and owner.op in ("if", "while", "for", "match", "try") and not (owner.op == "try" and block.kind == "body") for block, owner in ancestors(stmt) if owner.scope is stmt.scope)
