"""Heavy libraries that a module imports for a few of its functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from leaklint.answers.shared import foreign_bases
from leaklint.meaning.basis import NO, Answer, Basis, Clue
from leaklint.tree.ir import Expr, Scope, Stmt, ancestors, flat_of, source, statements

MISSING = ("ImportError", "ModuleNotFoundError")
_FEW = 5  # functions: a module in which more need the library is about it


@dataclass(frozen=True, slots=True)
class Import:
    """`stmt` imports `library` for everybody, `users` are the functions that need it, of `functions` in the module.

    `light`: what says that the process should be light without it. `made`: where objects of it are made by import
    itself, which is all that it is used for. `probed`: it is imported to see whether it is there.
    """

    stmt: Stmt
    library: str
    users: tuple[Scope, ...]
    functions: int
    light: Answer = NO
    made: Stmt | None = None
    probed: bool = False


def seldom_used(basis: Basis) -> Iterator[Import]:
    """Imports of heavy libraries that at most a third of the functions use, or one of several implementations, and
    nothing that import itself runs.

    Nothing for a script, and nothing where the module needs another heavy library throughout: it is paid for then. And
    nothing without a sign that there is a light process: where a whole program stands on a library, nobody gains.
    """
    if any(e.text == "__name__" for s in basis.module.stmts if s.op == "if" for e in flat_of(s)):
        return
    functions = [s for s in basis.module.scopes if s.kind == "function"]
    found = [used(basis, library, stmts) for library, stmts in at_top(basis, is_heavy).items()]
    users = {u for one in found for u in one.users}
    if not all(one.users or one.made for one in found):
        return
    few = len(users) <= min(_FEW, len(functions) // 3)
    for one in found:
        light = (few and (_imported_late(basis, one.library) or serves(functions, users))) or _implements(basis, users)
        if light:
            yield replace(one, functions=len(functions), light=light)


def probed(basis: Basis) -> Iterator[Import]:
    """A library in a `try` that sets a flag, where the module looks at nothing else of it but its version."""
    for name, bindings in basis.module.scope.bindings.items():
        for binding in bindings:
            library = binding.target.partition(".")[0]
            if binding.how != "import" or not is_heavy(basis, library) or not _sets_flag(binding.stmt):
                continue
            uses = [e for e in basis.mentions(name) if e.op == "name" and _refers(basis, e, name)]
            if all(e.parent is not None and e.parent.text == "__version__" for e in uses):
                yield Import(binding.stmt, library, (), 0, probed=True)


def _sets_flag(stmt: Stmt) -> bool:
    """In a `try` that says whether the import went well."""
    block, owner = next(ancestors(stmt), (None, None))
    if block is None or owner is None or owner.op != "try" or block.kind != "body":
        return False
    caught = any(b.kind == "handler" and any(e.text in MISSING for e in b.exprs) for b in owner.blocks)
    flags = (s for b in owner.blocks for s in b.stmts if s.op == "assign" and s.value is not None)
    return caught and any(s.value is not None and s.value.op == "const" and s.value.text == "bool" for s in flags)


def _imported_late(basis: Basis, library: str) -> Answer:
    """Does the module import another heavy library, or the same, only where it is needed or for annotations alone?

    A part of the same library may be optional where the whole is not.
    """
    for scope in basis.module.scopes:
        for binding in (b for found in scope.bindings.values() for b in found if b.how == "import"):
            other = binding.target.partition(".")[0]
            late = scope.function.kind == "function" or for_types(basis, binding.stmt)
            if late and is_heavy(basis, other) and (other != library or binding.target == library):
                return Answer("late", (Clue(binding.stmt, "sibling", "late", {"other": other}),), other)
    return NO


def for_types(basis: Basis, stmt: Stmt) -> bool:
    tests = (t for block, owner in ancestors(stmt) if owner.op == "if" for t in block.exprs)
    return any((basis.names.qualified(t) or "").endswith("TYPE_CHECKING") for t in tests)


def serves(functions: list[Scope], users: set[Scope]) -> Answer:
    """Is this a part of a service, with other work to do: has it coroutine functions that do not need the library?"""
    coroutines = (f for f in functions if f.is_async and f not in users)
    other = next((f for f in coroutines if f.parent is not None and f.parent.kind in ("module", "class")), None)
    if other is None or other.stmt is None:
        return NO
    return Answer("serves", (Clue(other.stmt, "sibling", "serves", {"function": other.qualname}),), other.qualname)


def _implements(basis: Basis, users: set[Scope]) -> Answer:
    """Are the users methods of classes that implement what stands elsewhere, and load a model when they are used?

    The model waits until it is wanted then, and the library does not.
    """
    bases = [_implemented(basis, user) for user in users]
    load = next((c for u in users for s in statements(u.block) for c in flat_of(s) if _loads(basis, c)), None)
    base = bases[0] if bases and all(bases) else None
    if base is None or load is None:
        return NO
    word = source(base, 40)
    return Answer("implements", (Clue(load.stmt, "sibling", "implements", {"base": word}),), word)


def _implemented(basis: Basis, method: Scope) -> Expr | None:
    """The class of another module that a method's class derives from, or one of its bases does."""
    klass = method.method_of
    return next(foreign_bases(basis, klass), None) if klass is not None else None


