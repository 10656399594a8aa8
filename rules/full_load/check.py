"""LK503: something of any size is read into memory as a whole, to be used piece by piece."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.answers.peaks.handed import Peak
from leaklint.facts import DriverKind
from leaklint.meaning.basis import Clue
from leaklint.model import Facts, Hit
from leaklint.tree.ir import source

HINTS = {
    "limited": "limit",
    "hashed": "digest",
    "copied": "pass_on",
    "sent": "pass_on",
    "stored": "portions",
    "answered": "send",
    "archived": "archive",
    "dropped": "drop",
    "rounds": "size",
    "unstreamed": "streaming",
    "unclear": "clear",
}
PARTS = ("cut", "sampled", "counted", "first")  # another rule's
BY_KIND = {
    "table": "cursor",
    "lazy": "iterator",
    "frame": "chunks",
    "stream": "stream",
    "file": "lines",
    "rows": "lines",
    "member": "lines",
}


def check(facts: Facts) -> Iterator[Hit]:
    for peak in facts.peaks:
        if peak.how in PARTS:
            continue
        found = peak.found
        outside = found.kind in ("upload", "body") or (
            found.kind in ("download", "data", "stream")
            and peak.how == "limited"
            and facts.demand(peak.at).kind == "event"
        )
        driver: DriverKind = "payload" if outside else "call"
        streams = facts.streams(found.site)
        yield Hit(
            at=found.site.stmt,
            subject=f"{found.site.stmt.scope.function.qualname or '<module>'}.{source(found.site, 40)}",
            owner="call",
            driver=driver,
            release="never",
            message="kept" if found.kind == "lazy" else peak.how,
            hint=HINTS.get(peak.how) or hint(peak, streams),
            args={
                "what": found.what,
                "read": source(found.site),
                "tool": peak.tool,
                "streams": streams or "read(65536)",
            },
            clues=(
                Clue(found.site.stmt, "acquired", "whole"),
                Clue(peak.at, "missing", "kept" if found.kind == "lazy" else peak.how),
            ),
            acquired=source(found.site),
        )


def hint(peak: Peak, streams: str) -> str:
    if peak.found.kind == "lazy" and peak.tool:
        return "batches"
    if peak.how == "written" and not streams:
        return "direct" if peak.found.kind == "buffer" else "copy"
    if peak.found.kind == "download" and streams:
        return "download"
    return BY_KIND.get(peak.found.kind, "pieces")
