"""The tree of a checked file, for what the report says beside its findings."""

from __future__ import annotations

import ast
import functools
from collections.abc import Sequence


def parsed(lines: Sequence[str]) -> ast.Module | None:
    """None where the lines are no Python, as in a notebook's cell."""
    return _parsed(tuple(lines))


@functools.lru_cache(maxsize=4)  # findings come sorted by file, and several questions are asked of each
def _parsed(lines: tuple[str, ...]) -> ast.Module | None:
    try:
        return ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
