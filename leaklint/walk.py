"""Which files lie in a directory: those that git does not ignore, or all but those in the usual places; and what the
settings exclude."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from leaklint import git
from leaklint.config import Finder
from leaklint.keys import USUAL, Settings
from leaklint.paths import matches, relative

ENDINGS = (".py", ".ipynb")
"""What is checked in a directory; a file that is named is checked whatever it is called."""

_ENVIRONMENTS = frozenset([".venv", "venv", ".tox", ".nox", ".direnv"])


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in a directory; `link` when it is one itself."""

    path: str
    link: bool
    size: int


def _entry(path: str) -> Entry | None:
    """None for directories, and for links to them."""
    try:
        link, status = os.path.islink(path), os.stat(path)  # noqa: PTH114, PTH116  many files
    except OSError:  # a link to nowhere: what cannot be read is reported when it is read
        return Entry(path, True, 0) if os.path.lexists(path) else None
    return None if os.path.isdir(path) else Entry(path, link, status.st_size)  # noqa: PTH112


def _is_usual(folder: Path, names: frozenset[str]) -> bool:
    """Is it one of the directories that hold other people's code? A Python package that happens to have such a name
    (`pip._internal.operations.build`) is not."""
    if folder.name in names:
        return not (folder / "__init__.py").is_file() or folder.name in ("__pycache__", "site-packages")
    return folder.name.endswith(".egg-info") or (folder / "pyvenv.cfg").is_file()


def _listed(path: Path, settings: Settings) -> str:
    """The pattern of the settings that names this file or directory; empty where none does."""
    own = settings.exclude if "exclude" in settings.origins else ()
    parts = relative(path, settings.root)
    return next((pattern for pattern in (*own, *settings.extend_exclude) if matches(pattern, parts)), "")


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

    def files(self, top: Path) -> Iterator[Entry | tuple[Path, OSError]]:
        """The files to check in a directory, or what is wrong with one in it, in no order."""
        listing = git.listing(top)
        if listing is None:
            yield from self._walk(top)
            return
        names = self._names(top)

        for tracked, some in ((True, listing.tracked), (False, listing.untracked)):
            wanted = functools.cache(functools.partial(self._wanted, top, frozenset() if tracked else names))
            yield from self._given(top, some, wanted)

    def _wanted(self, top: Path, usual: frozenset[str], folder: Path) -> bool:
        """Is a directory below `top` looked into? What git tracks is, in whatever place it lies."""
        while folder != top:
            if (usual and self._has_usual(folder) and _is_usual(folder, usual)) or _listed(
                folder, self._settings(folder)
            ):
                return False
            folder = folder.parent
        return True

    def _given(
        self, top: Path, names: Sequence[str], wanted: Callable[[Path], bool]
    ) -> Iterator[Entry | tuple[Path, OSError]]:
        """Of the names that git gives, the files to check; other repositories among them are looked into."""
        for name in names:
            path = top / name
            if name.endswith(ENDINGS) and not path.is_dir():
                hidden = path.name.startswith(".#") or bool(_listed(path, self._settings(path)))
                entry = _entry(str(path)) if not hidden and wanted(path.parent) else None
                if entry is not None:
                    yield entry
            elif path.is_dir() and not path.is_symlink() and wanted(path):
                yield from self.files(path)

    def _names(self, top: Path) -> frozenset[str]:
        """The usual names; in an environment that is asked for the installed packages are what is meant."""
        inside = not _ENVIRONMENTS.isdisjoint(top.parts) or (top / "pyvenv.cfg").is_file()
        return frozenset(USUAL) - {"site-packages"} if inside else frozenset(USUAL)

    def _walk(self, top: Path) -> Iterator[Entry | tuple[Path, OSError]]:
        """Without git. Links to directories are not followed, so that there are no loops."""
        names = self._names(top)
        stack = [top]
        while stack:
            folder = stack.pop()
            try:
                with os.scandir(folder) as entries:
                    inner = sorted(entries, key=lambda e: e.name)
            except OSError as error:
                yield folder, error
                continue
            settings = self._settings.of_folder(folder)
            for one in inner:
                path = Path(one.path)
                if one.is_dir(follow_symlinks=False):
                    usual = self._has_usual(path) and _is_usual(path, names)
                    stack += [path] if not usual and not _listed(path, settings) else []
                # editors' lock files are links to nowhere called .#x.py
                elif one.name.endswith(ENDINGS) and not one.name.startswith(".#") and not _listed(path, settings):
                    entry = _entry(one.path)
                    if entry is not None:
                        yield entry
