"""Workers of a Dask cluster: the same findings, byte for byte, whatever happens to a worker."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from test_runner import ENGINE, write

from leaklint import cli, installation
from leaklint.catalogue import load
from leaklint.commands import examine
from leaklint.project.files import Source, discover
from leaklint.running import cluster
from leaklint.running.batch import Options
from leaklint.running.runner import run

LEAK = """\
import asyncio


async def on_event(queue):
    asyncio.create_task(queue.poll())
"""


@pytest.fixture(scope="module")
def local() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install pyleaklint[dask]")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=2, dashboard_address=None) as made:
        yield made


def url(local: Any) -> str:
    return str(local.scheduler_address).replace("tcp://", "dask://")


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = cli._status(["check", "--no-cache", "--output-format", "json", *arguments])
    out, err = capsys.readouterr()
    return status, out, err


class Killing:
    """Stands where progress is shown, and kills a worker when the first file is done."""

    def __init__(self, victim: int) -> None:
        self.victim = victim
        self.killed = False

    def __call__(self, done: int, total: int) -> None:
        assert done <= total
        if not self.killed:
            self.killed = True
            os.kill(self.victim, signal.SIGKILL)

    def clear(self) -> None:
        pass


def test_a_worker_is_killed_in_mid_run(
    local: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(200):
        (tmp_path / f"m{number:03}.py").write_text(LEAK * (number % 3 + 1))
    (tmp_path / "no_link.py").symlink_to("nowhere")
    here = check(capsys, "--jobs", "1")
    assert here[0] == 1
    killing = Killing(next(iter(local.workers.values())).pid)
    monkeypatch.setattr(examine, "progress", lambda: killing)
    there = check(capsys, "--executor", url(local))
    assert there == here
    assert killing.killed


def test_a_file_that_kills_its_worker_is_named(local: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, a="leak", b="die", c="leak")
    monkeypatch.setattr(local.scheduler, "allowed_failures", 0)
    local.wait_for_workers(2)
    catalogue = load()
    with cluster.connected(url(local), catalogue.loaded_from) as there:
        assert there.workers == 2
        done = run(discover(["."], tmp_path).sources, catalogue, Options(2, pools=there.pools), engine=ENGINE).run
    assert [(f.path, f.rule) for f in done.findings] == [("a.py", "LK900"), ("b.py", "LK001"), ("c.py", "LK900")]
    assert done.errors == ("b.py: checking it killed the worker process",)


@contextlib.contextmanager
def other_installation(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    cluster.installed.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(installation, "key", lambda *_: "another")
        yield
    cluster.installed.cache_clear()


def test_a_worker_with_another_leaklint(
    local: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with other_installation(monkeypatch):
        status, out, err = check(capsys, "--executor", url(local), __file__)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "the worker has another build of leaklint" in err


def test_what_differs_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    here = cluster.Installed("k", "0.2.0", "3.13.1")
    older = cluster._difference(here._replace(python="3.12.1"), here)
    assert older.startswith(
        "the worker has leaklint 0.2.0 on Python 3.12.1, this machine leaklint 0.2.0 on Python 3.13.1"
    )
    assert "cannot load leaklint 0.2.0: install it there" in cluster._difference(ImportError("leaklint"), here)
    with pytest.raises(cluster.OtherKnowledgeError, match="have to be the same"):
        cluster._there(here, load().loaded_from, len, ())


@pytest.mark.parametrize(
    "text",
    ["dask://", "dask://host", "dask://host:0", "dask://host:99999", "tcp://h:1", "host:8786", "dask://h:1/x", ""],
)
def test_what_is_no_address(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(cluster.ClusterError):
        cluster.parse(text)
    assert check(capsys, "--executor", text, __file__) == (
        2,
        "",
        f"leaklint: --executor: {text!r} is not dask://HOST:PORT\n",
    )


def test_addresses() -> None:
    assert cluster.parse("dask://scheduler.example.org:8786") == ("scheduler.example.org", 8786)
    assert cluster.parse("dask://[::1]:8786") == ("[::1]", 8786)


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """Something that listens and is no scheduler."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        yield one


def test_nobody_answers(
    silent: socket.socket, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed")
    port = silent.getsockname()[1]
    monkeypatch.setattr(cluster, "WAIT", 1)
    there = f"dask://127.0.0.1:{port}"
    assert check(capsys, "--executor", there, __file__) == (2, "", f"leaklint: {there}: no Dask scheduler answers\n")
    silent.close()
    assert check(capsys, "--executor", there, __file__) == (2, "", f"leaklint: {there}: connection refused\n")


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    status, _, err = check(capsys, "--executor", "dask://127.0.0.1:1", __file__)
    assert (status, err) == (2, 'leaklint: --executor: Dask is not installed: pip install "pyleaklint[dask]"\n')


def test_what_a_project_adds_is_not_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "leaklint.toml").write_text('api-files = ["apis.toml"]\n')
    (tmp_path / "apis.toml").write_text("")
    (tmp_path / "a.py").write_text(LEAK)
    status, _, err = check(capsys, "--executor", "dask://127.0.0.1:1")
    assert (status, err.count("\n")) == (2, 1)
    assert "rule-folders and api-files are on this machine alone" in err


def _contents(batch: tuple[Source, ...]) -> list[bytes | None]:
    return [source.content for source in batch]


def test_bytes_are_sent_and_paths_are_not_followed(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed")
    (tmp_path / "a.py").write_bytes(b"x = 1")
    sources = [Source(str(tmp_path / name), name, name, 5) for name in ("a.py", "gone.py")]
    sent: list[tuple[Source, ...]] = []

    def there(work: Callable[[Any], Any], batch: tuple[Source, ...]) -> Any:
        sent.append(batch)
        return work(batch)

    with cluster._Shipping(ThreadPoolExecutor(1), there) as executor:
        assert executor.submit(_contents, tuple(sources)).result() == [None, b"x = 1"], "what is gone is found out here"
        assert executor.submit(int).result() == 0
    assert [[source.shown for source in batch] for batch in sent] == [["a.py"]]


class Gone(Executor):
    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        raise RuntimeError("cannot schedule new futures after shutdown")


class Cancelled(Executor):
    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.cancel()
        return future


@pytest.mark.parametrize("kind", [Gone, Cancelled])
def test_a_scheduler_that_is_gone(kind: type[Executor]) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed")
    with pytest.raises(BrokenExecutor, match="the cluster is gone"):
        cluster._Shipping(kind(), lambda work, batch: work(batch)).submit(int).result()
