"""Which files are checked, what they are called, and how their bytes become lines."""

from __future__ import annotations

import functools
import io
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from leaklint.facts import Reach
from leaklint.project.config import Finder
from leaklint.project.paths import shown_name
from leaklint.project.walk import Trouble, Walk
from leaklint.storage.stamp import Stamp, stamp


class Source(NamedTuple):
    """A file to check: where it is, what reports call it, its dotted module name, its size in bytes."""

    path: str
    shown: str
    module: str
    size: int
    reach: Reach = "file"
    content: bytes | None = None
    """What standard input gave; None for a file that is to be read."""
    stamp: Stamp | None = None
    """What tells that it is still the same; None where nothing does."""


class Found(NamedTuple):
    """The files to check, in order of their names, and one line for each path that could not be looked into."""

    sources: tuple[Source, ...]
    errors: tuple[str, ...] = ()


def printable(text: str) -> str:
    """`text` on one line and without control, direction or surrogate characters, which are spelled out."""
    if text.isprintable():
        return text
    import unicodedata

    hidden = ("Cc", "Cf", "Cs", "Zl", "Zp")
    return "".join(
        c.encode("unicode_escape", "backslashreplace").decode() if unicodedata.category(c) in hidden else c
        for c in text
    )


def decode(source: bytes) -> str:
    """The text of a file as Python reads it: byte order mark, coding line, and `\\n` for every end of a line.

    Raises SyntaxError, LookupError or UnicodeDecodeError when its encoding is wrong or unknown.
    """
    import tokenize

    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    return io.TextIOWrapper(io.BytesIO(source), encoding, newline=None).read()


def lines(source: bytes) -> list[str]:
    """The lines of a file by Python's counting; one in a wrong encoding is read as UTF-8 with replacements."""
    try:
        text = decode(source)
    except (SyntaxError, LookupError, UnicodeDecodeError):
        text = source.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    return text.split("\n")  # not splitlines(): it splits at form feeds too


def module_name(folder: Path, name: str, package: str) -> str:
    """The dotted name of the module in a file; `package` is that of its folder, empty when it is none."""
    stem = os.path.splitext(name)[0]  # noqa: PTH122  many files
    if stem == "__init__":
        return package or folder.name or stem
    return f"{package}.{stem}" if package else stem


def _package_of(folder: Path) -> str:
    names: list[str] = []
    while folder.name and (folder / "__init__.py").is_file():
        names.append(folder.name)
        folder = folder.parent
    return ".".join(reversed(names))


class _Seen(NamedTuple):
    """A file on the way; `real` is where it is once all links are followed, `link` whether it is one itself."""

    folder: str
    name: str
    real: str
    link: bool
    size: int
    stamp: Stamp | None

    @property
    def path(self) -> str:
        return os.path.join(self.folder, self.name)  # noqa: PTH118


def _look(path: Path, walk: Walk, settings: Finder) -> Iterator[_Seen | Trouble]:
    """What an argument names."""
    try:
        status = path.stat()
    except OSError as error:
        yield Trouble(path, error)
        return
    if settings(path).force_exclude and walk.excluded(path):
        return
    real = os.path.realpath(path)  # not resolve(), which raises at loops in some versions
    if not stat.S_ISDIR(status.st_mode):
        yield _Seen(str(path.parent), path.name, real, path.is_symlink(), status.st_size, stamp(status))
        return
    skip = len(str(path))
    for entry in walk.files(path):
        if isinstance(entry, Trouble):
            yield entry
            continue
        where = os.path.join(entry.folder, entry.name)  # noqa: PTH118
        # nothing between `path` and the file is a link
        at = os.path.realpath(where) if entry.link else real + where[skip:]
        yield _Seen(entry.folder, entry.name, at, entry.link, entry.size, entry.stamp)


class _Reaches:
    """How much of what may answer a file's open questions is checked along with it."""

    def __init__(self, folders: Iterable[Path], files: Iterable[str], package: Callable[[Path], str]) -> None:
        self._folders, self._files, self._package = tuple(folders), frozenset(files), package

    def of(self, folder: Path) -> Reach:
        """The reach of the files in a folder."""
        package = self._package(folder)
        top = folder if not package else [folder, *folder.parents][package.count(".")]
        if any(top.is_relative_to(one) for one in self._folders):
            return "project"
        if package:
            return "file"
        return "alone" if self._is_all(folder) else "file"

    def _is_all(self, folder: Path) -> bool:
        """Is there no other module and no package in a directory?"""
        try:
            inner = list(folder.iterdir())
        except OSError:
            return False
        return not any(
            (one.suffix == ".py" and str(one) not in self._files) or (one / "__init__.py").is_file() for one in inner
        )


def stdin_source(content: bytes, name: str | None, cwd: Path) -> Source:
    """Standard input as a file; `name` says where it would lie."""
    if not name:
        return Source("-", "-", "stdin", len(content), content=content)
    path = Path(os.path.normpath(cwd / name))
    module = module_name(path.parent, path.name, _package_of(path.parent))
    return Source(str(path), shown_name(path, cwd), module, len(content), content=content)


class _Folder(NamedTuple):
    """What the files of one folder have in common."""

    path: Path
    shown: str
    package: str
    reach: Reach

    def source(self, seen: _Seen) -> Source:
        shown, module = f"{self.shown}{seen.name}", module_name(self.path, seen.name, self.package)
        return Source(seen.path, shown, module, seen.size, self.reach, None, seen.stamp)


def discover(arguments: Iterable[str], cwd: Path, settings: Finder | None = None) -> Found:
    """The files that the arguments name, and those to check in the directories that they name, each once.

    A file is checked whatever it is called when it is an argument itself, unless the settings say `force-exclude`.
    Raises SettingsError.
    """
    settings = settings or Finder(cwd, isolated=True)
    walk = Walk(settings)
    named = [Path(os.path.normpath(cwd / argument)) for argument in arguments]
    seen = [item for path in named for item in _look(path, walk, settings)]
    errors = [
        f"{printable(shown_name(path, cwd))}: {(error.strerror or str(error)).lower()}"
        for path, error in (item for item in seen if isinstance(item, Trouble))
    ]
    files = [item for item in seen if isinstance(item, _Seen)]
    once: dict[str, _Seen] = {}
    for item in sorted(files, key=lambda item: item.link):
        once.setdefault(item.real, item)  # a file that is reached by links too is checked under its own name
    package = functools.cache(_package_of)
    reaches = _Reaches((p for p in named if p.is_dir()), (item.path for item in once.values()), package)

    @functools.cache
    def folder(place: str) -> _Folder:
        path = Path(place)
        shown = shown_name(path / "_", cwd)[:-1]
        return _Folder(path, shown, package(path), reaches.of(path))

    sources = [folder(item.folder).source(item) for item in once.values()]
    return Found(tuple(sorted(sources, key=lambda source: source.shown)), tuple(errors))
