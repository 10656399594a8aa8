"""Where what is kept from run to run lies, how it is told from anything else, and when it goes."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from leaklint.storage import whole

LIMIT = 100_000_000
"""Bytes in a folder, at most: the oldest files go first."""

UNUSED = 30 * 86_400
"""Seconds after which a file that no run has used goes."""

EVERY = 3_600
"""Seconds between two looks at what is too much; a file that is half written for longer than that stays so."""

_SWEPT = "swept"
_KEY = r"[0-9a-f]{32}"
_OURS = r"(?:(?:installed-)?[0-9a-f]{32}|catalogue)\.json"
_HALF = rf"\.{_OURS}\.[0-9a-f]{{8}}{re.escape(whole.BESIDE)}"


def home() -> Path | None:
    """The folder for this user's caches; None where there is none. No repository can put anything into it."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")  # noqa: PTH111  it does not raise
    else:
        base = os.environ.get("XDG_CACHE_HOME", "")
        base = base if os.path.isabs(base) else os.path.expanduser("~/.cache")  # noqa: PTH111, PTH117
    return Path(base, "leaklint") if os.path.isabs(base) else None  # noqa: PTH117


def make(folder: Path) -> None:
    """Make the folder; in a work tree git passes it over, and so do tools that copy trees. Raises OSError."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        whole.write(folder / ".gitignore", b"*\n")
        whole.write(folder / "CACHEDIR.TAG", b"Signature: 8a477f597d28d172789f06886806bc55\n")


def wrong(folder: Path) -> str:
    """What keeps files from being written to a folder, empty when nothing does; it is made when it is not there."""
    try:
        make(folder)
    except OSError as error:
        return (error.strerror or str(error)).lower()
    return "" if os.access(folder, os.W_OK) else "permission denied"


def kept(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """The files that were written there by caching; whatever else lies there is somebody else's."""
    with contextlib.suppress(OSError):
        inner = [
            one for one in folder.iterdir() if re.fullmatch(_KEY, one.name) and one.is_dir() and not one.is_symlink()
        ]
        for file in (file for place in (folder, *inner) for file in place.iterdir()):
            if re.fullmatch(_OURS, file.name) or re.fullmatch(_HALF, file.name):
                with contextlib.suppress(OSError):
                    yield file, file.lstat()


def sweep(folder: Path, limit: int = LIMIT) -> None:
    """Now and then let go of what nobody uses, and of the oldest where all is too much. Raises OSError."""
    mark, now = folder / _SWEPT, time.time()
    if not mark.exists() or now - mark.stat().st_mtime > EVERY:
        mark.touch()
        clear(folder, limit, now)


def clear(folder: Path, limit: int = -1, now: float = float("inf")) -> int:
    """Let go of the oldest beyond the limit, and of what is too old; how many bytes went. Raises OSError."""
    gone = size = 0
    for file, status in sorted(kept(folder), key=lambda pair: -pair[1].st_mtime):
        age, size = now - status.st_mtime, size + status.st_size
        if size > limit or age > UNUSED or (age > EVERY and file.name.endswith(whole.BESIDE)):
            file.unlink(missing_ok=True)
            gone += status.st_size
            with contextlib.suppress(OSError):
                file.parent.rmdir()  # when it is empty
    return gone
