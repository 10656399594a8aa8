"""The part of the gate that looks for peaks: is anything read as a whole, or put by round after round?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from leaklint.apis import Apis
from leaklint.seen import Seen

_READS = frozenset({"read", "readlines", "read_text", "read_bytes", "body", "aread", "content", "data", "text"})
_TAKEN_APART = frozenset({"splitlines", "write_bytes", "loads", "readlines", "len", "write", "seek"})
_TELLING = ("fetch_methods", "lazy_tables", "backward_methods")


@dataclass(frozen=True)
class Loading:
    """The words by which a file may have a peak, taken from rows and vocabulary."""

    apis: Apis

    @cached_property
    def _piecewise(self) -> frozenset[str]:
        """What takes its data piece by piece as well."""
        rows = (r for r in self.apis.rows.values() if r.pieces or (r.kind == "buffer" and r.bulk))
        return frozenset(row.name.rpartition(".")[2] for row in rows) | _TAKEN_APART

    @cached_property
    def _in_portions(self) -> frozenset[str]:
        """What reads a table as a whole, or in portions."""
        return frozenset(row.name.rpartition(".")[2] for row in self.apis.rows.values() if row.parts)

    def passes(self, seen: Seen) -> bool:
        """May something be in memory that need not be?"""
        called = seen.called
        if seen.collected or not called.isdisjoint(self._in_portions) or {"execute", "list"} <= called:
            return True
        if not called.isdisjoint(_READS) and (
            not called.isdisjoint(self._piecewise) or any(self.apis.means("response_classes", w) for w in called)
        ):
            return True
        if any(self.apis.means(what, word) for word in called for what in _TELLING):
            return True
        return "all" in called and any(self.apis.means("query_starts", w) for w in called)
