"""From the bytes of a file to a tree that can be looked at, or to the reason why there is none."""

from __future__ import annotations

import ast
import warnings

from leaklint.gating.scan import scan
from leaklint.gating.seen import Seen
from leaklint.project.files import decode
from leaklint.tree.text import Text

DEEPEST = 400
"""Levels of syntax: where Python's own parser gives up depends on its version, and is never less than this."""


class UnreadableError(Exception):
    """A file that cannot be checked, because of what stands at a line and column."""

    def __init__(self, reason: str, line: int = 1, column: int = 1) -> None:
        super().__init__(reason)
        self.line, self.column = line, column


def parse(source: bytes) -> tuple[Text, ast.Module, Seen]:
    """The text of a file, its tree, and what the gate's walk has seen in it; invalid escapes are the file's own affair.

    Raises UnreadableError.
    """
    try:
        text = Text(decode(source))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text.whole)
    except SyntaxError as error:
        reason = (error.msg or "syntax error").partition("\n")[0]
        raise UnreadableError(f"syntax error: {reason}", error.lineno or 1, max(error.offset or 1, 1)) from None
    except (LookupError, UnicodeDecodeError, ValueError) as error:
        raise UnreadableError(f"encoding: {error}") from None
    except (RecursionError, MemoryError):
        raise UnreadableError("nested too deeply for Python's parser") from None
    seen = scan(tree, DEEPEST)
    if seen is None:
        raise UnreadableError(f"nested more than {DEEPEST} levels deep")
    return text, tree, seen
