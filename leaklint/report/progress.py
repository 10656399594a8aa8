"""A bar on a terminal, for runs that take longer than a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

WIDTH = 30
AFTER = 1.0
"""Seconds before anything is shown."""

EVERY = 0.1
"""Seconds between two pictures of it."""


def bar(done: int, total: int) -> str:
    """One picture of the bar."""
    filled = WIDTH * done // max(1, total)
    return f"[{'#' * filled}{' ' * (WIDTH - filled)}] {done}/{total} files"


class Progress:
    """Shows how far a run is: call it with the files done and all files, and `clear` it before other output."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._next = clock() + AFTER
        self._shown = 0

    def __call__(self, done: int, total: int) -> None:
        if self._clock() < self._next:
            return
        self._next = self._clock() + EVERY
        self._show(bar(done, total))

    def clear(self) -> None:
        if self._shown:
            self._show("")
            self._stream.write("\r")
            self._stream.flush()

    def _show(self, text: str) -> None:
        self._stream.write("\r" + text.ljust(self._shown))
        self._stream.flush()
        self._shown = len(text)
