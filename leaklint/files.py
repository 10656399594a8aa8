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

EXCLUDED = frozenset(
    [
        *(".bzr", ".direnv", ".eggs", ".git", ".hg", ".ipynb_checkpoints", ".jj", ".mypy_cache", ".nox", ".pants.d"),
        *(".pyenv", ".pytest_cache", ".pytype", ".ruff_cache", ".svn", ".tox", ".venv", ".vscode", "__pycache__"),
        *("__pypackages__", "_build", "buck-out", "build", "dist", "node_modules", "site-packages", "venv"),
    ]
)
"""Names of directories that are not walked into. One that was given as an argument is, and so is a Python
package that happens to have such a name (`pip._internal.operations.build`)."""

_ENVIRONMENTS = frozenset([".venv", "venv", ".tox", ".nox", ".direnv"])


@dataclass(frozen=True, slots=True)
class Source:
    """A file to check: where it is, what reports call it, its dotted module name, its size in bytes."""

    path: str
    shown: str
    module: str
    size: int


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


def shown_name(path: Path, cwd: Path) -> str:
    """The path relative to the working directory where it is under it, absolute otherwise, with slashes."""
    return path.relative_to(cwd).as_posix() if path.is_relative_to(cwd) else path.as_posix()


def _excluded(folder: os.DirEntry[str], walked: frozenset[str]) -> bool:
    if folder.name in walked:
        return not (Path(folder) / "__init__.py").is_file() or folder.name in ("__pycache__", "site-packages")
    return folder.name.endswith(".egg-info") or (Path(folder) / "pyvenv.cfg").is_file()


def _walk(top: Path) -> Iterator[os.DirEntry[str] | tuple[Path, OSError]]:
    """Python files under `top`, sorted. Links to directories are not followed, so that there are no loops."""
    inside_environment = not _ENVIRONMENTS.isdisjoint(top.parts) or (top / "pyvenv.cfg").is_file()
    excluded = EXCLUDED - {"site-packages"} if inside_environment else EXCLUDED
    stack: list[Path | os.DirEntry[str]] = [top]
    while stack:
        item = stack.pop()
        if isinstance(item, os.DirEntry) and not item.is_dir(follow_symlinks=False):
            yield item
            continue
        try:
            with os.scandir(item) as entries:
                inner = sorted(entries, key=lambda e: e.name, reverse=True)
        except OSError as error:
            yield Path(item), error
            continue
        stack += [e for e in inner if _wanted(e, excluded)]


def _wanted(entry: os.DirEntry[str], excluded: frozenset[str]) -> bool:
    if entry.is_dir(follow_symlinks=False):
        return not _excluded(entry, excluded)
    # editors' lock files are links to nowhere called .#x.py; what else cannot be read is reported when it is read
    return entry.name.endswith(".py") and not entry.name.startswith(".#") and not _is_directory(entry)


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a loop of links
        return False


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_size
    except OSError:  # a link to nowhere
        return 0


@dataclass(frozen=True, slots=True)
class _Seen:
    """A file on the way; `real` is where it is once all links are followed, `link` whether it is one itself."""

    path: Path
    real: str
    link: bool
    size: int


def _look(path: Path) -> Iterator[_Seen | tuple[Path, OSError]]:
    try:
        status = path.stat()
    except OSError as error:
        yield path, error
        return
    real = os.path.realpath(path)  # not resolve(), which raises at loops in some versions
    if not stat.S_ISDIR(status.st_mode):
        yield _Seen(path, real, path.is_symlink(), status.st_size)
        return
    for entry in _walk(path):
        if isinstance(entry, tuple):
            yield entry
        elif entry.is_symlink():
            yield _Seen(Path(entry), os.path.realpath(entry), True, _size(entry))
        else:  # nothing between `path` and the file is a link
            yield _Seen(Path(entry), real + entry.path[len(str(path)) :], False, _size(entry))


def discover(arguments: Iterable[str], cwd: Path) -> Found:
    """The files that the arguments name, and the Python files in the directories that they name, each once.

    A file is checked whatever it is called when it is an argument itself. What `.gitignore` says is not heeded.
    """
    seen = [item for argument in arguments for item in _look(Path(os.path.normpath(cwd / argument)))]
    errors = [
        f"{printable(shown_name(path, cwd))}: {(error.strerror or str(error)).lower()}"
        for path, error in (item for item in seen if isinstance(item, tuple))
    ]
    files = [item for item in seen if isinstance(item, _Seen)]
    once: dict[str, _Seen] = {}
    for item in sorted(files, key=lambda item: item.link):
        once.setdefault(item.real, item)  # a file that is reached by links too is checked under its own name
    package = functools.cache(_package_of)
    sources = [
        Source(str(item.path), shown_name(item.path, cwd), module_name(item.path, package), item.size)
        for item in once.values()
    ]
    return Found(tuple(sorted(sources, key=lambda source: source.shown)), tuple(errors))
