"""What paths are called in reports, and which patterns they match."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path


def shown_name(path: Path, cwd: Path) -> str:
    """The path relative to the working directory where it is under it, absolute otherwise, with slashes."""
    return path.relative_to(cwd).as_posix() if path.is_relative_to(cwd) else path.as_posix()


def _fits(pattern: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_fits(pattern[1:], parts[skip:]) for skip in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _fits(pattern[1:], parts[1:])


def matches(pattern: str, parts: tuple[str, ...]) -> bool:
    """Does a path match a pattern? One without a slash is held against the last part alone; `**` is any number of
    directories, `*` and `?` do not reach beyond a slash."""
    pattern = pattern.removeprefix("./").rstrip("/")
    if "/" not in pattern:
        return bool(parts) and fnmatchcase(parts[-1], pattern)
    return _fits(tuple(pattern.strip("/").split("/")), parts)


def relative(path: Path, root: Path) -> tuple[str, ...]:
    """The parts of a path below `root`; of one that is elsewhere the name alone."""
    return path.relative_to(root).parts if path.is_relative_to(root) else path.parts[-1:]


def covers(pattern: str, path: Path, root: Path) -> bool:
    """Does a pattern match a path, or a directory that it is in, as seen from `root`?"""
    parts = relative(path, root)
    return any(matches(pattern, parts[: end + 1]) for end in range(len(parts)))


_SHOWING = frozenset({"examples", "example", "samples", "demos", "demo", "tutorials"})


_BESIDE = frozenset({"scripts", "script", "tools", "release", "docs", "doc", "doctests", "benchmarks", "ci", ".github"})


def beside(path: str) -> bool:
    """Does a file lie among what comes along with a project and is run by those who work on it?"""
    return shows(path) or not _BESIDE.isdisjoint(path.split("/")[:-1])


def shows(path: str) -> bool:
    """Does a file lie among what shows how a project is used, and is not run with it?"""
    return not _SHOWING.isdisjoint(path.split("/")[:-1])


_TESTING = frozenset({"tests", "test", "unit_tests", "integration_tests", "functional_tests", "e2e"})


def tests(path: str, module: str) -> bool:
    """Does a file hold tests, or what they are made with, by its name or its place? The directories above the working
    directory, which an absolute path begins with, say nothing of it."""
    *folders, name = path.split("/")
    if re.fullmatch(r"test_\w+\.py|\w+_test\.py|tests?\.py|conftest\.py", name):
        return True
    packages = module.split(".")[:-1]
    return not _TESTING.isdisjoint(packages if path.startswith("/") else [*folders, *packages])


_CELL = r"(.+\.ipynb):cell ([0-9]+)"


def in_cell(path: str, number: int) -> str:
    """What a cell of a notebook is called."""
    return f"{path}:cell {number}"


def split_cell(path: str) -> tuple[str, int | None]:
    """The file, and the number of the cell when it is one that is called so."""
    found = re.fullmatch(_CELL, path) if ".ipynb:" in path else None
    return (found[1], int(found[2])) if found else (path, None)
