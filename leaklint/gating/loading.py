"""The part of the gate that looks for peaks: is anything read as a whole, or put by round after round?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from leaklint.apis import Apis
from leaklint.gating.seen import Seen

_READS = frozenset(
    {
        "read",
        "readlines",
        "read_text",
        "read_bytes",
        "body",
        "aread",
        "content",
        "data",
        "text",
        "getvalue",
        "getbuffer",
    }
)
_TAKEN_APART = frozenset({"splitlines", "write_bytes", "loads", "readlines", "len", "write", "seek", "writestr"})
_MISSING = frozenset({"ImportError", "ModuleNotFoundError"})
_QUERIES = frozenset({"query", "select"})
_LISTING = frozenset({"list", "to_list"})
_FIRST_OF = frozenset({"load", "loads", "split"})
_TAKING = ("response_classes", "sending_calls", "storing_calls")
_TELLING = ("fetch_methods", "lazy_tables", "row_loaders", "backward_methods", "downloading_methods", "response_pieces")


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
    def _known(self) -> dict[str, frozenset[str]]:
        """Root package -> what reads a table as a whole or in portions, copies what it is given, makes a figure."""
        found: dict[str, set[str]] = {}
        for row in self.apis.rows.values():
            made = [row, *(self.apis.get(name) for name in (row.returns, row.makes.get("0")))]
            if row.parts or row.copies or any(r is not None and r.noun in ("figure", "image") for r in made):
                found.setdefault(row.name.partition(".")[0], set()).add(row.name.rpartition(".")[2])
            if row.noun == "figure":
                found.setdefault(row.name.partition(".")[0], set()).update(row.bulk)
        return {root: frozenset(words) for root, words in found.items()}

    @cached_property
    def _heavy(self) -> frozenset[str]:
        return frozenset(row.name for row in self.apis.rows.values() if row.kind == "module" and row.heavy)

    @cached_property
    def _middling(self) -> frozenset[str]:
        return frozenset(row.name for row in self.apis.rows.values() if row.kind == "module" and row.megabytes)

    def passes(self, seen: Seen) -> bool:
        """May something be in memory that need not be?"""
        called = seen.called
        if not self._heavy.isdisjoint(seen.roots):
            return True
        middling = self._middling & seen.roots
        if middling and (seen.coroutines or middling & seen.reimported or not _MISSING.isdisjoint(called)):
            return True
        known = frozenset[str]().union(*(self._known.get(root, ()) for root in seen.roots))
        if "find" in called and not called.isdisjoint(_LISTING):
            return True
        if seen.collected or not called.isdisjoint(known) or {"execute", "list"} <= called:
            return True
        if not called.isdisjoint(_READS) and (
            not called.isdisjoint(self._piecewise)
            or any(self.apis.means(what, w) for w in called for what in _TAKING)
            or ("update" in called and any(self.apis.means("digest_makers", w) for w in called))
        ):
            return True
        if any(self.apis.means(what, word) for word in called for what in _TELLING):
            return True
        draining = any(self.apis.means("draining_functions", name) for name in seen.functions)
        if any(self.apis.means("training_steps", name) for name in seen.functions):
            return True
        if draining and any(self.apis.means("reading_methods", word) for word in called):
            return True
        if "read" in seen.rounds or "iterparse" in called:
            return True
        if any("loss" in name for name, _ in seen.bound):
            return True
        looked = seen.looked | {value for name, value in seen.bound if name in seen.looked}
        if not looked.isdisjoint(_FIRST_OF):
            return True  # `json.load(file)[0]`
        if "list" in called and any(self.apis.means("row_readers", word) for word in called):
            return True
        if any(value == "append" for _, value in seen.bound):
            return True  # `table = table.append(row)`: a list gives nothing
        if not called.isdisjoint(_FIRST_OF) and self._of_data(seen):
            return True  # `for row in json.load(dump)`
        return not called.isdisjoint(_QUERIES) or (
            "all" in called and any(self.apis.means("query_starts", w) for w in called)
        )

    def _of_data(self, seen: Seen) -> bool:
        """Is anything called a dump, a data set?"""
        names = (name.lower() for found in (seen.params, seen.bound) for pair in found for name in pair)
        return any(self.apis.means("data_names", name) for name in names)
