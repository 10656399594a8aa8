"""Many files at once: the same outcome whoever finishes first, and whatever a file does to its worker."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from samples import finding

from leaklint.catalogue import Catalogue, load
from leaklint.facts import Cleared, FileResult, Finding, Span, Summary
from leaklint.project.files import Source, discover
from leaklint.running.batch import Engine, Options, batches, default_jobs
from leaklint.running.checked import digest
from leaklint.running.runner import Outcome, run
from leaklint.vocabulary import KnowledgeError


@dataclass(frozen=True)
class Linked:
    findings: tuple[Finding, ...]
    sound: tuple[Cleared, ...] = ()
    cleared: tuple[Cleared, ...] = ()


def analyze(source: bytes, path: str, module: str, catalogue: Catalogue, gate: bool) -> FileResult:
    """An engine for tests: a line is an order."""
    assert catalogue.rules is not None
    found = []
    for number, line in enumerate(source.decode().split("\n"), 1):
        if line.startswith("leak"):
            found.append(finding(path, Span(number, 1, number, 5)))
        elif line == "die":
            os._exit(3)
        elif line == "recurse":
            raise RecursionError
        elif line == "exhaust":
            raise MemoryError
        elif line == "fail":
            raise ValueError("not\nso good")
        elif line == "rule":
            raise KnowledgeError("rules/x/check.py: broken")
        elif line == "unpicklable":
            return FileResult(path, Summary(module), errors=(lambda: 1,))  # type: ignore[arg-type]
        elif line == "sleep":
            Path(path + ".started").write_text("")
            time.sleep(60)
    return FileResult(path, Summary(module), tuple(reversed(found)))


def unreadable(path: str, module: str, reason: str, catalogue: Catalogue) -> FileResult:
    found = finding(path, Span(1, 1, 1, 1))._replace(rule="LK001", args={"reason": reason})
    return FileResult(path, Summary(module), (found,))


def link(results: Sequence[FileResult]) -> Linked:
    return Linked(tuple(f for result in reversed(results) for f in result.findings))


ENGINE = Engine(analyze, unreadable, link)


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load()


def check(root: Path, catalogue: Catalogue, jobs: int = 1, pools: Callable[[int], Executor] | None = None) -> Outcome:
    sources = discover(["."], root).sources
    return run(sources, catalogue, Options(jobs, pools=pools), engine=ENGINE)


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        (root / f"{name}.py").write_text(text)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Shuffled(Executor):
    """Does everything at once and hands it back in any order."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.pool = ThreadPoolExecutor(4)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        pause = self.random.random() / 100

        def work() -> Any:
            time.sleep(pause)
            return fn(*args, **kwargs)

        return self.pool.submit(work)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.pool.shutdown(wait, cancel_futures=cancel_futures)


def test_the_order_is_that_of_places(here: Path, catalogue: Catalogue) -> None:
    for number in range(60):
        write(here, **{f"m{number}": "leak\n" * (number % 4) + "x" * 9000 * (number % 7)})
    alone = check(here, catalogue).run
    places = [(f.path, f.span.line) for f in alone.findings]
    assert places == sorted(places)
    assert len(places) == 90
    assert alone.files == 60
    for seed in range(3):
        outcome = check(here, catalogue, 4, lambda jobs, seed=seed: Shuffled(seed))  # type: ignore[misc]
        assert outcome.run._replace(seconds=alone.seconds) == alone


def test_processes_find_the_same(here: Path, catalogue: Catalogue) -> None:
    for number in range(50):
        write(here, **{f"m{number}": "leak\n" * (number % 3)})
    one, two = check(here, catalogue), check(here, catalogue, 2)
    assert two.run._replace(seconds=one.run.seconds) == one.run
    assert two.digests == one.digests
    assert one.digests["m1.py"] == digest(b"leak\n")


def test_suppressions_are_heeded(here: Path, catalogue: Catalogue) -> None:
    write(here, a="leak  # leaklint: ignore[LK900] -- why\nleak\n")
    outcome = check(here, catalogue).run
    assert [f.span.line for f in outcome.findings] == [2]
    assert [(f.span.line, s.reason) for f, s in outcome.suppressed] == [(1, "why")]


