"""The catalogue as it was read before: reading a hundred files of TOML and Markdown takes longer than checking one of
Python does."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, NamedTuple

from leaklint import installation
from leaklint.apis import Apis, row_of, sparse
from leaklint.catalogue import PACKAGE, Catalogue, load
from leaklint.rule import Rule
from leaklint.storage import folder, sealed


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
    return [[rule._asdict() for rule in catalogue.rules], rows, catalogue.apis.vocabulary]


def _unpacked(value: Any, loaded_from: tuple[tuple[str, ...], ...]) -> Catalogue | None:
    """What is in the user's own folder, and as it was written, need not be looked at value by value."""
    try:
        tables, sparse_rows, words = value
        rules = tuple(_own(Rule(**table)) for table in tables)
        rows = {row["name"]: row_of(row) for row in sparse_rows}
        vocabulary = {name: tuple(patterns) for name, patterns in words.items()}
    except (AttributeError, LookupError, TypeError, ValueError):
        return None
    return Catalogue(rules, Apis(rows, vocabulary), *loaded_from)


def _own(rule: Rule) -> Rule:
    checker = f"{PACKAGE}.{rule.folder}.check" if rule.checker else ""
    return rule._replace(supersedes=tuple(rule.supersedes), checker=checker)
