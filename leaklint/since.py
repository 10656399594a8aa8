"""What a change adds: the findings of the files as they are, without those of an earlier revision.

Both revisions are joined whole, so that a removal which a change takes away is missed in every file. A file that is the
same in both is analysed once: its result depends on nothing but its bytes and its names.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from leaklint.catalogue import Catalogue
from leaklint.pairing import Hunk, Twins, only_added
from leaklint.project.config import Finder
from leaklint.project.files import Source, module_name
from leaklint.project.history import History
from leaklint.project.paths import shown_name
from leaklint.project.walk import ENDINGS, Walk
from leaklint.running.batch import Options, analyse
from leaklint.running.runner import Outcome, conclude
from leaklint.selection import Policy


@dataclass(frozen=True, slots=True)
class Old:
    """The files of the earlier revision: those that are still the same, and the others as they were."""

    same: tuple[Source, ...]
    other: tuple[Source, ...]
    paths: Mapping[str, str]
    """Where each file was that there is now, by the paths that findings carry."""


class Before:
    """The files that are checked, as they were in an earlier revision."""

    def __init__(self, history: History, cwd: Path, finder: Finder) -> None:
        self.finder = finder
        self._history, self._cwd = history, cwd
        self._package = functools.cache(self._package_of)

    def _package_of(self, folder: Path) -> str:
        parts = folder.relative_to(self._history.root).parts
        depth = len(parts)
        while depth and "/".join((*parts[:depth], "__init__.py")) in self._history.blobs:
            depth -= 1
        return ".".join(parts[depth:])

    def _module(self, name: str) -> str:
        path = self._history.root / name
        return module_name(path.parent, path.name, self._package(path.parent))

    def _source(self, name: str, content: bytes, now: Source | None) -> Source:
        path = self._history.root / name
        shown, reach = shown_name(path, self._cwd), now.reach if now else "project"
        return Source(str(path), shown, self._module(name), len(content), reach, content)

    def _gone(self, folders: Iterable[Path]) -> Iterator[str]:
        """Files that would be checked had they not been deleted since."""
        tops = [Path(os.path.realpath(folder)) for folder in folders]
        walk = Walk(self.finder)
        for name in self._history.gone:
            path = self._history.root / name
            if name.endswith(ENDINGS) and any(path.is_relative_to(top) for top in tops) and not walk.excluded(path):
                yield name

    def _is_same(self, source: Source, name: str | None) -> bool:
        """Files of other repositories count as the same: this history says nothing of them."""
        if name is None:
            return True
        return self._history.unchanged(name) and source.content is None and self._module(name) == source.module

    def files(self, sources: Sequence[Source], folders: Iterable[Path]) -> Old:
        """`sources` and what lay in these folders, as they were. Raises HistoryError."""
        same: list[Source] = []
        wanted: dict[str, Source | None] = {}
        for source in sources:
            name = self._history.inside(source.path)
            if self._is_same(source, name):
                same.append(source)
            elif name is not None and (origin := self._history.origin(name)) is not None:
                wanted[origin] = source
        wanted.update(dict.fromkeys(self._gone(folders)))
        contents = self._history.contents(wanted)
        other = {name: self._source(name, contents[name], now) for name, now in wanted.items()}
        paths = {source.shown: source.shown for source in same}
        paths |= {now.shown: other[name].shown for name, now in wanted.items() if now is not None}
        return Old(tuple(same), tuple(other.values()), paths)

    def hunks(self, sources: Iterable[Source]) -> Callable[[str], Sequence[Hunk]]:
        """A function that gives what was changed in a file, by the path that findings carry."""
        names = {source.shown: self._history.inside(source.path) for source in sources if source.content is None}

        @functools.cache
        def of(path: str) -> Sequence[Hunk]:
            name = names.get(path)
            return () if name is None or self._history.unchanged(name) else self._history.hunks(name)

        return of


def only_since(
    outcome: Outcome,
    sources: Sequence[Source],
    before: Before,
    folders: Iterable[Path],
    catalogue: Catalogue,
    options: Options,
) -> Outcome:
    """The outcome of a run over these sources with what the change since has added, and nothing else.

    `folders` are those that were looked into. Raises HistoryError, and what `analyse` does.
    """
    old = before.files(sources, folders)
    results = {one.result.path: one for one in outcome.checked}
    known = [results[source.shown] for source in old.same if source.shown in results]
    every = sorted([*known, *analyse(old.other, catalogue, options)], key=lambda one: one.result.path)
    then = (*old.same, *old.other)
    policy = Policy({source.shown: before.finder(Path(source.path)) for source in then}, catalogue)
    findings = conclude(every, then, catalogue, policy=policy).run.findings
    return outcome._replace(run=only_added(outcome.run, findings, Twins(old.paths, before.hunks(sources))))