@pytest.mark.parametrize("jobs", [1, 2])
def test_trouble_with_one_file_is_one_line(here: Path, catalogue: Catalogue, jobs: int) -> None:
    write(here, a="leak", b="recurse", c="exhaust", d="fail", e="leak")
    outcome = check(here, catalogue, jobs).run
    assert [f.path for f in outcome.findings] == ["a.py", "e.py"]
    assert [error.split(" (test_runner.py:")[0] for error in outcome.errors] == [
        "b.py: internal error: RecursionError",
        "c.py: internal error: MemoryError",
        "d.py: internal error: ValueError: not",
    ]


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_cannot_be_read_is_a_finding(here: Path, catalogue: Catalogue, jobs: int) -> None:
    write(here, a="leak", b="leak", d="leak")
    (here / "c.py").symlink_to("nowhere")
    os.mkfifo(here / "e.py")
    sources = discover(["."], here).sources
    (here / "b.py").unlink()
    (here / "d.py").unlink()
    (here / "d.py").mkdir()
    outcome = run(sources, catalogue, Options(jobs), engine=ENGINE)
    assert [(f.path, f.args.get("reason")) for f in outcome.run.findings] == [
        ("a.py", None),
        ("b.py", "no such file or directory"),
        ("c.py", "no such file or directory"),
        ("d.py", "not a regular file"),
        ("e.py", "not a regular file"),
    ]
    assert not outcome.run.errors


def test_a_file_that_kills_its_worker_is_named_and_the_others_are_checked(here: Path, catalogue: Catalogue) -> None:
    for number in range(90):
        write(here, **{f"m{number:02}": "leak"})
    write(here, m13="die", m70="die\n" + "#" * 300_000, m71="unpicklable")
    outcome = check(here, catalogue, 2).run
    assert [f.path for f in outcome.findings if f.rule == "LK001"] == ["m13.py", "m70.py", "m71.py"]
    assert len(outcome.findings) == 90
    assert outcome.files == 90
    assert outcome.errors[:2] == tuple(f"m{n}.py: checking it killed the worker process" for n in (13, 70))
    assert outcome.errors[2].startswith("m71.py: no result came back: ")
    assert len(outcome.errors) == 3


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_broken_rule_stops_the_run(here: Path, catalogue: Catalogue, jobs: int) -> None:
    write(here, a="leak", b="rule", c="leak")
    with pytest.raises(KnowledgeError, match=r"^rules/x/check.py: broken$"):
        check(here, catalogue, jobs)


class Dead(Executor):
    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        raise BrokenExecutor


class Stillborn(Executor):
    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_exception(BrokenExecutor())
        return future


@pytest.mark.parametrize("kind", [Dead, Stillborn])
def test_workers_that_cannot_be_started_end_the_run(here: Path, catalogue: Catalogue, kind: type[Executor]) -> None:
    write(here, a="leak", b="leak")
    with pytest.raises(BrokenExecutor, match=r"cannot be started|^$"):
        check(here, catalogue, 2, lambda jobs: kind())


