"""A run that is divided among machines: each reports on its share of the files, and on nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from leaklint.project.files import Source


class Shard(NamedTuple):
    """One share of so many, counted from 1."""

    number: int
    of: int


def parse(text: str) -> Shard:
    """`2/4`. Raises ValueError with a sentence for the user."""
    found = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text)
    shard = Shard(int(found[1]), int(found[2])) if found else None
    if shard is None or not 1 <= shard.number <= shard.of:
        raise ValueError(f"--shard: {text!r} is not K/N with K from 1 to N, as in 1/4")
    return shard


def divide(sources: Sequence[Source], shard: Shard) -> tuple[tuple[Source, ...], tuple[Source, ...]]:
    """The files of a share, and all others.

    In the order of their paths the files are cut into parts of about the same size. So the shares are the same on each
    machine, a file that changes moves hardly any other from one to the next, and a directory mostly stays together.
    """
    whole = sum(source.size + 1 for source in sources)
    mine: list[Source] = []
    others: list[Source] = []
    before = 0
    for source in sorted(sources, key=lambda one: one.shown):
        middle = 2 * before + source.size + 1
        (mine if middle * shard.of // (2 * whole) == shard.number - 1 else others).append(source)
        before += source.size + 1
    return tuple(mine), tuple(others)
