"""What git knows of a directory: the files in it that it does not ignore."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

_TIMEOUT = 60
_REPOSITORY = "160000 "
"""How git marks another repository in its index."""

# the hook that runs us may have set these for a repository that is not the one asked about
_OF_ANOTHER = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR")


class Listing(NamedTuple):
    """Paths below a directory, relative to it: of files, and of directories that are other repositories."""

    tracked: tuple[str, ...]
    tracked_repositories: tuple[str, ...]
    untracked: tuple[str, ...]
    untracked_repositories: tuple[str, ...]


def environment() -> dict[str, str]:
    """The one that git is to run in: it asks about the repository of its working directory, and changes nothing."""
    kept = {key: value for key, value in os.environ.items() if key not in _OF_ANOTHER}
    return {**kept, "GIT_OPTIONAL_LOCKS": "0"}


def command(*arguments: str) -> list[str]:
    """A repository may name a program that watches its files: nothing of the code under analysis is run."""
    return ["git", "-c", "core.fsmonitor=false", *arguments]


def _ask(folder: Path, *arguments: str) -> Sequence[str] | None:
    import subprocess  # a file that is named needs no git

    try:
        done = subprocess.run(
            command(*arguments),
            cwd=folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):  # no git, no work tree, or one that it does not trust
        return None
    return [os.fsdecode(name) for name in done.stdout.split(b"\0") if name]


def revision(folder: Path) -> str:
    """What is checked out there, as people name it; empty where git does not know."""
    found = _ask(folder, "describe", "--always", "--dirty", "--tags")
    return found[0].strip() if found else ""


def tracks(file: Path) -> bool:
    """Is a file in git's index?"""
    return bool(_ask(file.parent, "ls-files", "--cached", "-z", "--", file.name))


def listing(folder: Path) -> Listing | None:
    """The files below a directory that git does not ignore.

    None where git is not there, has no work tree there, or ignores the directory itself.
    """
    if not any((one / ".git").exists() for one in (folder, *folder.parents)):
        return None
    if _ask(folder, "check-ignore", "-q", ".") is not None:
        return None
    index = _ask(folder, "ls-files", "--cached", "--stage", "-z")
    untracked = _ask(folder, "ls-files", "--others", "--exclude-standard", "-z")
    if index is None or untracked is None:
        return None
    tracked = dict.fromkeys(line.partition("\t")[2] for line in index if not line.startswith(_REPOSITORY))
    return Listing(
        tuple(tracked),
        tuple(line.partition("\t")[2] for line in index if line.startswith(_REPOSITORY)),
        tuple(name for name in untracked if not name.endswith("/")),
        tuple(name.rstrip("/") for name in untracked if name.endswith("/")),
    )
