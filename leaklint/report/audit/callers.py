"""Who calls the function that leaks, and who makes the object that holds it."""

from __future__ import annotations

import collections
import functools
import io
import logging
import pathlib
import queue
import re
import socket
import sys
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from leaklint.facts import Finding
from leaklint.report.audit.mentions import Index, Mention, index, stem, subclasses
from leaklint.report.audit.places import Places
from leaklint.report.sources import Sources

ANYWHERE = (1, sys.maxsize)

ANONYMOUS = "_"
"""What a function is called that nobody calls by its name; a file may have many."""

_ALIKE = 3
"""Letters that say of a name which word is meant: `req` of `Request`."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A function or class of a file; of a method also the class. What stands in a function is named there alone:
    `lines` are that function's."""

    path: str
    name: str
    klass: str = ""
    lines: tuple[int, int] = ANYWHERE


@dataclass(frozen=True, slots=True)
class Callers:
    """`certain` where nothing else in the checked files has that name: then there are no others by that name."""

    calls: tuple[Mention, ...] = ()
    handed: tuple[Mention, ...] = ()
    certain: bool = False

    @property
    def script(self) -> bool:
        """Does all of it happen only when a file is run as a script?"""
        return bool(self.calls) and not self.handed and all(one.script for one in self.calls)


class Registry:
    """The callers in the checked files of what is asked for, when that has been learned: in one go for many of them, as
    it goes through all files."""

    def __init__(self, paths: Iterable[str], read: Sources, wanted: Iterable[Wanted] = ()) -> None:
        self._paths, self._read = tuple(paths), read
        self._index, self._learned = Index(), set[str]()
        self.learn(wanted)

    def learn(self, wanted: Iterable[Wanted]) -> None:
        """Look for these in the files."""
        new = {word for one in wanted for word in (one.name, one.klass) if word} - self._learned
        self._learned |= new
        index(self._paths, self._read, new, self._index)

    def registered(self, wanted: Wanted) -> Iterator[tuple[str, frozenset[str]]]:
        """What a function is handed to by its decorators, or by its name: `get` of `@app.get("/")`, `signal` of
        `signal(SIGHUP, f)`; each with the outermost packages that the file imports which says so."""
        first, last = wanted.lines
        known = self._index.decorators.get((wanted.path, wanted.klass, wanted.name), {})
        said = [(wanted.path, name) for line, names in known.items() if first <= line <= last for name in names]
        said += [(one.path, one.to) for one in self.callers(wanted).handed if one.to]
        yield from ((name, frozenset(self._index.packages.get(path, ()))) for path, name in said)

    def callers(self, wanted: Wanted) -> Callers:
        """By its name, where that is told apart from others of the same name."""
        if wanted.name.startswith("__") or wanted.name == ANONYMOUS:
            return Callers()  # syntax calls it, or whoever it is registered at
        by_name, own = sorted(_meant(self._index, wanted), key=_where), {(wanted.path, wanted.klass)}
        found = [one for one in by_name if _agrees(self._index, wanted, one)]
        read = (wanted.klass, wanted.name) in self._index.properties
        named = wanted.name in self._index.bases  # a class: as a base, in an annotation
        return Callers(
            tuple(one for one in found if one.called or read),
            tuple(one for one in found if not (one.called or read or named)),
            # one class may be made as another that derives from it
            self._index.defined.get(wanted.name, set()) <= own
            and not _widespread(wanted)
            and len(found) == len(by_name)
            and not (named and self._derived(wanted.name)),
        )

    def uses(self, wanted: Wanted) -> tuple[Mention, ...]:
        """What the files do with an attribute of a class, or a name of a module, by its name."""
        return tuple(sorted(_meant(self._index, wanted), key=_where))

    def called_on(self, name: str, method: str) -> tuple[Mention, ...]:
        """Where a method is called on anything of this name."""
        return tuple(one for one in self._index.mentions.get(name, ()) if one.use == f".{method}")

    def _derived(self, name: str) -> bool:
        return any(name in above for above in self._index.bases.values())


def _where(mention: Mention) -> tuple[str, int]:
    return mention.path, mention.line


