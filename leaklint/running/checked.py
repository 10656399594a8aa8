"""What is known of one file by itself."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path
from typing import NamedTuple

from leaklint.facts import FileResult
from leaklint.notebook import Notebook


class Checked(NamedTuple):
    """A file's result, the digest of its bytes (empty where there are none), and the notebook that it is."""

    result: FileResult
    digest: str
    notebook: Notebook | None = None


def digest(source: bytes) -> str:
    """A short hash of a file's bytes."""
    return hashlib.blake2b(source, digest_size=16).hexdigest()


def read(path: str) -> bytes:
    """The bytes of a file. Raises OSError, for what is no regular file too."""
    file = Path(path)
    if not stat.S_ISREG(file.stat().st_mode):
        raise OSError(0, "Not a regular file")  # reading a pipe would wait for a writer
    return file.read_bytes()
