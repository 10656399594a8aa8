"""From the results of single files to the outcome of a run: joining, suppressing, choosing what counts."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from leaklint import notebook, suppress
from leaklint.catalogue import Catalogue
from leaklint.facts import Cleared, FileResult, Finding, Run, Suppression
from leaklint.project.files import Source, lines
from leaklint.project.paths import in_cell
from leaklint.running.asked import may_answer
from leaklint.running.batch import Engine, Options, Progress, analyse, own_engine
from leaklint.running.checked import Checked
from leaklint.selection import ALWAYS, Policy, narrow


class Outcome(NamedTuple):
    """A run, and the digest of each file as it was read, by its path: what has changed since cannot be shown."""

    run: Run
    digests: Mapping[str, str]
    lines: Mapping[str, Sequence[str]] = {}
    """Those of what is no text file on the disk, by the path that findings carry: cells, standard input."""
    checked: tuple[Checked, ...] = ()
    """What is known of each file alone."""


def _order(item: Finding | Cleared) -> tuple[str, int, int, str, str]:
    return item.path, item.span.line, item.span.column, item.rule, item.subject


def _reviewed(
    every: Sequence[Checked], findings: Iterable[Finding], catalogue: Catalogue, policy: Policy
) -> tuple[tuple[Finding, ...], tuple[tuple[Finding, Suppression], ...]]:
    """What is to be said of the suppressions in all files that were checked to their end: findings that stand, and
    those that are suppressed themselves."""
    suppressing = [one.result for one in every if one.result.suppressions and not one.result.errors]
    if not suppressing:
        return (), ()
    from leaklint.unused import Silence, review

    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.path, []).append(finding)
    reviewed = []
    for result in suppressing:
        here = found.get(result.path, [])
        if not any(f.rule == ALWAYS for f in here):
            # what another file clears would be a finding without that file
            open_ones = (question.finding for question in result.open_questions)
            silence = Silence(result.path, result.summary.module, result.suppressions, (*here, *open_ones))
            reviewed.append(review(silence, catalogue, policy.of(result.path).selected))
    return tuple(f for one in reviewed for f in one.kept), tuple(pair for one in reviewed for pair in one.suppressed)


def _lines(every: Iterable[Checked], sources: Iterable[Source]) -> dict[str, Sequence[str]]:
    found: dict[str, Sequence[str]] = {
        in_cell(one.result.path, number): rows
        for one in every
        if one.notebook
        for number, rows in one.notebook.lines().items()
    }
    return found | {s.shown: lines(s.content) for s in sources if s.content is not None}


def conclude(
    every: Sequence[Checked],
    sources: Sequence[Source],
    catalogue: Catalogue,
    *,
    policy: Policy | None = None,
    engine: Engine | None = None,
    asked: Iterable[FileResult] = (),
) -> Outcome:
    """All findings of files that were checked, suppressions heeded, in the order of their places; of what `policy`
    says counts, or of everything. Nothing is reported on those that are `asked`, but they answer questions."""
    results = [one.result for one in every]
    summaries = (FileResult(one.path, one.summary) for one in asked)
    linked = (engine or own_engine()).link(sorted((*results, *summaries), key=lambda one: one.path))
    kept, suppressed = suppress.apply(
        sorted(linked.findings, key=_order), {result.path: result.suppressions for result in results}
    )
    if policy is not None:
        said, silenced = _reviewed(every, linked.findings, catalogue, policy)
        kept = tuple(sorted((*kept, *said), key=_order))
        suppressed = tuple(sorted((*suppressed, *silenced), key=lambda pair: _order(pair[0])))
    done = Run(
        findings=kept,
        sound=tuple(sorted(linked.sound, key=_order)),
        cleared=tuple(sorted(linked.cleared, key=_order)),
        suppressed=suppressed,
        errors=tuple(error for result in results for error in result.errors),
        files=len(results),
    )
    if policy is not None:
        done = narrow(done, policy)
    done = notebook.relocate(done, {one.result.path: one.notebook for one in every if one.notebook})
    return Outcome(done, {one.result.path: one.digest for one in every}, _lines(every, sources), tuple(every))


def run(
    sources: Sequence[Source],
    catalogue: Catalogue,
    options: Options,
    *,
    policy: Policy | None = None,
    progress: Progress | None = None,
    engine: Engine | None = None,
    others: Sequence[Source] = (),
) -> Outcome:
    """`analyse`, then `conclude`; the seconds that both took are in the run. Raises what `analyse` does.

    `others` are files that another run reports on. What they have to say on `sources` is heard.
    """
    begun = time.perf_counter()
    every = analyse(sources, catalogue, options, progress=progress, engine=engine)
    asked = _asked([one.result for one in every], others, catalogue, options, engine)
    outcome = conclude(every, sources, catalogue, policy=policy, engine=engine, asked=asked)
    return outcome._replace(run=outcome.run._replace(seconds=time.perf_counter() - begun))


def _asked(
    results: Sequence[FileResult],
    others: Sequence[Source],
    catalogue: Catalogue,
    options: Options,
    engine: Engine | None,
) -> list[FileResult]:
    """The results of those files that may answer what is open. What they say may lead to others yet."""
    heard: list[FileResult] = []
    left = list(others)
    while wanted := may_answer(results, left, heard):
        heard += [one.result for one in analyse(wanted, catalogue, options, engine=engine)]
        left = [source for source in left if source not in wanted]
    return heard
