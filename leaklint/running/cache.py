"""What is known of each file alone, kept from run to run: one file in the cache for each directory of code.

Nothing here is needed: what cannot be read, or is not what was written, is as good as not there; what cannot be
written is left. Writing goes by renaming, so that runs at the same time, or killed at any moment, do no harm.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path
from typing import Any

from leaklint.facts import FileResult, Summary
from leaklint.notebook import Notebook
from leaklint.project.files import Source
from leaklint.running.checked import Checked, digest, read
from leaklint.storage import folder as places
from leaklint.storage import sealed
from leaklint.storage.packing import Unfit, pack, unpack

_UNREADABLE = (OSError, Unfit, AttributeError, IndexError, KeyError, TypeError, ValueError)


class Cache:
    """The results that were found under one key, in a folder.

    An entry is the file's stamp, the digest of its bytes, the module it was taken for, its cells where it is a
    notebook, and the result; nothing in place of a result stands for one that says nothing.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self._folder, self._place = folder, folder / key
        self._known: dict[str, dict[str, Any]] = {}
        self._changed: set[str] = set()

    def get(self, source: Source) -> Checked | None:
        """What is known of a file as it is now."""
        if source.content is not None:
            return None
        folder, name = os.path.split(source.path)
        try:
            entry = self._entries(folder)[name]
            if entry[0] is None or source.stamp is None or tuple(entry[0]) != source.stamp:
                if digest(read(source.path)) != entry[1]:
                    return None
                self._again(source, entry)
            return _unpacked(entry, source)
        except _UNREADABLE:
            return None

    def put(self, source: Source, checked: Checked) -> None:
        """Keep what was found in a file; not what depends on more than its bytes."""
        if source.content is not None or not checked.digest or checked.result.errors:
            return
        with contextlib.suppress(Unfit):
            self._set(source, [source.stamp, checked.digest, source.module, *_packed(checked)])

    def _again(self, source: Source, entry: Any) -> None:
        """The next run need not read what is the same."""
        if source.stamp is not None:
            self._set(source, [source.stamp, *entry[1:]])

    def _set(self, source: Source, entry: Any) -> None:
        folder, name = os.path.split(source.path)
        self._entries(folder)[name] = entry
        self._changed.add(folder)

    def _file(self, folder: str) -> str:
        name = hashlib.blake2b(os.fsencode(folder), digest_size=16).hexdigest()
        return f"{self._place}{os.sep}{name}.json"

    def _entries(self, folder: str) -> dict[str, Any]:
        if folder not in self._known:
            found = sealed.read(self._file(folder))
            # leaklint: ignore[session-map-never-pruned] -- one run's, one entry for each of its directories
            self._known[folder] = found if isinstance(found, dict) else {}
        return self._known[folder]

    def save(self) -> None:
        """Write what has come, and now and then clear away what is too much or too old."""
        if not self._changed:
            return
        with contextlib.suppress(OSError):
            places.make(self._folder)
            self._place.mkdir(exist_ok=True)
        while self._changed:
            folder = self._changed.pop()
            with contextlib.suppress(OSError):  # the directory may be gone meanwhile
                sealed.write(Path(self._file(folder)), _there(self._known[folder], folder))
        with contextlib.suppress(OSError):
            places.sweep(self._folder)


def _there(entries: dict[str, Any], folder: str) -> dict[str, Any]:
    """The entries of files that are there still."""
    names = frozenset(os.listdir(folder))  # noqa: PTH208
    return {name: entry for name, entry in entries.items() if name in names}


def _packed(checked: Checked) -> tuple[Any, Any]:
    result = checked.result._replace(reach="alone")
    if result == FileResult(result.path, Summary(result.summary.module)):
        return None, None
    return pack(checked.notebook, result.path), pack(result, result.path)


def _unpacked(entry: Any, source: Source) -> Checked | None:
    """Raises Unfit and the like for what was not written here."""
    _, content, module, book, result = entry
    if module != source.module or not isinstance(content, str):
        return None
    if result is None:
        return Checked(FileResult(source.shown, Summary(module), reach=source.reach), content)
    found = unpack(FileResult, result, source.shown)._replace(reach=source.reach)
    return Checked(found, content, unpack(Notebook | None, book, source.shown))
