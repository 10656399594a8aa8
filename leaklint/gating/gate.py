"""Can any rule report in this file, by the names that one walk over its `ast` tree has seen?

It may pass too much, never too little: with it switched off, the findings are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from leaklint.apis import Apis, Row, counterpart
from leaklint.gating.loading import Loading
from leaklint.gating.seen import Seen


@dataclass(frozen=True)
class Gate:
    """The words that let a file pass, taken from rows and vocabulary: nothing is listed twice."""

    apis: Apis

    @cached_property
    def _by_root(self) -> dict[str, list[Row]]:
        """The rows of each root package: a file imports a few of a hundred."""
        found: dict[str, list[Row]] = {}
        for row in self.apis.rows.values():
            found.setdefault(row.name.partition(".")[0], []).append(row)
        return found

    def _words(self, told: Callable[[Row], Iterable[str]]) -> Callable[[str], frozenset[str]]:
        """What `told` tells of the rows of a root package, found out when it is first asked about."""
        return lru_cache(maxsize=1024)(
            lambda root: frozenset(word for row in self._by_root.get(root, ()) for word in told(row))
        )

    @cached_property
    def _acquiring(self) -> Callable[[str], frozenset[str]]:
        """Last identifiers of what acquires or starts something, by the root package."""
        return self._words(self._acquired_by)

    def _acquired_by(self, row: Row) -> Iterator[str]:
        loads = row.heavy or row.graph
        if row.memo or loads or row.leaves or self._counts(row.name) or self._counts(row.returns):
            yield row.name.rpartition(".")[2]
        yield from self._making(row)

    @cached_property
    def _everywhere(self) -> frozenset[str]:
        """Words that count without an import: of builtins, and of what has customary names (`loop.create_task`)."""
        named = (self._making(r) for r in self.apis.rows.values() if r.instances)
        return self._acquiring("builtins").union(*named)

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
        return {m for m, target in row.makes.items() if self._counts(target)}.union(row.spawn)

    @cached_property
    def _reachable(self) -> Callable[[str], frozenset[str]]:
        """Words by which values give out data of any size, through what they make, by the root package."""
        return self._words(self._reached_by)

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
    def _containers(self) -> frozenset[str]:
        made = {r.name.rpartition(".")[2] for r in self.apis.rows.values() if r.kind in ("container", "buffer")}
        made |= {
            r.name.rpartition(".")[2]
            for r in self.apis.rows.values()
            if (m := self.apis.get(r.returns)) and m.kind in ("container", "buffer")
        }
        made |= {r.name.rpartition(".")[2] for r in self.apis.rows.values() if r.bound and r.makes}  # channels
        return frozenset(made | {"{}", "field"})

    @cached_property
    def _queues(self) -> frozenset[str]:
        rows = self.apis.rows.values()
        queues = {r.name for r in rows if r.noun == "queue"}
        return frozenset(r.name.rpartition(".")[2] for r in rows if r.name in queues or r.returns in queues)

    @cached_property
    def _inserting(self) -> frozenset[str]:
        return frozenset(r.name.rpartition(".")[2] for r in self.apis.rows.values() if r.inserts_on_read)

    def passes(self, seen: Seen) -> bool:
        """Does the file hold anything that a rule could report?"""
        return (
            self._acquires(seen)
            or self._grows(seen)
            or self._tells(seen)
            or self._keeps(seen)
            or self._frames(seen)
            or self._turns_back(seen)
            or self._prunes(seen)
            or self._forgets_await(seen)
            or self._reopens(seen)
            or self._closes(seen)
            or any((name, counterpart(method)) in seen.asked for name, method in seen.asked)
            or self._follows(seen)
            or self._registers(seen)
            or self._hands_on_coroutine(seen)
            or self._loading.passes(seen)
        )

    def _hands_on_coroutine(self, seen: Seen) -> bool:
        """What is imported may start a task."""
        names = seen.imported | {value for name, value in seen.bound if name in seen.imported}
        return any(self.apis.means("task_starters", name) for name in names)

    @cached_property
    def _loading(self) -> Loading:
        return Loading(self.apis)

    @cached_property
    def _registering(self) -> dict[str, frozenset[str]]:
        """Root package of a row -> last identifiers by which a callback is registered."""
        found: dict[str, set[str]] = {}
        for row in self.apis.rows.values():
            if row.pairs and not _is_list(row):
                named = "__call__" in row.pairs or row.kind == "container"
                words = {row.name.rpartition(".")[2]} if named else set(row.pairs)
                for root in (row.name.partition(".")[0], *(["builtins"] if row.instances else [])):
                    found.setdefault(root, set()).update(words)
        return {root: frozenset(words) for root, words in found.items()}

    def _registers(self, seen: Seen) -> bool:
        """A callback is handed to what will keep it."""
        words = frozenset[str]().union(*(self._registering.get(root, ()) for root in (*seen.roots, "builtins")))
        handed = seen.handed | {value for name, value in seen.bound if name in seen.handed}
        if not words.isdisjoint(seen.called) or any(self.apis.means("listening_methods", w) for w in handed):
            return True
        lists = {name for root, _, name in self._lists if root in seen.roots}
        return not _flow(lists, seen.bound).isdisjoint(seen.added_to)

    @cached_property
    def _lists(self) -> tuple[tuple[str, str, str], ...]:
        return tuple(row.name.rpartition(".") for row in self.apis.rows.values() if _is_list(row))

    def _prunes(self, seen: Seen) -> bool:
        """Something is taken from what another file holds: that may answer the other file's question."""
        return not seen.removed.isdisjoint(seen.imported)

    def _forgets_await(self, seen: Seen) -> bool:
        """A coroutine function that ends something is called without being awaited."""
        return any(
            seen.unawaited[name] > 0 and self.apis.means("end_of_life_methods", name) for name in seen.coroutines
        )

    def _reopens(self, seen: Seen) -> bool:
        """Something is closed, and a function opens anew what is open, takes out what is alive, or enters a block."""
        if not seen.unawaited:
            return False
        functions = {name for name, _ in seen.params}
        anew = any(self.apis.means("reopening_methods", name) for name in functions)
        drops = bool(seen.removed) and (
            any(self.apis.means("evicting_methods", name) for name in functions)
            or any(self.apis.means("timeouts", name) for name in seen.risky)
        )
        enters = "__aenter__" in seen.coroutines
        return (anew or drops or enters) and any(
            self.apis.means("end_of_life_methods", name) for name in seen.unawaited
        )

    @cached_property
    def _releasing(self) -> frozenset[str]:
        return frozenset(method for row in self.apis.rows.values() for method in row.release)

    def _closes(self, seen: Seen) -> bool:
        """What a name is bound to is closed, whatever it is."""
        if any(self.apis.means("closing_methods", name) or name in self._releasing for name in seen.named):
            return True
        bound = {name for name, _ in seen.bound} | seen.held
        return any(name in bound and self.apis.means("closing_methods", method) for name, method in seen.asked)

    def _follows(self, seen: Seen) -> bool:
        """Something is made that is open by its name, or by what its class here does."""
        made = {maker for _, maker in seen.born} | seen.imported
        made |= {value for name, value in seen.bound if name in made}
        if any(self.apis.means("opening_names", maker) for maker in made):
            return True
        classes = {maker for _, maker in seen.born if maker.lstrip("_")[:1].isupper() and not maker.isupper()}
        classes |= {name for name, value in seen.bound if value in classes}  # under another name
        objects = {name for name, maker in seen.born if maker in classes}
        if not _flow(objects, seen.bound).isdisjoint(seen.held):
            return True
        peers = {maker for name, maker in seen.born if self.apis.means("peer_names", name)}
        peers |= {value for name, value in seen.bound if name in peers}
        if any(self.apis.means("opening_functions", maker) for maker in peers):
            return True
        if not seen.classes:
            return False
        begins = any(self.apis.means("beginning_methods", name) for name in seen.functions)
        return begins and any(self.apis.means("end_of_life_methods", name) for name in seen.functions)

    @cached_property
    def _opening(self) -> frozenset[str]:
        """Arguments with which a call opens what it does not open otherwise."""
        conditional = (row.open_with for row in self.apis.rows.values() if not row.needs_release)
        return frozenset(argument for arguments in conditional for argument in arguments)

    def _acquires(self, seen: Seen) -> bool:
        """Something is opened or started."""
        words = self._everywhere.union(*map(self._acquiring, seen.roots))
        if not words.isdisjoint(seen.called) or not self._opening.isdisjoint(seen.keywords):
            return True
        called = seen.called | {value for name, value in seen.bound if name in seen.called}
        return any(self.apis.means("file_openers", word) for word in called)

    def _grows(self, seen: Seen) -> bool:
        """A held container gains entries, or something takes in what a stream brings."""
        makers = _flow(set(self._containers), seen.bound)  # `from collections import deque as ring`
        containers = {name for name, maker in seen.born if name in seen.held and maker in makers}
        if not (seen.keyed | seen.added_to).isdisjoint(_flow(containers, seen.bound)):
            return True
        made = _flow(set(self._queues), seen.bound)  # what fills a queue may know it by another name
        if any(maker in made for _, maker in seen.born):
            return True
        inserting_makers = _flow(set(self._inserting), seen.bound)
        inserting = {name for name, maker in seen.born if name in containers and maker in inserting_makers}
        if not seen.looked.isdisjoint(_flow(inserting, seen.bound)):
            return True
        came = {param for function, param in seen.params if self.apis.means("feed_methods", function)} | seen.streamed
        came |= {word for word in seen.called if self.apis.means("stream_reads", word)}
        return not seen.grown.isdisjoint(_flow(came, seen.bound))

    def _tells(self, seen: Seen) -> bool:
        """Something of any size may become text: on an error path, in a log, a trace or a `__repr__`."""
        bulk = self._reachable("builtins").union(*map(self._reachable, seen.roots))
        heavy = seen.added_to | seen.starred | {"args", "kwargs"} | (bulk & seen.called)
        heavy |= {word for word in seen.called if self.apis.means("message_reads", word)}
        heavy |= {w for w in seen.looked | seen.keyed | seen.streamed if self.apis.means("payload_names", w)}
        if seen.risky and any(self.apis.means("text_parsers", word) for word in seen.called):
            return True  # what cannot be parsed may be told
        told = seen.risky | seen.told
        named = any(self.apis.means("buffer_names", name) for name in told)
        return named or not _flow(heavy, seen.bound | seen.holding).isdisjoint(told)

    @cached_property
    def _framing(self) -> frozenset[str]:
        named = {r.name.rpartition(".")[2] for r in self.apis.rows.values() if r.frames}
        return frozenset(named | {"__traceback__"})

    def _frames(self, seen: Seen) -> bool:
        """A frame or a traceback is asked for, or an exception gets the frame of the function that holds it."""
        if not self._framing.isdisjoint(seen.called) or not _GIVING.isdisjoint(seen.called):
            return True
        raised = {value for name, value in seen.bound if name in seen.risky}
        return not seen.caught.isdisjoint(raised) or any(
            maker == "exception" or self.apis.names_error(maker) for name, maker in seen.born if name in seen.risky
        )

    @cached_property
    def _taking(self) -> frozenset[str]:
        """Functions whose result holds what they are given, like `partial`."""
        rows = self.apis.rows.values()
        return frozenset(r.name.rpartition(".")[2] for r in rows if r.takes and r.kind == "function")

    def _turns_back(self, seen: Seen) -> bool:
        """An instance with a finalizer, or of a class that is used here, may hold itself."""
        if "__del__" not in seen.functions and seen.classes.isdisjoint(seen.called):
            return False
        if seen.closing or not seen.functions.isdisjoint(seen.displayed | seen.grown):
            return True
        makers = _flow(seen.functions | self._taking, seen.bound)
        return any(name in seen.held and value in makers for name, value in seen.bound)

    def _keeps(self, seen: Seen) -> bool:
        """An exception goes into something that may outlive its handling."""
        errors = seen.caught | {param for _, param in seen.params if self.apis.means("error_names", param)}
        errors |= {param for param, word in seen.declared if self.apis.means("error_classes", word)}
        errors |= {word for word in seen.called if word in _ERRORS or self.apis.means("error_names", word)}
        into = seen.bound | seen.holding
        errors = _flow(errors, into)
        once = {maker for name, maker in seen.born if name in seen.held and name in seen.risky}
        if any(self.apis.names_error(word) for word in once):
            return True
        return not errors.isdisjoint(seen.grown) or any(n in seen.held and value in errors for n, value in into)


_GIVING = frozenset({"set_exception", "set_exc_info"})
_ERRORS = ("exc_info", "exception", "__traceback__")


def _is_list(row: Row) -> bool:
    """A list of the process, like `sys.meta_path`: to register is to add."""
    return row.single and bool(row.pairs) and set(row.pairs) <= set(row.grow)


def _flow(names: set[str], bound: set[tuple[str, str]]) -> set[str]:
    """The names that these are bound to in turn, as far as the engine follows."""
    found = set(names)
    for _ in range(4):
        found |= {name for name, value in bound if value in found}
    return found
