"""Each file's own result: reading, handing out to workers, whatever happens.

Any `concurrent.futures.Executor` will do.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from leaklint import garbage, notebook, suppress
from leaklint.catalogue import Catalogue, load
from leaklint.facts import Cleared, FileResult, Finding, Summary
from leaklint.project.files import Source, printable
from leaklint.running.checked import Checked, digest, read
from leaklint.vocabulary import KnowledgeError

if TYPE_CHECKING:
    from leaklint.running.cache import Cache
    from leaklint.running.workers import Lost, Pools

BATCH_BYTES = 200_000
BATCH_FILES = 40
SAVE_EVERY = 1_000
"""Files after which what is known of them is written down: a run of hours may be killed."""

SMALL_RUN = 500_000
"""Bytes below which starting workers takes longer than they save."""

Progress = Callable[[int, int], None]
"""Told after each file how many are done, and of how many."""


class Linked(Protocol):
    """What `link` returns."""

    @property
    def findings(self) -> tuple[Finding, ...]: ...
    @property
    def sound(self) -> tuple[Cleared, ...]: ...
    @property
    def cleared(self) -> tuple[Cleared, ...]: ...


class Engine(NamedTuple):
    """The functions that do the work. They must be picklable, as they are sent to the workers."""

    analyze: Callable[[bytes, str, str, Catalogue, bool], FileResult]
    unreadable: Callable[[str, str, str, Catalogue], FileResult]
    link: Callable[[Sequence[FileResult]], Linked]


def own_engine() -> Engine:
    """leaklint's own engine, imported when it is needed."""
    from leaklint.analyze import analyze, unreadable
    from leaklint.link import link

    return Engine(analyze, unreadable, link)


class Options(NamedTuple):
    """How a run is made: `jobs` workers at a time, as many as pay where none are given; `gate` off to have every file
    analysed whole; `cache` knows what earlier runs have found; `pools` makes the workers, which are processes of this
    machine unless it is given."""

    jobs: int | None = None
    gate: bool = True
    cache: Cache | None = None
    pools: Pools | None = None


_loaded = functools.cache(load)


def default_jobs(sources: Iterable[Source]) -> int:
    """One for a few files; for many as many as there are processors that this process may use."""
    if sum(source.size for source in sources) < SMALL_RUN:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _reason(error: BaseException) -> str:
    """An unexpected error on one line, with the place where it was raised."""
    if sys.flags.dev_mode:
        import traceback

        traceback.print_exception(error)
    text = str(error).strip().split("\n", 1)[0]
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f" ({Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno})" if trace else ""
    return printable(f"{type(error).__name__}: {text}" if text else type(error).__name__) + where


def _check_file(source: Source, engine: Engine, gate: bool, catalogue: Catalogue) -> Checked:
    """One file's result, whatever happens. Raises KnowledgeError, which is no fault of the file."""
    book = None
    try:
        content = read(source.path) if source.content is None else source.content
        if source.path.endswith(notebook.ENDING):
            book = notebook.read(content)
    except (OSError, notebook.NotANotebook) as error:
        reason = error.strerror.lower() if isinstance(error, OSError) and error.strerror else str(error)
        return Checked(engine.unreadable(source.shown, source.module, reason, catalogue), "")
    code = book.text.encode("utf-8", "surrogatepass") if book else content
    try:
        result = engine.analyze(code, source.shown, source.module, catalogue, gate)
        result = result._replace(suppressions=suppress.find(code, catalogue.codes), reach=source.reach)
    except KnowledgeError:
        raise
    except Exception as error:  # noqa: BLE001  one file's trouble, RecursionError and MemoryError included
        line = f"{printable(source.shown)}: internal error: {_reason(error)}"
        result = FileResult(source.shown, Summary(source.module), errors=(line,))
    return Checked(result, digest(content), book)


