"""What leaves a file beside its findings: uses of other modules' places, and its values as lines to read."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from leaklint.answers.growth.memo import FORGETS
from leaklint.apis import Apis, Row
from leaklint.meaning.basis import Basis
from leaklint.meaning.names import ELEMENT
from leaklint.model import Facts
from leaklint.tree.ir import Expr, Stmt, source


def brief(call: Expr, limit: int = 40) -> str:
    """A call as text that stays code when it is long: `Popen(...)`."""
    text = source(call, limit)
    return text if not text.endswith("...") or call.op != "call" else f"{source(call.args[0], limit)}(...)"


def shown(stmt: Stmt, limit: int = 40) -> str:
    """An expression statement, an assignment or a `del` as text, cut short."""
    if stmt.op == "expr" and stmt.value is not None:
        awaits = stmt.value.op == "await"
        return f"{'await ' if awaits else ''}{brief(stmt.value.args[0] if awaits else stmt.value, limit)}"
    target = source(stmt.targets[0], limit)
    if stmt.op == "del":
        return f"del {target}"
    sign = {"AddAssign": "+", "SubtractAssign": "-"}.get(stmt.text, "")
    return f"{target} {sign}= {source(stmt.value, limit)}"


def source_of(stmt: Stmt) -> str:
    """A simple statement or header as normalised text, for fingerprints."""
    parts = [source(t) for t in stmt.targets] + [source(stmt.value)] + [source(v) for v, _ in stmt.items]
    return " ".join([stmt.op, stmt.text, *parts])


@lru_cache(maxsize=4)
def _removing(apis: Apis) -> frozenset[str]:
    rows = (row for row in apis.rows.values() if row.kind in ("container", "buffer"))
    return frozenset(verb for row in rows for verb in row.shrink if verb != "get").union(FORGETS)


def imported_shrinks(basis: Basis) -> Iterator[tuple[str, Stmt]]:
    """Removals from places of other modules, by the name `link` knows them under: `app.state:SESSIONS`."""
    removing = _removing(basis.apis)
    for place, uses in basis.uses.items():
        if place.scope.kind != "module" or ELEMENT in place.path:
            continue
        imported = [b.target for b in basis.names.all_bindings(place.scope, place.path[0]) if b.how == "import"]
        for use in uses:
            # `X = None` after an import binds a name of this module, `state.X = {}` one of the other's
            anew = use.verb in ("del", "bind") and len(place.path) > 1
            if imported and (use.verb in removing or anew):
                dotted = ".".join([imported[0], *place.path[1:]]).split(".")
                # where the module's name ends is not to be seen from here: each reading is offered
                for cut in range(1, len(dotted)):
                    yield ".".join(dotted[:cut]) + ":" + ".".join(dotted[cut:]), use.stmt


def module_instances(basis: Basis) -> Iterator[tuple[str, str]]:
    """`hub = Hub()` in the module's own body: the global's name, the class's qualified name."""
    for name, bindings in basis.module.scope.bindings.items():
        for binding in bindings:
            if binding.exact and binding.value is not None and binding.value.op == "call":
                klass = basis.names.local(binding.value.args[0])
                if klass is not None and klass.kind == "class":
                    yield name, klass.qualname


def outline(facts: Facts) -> Iterator[tuple[Stmt, str]]:
    """Every value with its answers, for `leaklint facts`."""
    for value in facts.values:
        if value.place.scope.kind not in ("module", "class") and not value.grows:
            continue
        stmt = value.born[0].stmt
        yield stmt, f"{value.subject}: {value.row.name}, owner {value.owner.kind}, bound {value.bound.kind or 'none'}"
        for use in value.grows:
            answer = value.driver(use)
            yield use.stmt, f"  grows by {use.verb}, key {source(use.key) or '-'}: {answer.kind} {answer.word}"
        for use in value.shrinks:
            yield use.stmt, f"  shrinks by {use.verb} in {use.function or 'the module'}"
        for use in value.escapes:
            yield use.stmt, f"  escapes: {use.role}"
    for place, row, stmt, value_ in facts.acquisitions:
        yield stmt, f"{place.text}: {row.name} from {source(value_)}"
        if place.scope.kind == "function":
            traced = facts.trace(place, row, stmt)
            opened = [e.kind for e in traced.exits]
            counts = f"released {len(traced.releases)}, handed over {len(traced.escapes)}"
            yield stmt, f"  {counts}, left open: {opened}"


def release_call(row: Row, name: str, *, awaited: bool = False) -> str:
    """The call that releases the resource in `name`: `await session.close()`, `os.close(fd)`. What is `awaited` where
    it is acquired is released by a method that is awaited too, if there is one. What has to be asked to end is asked
    first: `process.terminate(); process.wait()`, if it runs where it fails otherwise."""
    if row.closer:
        return f"{row.closer}({name})"
    asked = f"{f'if {name}.{row.runs}: ' if row.runs else ''}{name}.{row.asks[0]}(); " if row.asks else ""
    method = next((one for one in row.release if awaited and one in row.awaited), row.release[0])
    return f"{asked}{'await ' if method in row.awaited else ''}{name}.{method}()"


def entered(row: Row, call: str) -> str:
    """How a stack of contexts takes it in: `await stack.enter_async_context(connect(url))`."""
    return f"await stack.enter_async_context({call})" if row.scoped == "async with" else f"stack.enter_context({call})"
