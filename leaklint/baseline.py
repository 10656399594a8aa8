"""The baseline: findings that are known and accepted for now, in a file that people read, review and merge.

TOML with a table per finding, sorted by path, and no line numbers: it changes where findings come and go, not where
lines are shifted. Entries that stand twice after a merge count once.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli

from leaklint.facts import SEVERITIES, Accepted, Finding, Run
from leaklint.project.files import printable
from leaklint.project.paths import split_cell

VERSION = 1

_HEAD = (
    "# Findings that are known and accepted for now. `leaklint baseline update` keeps this file current,",
    "# and keeps every reason that is written here; other comments are lost.",
    f"version = {VERSION}",
)
_KEYS = ("path", "rule", "subject", "severity", "fingerprint", "reason")
_MARKER = re.compile(r"^(<{7}|={7}|>{7}|\|{7})( |$)", re.MULTILINE)


class BaselineError(ValueError):
    """A baseline that cannot be used; the text names the file and says what to do."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What stands in the file `place`: its entries, and its bytes, None where there is no file."""

    place: Path
    entries: tuple[Accepted, ...] = ()
    content: bytes | None = None

    def name_of(self, path: str) -> str:
        """What the baseline calls a file that findings call `path`: its path from the baseline's folder on. A file that
        is a link goes by its own name, wherever it leads."""
        folder, name = os.path.split(split_cell(path)[0])
        full = Path(os.path.realpath(folder or os.curdir)) / name
        with_slashes = Path(os.path.relpath(full, os.path.realpath(self.place.parent))).as_posix()
        return printable(with_slashes)

    def has_file(self, entry: Accepted) -> bool:
        """Is the file of an entry still there?"""
        return os.path.lexists(self.place.parent / entry.path)


def _order(entry: Accepted) -> tuple[str, str, str, str]:
    return entry.path, entry.rule, entry.subject, entry.fingerprint


def _key(entry: Accepted) -> tuple[str, str]:
    """Modules of two folders may have the same name, and findings in them the same fingerprint."""
    return entry.path, entry.fingerprint


def _entry(table: Any, shown: str) -> Accepted:
    if not isinstance(table, dict) or not all(isinstance(table.get(key), str) for key in _KEYS[:-1]):
        raise BaselineError(f"{shown}: an entry lacks one of {', '.join(_KEYS[:-1])}, or it is no text")
    if not isinstance(table.get("reason", ""), str) or table["severity"] not in SEVERITIES:
        raise BaselineError(f"{shown}: the entry of {table['path']}: its severity or its reason is not one")
    return Accepted(**{key: table.get(key, "") for key in _KEYS})


def parse(text: str, shown: str) -> tuple[Accepted, ...]:
    """The entries in the text of a baseline. Raises BaselineError, which names the file as `shown`."""
    marker = _MARKER.search(text)
    if marker:
        line = text.count("\n", 0, marker.start()) + 1
        raise BaselineError(f"{shown}:{line}: holds a merge conflict: keep the entries of both sides")
    try:
        table = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise BaselineError(f"{shown}: not TOML: {error}") from None
    version = table.get("version")
    if not isinstance(version, int) or version < VERSION:
        anew = "write it anew with `leaklint baseline create --force`"
        raise BaselineError(f"{shown}: not a baseline of format {VERSION}: {anew}")
    if version > VERSION:
        raise BaselineError(f"{shown}: written by a newer leaklint, in format {version}: use that one")
    tables = table.get("finding", [])
    if not isinstance(tables, list):
        raise BaselineError(f"{shown}: finding: must be a list of tables: write [[finding]]")
    once = {_key(entry): entry for entry in (_entry(one, shown) for one in tables)}
    return tuple(sorted(once.values(), key=_order))


