"""`--diff-base`: a repository with a leaky history, gated commit by commit; and the revisions that cannot be used."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from samples import finding

from leaklint import cli
from leaklint.facts import Run, Span
from leaklint.pairing import Hunk, Twins, only_added

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")

HUB = """\
class Hub:
    def __init__(self):
        self.sessions = {}

    def on_connect(self, session_id, ws):
        self.sessions[session_id] = ws

    def on_disconnect(self, session_id):
        self.sessions.pop(session_id, None)
"""
FETCH = """\
import asyncio

import aiohttp


async def fetch(url):
    session = aiohttp.ClientSession()
    try:
        return await session.get(url)
    finally:
        await session.close()


async def on_start():
    await asyncio.sleep(1)
"""
NO_FINALLY = FETCH.replace("    try:\n        return", "    return").replace(
    "    finally:\n        await session.close()\n", ""
)
TASK = """\
import asyncio


async def on_event(queue):
    asyncio.create_task(queue.poll())
"""
STOP = """

async def on_stop(queue):
    asyncio.create_task(queue.end())
"""
STATE = "SESSIONS = {}\n\n\ndef on_connect(session_id, ws):\n    SESSIONS[session_id] = ws\n"
PRUNE = "from app.state import SESSIONS\n\n\ndef on_close(session_id):\n    SESSIONS.pop(session_id, None)\n"

Found = list[tuple[str, str, int]]


@dataclass(frozen=True)
class Repository:
    """A repository in the working directory."""

    capture: pytest.CaptureFixture[str]

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self, files: Mapping[str, str | None]) -> None:
        """A commit with these files; None removes one."""
        for name, text in files.items():
            if text is None:
                Path(name).unlink()
            else:
                Path(name).parent.mkdir(parents=True, exist_ok=True)
                Path(name).write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", "next")

    def gate(self, *arguments: str, base: str = "HEAD~1") -> tuple[int, Found, str]:
        """Status, findings, and what was said on standard error."""
        status = cli._status(["check", "--diff-base", base, "--output-format", "json", *arguments])
        out, err = self.capture.readouterr()
        return status, [(row["path"], row["rule"], row["line"]) for row in json.loads(out or "[]")], err


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Repository:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name in "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM":
        monkeypatch.setenv(name, os.devnull)
    for role in "AUTHOR", "COMMITTER":
        monkeypatch.setenv(f"GIT_{role}_NAME", "tester")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "tester@example.org")
    monkeypatch.chdir(tmp_path)
    made = Repository(capsys)
    made.git("init", "--quiet", "-b", "main")
    return made


HISTORY: Sequence[tuple[str, Mapping[str, str | None], Found]] = [
    ("sound code comes", {"app/__init__.py": "", "app/hub.py": HUB, "app/fetch.py": FETCH}, []),
    (
        "the removal goes: reported where the entry is added, a line that nobody touched",
        {"app/hub.py": HUB.replace("self.sessions.pop(session_id, None)", "pass")},
        [("app/hub.py", "LK103", 6)],
    ),
    (
        "the leaky line is touched, and stays as leaky as it was",
        {"app/hub.py": HUB.replace("self.sessions.pop(session_id, None)", "pass").replace("= ws", "= (ws, 1)")},
        [],
    ),
    (
        "everything is shifted and a method renamed",
        {
            "app/hub.py": '"""The hub."""\n\n'
            + HUB.replace("self.sessions.pop(session_id, None)", "pass").replace("on_connect", "on_join")
        },
        [],
    ),
    ("the removal comes back", {"app/hub.py": HUB}, []),
    ("the finally goes", {"app/fetch.py": NO_FINALLY}, [("app/fetch.py", "LK301", 7)]),
    ("the leaky file is moved", {"app/fetch.py": None, "app/net/__init__.py": "", "app/net/get.py": NO_FINALLY}, []),
    (
        "it is moved into another package",
        {"app/net/get.py": None, "app/io/__init__.py": "", "app/io/g.py": NO_FINALLY},
        [],
    ),
    (
        "the leaky function is moved to another file, and its old file mended",
        {"app/io/g.py": FETCH.replace("fetch", "fetch_all"), "app/io/moved.py": NO_FINALLY + "\nX = 1\n"},
        [],
    ),
    ("a new file with a leak of its own", {"app/jobs.py": TASK}, [("app/jobs.py", "LK201", 5)]),
    ("its call is changed", {"app/jobs.py": TASK.replace("queue.poll()", "queue.drain(9)")}, []),
    (
        "a second one beside it",
        {
            "app/jobs.py": TASK.replace("queue.poll()", "queue.drain(9)")
            + "\n\nasync def on_stop(q):\n    asyncio.create_task(q.end())\n"
        },
        [("app/jobs.py", "LK201", 9)],
    ),
    ("a map that another module prunes", {"app/state.py": STATE, "app/prune.py": PRUNE}, []),
    ("that module is deleted", {"app/prune.py": None}, [("app/state.py", "LK103", 5)]),
    ("nothing at all", {}, []),
    ("something else", {"README.md": "hello\n", "app/other.py": "x = 1\n"}, []),
]


def test_commit_by_commit(repository: Repository) -> None:
    repository.commit({})
    for what, files, found in HISTORY:
        repository.commit(files)
        status, got, _ = repository.gate(".")
        assert (got, status) == (found, int(bool(found))), what
    assert len(repository.gate(base="HEAD")[1]) == 0
    status, got, _ = repository.gate(base=f"HEAD~{len(HISTORY)}")
    assert status == 1
    assert [path for path, _, _ in got] == ["app/io/moved.py", "app/jobs.py", "app/jobs.py", "app/state.py"]


def test_known_findings_are_counted(repository: Repository) -> None:
    repository.commit({"jobs.py": TASK})
    repository.commit({"other.py": TASK})
    status = cli._status(["check", "--diff-base", "HEAD~1"])
    out, _ = repository.capture.readouterr()
    assert status == 1
    assert out.endswith(": 1 finding (1 P1), 1 known before\n")


def test_a_branch_is_held_against_where_it_began(repository: Repository) -> None:
    repository.commit({"a.py": TASK})
    repository.git("checkout", "--quiet", "-b", "feature")
    repository.commit({"b.py": "x = 1\n"})
    repository.git("checkout", "--quiet", "main")
    repository.commit({"a.py": "y = 1\n"})
    repository.git("checkout", "--quiet", "feature")
    assert repository.gate(base="main")[:2] == (0, [])


def test_changes_that_are_not_committed(repository: Repository) -> None:
    repository.commit({"a.py": "x = 1\n"})
    Path("a.py").write_text(TASK)
    Path("new.py").write_text(TASK)
    status, found, err = repository.gate(base="HEAD")
    assert (status, [path for path, _, _ in found]) == (1, ["a.py", "new.py"])
    assert err == "leaklint: --diff-base: there are changes that are not committed: they count as part of the change\n"
    repository.git("mv", "a.py", "b.py")
    assert "not committed" in repository.gate(base="HEAD")[2]


def test_some_files_and_another_directory(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.commit({"sub/a.py": TASK, "sub/b.py": "x = 1\n"})
    repository.commit({"sub/b.py": TASK, "c.py": TASK})
    monkeypatch.chdir("sub")
    assert repository.gate()[1] == [("b.py", "LK201", 5)]
    assert repository.gate("a.py")[1] == []
    assert repository.gate("../c.py")[0] == 1


def test_a_suppression_that_is_taken_away(repository: Repository) -> None:
    repository.commit({"a.py": TASK.replace("poll())", "poll())  # leaklint: ignore[LK201] -- short")})
    repository.commit({"a.py": TASK})
    assert repository.gate()[1] == [("a.py", "LK201", 5)]


def test_what_has_become_worse_is_reported() -> None:
    before = finding("a.py", Span(3, 1, 3, 5))._replace(severity="P1")
    for severity, reported in (("P0", True), ("P1", False), ("P2", False)):
        run = Run(findings=(before._replace(severity=severity),))  # type: ignore[arg-type]
        after = only_added(run, [before], Twins({"a.py": "a.py"}, lambda _: ()))
        assert (bool(after.findings), bool(after.known)) == (reported, not reported)


def test_places_are_followed_through_hunks() -> None:
    twins = Twins({"b.py": "a.py"}, lambda _: (Hunk(3, 2, 3, 5), Hunk(20, 0, 23, 1)))
    lines = {1: 1, 2: 2, 5: 8, 19: 22, 20: 24}
    for old, new in lines.items():
        one, other = finding("a.py", Span(old, 1, old, 5)), finding("b.py", Span(new, 1, new, 5))
        assert twins.old_place(one, "b.py") == twins.new_place(other), old
    touched = {twins.old_place(finding("a.py", Span(line, 1, line, 5)), "b.py") for line in (3, 4)}
    assert touched == {twins.new_place(finding("b.py", Span(line, 1, line, 5))) for line in range(3, 8)}
    assert len(touched) == 1


def test_notebooks_and_files_that_cannot_be_read(repository: Repository) -> None:
    cell: dict[str, object] = {
        "cell_type": "code",
        "source": TASK,
        "metadata": {},
        "outputs": [],
        "execution_count": None,
    }
    book = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    repository.commit({"a.ipynb": book, "b.py": "print 1\n"})
    repository.commit({"a.ipynb": book.replace("on_event", "on_thing")})
    assert repository.gate()[:2] == (0, [])
    repository.commit({"b.py": TASK})
    assert repository.gate()[1] == [("b.py", "LK201", 5)]


def test_another_repository_within(repository: Repository) -> None:
    Path("inner").mkdir()
    subprocess.run(["git", "init", "--quiet"], cwd="inner", check=True)
    Path("inner/a.py").write_text(TASK)
    subprocess.run(["git", "add", "."], cwd="inner", check=True)
    subprocess.run(["git", "commit", "--quiet", "-m", "x"], cwd="inner", check=True)
    repository.commit({"b.py": "x = 1\n"})
    repository.commit({"b.py": "x = 2\n"})
    assert repository.gate(".")[:2] == (0, [])


def test_odd_names(repository: Repository) -> None:
    names = ["a b.py", ":(top)x.py", "na\nme.py", "名.py", os.fsdecode(b"\xff.py")]
    repository.commit(dict.fromkeys(names, TASK))
    repository.commit({name: "# touched\n" + TASK.replace("join", "drain") for name in names})
    assert repository.gate(".")[:2] == (0, [])
    repository.git("mv", "--", names[0], "-x.py")
    repository.commit({})
    assert repository.gate(".")[:2] == (0, [])


Break = Callable[[Repository], str]


def shallow(repository: Repository) -> str:
    for number in range(3):
        repository.commit({"a.py": f"x = {number}\n"})
    here = Path.cwd()
    repository.git("clone", "--quiet", "--depth", "1", here.as_uri(), str(here / "clone"))
    os.chdir("clone")
    return "HEAD~1"


def unrelated(repository: Repository) -> str:
    repository.commit({"a.py": "x = 1\n"})
    repository.git("checkout", "--quiet", "--orphan", "other")
    repository.commit({"a.py": "x = 2\n"})
    return "main"


def missing(repository: Repository) -> str:
    repository.commit({"a.py": "x = 1\n"})
    return "no/such/branch"


def option(repository: Repository) -> str:
    repository.commit({"a.py": "x = 1\n"})
    return "--output=x"


def no_repository(repository: Repository) -> str:
    shutil.rmtree(".git")
    Path("a.py").write_text(TASK)
    return "HEAD"


def no_commit(repository: Repository) -> str:
    Path("a.py").write_text(TASK)
    return "HEAD"


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (missing, "there is no revision 'no/such/branch' here\n"),
        (option, "there is no revision '--output=x' here\n"),
        (shallow, "there is no revision 'HEAD~1' here; this clone is shallow: fetch more history"),
        (unrelated, "'main' and what is checked out have no history in common\n"),
        (no_repository, "not a git repository"),
        (no_commit, "there is no revision 'HEAD' here\n"),
    ],
)
def test_revisions_that_cannot_be_used(repository: Repository, broken: Break, says: str) -> None:
    base = broken(repository)
    status = cli._status(["check", f"--diff-base={base}"])
    out, err = repository.capture.readouterr()
    assert (status, out) == (2, "")
    assert err.startswith("leaklint: --diff-base: ")
    assert says in err
    assert err.count("\n") == 1


def test_no_git_at_all(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.commit({"a.py": TASK})
    monkeypatch.setenv("PATH", "")
    status = cli._status(["check", "--diff-base", "HEAD"])
    assert (status, repository.capture.readouterr().err) == (2, "leaklint: --diff-base: git is not installed\n")


def test_together_with_a_baseline(repository: Repository) -> None:
    repository.commit({"a.py": TASK})
    cli._status(["baseline", "create"])
    repository.commit({"b.py": TASK})
    repository.capture.readouterr()
    status, found, err = repository.gate("--baseline", "leaklint-baseline.toml", "--fail-on-stale")
    assert (status, found) == (1, [("b.py", "LK201", 5)])
    assert "stale" not in err