def _widespread(wanted: Wanted) -> bool:
    """Is it a method that objects of the standard library have? A project that defines one calls those as well."""
    return wanted.klass != "" and wanted.name in _of_library()


@functools.cache
def _of_library() -> frozenset[str]:
    types = (
        list, dict, set, str, bytes, io.StringIO, io.BytesIO, io.TextIOWrapper, collections.deque, socket.socket,
        queue.Queue, logging.Logger, pathlib.Path, threading.Thread, threading.Event,
    )  # fmt: skip
    return frozenset(name for one in types for name in dir(one))


def _meant(known: Index, wanted: Wanted) -> Iterator[Mention]:
    own = not _widespread(wanted) and known.defined.get(wanted.name, set()) <= {(wanted.path, wanted.klass)}
    family = set(subclasses(known.bases, wanted.klass)) if wanted.klass else set()
    imported = {path for path, module in known.imports.get(wanted.name, ()) if _may_be(module, path, wanted.path)}
    for one in known.mentions.get(wanted.name, ()):
        if not wanted.klass:
            here = one.path == wanted.path and wanted.lines[0] <= one.line <= wanted.lines[1]
            meant = (here or one.path in imported) if not one.of else one.of == stem(wanted.path)
        elif one.of in ("self", "cls"):
            meant = one.klass in family
        else:
            meant = bool(one.of) and (own or one.of == wanted.klass)
        if meant and not (one.function.split(".")[-1] == wanted.name and one.path == wanted.path):
            yield one


def _agrees(known: Index, wanted: Wanted, one: Mention) -> bool:
    """May what a method is looked up on be of its class? `pipeline.execute()` is no call of `Request.execute`. A name
    of several words is one of a kind."""
    if one.of in ("self", "cls") or "_" in wanted.name.strip("_") or not wanted.klass:
        return True
    if one.of == stem(wanted.path):
        return True
    words = _words(one.of)
    kin = {word for name in (*subclasses(known.bases, wanted.klass), *known.bases.get(wanted.klass, ()))
           for word in _words(name)}  # fmt: skip
    return any(a.startswith(b[:_ALIKE]) and (a.startswith(b) or b.startswith(a)) for a in words for b in kin)


def _words(name: str) -> list[str]:
    """Of `MessageHub`, or of `message_hub`."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


def _may_be(module: str, path: str, wanted: str) -> bool:
    """May the last part of a module's name, as a file imports it, stand for another file or a package around it?"""
    folder = wanted.split("/")[:-1]
    return module in (stem(wanted), *folder) or (not module and path.split("/")[:-1] == folder)


def container_of(finding: Finding, places: Places) -> Wanted | None:
    """The attribute or the name of a module that a finding is about."""
    module, _, name = finding.subject.partition(":")
    holder, _, attribute = name.partition(".")
    known = {one.name: one.is_class for one in places.definitions(finding.path)}
    if known.get(holder) and attribute.isidentifier():
        return Wanted(finding.path, attribute, holder)
    return Wanted(finding.path, name) if module and name.isidentifier() and name not in known else None


def function_of(finding: Finding, places: Places) -> Wanted | None:
    """The function whose runs make a finding grow; of a constructor the class."""
    driver = next((one for one in finding.evidence if one.role == "driver"), None)
    path, line = (driver.path, driver.span.line) if driver is not None else (finding.path, finding.span.line)
    return function_at(path, line, places)


def function_at(path: str, line: int, places: Places) -> Wanted | None:
    """The function that a line is in; of a constructor the class."""
    around = places.around(path, line)
    klass, _, name = around.function.rpartition(".")
    if name in ("__init__", "__new__"):
        return Wanted(path, klass)
    lines = around.own if name == ANONYMOUS else around.outer
    return Wanted(path, name, klass, lines or ANYWHERE) if name else None


def holder_of(finding: Finding, places: Places) -> Wanted | None:
    """The class whose instances hold what leaks."""
    name = finding.subject.partition(":")[2].partition(".")[0]
    known = any(one.is_class and one.name == name for one in places.definitions(finding.path))
    return Wanted(finding.path, name) if known and finding.owner.endswith("instance") else None