def read(place: Path, missing_ok: bool = False) -> Baseline:
    """The baseline in a file. Raises BaselineError."""
    try:
        content = place.read_bytes()
        return Baseline(place, parse(content.decode("utf-8"), str(place)), content)
    except FileNotFoundError:
        if missing_ok:
            return Baseline(place)
        above = next((Path("../" * up) / place for up in range(1, 9) if (Path("../" * up) / place).is_file()), None)
        there = f"there is one at {above}: name that with `--baseline`" if above and not place.is_absolute() else ""
        raise BaselineError(f"{place}: no such file: {there or 'make it with `leaklint baseline create`'}") from None
    except OSError as error:
        raise BaselineError(f"{place}: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        raise BaselineError(f"{place}: not in UTF-8") from None


def text(entries: Iterable[Accepted]) -> Iterator[str]:
    """The lines of a baseline."""
    yield from _HEAD
    for entry in sorted(entries, key=_order):
        yield ""
        yield "[[finding]]"
        for key in _KEYS:
            words = json.dumps(printable(getattr(entry, key)), ensure_ascii=False)
            yield f"{key} = {words}"


def check_unchanged(baseline: Baseline) -> None:
    """Raises BaselineError when the file is not any more what was read."""
    try:
        now: bytes | None = baseline.place.read_bytes()
    except OSError:
        now = None
    if now != baseline.content:
        raise BaselineError(f"{baseline.place}: another run has written it meanwhile: run this one again")


def _covers(entry: Accepted, finding: Finding) -> bool:
    """What has become worse than what was accepted is not covered."""
    return SEVERITIES.index(finding.severity) >= SEVERITIES.index(entry.severity)


def apply(run: Run, baseline: Baseline, judged: Callable[[Accepted], bool]) -> Run:
    """The run without what is accepted, and with the entries that stand for nothing any more; of those only the
    `judged` count: a run over some of the files says nothing of the others. An entry whose file is gone stands for what
    leaks under the same name in another file."""
    entries = {_key(entry): entry for entry in baseline.entries}
    found = {(baseline.name_of(f.path), f.fingerprint) for f in (*run.findings, *run.known)}
    moved: dict[tuple[str, str], list[Accepted]] = {}
    for entry in baseline.entries:
        if _key(entry) not in found and not baseline.has_file(entry):
            moved.setdefault((entry.rule, _local(entry.subject)), []).append(entry)
    kept, known = [], []
    for finding in run.findings:
        match = entries.get((baseline.name_of(finding.path), finding.fingerprint))
        others = moved.get((finding.rule, _local(finding.subject)), [])
        if match is None and others and _covers(others[0], finding):
            match = others.pop(0)
        if match is not None and _covers(match, finding):
            known.append((finding, match))
        else:
            kept.append(finding)
    used = {_key(entry) for _, entry in known} | found
    stale = tuple(e for e in baseline.entries if _key(e) not in used and judged(e))
    return run._replace(findings=tuple(kept), baselined=tuple(known), stale=stale)


def judging(baseline: Baseline, selected: Mapping[str, Collection[str]]) -> Callable[[Accepted], bool]:
    """Does a run say whether an entry is stale? It does where it has checked the entry's file for its rule, and where
    the file is gone. `selected` are the codes that each file was checked for, by the path that findings carry."""
    checked = {baseline.name_of(path): codes for path, codes in selected.items()}

    def judged(entry: Accepted) -> bool:
        codes = checked.get(entry.path)
        return entry.rule in codes if codes is not None else not baseline.has_file(entry)

    return judged


def accept(finding: Finding, baseline: Baseline, reason: str) -> Accepted:
    """An entry for a finding."""
    path, subject = baseline.name_of(finding.path), printable(finding.subject)
    return Accepted(path, finding.rule, subject, finding.severity, finding.fingerprint, reason)


def _local(subject: str) -> str:
    return subject.partition(":")[2]


def updated(run: Run, baseline: Baseline, reason: str, only_remove: bool = False) -> Iterator[Accepted]:
    """The entries after an update from a run that this baseline was applied to: without the stale ones and, unless
    `only_remove`, with the new findings. One whose code was moved or touched takes over the reason that a stale entry
    of the same rule and subject has."""
    moved = {entry: finding for finding, entry in run.baselined if baseline.name_of(finding.path) != entry.path}
    yield from (accept(finding, baseline, entry.reason) for entry, finding in moved.items())
    gone = {*run.stale, *moved}
    worse = {(baseline.name_of(finding.path), finding.fingerprint) for finding in run.findings}
    yield from (e for e in baseline.entries if e not in gone and (only_remove or _key(e) not in worse))
    if only_remove:
        return
    reasons = {(e.rule, _local(e.subject)): e.reason for e in (*baseline.entries, *run.stale) if e.reason}
    for finding in run.findings:
        yield accept(finding, baseline, reasons.get((finding.rule, _local(finding.subject)), reason))
