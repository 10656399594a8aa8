"""Which Python does a project promise to run on? What a hint may offer depends on it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from leaklint.project.config import SHARED_FILE

Python = tuple[int, int]

_LOWEST = re.compile(r"(?:>=|==|~=|>|\^|~)\s*(\d+)\.(\d+)")


class Pythons:
    """The oldest Python that each folder's project runs on. What it has read it reads no more."""

    def __init__(self) -> None:
        self._folders: dict[Path, Python | None] = {}

    def oldest(self, folder: Path) -> Python | None:
        """What the nearest `pyproject.toml` above that says anything of it says; None where none does."""
        way: list[Path] = []
        found: Python | None = None
        for one in (folder, *folder.parents):
            if one in self._folders:
                found = self._folders[one]
                break
            way.append(one)
            found = _told(one / SHARED_FILE)
            if found is not None:
                break
        self._folders.update(dict.fromkeys(way, found))
        return found


def _told(file: Path) -> Python | None:
    import tomli

    try:
        text = file.read_text(encoding="utf-8-sig") if file.is_file() else ""
        table = tomli.loads(text) if "python" in text else {}
    except (OSError, UnicodeDecodeError, tomli.TOMLDecodeError):
        return None  # whatever is wrong with it is somebody else's trouble
    bounds = [(int(major), int(minor)) for told in _specifiers(table) for major, minor in _LOWEST.findall(told)]
    return max(bounds, default=None)


def _specifiers(table: dict[str, Any]) -> Iterator[str]:
    """`requires-python`, or what poetry has for it."""
    for path in (("project", "requires-python"), ("tool", "poetry", "dependencies", "python")):
        value: Any = table
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, str):
            yield value
