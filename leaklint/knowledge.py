"""The catalogue as it was read before: reading a hundred files of TOML and Markdown takes longer than checking one of
Python does."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, NamedTuple

from leaklint import folder, installation, sealed
from leaklint.apis import Apis, row_of, sparse
from leaklint.catalogue import PACKAGE, Catalogue, load
from leaklint.packing import Unfit, pack, unpack
from leaklint.rule import Rule


class Known(NamedTuple):
    """A catalogue, and the key that stands for it and all else that results depend on."""

    catalogue: Catalogue
    key: str


def known(loaded_from: tuple[tuple[str, ...], ...], home: Path | None) -> Known:
    """What `load` makes of these arguments, kept in a folder where there is one. Raises KnowledgeError, OSError.

    Rules of a project are read each time: where their checks are is not for a file to say that is kept somewhere.
    """
    key = installation.key(loaded_from, home)
    if home is None or loaded_from[0]:
        return Known(load(*loaded_from), key)
    place = home / key / "catalogue.json"
    found = _unpacked(sealed.read(place), loaded_from)
    if found is None:
        found = load(*loaded_from)
        with contextlib.suppress(OSError):
            folder.make(home)
            place.parent.mkdir(exist_ok=True)
            sealed.write(place, _packed(found))
            folder.sweep(home)
    return Known(found, key)


def _packed(catalogue: Catalogue) -> Any:
    rows = [sparse(row) for row in catalogue.apis.rows.values()]
    return [pack(catalogue.rules, ""), rows, catalogue.apis.vocabulary]


def _unpacked(value: Any, loaded_from: tuple[tuple[str, ...], ...]) -> Catalogue | None:
    try:
        packed, sparse_rows, words = value
        rules: tuple[Rule, ...] = unpack(tuple[Rule, ...], packed, "")
        rows = {row["name"]: row_of(row) for row in sparse_rows}
        vocabulary = {name: tuple(patterns) for name, patterns in words.items()}
    except (Unfit, AttributeError, LookupError, TypeError, ValueError):
        return None
    own = (rule._replace(checker=f"{PACKAGE}.{rule.folder}.check" if rule.checker else "") for rule in rules)
    return Catalogue(tuple(own), Apis(rows, vocabulary), *loaded_from)
