"""Which files lie in a directory: those that git does not ignore, or all but those in the usual places; and what the
settings exclude."""

from __future__ import annotations

import functools
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from leaklint.project import git
from leaklint.project.config import Finder
from leaklint.project.keys import USUAL, Settings
from leaklint.project.paths import matches, relative
from leaklint.storage.stamp import Stamp, stamp

ENDINGS = (".py", ".ipynb")
"""What is checked in a directory; a file that is named is checked whatever it is called."""

_ENVIRONMENTS = frozenset([".venv", "venv", ".tox", ".nox", ".direnv"])


class Entry(NamedTuple):
    """A file in a directory; `link` when it is one itself."""

    folder: str
    name: str
    link: bool
    size: int = 0
    stamp: Stamp | None = None


class Trouble(NamedTuple):
    """A file or directory that could not be looked at."""

    path: Path
    error: OSError


def _entry(folder: str, name: str) -> Entry | None:
    """None for directories, and for links to them."""
    path = os.path.join(folder, name)  # noqa: PTH118  many files
    try:
        status = os.lstat(path)
        link = stat.S_ISLNK(status.st_mode)
        status = os.stat(path) if link else status  # noqa: PTH116
    except OSError:  # a link to nowhere: what cannot be read is reported when it is read
        return Entry(folder, name, True) if os.path.lexists(path) else None
    return None if stat.S_ISDIR(status.st_mode) else Entry(folder, name, link, status.st_size, stamp(status))


def _is_usual(folder: Path, names: frozenset[str]) -> bool:
    """Is it one of the directories that hold other people's code? A Python package that happens to have such a name
    (`pip._internal.operations.build`) is not."""
    if folder.name in names:
        return not (folder / "__init__.py").is_file() or folder.name in ("__pycache__", "site-packages")
    return folder.name.endswith(".egg-info") or (folder / "pyvenv.cfg").is_file()


def _patterns(settings: Settings) -> tuple[str, ...]:
    own = settings.exclude if "exclude" in settings.origins else ()
    return (*own, *settings.extend_exclude)


def _listed(path: Path, settings: Settings) -> str:
    """The pattern of the settings that names this file or directory; empty where none does."""
    patterns = _patterns(settings)
    if not patterns:
        return ""
    parts = relative(path, settings.root)
    return next((pattern for pattern in patterns if matches(pattern, parts)), "")


class Walk:
    """Looks into directories, by the settings that are nearest."""

    def __init__(self, settings: Finder) -> None:
        self._settings = settings

    def why_excluded(self, path: Path) -> str:
        """The pattern that excludes a file or directory by itself; `usual` where it is one of the usual ones."""
        usual = self._has_usual(path) and path.is_dir() and _is_usual(path, frozenset(USUAL))
        return _listed(path, self._settings(path)) or ("usual" if usual else "")

    def excluded(self, path: Path) -> bool:
        """Is a file or directory excluded, by itself or by a directory that it is in?"""
        settings = self._settings(path)
        parts = len(relative(path, settings.root))
        way = [path, *path.parents[: parts - 1]]
        if any(_listed(one, settings) for one in way):
            return True
        names = frozenset(USUAL)
        usual = any(self._has_usual(one) and one.is_dir() and _is_usual(one, names) for one in way)
        return usual and not (path.is_file() and git.tracks(path))  # what git tracks counts wherever it lies

    def _has_usual(self, path: Path) -> bool:
        """Do the usual exclusions hold here? Not where the settings have others instead."""
        return "exclude" not in self._settings(path).origins

    def files(self, top: Path) -> Iterator[Entry | Trouble]:
        """The files to check in a directory, or what is wrong with one in it, in no order."""
        listing = git.listing(top)
        if listing is None:
            yield from self._walk(top)
            return
        names = self._names(top)
        for some, inner, usual in (
            (listing.tracked, listing.tracked_repositories, frozenset[str]()),
            (listing.untracked, listing.untracked_repositories, names),
        ):
            wanted = functools.cache(functools.partial(self._wanted, top, usual))
            yield from self._given(top, some, wanted)
            for path in (top / name for name in inner):
                if path.is_dir() and not path.is_symlink() and wanted(path):
                    yield from self.files(path)

    def _wanted(self, top: Path, usual: frozenset[str], folder: Path) -> bool:
        """Is a directory below `top` looked into? What git tracks is, in whatever place it lies."""
        while folder != top:
            if (usual and self._has_usual(folder) and _is_usual(folder, usual)) or _listed(
                folder, self._settings(folder)
            ):
                return False
            folder = folder.parent
        return True

    def _given(self, top: Path, names: Sequence[str], wanted: Callable[[Path], bool]) -> Iterator[Entry]:
        """Of the names that git gives, the files to check."""
        by_folder: dict[str, list[str]] = {}
        for name in names:
            if name.endswith(ENDINGS):
                inner, _, file = name.rpartition("/")
                by_folder.setdefault(inner, []).append(file)
        for inner, files in by_folder.items():
            folder = top / inner
            if wanted(folder):
                yield from self._here(folder, files)

    def _here(self, folder: Path, names: Sequence[str]) -> Iterator[Entry]:
        """Of the files of one directory, by their names, those to check."""
        settings, place = self._settings.of_folder(folder), str(folder)
        patterns = _patterns(settings)
        for name in names:
            # editors' lock files are links to nowhere called .#x.py
            if name.endswith(ENDINGS) and not name.startswith(".#"):
                entry = None if patterns and _listed(folder / name, settings) else _entry(place, name)
                if entry is not None:
                    yield entry

    def _names(self, top: Path) -> frozenset[str]:
        """The usual names; in an environment that is asked for the installed packages are what is meant."""
        inside = not _ENVIRONMENTS.isdisjoint(top.parts) or (top / "pyvenv.cfg").is_file()
        return frozenset(USUAL) - {"site-packages"} if inside else frozenset(USUAL)

    def _walk(self, top: Path) -> Iterator[Entry | Trouble]:
        """Without git. Links to directories are not followed, so that there are no loops."""
        names = self._names(top)
        stack = [top]
        while stack:
            folder = stack.pop()
            try:
                with os.scandir(folder) as entries:
                    inner = sorted(entries, key=lambda e: e.name)
            except OSError as error:
                yield Trouble(folder, error)
                continue
            settings = self._settings.of_folder(folder)
            folders = [one for one in inner if one.is_dir(follow_symlinks=False)]
            for path in (Path(one.path) for one in folders):
                usual = self._has_usual(path) and _is_usual(path, names)
                stack += [path] if not usual and not _listed(path, settings) else []
            yield from self._here(folder, [one.name for one in inner if not one.is_dir(follow_symlinks=False)])
