"""JSON in files that may be damaged, cut off, written by somebody else, or no files at all: then they hold nothing."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import time
import zlib
from pathlib import Path
from typing import Any

from leaklint.storage.whole import write as write_whole

LARGEST = 1 << 26
"""Bytes of a file that is read, at most."""

_LONG = 86_400
_NO_WAITING = getattr(os, "O_NONBLOCK", 0)  # a pipe would wait for a writer


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | _NO_WAITING)


def read(place: Path | str) -> Any:
    """What was written there; None for anything else."""
    try:
        with open(place, "rb", opener=_open) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST:
                return None
            if time.time() - status.st_mtime > _LONG:
                with contextlib.suppress(OSError):  # it may be somebody else's
                    os.utime(place)  # its time says when it was last of use
            seal, _, body = file.read().partition(b"\n")
        return json.loads(body) if seal == _seal(body) else None
    except (OSError, ValueError, RecursionError):
        return None


def write(place: Path, value: Any) -> None:
    """Write what JSON can hold, whole or not at all. Raises OSError."""
    body = json.dumps(value, separators=(",", ":")).encode()
    write_whole(place, b"%b\n%b" % (_seal(body), body))


def _seal(body: bytes) -> bytes:
    return b"%08x" % zlib.crc32(body)
