"""The words that the gate's questions look for, taken from rows: nothing is listed twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from leaklint.apis import Apis, Row


@dataclass(frozen=True)
class Words:
    """Last identifiers of what rows say, found out when they are first asked about."""

    apis: Apis

    @cached_property
    def _by_root(self) -> dict[str, list[Row]]:
        """The rows of each root package: a file imports a few of a hundred."""
        found: dict[str, list[Row]] = {}
        for row in self.apis.rows.values():
            found.setdefault(row.name.partition(".")[0], []).append(row)
        return found

    def _of(self, told: Callable[[Row], Iterable[str]]) -> Callable[[str], frozenset[str]]:
        """What `told` tells of the rows of a root package, found out when it is first asked about."""
        return lru_cache(maxsize=1024)(
            lambda root: frozenset(word for row in self._by_root.get(root, ()) for word in told(row))
        )

    @cached_property
    def acquiring(self) -> Callable[[str], frozenset[str]]:
        """Last identifiers of what acquires or starts something, by the root package."""
        return self._of(self._acquired_by)

    def _acquired_by(self, row: Row) -> Iterator[str]:
        loads = row.heavy or row.graph
        if row.memo or loads or row.leaves or self._counts(row.name) or self._counts(row.returns):
            yield row.name.rpartition(".")[2]
        yield from self._making(row)

    @cached_property
    def everywhere(self) -> frozenset[str]:
        """Words that count without an import: of builtins, and of what has customary names (`loop.create_task`)."""
        named = (self._making(r) for r in self.apis.rows.values() if r.instances)
        return self.acquiring("builtins").union(*named)

    def _counts(self, name: str, depth: int = 2) -> bool:
        """Is this row something that must be ended, or a function that gives out such things by index?"""
        row = self.apis.get(name)
        if row is None or depth == 0:
            return False
        if row.kind == "function":
            return any(self._counts(target, depth - 1) for target in row.makes.values())
        return (row.kind == "resource" and row.needs_release) or row.kind == "task"

    def _making(self, row: Row) -> set[str]:
        """Methods of a row's instances that acquire or start something, unless the instance looks after it itself."""
        if row.tracked:
            return set()
        if row.lends:
            return {*row.lends, *(m for m, target in row.makes.items() if self._counts(target))}
        making = {m for m, target in row.makes.items() if self._counts(target)}
        itself = (row.name.rpartition(".")[2], *row.instances) if "__call__" in making else ()
        return making.union(row.spawn, itself)

    @cached_property
    def reachable(self) -> Callable[[str], frozenset[str]]:
        """Words by which values give out data of any size, through what they make, by the root package."""
        return self._of(self._reached_by)

    def _reached_by(self, row: Row) -> Iterator[str]:
        queue, seen = [row], {row.name}
        while queue:
            one = queue.pop()
            yield from one.bulk
            for target in (one.returns, *one.makes.values()):
                following = self.apis.get(target)
                if following is not None and target not in seen:
                    seen.add(target)
                    queue.append(following)

    @cached_property
    def containers(self) -> frozenset[str]:
        made = {r.name.rpartition(".")[2] for r in self.apis.rows.values() if r.kind in ("container", "buffer")}
        made |= {
            r.name.rpartition(".")[2]
            for r in self.apis.rows.values()
            if (m := self.apis.get(r.returns)) and m.kind in ("container", "buffer")
        }
        made |= {r.name.rpartition(".")[2] for r in self.apis.rows.values() if r.bound and r.makes}  # channels
        return frozenset(made | {"{}", "field"})

    @cached_property
    def acting(self) -> frozenset[str]:
        """Functions that add to what they are given."""
        return frozenset(name.rpartition(".")[2] for name in self.apis.acting)

    @cached_property
    def queues(self) -> frozenset[str]:
        rows = self.apis.rows.values()
        queues = {r.name for r in rows if r.noun == "queue"}
        return frozenset(r.name.rpartition(".")[2] for r in rows if r.name in queues or r.returns in queues)

    @cached_property
    def inserting(self) -> frozenset[str]:
        return frozenset(r.name.rpartition(".")[2] for r in self.apis.rows.values() if r.inserts_on_read)

    @cached_property
    def registering(self) -> dict[str, frozenset[str]]:
        """Root package of a row -> last identifiers by which a callback is registered."""
        found: dict[str, set[str]] = {}
        for row in self.apis.rows.values():
            if row.pairs and not _is_list(row):
                named = "__call__" in row.pairs or row.kind == "container"
                words = {row.name.rpartition(".")[2]} if named else set(row.pairs)
                for root in (row.name.partition(".")[0], *(["builtins"] if row.instances else [])):
                    found.setdefault(root, set()).update(words)
        return {root: frozenset(words) for root, words in found.items()}

    @cached_property
    def lists(self) -> tuple[tuple[str, str, str], ...]:
        return tuple(row.name.rpartition(".") for row in self.apis.rows.values() if _is_list(row))

    @cached_property
    def releasing(self) -> frozenset[str]:
        return frozenset(method for row in self.apis.rows.values() for method in row.release)

    @cached_property
    def opening(self) -> frozenset[str]:
        """Arguments with which a call opens what it does not open otherwise."""
        conditional = (row.open_with for row in self.apis.rows.values() if not row.needs_release)
        return frozenset(argument for arguments in conditional for argument in arguments)

    @cached_property
    def framing(self) -> frozenset[str]:
        named = {r.name.rpartition(".")[2] for r in self.apis.rows.values() if r.frames}
        return frozenset(named | {"__traceback__"})

    @cached_property
    def taking(self) -> frozenset[str]:
        """Functions whose result holds what they are given, like `partial`."""
        rows = self.apis.rows.values()
        return frozenset(r.name.rpartition(".")[2] for r in rows if r.takes and r.kind == "function")


def _is_list(row: Row) -> bool:
    """A list of the process, like `sys.meta_path`: to register is to add."""
    return row.single and bool(row.pairs) and set(row.pairs) <= set(row.grow)
