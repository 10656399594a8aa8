"""One run as the command line asks for it: which files, under which settings, with what result."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from leaklint.arguments import Given, gather
from leaklint.commands.terminal import progress, tell

if TYPE_CHECKING:
    from leaklint.baseline import Baseline
    from leaklint.catalogue import Catalogue
    from leaklint.knowledge import Known
    from leaklint.project.config import Finder
    from leaklint.project.files import Source
    from leaklint.project.keys import Settings
    from leaklint.running.batch import Options
    from leaklint.running.cache import Cache
    from leaklint.running.runner import Outcome
    from leaklint.running.shard import Shard
    from leaklint.selection import Policy
    from leaklint.since import Before


class Order(NamedTuple):
    """What is to be examined, and how."""

    paths: Sequence[str]
    given: Given
    jobs: int | None = None
    stdin_filename: str | None = None
    gate: bool = True
    diff_base: str | None = None
    baseline: str | None = None
    shard: Shard | None = None
    executor: str | None = None


class Examined(NamedTuple):
    """What came of it; errors have been told, and stale entries of the baseline."""

    outcome: Outcome
    catalogue: Catalogue
    policy: Policy
    sources: tuple[Source, ...]


def catalogue_of() -> Catalogue:
    """What is known under the settings of the working directory."""
    from leaklint.project.config import Finder

    here = Path.cwd()
    return _known([Finder(here).of_folder(here)]).catalogue


def _known(settings: Iterable[Settings], cached: bool = True) -> Known:
    from leaklint.catalogue import load
    from leaklint.knowledge import Known, known
    from leaklint.project.config import extras
    from leaklint.storage.folder import home

    loaded_from = tuple(extras(settings).values())
    return known(loaded_from, home()) if cached else Known(load(*loaded_from), "")


def _settings(sources: Iterable[Source], finder: Finder) -> dict[str, Settings]:
    """Those of each file, by the path that its findings carry."""
    cwd = Path.cwd()
    of = functools.cache(lambda folder: finder.of_folder(cwd / folder))
    return {source.shown: of(os.path.dirname(source.path)) for source in sources}  # noqa: PTH120  many files


def _cache(named: str, key: str) -> Cache | None:
    """Where results are kept: in the folder that is named, or in the user's. What is wrong with a named one is told."""
    from leaklint.project.files import printable
    from leaklint.running.cache import Cache
    from leaklint.storage.folder import home, wrong

    if named and (reason := wrong(Path.cwd() / named)):
        tell(f"{printable(named)}: nothing is kept: {reason}")
        return None
    place = Path.cwd() / named if named else home()
    return Cache(place, key) if place else None


def examine(order: Order) -> Examined:
    """Raises UsageError for arguments that make no sense, ClickException for a baseline or a revision that cannot be
    used, KnowledgeError, BrokenExecutor."""
    from leaklint import selection
    from leaklint.running import batch, runner
    from leaklint.running.shard import divide

    if order.shard and order.diff_base:
        raise click.UsageError("--shard cannot be combined with --diff-base, which looks at few files anyway")
    cwd = Path.cwd()
    known = read_baseline(order.baseline) if order.baseline else None
    finder = order.given.finder(cwd)
    try:
        found = gather(order.paths, order.stdin_filename, finder, cwd)
        settings = _settings(found.sources, finder)
        here = finder.of_folder(cwd)
        catalogue, key = _known(settings.values() or [here], order.given.cached)
        order.given.check(catalogue)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    mine, others = divide(found.sources, order.shard) if order.shard else (found.sources, ())
    before = _before(order.diff_base, finder) if order.diff_base else None
    policy = selection.Policy(settings, catalogue)
    if not found.sources and not found.errors:
        tell("no Python files found")
    cache = _cache(here.cache_dir, key) if order.given.cached and order.gate else None
    options = batch.Options(order.jobs, order.gate, cache)
    bar = progress()
    with _spread(options, order.executor, catalogue) as options:
        try:
            outcome = runner.run(mine, catalogue, options, policy=policy, progress=bar, others=others)
        finally:
            if bar:
                bar.clear()
        if before:
            folders = [cwd / path for path in order.paths or ["."] if (cwd / path).is_dir()]
            outcome = _added(outcome, mine, before, folders, catalogue, options)
    run = outcome.run._replace(errors=(*found.errors, *outcome.run.errors))
    for line in run.errors:
        tell(line)
    examined = Examined(outcome._replace(run=run), catalogue, policy, mine)
    return with_baseline(examined, known) if known is not None else examined


@contextlib.contextmanager
def _spread(options: Options, executor: str | None, catalogue: Catalogue) -> Iterator[Options]:
    """The same with the workers of a cluster, where one is named."""
    if executor is None:
        yield options
        return
    from leaklint.running.cluster import ClusterError, connected

    try:
        with connected(executor, catalogue.loaded_from) as cluster:
            yield options._replace(pools=cluster.pools, jobs=options.jobs or cluster.workers)
    except ClusterError as error:
        raise click.ClickException(str(error)) from None


def _before(revision: str, finder: Finder) -> Before:
    from leaklint.project.history import HistoryError, read
    from leaklint.since import Before

    try:
        history = read(Path.cwd(), revision)
    except HistoryError as error:
        raise click.ClickException(f"--diff-base: {error}") from None
    if history.dirty:
        tell("--diff-base: there are changes that are not committed: they count as part of the change")
    return Before(history, Path.cwd(), finder)


def _added(outcome: Outcome, *arguments: Any) -> Outcome:
    from leaklint.project.history import HistoryError
    from leaklint.since import only_since

    try:
        return only_since(outcome, *arguments)
    except HistoryError as error:
        raise click.ClickException(f"--diff-base: {error}") from None


def read_baseline(file: str, missing_ok: bool = False) -> Baseline:
    """Raises ClickException."""
    from leaklint import baseline

    try:
        return baseline.read(Path(file), missing_ok)
    except baseline.BaselineError as error:
        raise click.ClickException(str(error)) from None


def with_baseline(examined: Examined, known: Baseline, tells: bool = True) -> Examined:
    """The same without what is accepted, and with the entries that are stale."""
    from leaklint import baseline
    from leaklint.selection import ALWAYS

    run, policy = examined.outcome.run, examined.policy
    unread = {finding.path for finding in run.findings if finding.rule == ALWAYS}
    selected = {path: policy.of(path).selected for path in examined.outcome.digests if path not in unread}
    run = baseline.apply(run, known, baseline.judging(known, {**dict.fromkeys(unread, ()), **selected}))
    for entry in run.stale if tells else ():
        tell(f"{known.place}: stale: {entry.rule} {entry.path} {entry.subject}")
    return examined._replace(outcome=examined.outcome._replace(run=run))
