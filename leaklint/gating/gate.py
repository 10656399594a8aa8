"""Can any rule report in this file, by the names that one walk over its `ast` tree has seen?

It may pass too much, never too little: with it switched off, the findings are the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from leaklint.apis import Apis
from leaklint.counterparts import counterpart, undoings
from leaklint.gating.loading import Loading
from leaklint.gating.seen import Seen
from leaklint.gating.words import Words


@dataclass(frozen=True)
class Gate:
    """Its questions, by the words of rows and vocabulary."""

    apis: Apis

    @cached_property
    def _words(self) -> Words:
        return Words(self.apis)

    def passes(self, seen: Seen) -> bool:
        """Does the file hold anything that a rule could report?"""
        return (
            self._acquires(seen)
            or self._grows(seen)
            or self._tells(seen)
            or self._keeps(seen)
            or self._frames(seen)
            or seen.itself
            or seen.combined
            or ("concurrent" in seen.roots and any(self.apis.means("done_registering", w) for w in seen.called))
            or not seen.given.isdisjoint(seen.functions)
            or self._turns_back(seen)
            or self._prunes(seen)
            or self._forgets_await(seen)
            or self._reopens(seen)
            or self._closes(seen)
            or not _flow(_MANAGERS, seen.bound).isdisjoint(seen.handed)
            or any((name, counterpart(method)) in seen.asked for name, method in seen.asked)
            or self._follows(seen)
            or self._registers(seen)
            or self._hands_on_coroutine(seen)
            or any(self.apis.means("delaying_methods", name) for name in seen.handed)
            or self._loading.passes(seen)
        )

    def _hands_on_coroutine(self, seen: Seen) -> bool:
        """What is imported may start a task."""
        names = seen.imported | {value for name, value in seen.bound if name in seen.imported}
        return any(self.apis.means("task_starters", name) for name in names)

    @cached_property
    def _loading(self) -> Loading:
        return Loading(self.apis)

    def _registers(self, seen: Seen) -> bool:
        """A callback is handed to what will keep it."""
        words = frozenset[str]().union(*(self._words.registering.get(root, ()) for root in (*seen.roots, "builtins")))
        handed = seen.handed | {value for name, value in seen.bound if name in seen.handed}
        if not words.isdisjoint(seen.called) or any(
            self.apis.means("listening_methods", w) or not seen.called.isdisjoint(undoings(w)) for w in handed
        ):
            return True
        if any(self.apis.means("callback_registering", w) for w in handed) or any(
            self.apis.means("callback_lists", name.lower()) for name in seen.added_to
        ):
            return True
        lists = {name for root, _, name in self._words.lists if root in seen.roots}
        return not _flow(lists, seen.bound).isdisjoint(seen.added_to)

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
        anew = any(self.apis.means(what, n) for n in functions for what in ("reopening_methods", "change_events"))
        drops = bool(seen.removed) and (
            any(self.apis.means(what, name) for name in functions for what in _DROPPING)
            or any(self.apis.means("timeouts", name) for name in seen.risky)
        )
        enters = "__aenter__" in seen.coroutines
        return (anew or drops or enters) and any(
            self.apis.means("end_of_life_methods", name) for name in seen.unawaited
        )

    def _closes(self, seen: Seen) -> bool:
        """What a name is bound to is closed, whatever it is."""
        if any(self.apis.means("closing_methods", name) or name in self._words.releasing for name in seen.named):
            return True
        bound = {name for name, _ in seen.bound} | seen.held
        return any(name in bound and self.apis.means("closing_methods", method) for name, method in seen.asked)

    def _follows(self, seen: Seen) -> bool:
        """Something is made that is open by its name, or by what its class here does."""
        made = {maker for _, maker in seen.born} | seen.imported
        made |= {value for name, value in seen.bound if name in made}
        if any(self.apis.means(what, maker) for maker in made for what in ("opening_names", "connection_makers")):
            return True
        classes = {maker for _, maker in seen.born if maker.lstrip("_")[:1].isupper() and not maker.isupper()}
        classes |= {name for name, value in seen.bound if value in classes}  # under another name
        objects = {name for name, maker in seen.born if maker in classes}
        if not _flow(objects, seen.bound).isdisjoint(seen.held):
            return True
        means = self.apis.means
        if any(name in objects and means("connecting_methods", method) for name, method in seen.asked):
            return True
        named = ("peer_names", "connection_names")
        cursors = {name for name, method in seen.asked if method == "cursor"}
        peers = {m for name, m in seen.born if name in cursors or any(means(what, name) for what in named)}
        peers |= {value for name, value in seen.bound if name in peers}
        paired = any(name.endswith("writer") for name, _ in seen.born)  # `reader, writer = await dial()`
        if paired or any(self.apis.means("opening_functions", maker) for maker in peers):
            return True
        if not seen.classes:
            return False
        begins = any(self.apis.means("beginning_methods", name) for name in seen.functions)
        return begins and any(self.apis.means("end_of_life_methods", name) for name in seen.functions)

    def _acquires(self, seen: Seen) -> bool:
        """Something is opened or started."""
        words = self._words.everywhere.union(*map(self._words.acquiring, seen.roots))
        if not words.isdisjoint(seen.called) or not self._words.opening.isdisjoint(seen.keywords):
            return True
        called = seen.called | {value for name, value in seen.bound if name in seen.called}
        if not _NEXT.isdisjoint(called) and any(self.apis.means("session_givers", word) for word in called):
            return True
        if any(self.apis.means("deleting_functions", word) for word in called) and any(
            self.apis.means(what, word) for what in ("file_writers", "directory_makers") for word in called
        ):
            return True  # on disk
        return any(self.apis.means("file_openers", word) for word in called)

    def _grows(self, seen: Seen) -> bool:
        """A held container gains entries, or something takes in what a stream brings."""
        makers = _flow(set(self._words.containers), seen.bound)  # `from collections import deque as ring`
        containers = {name for name, maker in seen.born if name in seen.held and maker in makers}
        if not (seen.keyed | seen.added_to).isdisjoint(_flow(containers, seen.bound)):
            return True
        if not self._words.acting.isdisjoint(seen.called):
            return True
        made = _flow(set(self._words.queues), seen.bound)  # what fills a queue may know it by another name
        if any(maker in made for _, maker in seen.born):
            return True
        inserting_makers = _flow(set(self._words.inserting), seen.bound)
        inserting = {name for name, maker in seen.born if name in containers and maker in inserting_makers}
        if not seen.looked.isdisjoint(_flow(inserting, seen.bound)):
            return True
        imported = {name for name, value in seen.parts | seen.bound if value in seen.imported}
        if not _flow(imported, seen.bound).isdisjoint(seen.added_to):
            return True
        came = {param for function, param in seen.params if self.apis.means("feed_methods", function)} | seen.streamed
        came |= {word for word in seen.called if self.apis.means("stream_reads", word)}
        return not seen.grown.isdisjoint(_flow(came, seen.bound))

    def _tells(self, seen: Seen) -> bool:
        """Something of any size may become text: on an error path, in a log, a trace or a `__repr__`."""
        bulk = self._words.reachable("builtins").union(*map(self._words.reachable, seen.roots))
        heavy = seen.added_to | seen.starred | {"args", "kwargs"} | (bulk & seen.called)
        if "args" in seen.starred:  # what a wrapped function returns
            given = {name for _, name in seen.params}
            heavy |= {name for name, maker in seen.born if maker in given}
        reads = ("message_reads", "parsing_methods", "file_reads", "rendering_methods")
        heavy |= {word for word in seen.called if any(self.apis.means(what, word) for what in reads)}
        heavy |= {w for w in seen.looked | seen.keyed if self.apis.means("payload_names", w)}
        heavy |= {w for w in seen.streamed if self.apis.means("incoming_names", w)}
        heavy |= {
            w for f, w in seen.params if self.apis.means("incoming_names", w) and self.apis.means("event_methods", f)
        }
        sends = any(self.apis.means("sending_calls", method) for _, method in seen.asked)
        if seen.told and (sends or any(self.apis.means("unpacking_functions", word) for word in seen.called)):
            return True  # a body may be told beside
        if self._describes(seen):
            return True
        told = seen.risky | seen.told
        if "len" in told:  # counted where it is told
            heavy |= seen.looked.union(name for _, name in seen.params)
        heavy |= {name for _, name in seen.params if self.apis.means("many_names", name)}
        if "dumps" in told:
            heavy |= {name for _, name in seen.params}
        if "text" in seen.told and any(self.apis.means("exchange_names", name) for name in seen.told):
            return True  # `response.text`
        named = any(self.apis.means("buffer_names", name) for name in told)
        return named or not _flow(heavy, seen.bound | seen.holding).isdisjoint(told)

    def _describes(self, seen: Seen) -> bool:
        """The text of an error may be kept: that of a traceback, or of what is caught where something is stored."""
        if not _TRACEBACKS.isdisjoint(seen.called):
            return True
        stored = any(self.apis.means("storing_methods", word) for word in seen.called)
        recorded = any(self.apis.means("failure_fields", word) for word in seen.keywords)
        return bool(seen.caught) and (
            any(self.apis.means("statement_methods", word) for word in seen.called)
            or (stored and any(self.apis.means("failure_fields", word) for word in seen.risky - seen.caught))
            or (recorded and any(self.apis.means("recording_methods", word) for word in seen.called))
        )

    def _frames(self, seen: Seen) -> bool:
        """A frame or a traceback is asked for, or an exception gets the frame of the function that holds it."""
        if not self._words.framing.isdisjoint(seen.called) or not _GIVING.isdisjoint(seen.called):
            return True
        leaving = seen.risky | seen.returned
        raised = {value for name, value in seen.bound if name in leaving}
        return not seen.caught.isdisjoint(raised) or any(
            name in seen.raised or (maker == "exception" and name in seen.risky) for name, maker in seen.born
        )

    def _turns_back(self, seen: Seen) -> bool:
        """An instance with a finalizer, with something large, or of a class that is used here, may hold itself."""
        if "__del__" not in seen.functions and seen.classes.isdisjoint(seen.called) and not self._weighs(seen):
            return False
        if seen.closing or not seen.functions.isdisjoint(seen.displayed | seen.grown):
            return True
        makers = _flow(seen.functions | self._words.taking, seen.bound)
        return any(name in seen.held and value in makers for name, value in seen.bound)

    def _weighs(self, seen: Seen) -> bool:
        """Something is declared that fills memory."""
        declared = {word for _, word in seen.declared}
        declared |= {value for name, value in seen.bound if name in declared}
        return any(self.apis.means("bulky_classes", word) for word in declared)

    def _keeps(self, seen: Seen) -> bool:
        """An exception goes into something that may outlive its handling."""
        errors = seen.caught | {param for _, param in seen.params if self.apis.means("error_names", param)}
        errors |= {param for param, word in seen.declared if self.apis.means("error_classes", word)}
        errors |= {word for word in seen.called if word in _ERRORS or self.apis.means("error_names", word)}
        into = seen.bound | seen.holding
        errors = _flow(errors, into)
        if not errors.isdisjoint(seen.returned):
            errors |= _flow(seen.functions, into)
        once = {maker for name, maker in seen.born if name in seen.held and name in seen.risky}
        if any(self.apis.names_error(word) for word in once):
            return True
        return not errors.isdisjoint(seen.grown) or any(n in seen.held and value in errors for n, value in into)


_DROPPING = ("evicting_methods", "removing_methods", "end_of_life_methods", "on_demand_methods")


_TRACEBACKS = frozenset({"format_exc", "format_exception", "format_tb"})


_GIVING = frozenset({"set_exception", "set_exc_info"})


_NEXT = frozenset({"next", "anext", "__next__", "__anext__"})


_MANAGERS = {"contextmanager", "asynccontextmanager"}
"""Decorators: what such a generator undoes after its `yield` may be skipped."""


_ERRORS = ("exc_info", "exception", "__traceback__")


def _flow(names: set[str], bound: set[tuple[str, str]]) -> set[str]:
    """The names that these are bound to in turn, as far as the engine follows."""
    found = set(names)
    for _ in range(4):
        found |= {name for name, value in bound if value in found}
    return found
