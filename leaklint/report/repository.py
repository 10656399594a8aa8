"""Where files are in the repository, for those who read a report on another machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from leaklint.project.paths import split_cell


@dataclass(frozen=True, slots=True)
class Repository:
    """Names the files of a run that was made in `cwd` by their paths from `root` on."""

    cwd: Path
    root: Path

    def inside(self, path: str) -> str | None:
        """The path from the root on, with slashes; None when it is not in there."""
        full = Path(os.path.normpath(self.cwd / split_cell(path)[0]))
        for place in (full, Path(os.path.realpath(full))):  # the root is where links end
            if place.is_relative_to(self.root):
                return place.relative_to(self.root).as_posix()
        return None

    def uri(self, path: str) -> tuple[str, bool]:
        """The file as a URI, and whether that is relative to the root."""
        inside = self.inside(path)
        if inside is None:
            return Path(os.path.normpath(self.cwd / split_cell(path)[0])).as_uri(), False
        return quote(os.fsencode(inside)), True


def find(cwd: Path) -> Repository:
    """The repository around a directory; where there is none, the directory itself is taken for its root."""
    here = Path(os.path.realpath(cwd))
    root = next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)
    return Repository(here, root)
