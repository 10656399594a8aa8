"""How often Python looks for garbage in a process that is leaklint's own."""

from __future__ import annotations

import gc


def seldom() -> None:
    """A start makes a hundred thousand objects that all stay: looking through them again and again takes a tenth of it.
    What a file leaves behind is still found before it is much."""
    gc.set_threshold(100_000, 20, 20)
