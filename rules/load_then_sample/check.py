"""LK504: all of a table or log is loaded, and a part of it, or its length, is used."""

from __future__ import annotations

from collections.abc import Iterator

from leaklint.meaning.basis import Clue
from leaklint.meaning.scopes import source_name
from leaklint.model import Facts, Hit
from leaklint.tree.ir import Expr, source


def check(facts: Facts) -> Iterator[Hit]:
    for peak in facts.peaks:
        if peak.how not in ("cut", "sampled", "counted", "first"):
            continue
        found = peak.found
        yield Hit(
            at=found.site.stmt,
            subject=f"{found.site.stmt.scope.function.qualname or '<module>'}.{source(found.site, 40)}",
            owner="call",
            driver="call",
            release="never",
            message=peak.how,
            hint=hint(peak.how, found.kind, found.site),
            args={"read": source(found.site), "file": opened(found.site), "what": found.what, "tool": peak.tool},
            clues=(
                Clue(found.site.stmt, "acquired", "whole"),
                *((Clue(peak.at, "missing", peak.how, {"tool": peak.tool}),) if peak.how != "counted" else ()),
            ),
            acquired=source(found.site),
        )


def hint(how: str, kind: str, site: Expr) -> str:
    if kind == "frame":
        return "rows"
    if kind != "file":
        return how
    return "read" if how == "cut" and source_name(site) == "read" else f"file_{how}"


def opened(site: Expr) -> str:
    """What `readlines()` is called on."""
    called = site.args[0] if site.op == "call" else site
    return source(called.args[0]) if called.op == "attr" else "file"
