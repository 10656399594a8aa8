"""The lines of checked files, as long as they are what was checked."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from leaklint.project.files import lines
from leaklint.running.checked import digest

Sources = Callable[[str], Sequence[str] | None]


def sources(digests: Mapping[str, str], known: Mapping[str, Sequence[str]]) -> Sources:
    """A function that gives the lines of a file by its path; None when it is not the file that was checked.

    `known` are the lines of what is no file of its own.
    """

    @functools.lru_cache(maxsize=8)  # findings come sorted by file
    def read(path: str) -> Sequence[str] | None:
        if path in known:
            return known[path]
        try:
            content = Path(path).read_bytes() if digests.get(path) else b""
        except OSError:
            return None
        return lines(content) if digest(content) == digests.get(path) else None

    return read
