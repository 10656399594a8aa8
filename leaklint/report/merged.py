"""Reports of several runs as one: the JSON and the SARIF of shards, in the order of a run over everything."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from leaklint.facts import SEVERITIES, Severity
from leaklint.project.files import printable
from leaklint.report import json as rows
from leaklint.report import sarif


class MergeError(ValueError):
    """A report that cannot be merged, in a sentence for the user."""


class Entry(NamedTuple):
    """A finding of a report: its place by which it is ordered, what it is known by, and how bad it is; None when it is
    not open."""

    place: tuple[str | int, ...]
    fingerprint: str
    severity: Severity | None
    content: Any


class Part(NamedTuple):
    """One report as it was read: an array of findings, or a SARIF log."""

    name: str
    content: Any
    entries: tuple[Entry, ...]

    @property
    def is_log(self) -> bool:
        """Is it SARIF?"""
        return isinstance(self.content, dict)


class Merged(NamedTuple):
    """The lines of the report, the severities of what is open in it, and what went wrong in the runs."""

    lines: Iterator[str]
    severities: frozenset[Severity]
    errors: tuple[str, ...] = ()


def read(file: str) -> Part:
    """Raises MergeError."""
    name = printable(file)
    try:
        content = json.loads(Path(file).read_bytes())
    except OSError as error:
        raise MergeError(f"{name}: {(error.strerror or str(error)).lower()}") from None
    except (ValueError, RecursionError):
        raise MergeError(f"{name}: not JSON, or not all of it") from None
    try:
        entries = map(_of_log, _run(content)["results"]) if isinstance(content, dict) else map(_of_row, content)
        return Part(name, content, tuple(entries))
    except (AttributeError, LookupError, TypeError, ValueError):
        raise MergeError(f"{name}: neither a JSON nor a SARIF report of leaklint") from None


def merge(parts: Sequence[Part]) -> Merged:
    """One report of the same format; of findings with the same fingerprint at the same place the first one is kept.
    Raises MergeError for reports that do not go together."""
    first = parts[0]
    for part in parts:
        if part.is_log != first.is_log:
            raise MergeError(f"{first.name} and {part.name}: one of them is SARIF, the other is not")
        if part.is_log and _run(part.content)["tool"] != _run(first.content)["tool"]:
            raise MergeError(f"{first.name} and {part.name}: made by different versions, or with different rules")
    entries = _once(entry for part in parts for entry in part.entries)
    severities = frozenset(entry.severity for entry in entries if entry.severity)
    found = [entry.content for entry in entries]
    if not first.is_log:
        return Merged(rows.array(found), severities)
    invocation = _all([_run(part.content)["invocations"][0] for part in parts])
    errors = tuple(one["message"]["text"] for one in invocation["toolExecutionNotifications"])
    run = {**_run(first.content), "invocations": [invocation], "results": found}
    return Merged(sarif.text({**first.content, "runs": [run]}), severities, errors)


def _once(entries: Iterable[Entry]) -> list[Entry]:
    """Each finding once, in the order of places; what is at one place stays as it was given."""
    kept: dict[tuple[object, ...], Entry] = {}
    for entry in entries:
        kept.setdefault((entry.place, entry.fingerprint), entry)
    return sorted(kept.values(), key=lambda entry: entry.place)


def _typed(kind: type, *values: object) -> tuple[Any, ...]:
    if not all(type(value) is kind for value in values):
        raise TypeError
    return values


def _severity(word: object) -> Severity:
    return SEVERITIES[SEVERITIES.index(word)]  # a ValueError for what is none


def _of_row(row: Any) -> Entry:
    path, rule, subject, fingerprint = _typed(str, row["path"], row["rule"], row["subject"], row["fingerprint"])
    cell, line, column = _typed(int, row.get("cell", 0), row["line"], row["column"])
    return Entry((path, cell, line, column, rule, subject), fingerprint, _severity(row["severity"]), row)


def _run(log: Any) -> Any:
    """The one run in a log, which must have the form that it is written in here."""
    (run,) = log["runs"]
    (invocation,) = run["invocations"]
    _typed(str, *(one["message"]["text"] for one in invocation["toolExecutionNotifications"]))
    if run["tool"]["driver"]["name"] != "leaklint":
        raise ValueError
    return run


_REASONS = ("inSource", "external")
"""Why a finding is not open; those that are come first, then these."""


def _of_log(result: Any) -> Entry:
    place = result["locations"][0]["physicalLocation"]
    uri, fingerprint = _typed(str, place["artifactLocation"]["uri"], result["partialFingerprints"][sarif.FINGERPRINT])
    line, column = _typed(int, place["region"]["startLine"], place["region"].get("startColumn", 0))
    reasons = [_REASONS.index(one["kind"]) + 1 for one in result.get("suppressions", ())]
    severity = _severity(result["properties"]["severity"])
    return Entry(
        (max(reasons, default=0), unquote(uri), line, column), fingerprint, None if reasons else severity, result
    )


def _all(invocations: Sequence[Any]) -> dict[str, Any]:
    """One invocation for several: what went wrong in all of them, each thing once."""
    told = {json.dumps(one): one for each in invocations for one in each["toolExecutionNotifications"]}
    good = all(each["executionSuccessful"] is True for each in invocations)
    return {**invocations[0], "executionSuccessful": good, "toolExecutionNotifications": list(told.values())}
