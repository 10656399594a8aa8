"""Workers on other machines: those of a Dask cluster, which are sent the bytes of files and need no common disk.

The cluster is trusted: its scheduler and workers send back pickled data, as any use of Dask does.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import platform
import re
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import Any, NamedTuple

from leaklint import __version__, installation
from leaklint.project.files import Source
from leaklint.running.checked import read
from leaklint.running.workers import Pools
from leaklint.vocabulary import KnowledgeError

WAIT = 10
"""Seconds for a scheduler to answer, and for a first worker to be there."""

LoadedFrom = tuple[tuple[str, ...], ...]

_URL = re.compile(r"dask://(\[[0-9a-fA-F:.]+\]|[^\s:/?#@\[\]]+):([0-9]{1,5})")
_TURN = threading.Lock()
"""A worker may have several threads, but reads one file at a time."""


class ClusterError(ValueError):
    """A cluster that cannot be used, in a sentence for the user."""


class OtherKnowledgeError(KnowledgeError):
    """A worker that would not find the same."""


class Cluster(NamedTuple):
    """Makes executors; `workers` is how many processes there are."""

    pools: Pools
    workers: int


class Installed(NamedTuple):
    """What a process reads code with; `key` stands for all of it."""

    key: str
    leaklint: str
    python: str


@functools.lru_cache(maxsize=4)
def installed(loaded_from: LoadedFrom) -> Installed:
    """What this process reads code with."""
    return Installed(installation.key(loaded_from, None), __version__, platform.python_version())


def parse(url: str) -> tuple[str, int]:
    """Host and port of `dask://HOST:PORT`. Raises ClusterError."""
    found = _URL.fullmatch(url)
    if not found or not 0 < int(found[2]) < 65536:
        raise ClusterError(f"--executor: {url!r} is not dask://HOST:PORT")
    return found[1], int(found[2])


@contextlib.contextmanager
def connected(url: str, loaded_from: LoadedFrom) -> Iterator[Cluster]:
    """The cluster whose scheduler this is. Raises ClusterError, before anything is sent, and OtherKnowledgeError."""
    host, port = parse(url)
    rule_folders, api_files, *_ = loaded_from
    if rule_folders or api_files:
        raise ClusterError("--executor: rule-folders and api-files are on this machine alone: check without them")
    try:
        from distributed import Client
    except ImportError:
        raise ClusterError('--executor: Dask is not installed: pip install "pyleaklint[dask]"') from None
    try:
        with socket.create_connection((host.strip("[]"), port), timeout=WAIT) as first:  # which knows why it fails
            first.recv(1)  # a scheduler speaks first; Dask would wait for ever for something else
        client = Client(f"tcp://{host}:{port}", timeout=WAIT, set_as_default=False)
    except OSError as error:
        raise ClusterError(
            f"{url}: {error.strerror.lower() if error.strerror else 'no Dask scheduler answers'}"
        ) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=WAIT)
        except (OSError, asyncio.TimeoutError):  # one kind from Python 3.11 on
            raise ClusterError(f"{url}: there are no workers") from None
        expected = installed(loaded_from)
        for worker, found in client.run(installed, loaded_from, on_error="return").items():
            if found != expected:
                raise OtherKnowledgeError(f"{worker}: {_difference(found, expected)}")
        work = functools.partial(_there, expected, loaded_from)
        yield Cluster(lambda _: _Shipping(client.get_executor(pure=False), work), len(client.nthreads()))


def _difference(found: object, here: Installed) -> str:
    ours = f"leaklint {here.leaklint} on Python {here.python}"
    if not isinstance(found, tuple):
        return f"the worker cannot load leaklint {here.leaklint}: install it there"
    _, version, python = found
    theirs = f"leaklint {version} on Python {python}"
    if theirs == ours:
        return f"the worker has another build of {ours}, or another version of astroid, than this machine"
    return f"the worker has {theirs}, this machine {ours}: they have to be the same"


def _there(expected: Installed, loaded_from: LoadedFrom, work: Callable[[Any], Any], batch: tuple[Source, ...]) -> Any:
    """What a worker does; it may have come after the first look at all of them."""
    found = installed(loaded_from)
    if found != expected:
        raise OtherKnowledgeError(f"{platform.node()}: {_difference(found, expected)}")
    with _TURN:
        return work(batch)


class _Shipping(Executor):
    """Sends files with what is in them."""

    def __init__(self, inner: Executor, there: Callable[..., Any]) -> None:
        self._inner, self._there = inner, there

    def submit(self, fn: Callable[..., Any], /, *args: Any, **_: Any) -> Future[Any]:
        """`fn` for one batch, or for nothing. Raises BrokenExecutor."""
        here: list[Any] = []
        try:
            if args:
                batch, left = _filled(args[0])
                here = fn(left) if left else []
                sent = self._inner.submit(self._there, fn, batch)
            else:
                sent = self._inner.submit(fn)
        except RuntimeError as error:
            raise BrokenExecutor(f"the cluster is gone: {error}") from None
        answer: Future[Any] = Future()
        answer.set_running_or_notify_cancel()
        sent.add_done_callback(functools.partial(_pass_on, answer, here))
        return answer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for what was sent, or call it off."""
        self._inner.shutdown(wait=wait and not cancel_futures)


def _filled(batch: tuple[Source, ...]) -> tuple[tuple[Source, ...], tuple[Source, ...]]:
    """The files with their bytes, and those that cannot be read: to find that out needs no other machine."""
    ready, left = [], []
    for source in batch:
        try:
            content = read(source.path) if source.content is None else source.content
        except OSError:
            left.append(source)
        else:
            ready.append(source._replace(content=content))
    return tuple(ready), tuple(left)


def _pass_on(answer: Future[Any], here: list[Any], sent: Future[Any]) -> None:
    from distributed.scheduler import KilledWorker

    error = BrokenExecutor("the cluster is gone") if sent.cancelled() else sent.exception()
    if isinstance(error, KilledWorker):
        error = BrokenExecutor("the workers died")
    if error:
        answer.set_exception(error)
    else:
        answer.set_result([*here, *sent.result()] if here else sent.result())
