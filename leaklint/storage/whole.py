"""Files that are written whole or not at all: beside their place first, then renamed."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

BESIDE = ".part"
"""What the name of a file ends in while it is being written."""


def write(place: Path, content: bytes) -> None:
    """Write a file, or leave what is there. Raises OSError."""
    beside = place.with_name(f".{place.name}.{os.urandom(4).hex()}{BESIDE}")
    try:
        beside.write_bytes(content)
        if place.is_file():
            beside.chmod(place.stat().st_mode)
        beside.replace(place)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise
