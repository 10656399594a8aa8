"""Heavy libraries that a module imports for a few of its functions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leaklint.basis import Basis
from leaklint.ir import Expr, Scope, Stmt, ancestors, flat_of

_FEW = 5  # functions: a module in which more need the library is about it


@dataclass(frozen=True, slots=True)
class Import:
    """`stmt` imports `library` for everybody, `users` are the functions that need it, of `functions` in the module."""

    stmt: Stmt
    library: str
    users: tuple[Scope, ...]
    functions: int


def seldom_used(basis: Basis) -> Iterator[Import]:
    """Imports of heavy libraries that at most a third of the functions use, and nothing that import itself runs.

    Nothing for a script, and nothing where the module needs another heavy library throughout: it is paid for then.
    """
    if any(e.text == "__name__" for s in basis.module.stmts if s.op == "if" for e in flat_of(s)):
        return
    functions = [s for s in basis.module.scopes if s.kind == "function"]
    found = [_used(basis, library, stmts) for library, stmts in _heavy(basis).items()]
    users = {u for one in found for u in one.users}
    if all(one.users for one in found) and len(users) <= min(_FEW, len(functions) // 3):
        yield from (Import(one.stmt, one.library, one.users, len(functions)) for one in found)


def _heavy(basis: Basis) -> dict[str, list[tuple[Stmt, str]]]:
    """By library: the imports in the module's body, each with the name that it binds. A library's own modules are
    loaded along with it."""
    found: dict[str, list[tuple[Stmt, str]]] = {}
    own = basis.module.name.partition(".")[0] if "." in basis.module.name else ""
    for name, bindings in basis.module.scope.bindings.items():
        for binding in bindings:
            library = binding.target.partition(".")[0]
            row = basis.apis.get(library)
            conditional = any(True for _ in ancestors(binding.stmt))  # its author has thought of it
            if binding.how != "import" or library == own or conditional:
                continue
            if row is not None and row.heavy and row.kind == "module":
                found.setdefault(library, []).append((binding.stmt, name))
    return found


def _used(basis: Basis, library: str, imported: list[tuple[Stmt, str]]) -> Import:
    """The functions that use a library; none when import itself does."""
    uses = [e for _, name in imported for e in basis.mentions(name) if e.op == "name" and _refers(basis, e, name)]
    users = {outermost_function(e) for e in uses}
    named = [] if None in users else sorted((u for u in users if u), key=lambda u: u.stmt.ordinal if u.stmt else 0)
    return Import(imported[0][0], library, tuple(named), 0)


def _refers(basis: Basis, expr: Expr, name: str) -> bool:
    where = basis.names.scope_of(name, expr.scope)
    return where is basis.module.scope and expr.stmt.op != "import"


def outermost_function(expr: Expr) -> Scope | None:
    """The function of the module or of a class whose body an expression stands in; None for what import itself runs."""
    scope: Scope | None = expr.scope.function
    found = None
    while scope is not None and scope.kind != "module":
        if scope.kind == "function":
            found = scope
        scope = scope.parent
    return found
