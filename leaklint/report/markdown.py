"""A summary and all findings by severity in Markdown: a comment on a pull request, or a report's first draft."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from leaklint.catalogue import Catalogue
from leaklint.facts import SEVERITIES, Finding, Run, Severity, Suppression
from leaklint.project.files import printable
from leaklint.report import Look, prose
from leaklint.report.full import position
from leaklint.report.tally import Row, by_file, by_rule, count, several
from leaklint.running.runner import Outcome

HEADINGS: dict[Severity, str] = {"P0": "leaks that grow without end", "P1": "high risks", "P2": "conditional leaks"}

_CODE = re.compile(r"`([^`]+)`")
_SPECIAL = re.compile(r"[\\`*_\[\]<>#|~@&$]")
WORST = 5
"""Files in the summary, at most."""


def code(text: str) -> str:
    """A code span, whatever is in it; a table's borders are kept out of it."""
    runs = [len(run) for run in re.findall("`+", text)]
    fence = "`" * next(n for n in range(1, len(runs) + 2) if n not in runs)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{printable(text)}{pad}{fence}"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda sign: f"\\{sign[0]}" if sign[0] != "@" else "@\u200b", text)  # nobody is called


def inline(text: str) -> str:
    """A sentence of ours, in which names and code stand between backticks."""
    pieces, end = [], 0
    for span in _CODE.finditer(text):
        pieces += [_escaped(text[end : span.start()]), span[0]]
        end = span.end()
    return "".join([*pieces, _escaped(text[end:])])


def _table(head: str, rows: Iterable[Row]) -> Iterator[str]:
    yield f"| {head} | {' | '.join(SEVERITIES)} | all |"
    yield f"|---|{'--:|' * (len(SEVERITIES) + 1)}"
    for row in rows:
        cells = " | ".join(str(number or "") for number in row.counts)
        yield f"| {row.name} | {cells} | {row.total} |"
    yield ""


def _cell(text: str) -> str:
    return code(text).replace("|", "\\|")  # even in code spans


def _summary(run: Run) -> Iterator[str]:
    yield f"# leaklint: {several(len(run.findings), 'finding')}"
    yield ""
    more = [several(len(run.suppressed), "finding") + " suppressed"] if run.suppressed else []
    more += [several(len(run.errors), "error")] if run.errors else []
    yield f"{', '.join([several(run.files, 'file') + ' checked', *more])}.".capitalize()
    yield ""
    if run.findings:
        rules = [Row(inline(row.name), row.counts) for row in by_rule(run.findings)]
        yield from _table("rule", [*rules, count("**all**", run.findings)])
        files = by_file(run.findings)
        worst = [Row(_cell(row.name), row.counts) for row in files[:WORST]]
        if len(files) > 1:
            yield from _table("file" if len(files) <= WORST else f"the worst {WORST} of {len(files)} files", worst)


def _finding(number: int, finding: Finding, catalogue: Catalogue) -> Iterator[str]:
    where = code(position(finding.path, finding.span))
    yield f"{number}. **{finding.rule} {finding.name}** {where}: {inline(prose.message(finding, catalogue))}"
    margin = " " * len(f"{number}. ")
    answers = f"owner {finding.owner}, driver {finding.driver}, release {finding.release}"
    yield f"{margin}- {code(finding.subject)}: {answers}"
    for evidence in finding.evidence:
        label = prose.label(finding, evidence, catalogue) or evidence.role
        yield f"{margin}- {code(f'{evidence.path}:{evidence.span.line}')}: {inline(label)}"
    if finding.lowered:
        yield f"{margin}- {prose.LOWERED}"
    hint = " ".join(prose.hint(finding, catalogue).split())
    if hint:
        yield f"{margin}- **Repair:** {inline(hint)}"


def _suppressed(pairs: Sequence[tuple[Finding, Suppression]]) -> Iterator[str]:
    yield "## Suppressed"
    yield ""
    for finding, why in pairs:
        reason = inline(printable(why.reason)) if why.reason else "no reason given"
        where = code(position(finding.path, finding.span))
        yield f"- {finding.severity} {finding.rule} {finding.name} {where}: {reason}"
    yield ""


def render(outcome: Outcome, catalogue: Catalogue, _look: Look) -> Iterator[str]:
    """The summary, the findings of each severity, what was suppressed and why, what could not be checked."""
    run = outcome.run
    yield from _summary(run)
    for severity in SEVERITIES:
        here = [finding for finding in run.findings if finding.severity == severity]
        if here:
            yield f"## {severity}: {HEADINGS[severity]}"
            yield ""
            for number, finding in enumerate(here, 1):
                yield from _finding(number, finding, catalogue)
            yield ""
    if run.suppressed:
        yield from _suppressed(run.suppressed)
    if run.errors:
        yield "## Not checked to the end"
        yield ""
        yield from (f"- {inline(error)}" for error in run.errors)
        yield ""
