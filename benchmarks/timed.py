"""Files of a tree, and what each costs in CPU seconds beside `ast.parse` of the same bytes."""

from __future__ import annotations

import ast
import pathlib
import time
import warnings
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from leaklint.analyze import FileResult, analyze
from leaklint.catalogue import load


class Cost(NamedTuple):
    """One file that can be read; times in seconds of CPU, the size in bytes."""

    number: int
    size: int
    parsing: float
    analysing: float
    result: FileResult


def files(paths: Iterable[str]) -> list[pathlib.Path]:
    """Every Python file below, in the order of their names."""
    return sorted(f for path in paths for f in pathlib.Path(path).rglob("*.py") if f.is_file())


def costs(chosen: Iterable[pathlib.Path]) -> Iterator[Cost]:
    """Parsed and analysed one by one, numbered from 1; files that are no Python are left out."""
    warnings.simplefilter("ignore")
    catalogue = load()
    analyze(b"", "", "", catalogue, gate=False)  # imports what is needed
    for number, file in enumerate(chosen, 1):
        source = file.read_bytes()
        begun = time.process_time()
        try:
            ast.parse(source)
        except (SyntaxError, ValueError):
            continue
        parsed = time.process_time()
        result = analyze(source, str(file), file.stem, catalogue)
        yield Cost(number, len(source), parsed - begun, time.process_time() - parsed, result)
