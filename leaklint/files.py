"""Which files are checked, what they are called, and how their bytes become lines."""

from __future__ import annotations

import functools
import io
import os
import stat
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from leaklint.config import Finder
from leaklint.facts import Reach
from leaklint.paths import shown_name
from leaklint.walk import Walk


@dataclass(frozen=True, slots=True)
class Source:
    """A file to check: where it is, what reports call it, its dotted module name, its size in bytes."""

    path: str
    shown: str
    module: str
    size: int
    reach: Reach = "file"
    content: bytes | None = None
    """What standard input gave; None for a file that is to be read."""


@dataclass(frozen=True, slots=True)
class Found:
    """The files to check, in order of their names, and one line for each path that could not be looked into."""

    sources: tuple[Source, ...]
    errors: tuple[str, ...] = ()


def printable(text: str) -> str:
    """`text` on one line and without control, direction or surrogate characters, which are spelled out."""
    if text.isprintable():
        return text
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


def module_name(path: Path, package: Callable[[Path], str]) -> str:
    """The dotted name of the module in `path`; `package` tells that of a directory, empty when it is none."""
    parent = package(path.parent)
    if path.stem == "__init__":
        return parent or path.parent.name or path.stem
    return f"{parent}.{path.stem}" if parent else path.stem


def _package_of(folder: Path) -> str:
    names: list[str] = []
    while folder.name and (folder / "__init__.py").is_file():
        names.append(folder.name)
        folder = folder.parent
    return ".".join(reversed(names))


@dataclass(frozen=True, slots=True)
class _Seen:
    """A file on the way; `real` is where it is once all links are followed, `link` whether it is one itself."""

    path: Path
    real: str
    link: bool
    size: int


def _look(path: Path, walk: Walk, settings: Finder) -> Iterator[_Seen | tuple[Path, OSError]]:
    """What an argument names."""
    try:
        status = path.stat()
    except OSError as error:
        yield path, error
        return
    if settings(path).force_exclude and walk.excluded(path):
        return
    real = os.path.realpath(path)  # not resolve(), which raises at loops in some versions
    if not stat.S_ISDIR(status.st_mode):
        yield _Seen(path, real, path.is_symlink(), status.st_size)
        return
    for entry in walk.files(path):
        if isinstance(entry, tuple):
            yield entry
        elif entry.link:
            yield _Seen(Path(entry.path), os.path.realpath(entry.path), True, entry.size)
        else:  # nothing between `path` and the file is a link
            yield _Seen(Path(entry.path), real + entry.path[len(str(path)) :], False, entry.size)


class _Reaches:
    """How much of what may answer a file's open questions is checked along with it."""

    def __init__(self, folders: Iterable[Path], files: Iterable[Path], package: Callable[[Path], str]) -> None:
        self._folders, self._files, self._package = tuple(folders), frozenset(files), package
        self._alone: dict[Path, bool] = {}

    def of(self, path: Path) -> Reach:
        folder, package = path.parent, self._package(path.parent)
        top = folder if not package else [folder, *folder.parents][package.count(".")]
        if any(top.is_relative_to(one) for one in self._folders):
            return "project"
        if package:
            return "file"
        if folder not in self._alone:
            self._alone[folder] = self._is_all(folder)
        return "alone" if self._alone[folder] else "file"

    def _is_all(self, folder: Path) -> bool:
        """Is there no other module and no package in a directory?"""
        try:
            inner = list(folder.iterdir())
        except OSError:
            return False
        return not any(
            (one.suffix == ".py" and one not in self._files) or (one / "__init__.py").is_file() for one in inner
        )


def stdin_source(content: bytes, name: str | None, cwd: Path) -> Source:
    """Standard input as a file; `name` says where it would lie."""
    if not name:
        return Source("-", "-", "stdin", len(content), content=content)
    path = Path(os.path.normpath(cwd / name))
    return Source(str(path), shown_name(path, cwd), module_name(path, _package_of), len(content), content=content)


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
        for path, error in (item for item in seen if isinstance(item, tuple))
    ]
    files = [item for item in seen if isinstance(item, _Seen)]
    once: dict[str, _Seen] = {}
    for item in sorted(files, key=lambda item: item.link):
        once.setdefault(item.real, item)  # a file that is reached by links too is checked under its own name
    package = functools.cache(_package_of)
    reaches = _Reaches((p for p in named if p.is_dir()), (item.path for item in once.values()), package)
    sources = [
        Source(
            str(item.path),
            shown_name(item.path, cwd),
            module_name(item.path, package),
            item.size,
            reaches.of(item.path),
        )
        for item in once.values()
    ]
    return Found(tuple(sorted(sources, key=lambda source: source.shown)), tuple(errors))
