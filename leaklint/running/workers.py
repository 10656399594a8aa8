"""Batches of work on any executor, where a worker may die of what it was given.

Knows nothing of files or findings: `runner` gives it the batches and the function.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

Pools = Callable[[int], Executor]
"""Makes an executor with that many workers; asked again for fresh ones when workers have died."""


MANAGER_SECONDS = 1.0
"""How long the thread that looks after killed workers is waited for: it has little to do, but it may be stuck."""


@dataclass(frozen=True, slots=True)
class Lost(Generic[Item]):
    """An item that no result came back for: even alone with a fresh worker it ended in `error`."""

    item: Item
    error: Exception

    @property
    def died(self) -> bool:
        """Did the worker die (rather than fail to send its result)?"""
        return isinstance(self.error, BrokenExecutor)


@dataclass(frozen=True, slots=True)
class _Failed(Generic[Item]):
    batch: tuple[Item, ...]
    error: Exception


@dataclass(frozen=True, slots=True)
class Job(Generic[Item, Result]):
    """What is done with each batch; an exception of the kind `fatal` ends everything. `work` must be picklable."""

    work: Callable[[tuple[Item, ...]], list[Result]]
    fatal: type[Exception]

    def fate(self, batch: tuple[Item, ...], future: Future[list[Result]]) -> list[Result] | _Failed[Item]:
        try:
            return future.result()
        except self.fatal:
            raise
        except Exception as error:  # noqa: BLE001  whatever an executor says when a worker is gone
            return _Failed(batch, error)


def _start(prepare: Callable[[], None]) -> None:
    # Ctrl-C reaches the whole group of processes: the parent alone decides what it means
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:

        def follow() -> None:  # a worker whose parent was killed would wait for work for ever
            multiprocessing.connection.wait([parent.sentinel])
            os._exit(1)

        threading.Thread(target=follow, daemon=True).start()
    prepare()


def _method() -> str:
    """How processes start. A copy of this one is there at once, with all that is loaded; it is sound where nothing else
    is going on in it. Elsewhere they start anew."""
    return "fork" if sys.platform == "linux" and threading.active_count() == 1 else "spawn"


def processes(prepare: Callable[[], None]) -> Pools:
    """Pools of processes of this machine.

    Each calls `prepare`, which must be picklable and must not raise, before its first batch.
    """

    def pool(jobs: int) -> Executor:
        context = multiprocessing.get_context(_method())
        return ProcessPoolExecutor(jobs, context, initializer=_start, initargs=(prepare,))

    return pool


def _submit(executor: Executor, work: Callable[[Any], Result], batch: Any) -> Future[Result]:
    """Hand out a batch, which may start a worker: Ctrl-C must not reach one that is not ready to ignore it."""
    if not hasattr(signal, "pthread_sigmask"):
        return executor.submit(work, batch)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return executor.submit(work, batch)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _stopping(executor: Executor) -> Iterator[Executor]:
    """Waits for the workers at the end, and for nobody when an exception ends the run."""
    try:
        yield executor
    except BaseException:
        # before Python 3.14 there is no public way to stop a process that is busy
        busy = dict(getattr(executor, "_processes", None) or {})
        manager = getattr(executor, "_executor_manager_thread", None)
        executor.shutdown(wait=False, cancel_futures=True)
        for process in busy.values():
            process.kill()
        if manager is not None:  # at its exit Python writes into the pipe that this thread is closing
            manager.join(MANAGER_SECONDS)
        raise
    executor.shutdown(wait=True)


def _hand_out(
    queue: deque[tuple[Item, ...]], job: Job[Item, Result], executor: Executor, jobs: int
) -> Iterator[list[Result] | _Failed[Item]]:
    """The results of the batches in `queue`, as they come. Ends early when the executor can do no more.

    Only a few batches are under way at a time: when a process dies, every one of them is suspect.
    """
    running: dict[Future[list[Result]], tuple[Item, ...]] = {}
    broken = False
    while running or (queue and not broken):
        while queue and not broken and len(running) < jobs + 2:
            try:
                running[_submit(executor, job.work, queue[0])] = queue[0]
            except BrokenExecutor:
                broken = True
            else:
                queue.popleft()
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            fate = job.fate(running.pop(future), future)
            broken = broken or (isinstance(fate, _Failed) and isinstance(fate.error, BrokenExecutor))
            yield fate


def _alone(item: Item, job: Job[Item, Result], pools: Pools) -> Iterator[Result | Lost[Item]]:
    """One item with a fresh worker to itself."""
    with _stopping(pools(1)) as executor:
        fate = job.fate((item,), _submit(executor, job.work, (item,)))
    if isinstance(fate, _Failed):
        yield Lost(item, fate.error)
    else:
        yield from fate


def _singly(items: Iterable[Item], job: Job[Item, Result], pools: Pools) -> Iterator[Result | Lost[Item]]:
    """One item after the other, so that it is known which one kills a worker. What an item does to a worker that
    has done others before is not held against it: it gets a fresh one."""
    queue = deque(items)
    while queue:
        with _stopping(pools(1)) as executor:
            died = False
            while queue and not died:
                item = queue.popleft()
                fate = job.fate((item,), _submit(executor, job.work, (item,)))
                died = isinstance(fate, _Failed)
                if not isinstance(fate, _Failed):
                    yield from fate
        if died:
            yield from _alone(item, job, pools)


def _can_start(pools: Pools) -> bool:
    with _stopping(pools(1)) as executor:
        return executor.submit(int).exception() is None


def each(
    batches: Iterable[tuple[Item, ...]], job: Job[Item, Result], pools: Pools, jobs: int
) -> Iterator[Result | Lost[Item]]:
    """The results of all batches as they come, in no order; what kills its worker comes as `Lost`, at the end.

    Raises BrokenExecutor when no worker can be started at all, and what `job` calls fatal.
    """
    queue = deque(batches)
    suspects: list[tuple[Item, ...]] = []
    while queue:
        before = len(suspects)
        with _stopping(pools(min(jobs, len(queue)))) as executor:
            for outcome in _hand_out(queue, job, executor, jobs):
                if isinstance(outcome, _Failed):
                    suspects.append(outcome.batch)
                else:
                    yield from outcome
        if (queue or len(suspects) > before) and not _can_start(pools):
            raise BrokenExecutor("the workers cannot be started")
    yield from _singly((item for batch in suspects for item in batch), job, pools)