def _check_batch(
    engine: Engine, gate: bool, loaded_from: tuple[tuple[str, ...], ...], batch: tuple[Source, ...]
) -> list[Checked]:
    """What a worker does; it loads the catalogue itself, once, from what it was loaded from here."""
    catalogue = _loaded(*loaded_from)
    return [_check_file(source, engine, gate, catalogue) for source in batch]


def _prepare(loaded_from: tuple[tuple[str, ...], ...]) -> None:
    garbage.seldom()
    with contextlib.suppress(KnowledgeError):  # told by the first batch, which can
        _loaded(*loaded_from)


def _lost(lost: Lost[Source], engine: Engine, catalogue: Catalogue) -> Checked:
    source = lost.item
    reason = "checking it killed the worker process" if lost.died else f"no result came back: {_reason(lost.error)}"
    result = engine.unreadable(source.shown, source.module, reason, catalogue)
    line = f"{printable(source.shown)}: {reason}"
    return Checked(result._replace(errors=(*result.errors, line)), "")


def batches(sources: Iterable[Source]) -> list[tuple[Source, ...]]:
    """The sources in parts of some size, those with the largest files first, so that no worker is last by far."""
    parts: list[list[Source]] = []
    room = 0
    for source in sorted(sources, key=lambda s: (-s.size, s.shown)):
        if not parts or room < source.size or len(parts[-1]) == BATCH_FILES:
            parts.append([])
            room = BATCH_BYTES
        parts[-1].append(source)
        room -= source.size
    return [tuple(part) for part in parts]


def _parallel(
    sources: Sequence[Source], catalogue: Catalogue, options: Options, engine: Engine, jobs: int
) -> Iterator[Checked]:
    from leaklint.running.workers import Job, Lost, each, processes

    pools = options.pools or processes(functools.partial(_prepare, catalogue.loaded_from))
    job = Job(functools.partial(_check_batch, engine, options.gate, catalogue.loaded_from), fatal=KnowledgeError)
    for outcome in each(batches(sources), job, pools, jobs):
        yield _lost(outcome, engine, catalogue) if isinstance(outcome, Lost) else outcome


def _fresh(
    sources: Sequence[Source], catalogue: Catalogue, options: Options, engine: Engine
) -> Generator[Checked, None, None]:
    """The results of files of which nothing is known, as they come."""
    jobs = options.jobs or default_jobs(sources)
    if options.pools or (jobs > 1 and len(sources) > 1):
        yield from _parallel(sources, catalogue, options, engine, jobs)
    else:
        yield from (_check_file(source, engine, options.gate, catalogue) for source in sources)


def _kept(checked: Iterable[Checked], sources: Iterable[Source], cache: Cache) -> Generator[Checked, None, None]:
    """The same, each put into the cache; what has come when a run is stopped is not lost."""
    by_path = {source.shown: source for source in sources}
    try:
        for number, one in enumerate(checked, 1):
            cache.put(by_path[one.result.path], one)
            if number % SAVE_EVERY == 0:
                cache.save()
            yield one
    finally:
        cache.save()


def analyse(
    sources: Sequence[Source],
    catalogue: Catalogue,
    options: Options,
    *,
    progress: Progress | None = None,
    engine: Engine | None = None,
) -> tuple[Checked, ...]:
    """What is known of each source, by path; nothing of it depends on the other sources, nor on who finishes first.

    What the cache knows is not asked again. With one job everything happens in this process, unless there are pools.
    A file that cannot be checked is an error in its result, never an exception. Raises KnowledgeError for a rule that
    cannot be used, BrokenExecutor where no worker can be started.
    """
    cache = options.cache
    every = [cache.get(source) if cache else None for source in sources]
    left = [source for source, one in zip(sources, every, strict=True) if one is None]
    known = [one for one in every if one is not None]
    if left:
        fresh = _fresh(left, catalogue, options, engine or own_engine())
        with contextlib.closing(_kept(fresh, left, cache) if cache else fresh) as arriving:
            for one in arriving:
                known.append(one)
                if progress:
                    progress(len(known), len(sources))
    elif cache:
        cache.save()
    return tuple(sorted(known, key=lambda one: one.result.path))
