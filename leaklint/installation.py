"""What results depend on beside the files themselves: this leaklint with its rules and rows, this Python, what a
project adds to them. One key stands for all of it."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from leaklint.catalogue import own_rules
from leaklint.storage import folder, sealed
from leaklint.storage.stamp import stamp

KNOWLEDGE = (".py", ".md", ".toml")
LIBRARIES = ("astroid",)
"""What the engine reads code with: another version may read it otherwise."""


def key(loaded_from: tuple[tuple[str, ...], ...], home: Path | None) -> str:
    """A hash of everything; it changes when anything does that a result could depend on.

    `loaded_from` are the arguments that the catalogue is loaded from. What is the same by its stamp is not read again
    where `home`, a folder, can keep the hash. Raises OSError for what cannot be read.
    """
    rule_folders, api_files, *_ = loaded_from
    engine, rules = Path(__file__).parent, own_rules()
    own = [engine] if rules.is_relative_to(engine) else [engine, rules]  # in a checkout they lie beside it
    places = [*map(str, own), *rule_folders, *api_files]
    parts = [_contents(places, home), sys.implementation.name, list(sys.version_info), list(_versions()), loaded_from]
    return _hash(json.dumps(parts).encode())


def _hash(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _files(place: str) -> Iterator[tuple[str, os.stat_result]]:
    """A file, or those in a folder that say something, in the order of their names."""
    if not os.path.isdir(place):  # noqa: PTH112  many files
        yield place, os.stat(place)  # noqa: PTH116
        return
    with os.scandir(place) as entries:
        inner = sorted(entries, key=lambda entry: entry.name)
    for entry in inner:
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _files(entry.path)
        elif entry.name.endswith(KNOWLEDGE):
            yield entry.path, entry.stat()


def _contents(places: Sequence[str], home: Path | None) -> str:
    """A hash of what stands in these files and folders."""
    files = [(number, path, status) for number, place in enumerate(places) for path, status in _files(place)]
    stamps = [stamp(status) for _, _, status in files]
    paths = [path for _, path, _ in files]
    memo = home / f"installed-{_hash(json.dumps(places).encode())}.json" if home and None not in stamps else None
    known = _hash(json.dumps([paths, stamps]).encode()) if memo else ""
    found = sealed.read(memo) if memo else None
    if isinstance(found, list) and found[:1] == [known] and len(found) == 2:
        return str(found[1])
    read = _hash_all((f"{number}:{path[len(places[number]) :]}", path) for number, path, _ in files)
    if memo:
        with contextlib.suppress(OSError):
            folder.make(memo.parent)
            sealed.write(memo, [known, read])
    return read


def _hash_all(files: Iterable[tuple[str, str]]) -> str:
    whole = hashlib.blake2b(digest_size=16)
    for name, path in files:
        content = Path(path).read_bytes()
        whole.update(f"{name}\0{len(content)}\0".encode("utf-8", "surrogateescape") + content)
    return whole.hexdigest()


def _versions() -> Iterator[str]:
    """Name and version of the libraries, as the folders of their installation are called."""
    for name in LIBRARIES:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            around = os.path.dirname(os.path.dirname(spec.origin))  # noqa: PTH120
            yield from sorted(one for one in os.listdir(around) if one.startswith(f"{name}-"))  # noqa: PTH208
