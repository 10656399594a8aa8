"""The data that leaves a file: spans, evidence, answers, findings and the summary of a run.

Everything here is frozen and picklable; no tree node is ever reachable from it, so that a result can
be cached, sent between processes and joined with others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

Severity = Literal["P0", "P1", "P2"]
SEVERITIES: tuple[Severity, ...] = ("P0", "P1", "P2")

Role = Literal["acquired", "driver", "holder", "released", "bound", "missing", "sibling"]

OwnerKind = Literal[
    "process", "long-lived instance", "instance", "unknown instance", "short-lived instance", "call", "nobody"
]
DriverKind = Literal[
    "caller's key", "payload", "stream", "event", "loop", "call", "inventory", "import", "closed set", "once"
]
ReleaseKind = Literal["always", "by bound", "on some paths", "never"]

Reach = Literal["file", "alone", "project"]
"""How much of what may answer a file's open questions is checked along with it: its whole project or package, all
there is beside a module that is in none, or less."""

EVIDENCE_LIMIT = 6
"""Places of evidence in one finding, at most: a reader looks at no more."""


class Span(NamedTuple):
    """A simple statement, or the header of a compound one. Lines and columns count from 1, columns in characters."""

    line: int
    column: int
    end_line: int
    end_column: int


class Evidence(NamedTuple):
    """One place that proves a part of a finding; `label` names a template in the rule's page, filled with `args`."""

    path: str
    span: Span
    role: Role
    label: str
    args: Mapping[str, str] = {}


class Change(NamedTuple):
    """Lines to write before a statement, after it, instead of it; or `around`: instead of it and as the header of a
    block that takes in what follows it in its own. `ordinal` is the number of the statement in its file."""

    ordinal: int
    how: Literal["before", "after", "instead", "around"]
    lines: tuple[str, ...]


class Edit(NamedTuple):
    """Lines `first` to `last` of a file are to become `lines`; where `last` is `first - 1`, they come in between."""

    first: int
    last: int
    lines: tuple[str, ...]


class Finding(NamedTuple):
    """A leak: the three answers (owner, driver, release), each with its evidence.

    Prose is made by the reporters from `rule`, the template names `message` and `hint`, and `args`.
    """

    rule: str
    name: str
    severity: Severity
    path: str
    span: Span
    subject: str
    owner: OwnerKind
    driver: DriverKind
    release: ReleaseKind
    message: str
    hint: str
    args: Mapping[str, str]
    evidence: tuple[Evidence, ...]
    fingerprint: str
    checked_against: Literal["file", "project"] = "file"
    fixable: bool = False
    lowered: bool = False
    """Would it be worse, had the rest of the project been checked without an answer to its open question?"""
    repair: tuple[Change, ...] = ()
    """A repair of this very code in its file, for a person to judge; none where the rule does not know one."""


class Cleared(NamedTuple):
    """A suspect that a defence cleared: shown by `--show-cleared`, and how defences are measured."""

    rule: str
    path: str
    span: Span
    subject: str
    defence: str
    evidence: tuple[Evidence, ...] = ()


class OpenQuestion(NamedTuple):
    """What this file cannot settle: `finding` stands unless a file that imports `place` answers `asks`.

    `asks`             `place` is                   answered by                      if nobody answers
    released elsewhere the holder: `app.hub:Hub.xs` files that import or use it,     reported, if need be as P1
                                                    and those of its bases `called`
    drops its task     a function: `app.aio.spawn`  its own file                     reported only if `likely`, as P2
    must be closed     a class: `app.wire.Wire`     its own file (methods `called`)  reported only if `likely`, as P2
    closed by a base   the holder                   the files of its `bases`         reported
    loaded anyway      a library                    the modules `called`             reported
    may wait           the name of coroutines       all files with one of that name  reported
    """

    asks: Literal[
        "released elsewhere", "drops its task", "must be closed", "closed by a base", "loaded anyway", "may wait"
    ]
    place: str
    finding: Finding
    likely: bool = False
    called: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    """Classes of other files whose own methods may close what the finding is about: that settles it."""


ANYWHERE = "*"
"""The module of a place that is known by the names of its holder and itself alone: `*:hub.sessions`."""


class Outside(NamedTuple):
    """A use of another module's place: `verb` on `place`, as `shrink` of `app.state:SESSIONS` or `*:hub.sessions`."""

    place: str
    verb: str
    span: Span


class Summary(NamedTuple):
    """What other files may need to know of this one."""

    module: str
    outside: tuple[Outside, ...] = ()
    instances: tuple[tuple[str, str], ...] = ()
    """Globals that hold an instance of a class of this module: (`app.hub:hub`, `app.hub:Hub`)."""
    starters: tuple[tuple[str, bool], ...] = ()
    """Functions that start a task and return it: (`app.aio.spawn`, whether it is held as well)."""
    resources: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Classes whose instances must be closed: (`app.wire.Wire`, the methods that open one; none: it is open from the
    start on)."""
    loads: tuple[str, ...] = ()
    """Heavy libraries that are imported along with it."""
    coroutines: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """The names of its coroutine functions, and of what they await; an empty one for what may wait by itself."""


Fault = Literal["", "hyphens", "brackets", "empty", "word"]


class Suppression(NamedTuple):
    """A comment `# leaklint: ignore[CODE] -- reason`.

    It covers the lines `first` to `last`; no codes means every rule. A whole-file one covers every line.
    """

    line: int
    first: int
    last: int
    codes: tuple[str, ...]
    reason: str
    whole_file: bool = False
    native: bool = True
    """False for `# noqa`, which other linters read too."""
    column: int = 1
    end_column: int = 1
    fault: Fault = ""
    """What is wrong with the way it is written: it silences nothing then."""


class Accepted(NamedTuple):
    """An entry of a baseline: a finding that is known and accepted. `path` is seen from the baseline's folder."""

    path: str
    rule: str
    subject: str
    severity: Severity
    fingerprint: str
    reason: str = ""


class FileResult(NamedTuple):
    """All that `analyze` knows of one file; `link` joins many of them into a `Run`."""

    path: str
    summary: Summary
    findings: tuple[Finding, ...] = ()
    cleared: tuple[Cleared, ...] = ()
    sound: tuple[Cleared, ...] = ()
    open_questions: tuple[OpenQuestion, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    errors: tuple[str, ...] = ()
    reach: Reach = "alone"


class Run(NamedTuple):
    """The outcome of a run over many files; `errors` are lines for standard error (unreadable paths, dead workers)."""

    findings: tuple[Finding, ...] = ()
    sound: tuple[Cleared, ...] = ()
    cleared: tuple[Cleared, ...] = ()
    suppressed: tuple[tuple[Finding, Suppression], ...] = ()
    baselined: tuple[tuple[Finding, Accepted], ...] = ()
    stale: tuple[Accepted, ...] = ()
    """Entries of the baseline that stand for nothing any more."""
    known: tuple[Finding, ...] = ()
    """Findings that the revision which is compared with has too."""
    errors: tuple[str, ...] = ()
    files: int = 0
    seconds: float = 0.0
