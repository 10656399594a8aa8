"""What tells that a file is the same as before without reading it, as git's index does."""

from __future__ import annotations

import os
import time
from typing import NamedTuple

YOUNG = 2_000_000_000
"""Nanoseconds within which a file may change twice and keep its times: file systems count them in steps, the coarsest
in two seconds."""


class Stamp(NamedTuple):
    """Size, times and number of a file, as the file system has them. `changed` cannot be set by anybody."""

    size: int
    modified: int
    changed: int
    inode: int


def stamp(status: os.stat_result) -> Stamp | None:
    """The stamp of a file that is looked at now; None for one that may change again and look the same."""
    if max(status.st_mtime_ns, status.st_ctime_ns) > time.time_ns() - YOUNG:
        return None
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