def test_progress(here: Path, catalogue: Catalogue) -> None:
    write(here, a="", b="fail", c="")
    seen: list[tuple[int, int]] = []
    sources = discover(["."], here).sources
    run(sources, catalogue, Options(), engine=ENGINE, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_batches_hold_each_source_once_and_the_largest_first() -> None:
    sizes = [random.Random(number).choice([0, 10, 5_000, 150_000, 900_000]) for number in range(300)]
    sources = [Source(str(n), str(n), str(n), size) for n, size in enumerate(sizes)]
    parts = batches(sources)
    assert sorted(s.path for part in parts for s in part) == sorted(s.path for s in sources)
    firsts = [part[0].size for part in parts]
    assert firsts == sorted(firsts, reverse=True)
    assert all(len(part) == 1 or sum(s.size for s in part) <= 200_000 for part in parts)
    assert max(map(len, parts)) <= 40
    assert batches([]) == []
    assert batches(list(reversed(sources))) == parts


def test_few_files_need_no_workers() -> None:
    assert default_jobs([]) == 1
    assert default_jobs([Source("a", "a", "a", 1000)] * 100) == 1
    assert default_jobs([Source("a", "a", "a", 1000)] * 1000) >= 1


STOPPABLE = """
import sys
import threading
from pathlib import Path
from leaklint.catalogue import load
from leaklint.project.files import discover
from leaklint.running.batch import Options
from leaklint.running.runner import run
from test_runner import ENGINE
if __name__ == "__main__":
    sources = discover(["."], Path.cwd()).sources
    try:
        run(sources, load(), Options(2), engine=ENGINE)
    except KeyboardInterrupt:
        sys.exit(130 if threading.active_count() == 1 else "a thread is left, which is in the way of Python's exit")
"""


def children(parent: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
        except OSError:
            continue
        if f"\nPPid:\t{parent}\n" in text:
            found.append(int(status.parent.name))
    return found


def until(true: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def alive(process: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_stopping_leaves_nothing_behind(here: Path, how: signal.Signals) -> None:
    (here / "code").mkdir()
    write(here / "code", a="sleep", b="leak", c="leak")
    (here / "main.py").write_text(STOPPABLE)
    path = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
    main = subprocess.Popen(
        [sys.executable, str(here / "main.py")],
        cwd=here / "code",
        env={**os.environ, "PYTHONPATH": path},
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    until(lambda: (here / "code" / "a.py.started").exists() or main.poll() is not None)
    workers = children(main.pid)
    assert workers
    begun = time.monotonic()
    main.send_signal(how)
    _, errors = main.communicate(timeout=50)
    assert time.monotonic() - begun < 15  # the work would take a minute
    assert main.returncode == (130 if how == signal.SIGINT else -signal.SIGKILL)
    assert how == signal.SIGKILL or not errors  # Python's own tracker complains of that one
    until(lambda: not any(map(alive, workers)))


# -- Ctrl-C ----------------------------------------------------------------------------------------------------------


TOLD = """
from leaklint.cli import cli, main
run = cli.main
def told(*arguments, **options):
    print("up", flush=True)
    return run(*arguments, **options)
cli.main = told
main()
"""
"""The command, which says when it has begun; before that Python itself answers Ctrl-C."""


TIDYING = """
import signal, weakref
from leaklint.cli import cli, main
class Thing: pass
def told(*arguments, **options):
    thing = Thing()
    ref = weakref.ref(thing, lambda _: signal.raise_signal(signal.SIGINT))
    del thing
    print("went on")
cli.main = told
main()
"""
"""The command, which gets Ctrl-C where Python can raise nothing, as when it lets go of the lock of an import."""


def test_ctrl_c_while_python_tidies_up() -> None:
    done = subprocess.run([sys.executable, "-c", TIDYING], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("pause", [0.0, 0.2, 0.7])
def test_ctrl_c_as_people_press_it(here: Path, jobs: str, pause: float) -> None:
    """The terminal sends it to the whole group of processes."""
    body = "import asyncio\n\n\ndef f(k, v):\n    d[k] = asyncio.create_task(v)\n" * 1500
    for number in range(40):
        write(here, **{f"m{number}": f"d = {{}}\n{body}"})
    main = subprocess.Popen(
        [sys.executable, "-c", TOLD, "check", "--jobs", jobs, "--cache-dir", "kept", "."],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert main.stdout
    main.stdout.readline()
    until(lambda: jobs == "1" or len(children(main.pid)) == 2)
    workers = children(main.pid)
    time.sleep(pause)
    begun = time.monotonic()
    os.killpg(main.pid, signal.SIGINT)
    out, errors = main.communicate(timeout=50)
    assert time.monotonic() - begun < 15
    assert (main.returncode, out, errors.strip()) == (130, b"", b"")
    until(lambda: not any(map(alive, workers)))
    assert not list((here / "kept").rglob("*.part"))
