"""What git knows of an earlier revision: which files have changed since, and what stood in them."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from leaklint.pairing import Hunk
from leaklint.project.git import command, environment

_TIMEOUT = 300
_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_DIFF = ("diff", "--no-color", "--no-ext-diff", "--no-textconv", "--find-renames")
_REGULAR = ("100644", "100755")
_OTHER_REPOSITORY = "160000"


class HistoryError(ValueError):
    """A revision that nothing can be compared with; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class History:
    """A repository, and how its work tree differs from a commit in it. Paths are relative to `root`, with slashes."""

    root: Path
    commit: str
    blobs: Mapping[str, str]
    """The files of the commit, each with the name of its content."""
    inner: frozenset[str]
    """Other repositories within the commit."""
    origins: Mapping[str, str | None]
    """Files that have changed since, with their path in the commit; None for those that it did not have."""
    gone: tuple[str, ...]
    dirty: bool
    """Are there changes that have not been committed?"""

    def inside(self, path: str) -> str | None:
        """A file's path from the root on; None when it belongs to no repository, or to another one."""
        real = Path(os.path.realpath(path))
        if not real.is_relative_to(self.root):
            return None
        name = real.relative_to(self.root).as_posix()
        return None if any(name.startswith(f"{one}/") for one in self.inner) else name

    def origin(self, name: str) -> str | None:
        """Where the file of that path was in the commit."""
        return self.origins.get(name, name if name in self.blobs else None)

    def unchanged(self, name: str) -> bool:
        return name in self.blobs and name not in self.origins

    def contents(self, names: Iterable[str]) -> dict[str, bytes]:
        """The files of the commit, as they were. Raises HistoryError."""
        wanted = list(names)
        asked = "".join(f"{self.blobs[name]}\n" for name in wanted).encode()
        out, found = _git(self.root, "cat-file", "--batch", given=asked), {}
        at = 0
        for name in wanted:
            head, _, _ = out[at : at + 200].partition(b"\n")
            if not head.split()[1:2] == [b"blob"]:
                raise HistoryError(f"git does not have {name} as it was in {self.commit[:12]}: fetch it first")
            start = at + len(head) + 1
            at = start + int(head.split()[2]) + 1
            found[name] = out[start : at - 1]
        return found

    def hunks(self, name: str) -> tuple[Hunk, ...]:
        """What was changed in the file of that path."""
        names = dict.fromkeys([self.origin(name) or name, name])
        out = _git(self.root, *_DIFF, "--unified=0", self.commit, "--", *names)
        return tuple(_hunk(found) for found in map(_HUNK.match, out.split(b"\n")) if found)


def _hunk(found: re.Match[bytes]) -> Hunk:
    old, old_size, new, new_size = (1 if part is None else int(part) for part in found.groups())
    # where a side is empty, git names the line before it
    return Hunk(old + (not old_size), old_size, new + (not new_size), new_size)


def _git(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    try:
        done = subprocess.run(
            command(*arguments),
            cwd=folder,
            env={**environment(), "GIT_LITERAL_PATHSPECS": "1"},  # a file may be called `*.py`
            input=given,
            capture_output=True,
            timeout=_TIMEOUT,
            check=True,
        )
    except FileNotFoundError:
        raise HistoryError("git is not installed") from None
    except subprocess.TimeoutExpired:
        raise HistoryError(f"git {arguments[0]} took more than {_TIMEOUT} seconds") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip().partition("\n")[0].removeprefix("fatal: ")
        raise HistoryError(said or f"git {arguments[0]} failed") from None
    return done.stdout


def _names(out: bytes) -> Sequence[str]:
    return [os.fsdecode(name) for name in out.split(b"\0") if name]


_SHALLOW = "; this clone is shallow: fetch more history, as with `git fetch --unshallow` or `fetch-depth: 0`"


def _commit(root: Path, revision: str) -> str:
    """The commit that both a revision and what is checked out come from."""
    more = _SHALLOW if _git(root, "rev-parse", "--is-shallow-repository").strip() == b"true" else ""
    try:
        asked = f"{revision}^{{commit}}"
        found = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", asked).decode().strip()
    except HistoryError:
        raise HistoryError(f"there is no revision {revision!r} here{more}") from None
    try:
        return _git(root, "merge-base", found, "HEAD").decode().strip()
    except HistoryError:
        raise HistoryError(f"{revision!r} and what is checked out have no history in common{more}") from None


def _tree(root: Path, commit: str) -> tuple[dict[str, str], frozenset[str]]:
    blobs, inner = {}, set()
    for line in _names(_git(root, "ls-tree", "-r", "-z", "--full-tree", commit)):
        about, _, name = line.partition("\t")
        mode, _, content = about.split()
        if mode in _REGULAR:
            blobs[name] = content
        elif mode == _OTHER_REPOSITORY:
            inner.add(name)
    return blobs, frozenset(inner)


def read(folder: Path, revision: str) -> History:
    """How the work tree around `folder` differs from where its branch left `revision`. Raises HistoryError."""
    root = Path(os.fsdecode(_git(folder, "rev-parse", "--show-toplevel")).rstrip("\n"))
    commit = _commit(root, revision)
    blobs, inner = _tree(root, commit)
    origins: dict[str, str | None] = {}
    gone = []
    words = iter(_names(_git(root, *_DIFF, "--name-status", "-z", commit, "--")))
    for status in words:
        name = next(words)
        if status[0] in "RC":
            old, name = name, next(words)
            origins[name] = old
        elif status == "D":
            gone.append(name)
        elif name not in inner:
            origins[name] = name if name in blobs else None
    dirty = bool(_git(root, "status", "--porcelain", "--untracked-files=no", "--ignore-submodules"))
    return History(Path(os.path.realpath(root)), commit, blobs, inner, origins, tuple(gone), dirty)