def _loads(basis: Basis, call: Expr) -> bool:
    row = basis.types.callee(call).row if call.op == "call" else None
    return row is not None and row.heavy


def is_heavy(basis: Basis, library: str) -> bool:
    row = basis.apis.get(library)
    return row is not None and row.heavy and row.kind == "module"


def weighs(basis: Basis, library: str) -> bool:
    """A heavy library, or a middle-sized one of which a row says how much it takes."""
    row = basis.apis.get(library)
    return row is not None and row.kind == "module" and (row.heavy or row.megabytes > 0)


def at_top(
    basis: Basis, counts: Callable[[Basis, str], bool], conditional: bool = False
) -> dict[str, list[tuple[Stmt, str]]]:
    """By library: the imports in the module's body, each with the name that it binds. A library's own modules are
    loaded along with it. `conditional`: those in a `try` or behind a test as well."""
    found: dict[str, list[tuple[Stmt, str]]] = {}
    own = basis.module.name.partition(".")[0] if "." in basis.module.name else ""
    if counts(basis, own):
        return {}  # a part of what is heavy itself
    for name, bindings in basis.module.scope.bindings.items():
        for binding in bindings:
            library = binding.target.partition(".")[0]
            aside = any(True for _ in ancestors(binding.stmt)) and not conditional  # its author has thought of it
            if binding.how != "import" or library == own or aside:
                continue
            if counts(basis, library):
                found.setdefault(library, []).append((binding.stmt, name))
    return found


def loaded(basis: Basis) -> list[str]:
    """The heavy and middle-sized libraries that the module's own body imports."""
    return sorted(at_top(basis, weighs)) if any(weighs(basis, root) for root in basis.packages) else []


def beside(basis: Basis) -> list[str]:
    """`app.wire` and `app.wire.Wire` of `from app.wire import Wire`; and the packages around the module."""
    found = {".".join(basis.module.name.split(".")[:end]) for end in range(1, basis.module.name.count(".") + 1)}
    for binding in (b for names in basis.module.scope.bindings.values() for b in names):
        if binding.how == "import" and not any(True for _ in ancestors(binding.stmt)):
            found |= {binding.target, binding.target.rpartition(".")[0]}
    return sorted(found - {"", basis.module.name})


def used(basis: Basis, library: str, imported: list[tuple[Stmt, str]]) -> Import:
    """The functions that use a library; none when import itself does."""
    mentions = [e for _, name in imported for e in basis.mentions(name) if e.op == "name" and _refers(basis, e, name)]
    uses = [e for e in mentions if e not in e.stmt.targets]  # `np = None`, where it is missing
    users = {outermost_function(e) for e in uses}
    if users == {None} and all(_is_constructed(basis, e) for e in uses):
        return Import(imported[0][0], library, (), 0, made=uses[0].stmt)
    named = [] if None in users else sorted((u for u in users if u), key=lambda u: u.stmt.ordinal if u.stmt else 0)
    return Import(imported[0][0], library, tuple(named), 0)


def _is_constructed(basis: Basis, expr: Expr) -> bool:
    """`EVALUATORS = [Factuality()]` in the body of the module: it could be made when it is needed."""
    above = expr.parent
    named = (basis.names.qualified(expr) or "").rpartition(".")[2]
    made = above is not None and above.op == "call" and above.args[0] is expr and named[:1].isupper()
    return made and expr.stmt.op == "assign" and expr.scope.kind == "module"


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
