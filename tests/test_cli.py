"""The command line: arguments, outputs, exit statuses, and errors of one line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from leaklint import __version__, catalogue, cli, report
from leaklint.commands import terminal
from leaklint.running import runner
from leaklint.vocabulary import KnowledgeError

LEAK = """\
import asyncio


async def work():
    await asyncio.sleep(9)


async def start():
    asyncio.create_task(work())
"""

HUB = """\
class Hub:
    def __init__(self):
        self.sessions = {}

    def on_connect(self, session_id, ws):
        self.sessions[session_id] = ws

    def on_disconnect(self, session_id):
        self.sessions.pop(session_id, None)
"""

SOUND = LEAK.replace("    asyncio.create_task", "    await asyncio.create_task")

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def leaklint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in an empty directory: status, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)

    def run(*arguments: str) -> tuple[int, str, str]:
        status = cli._status(arguments)
        out, err = capsys.readouterr()
        assert "Traceback (most recent" not in out + err
        return status, out, err

    return run


def process(*arguments: str, **kwargs: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "leaklint", *arguments]
    return subprocess.run(command, text=True, timeout=60, check=False, **{"capture_output": True, **kwargs})


def rows(out: str) -> list[tuple[str, str, int]]:
    return [(row["path"], row["rule"], row["line"]) for row in json.loads(out)]


def test_nothing_found(leaklint: Run) -> None:
    Path("a.py").write_text(SOUND)
    status, out, err = leaklint("check")
    assert (status, err) == (0, "")
    assert re.fullmatch(r"Checked 1 file in \d+\.\d s: no findings\n", out)


def test_a_finding(leaklint: Run) -> None:
    Path("a.py").write_text(LEAK)
    status, out, err = leaklint("check", "a.py")
    assert (status, err) == (1, "")
    assert " LK201 dangling-task: " in out
    assert "--> a.py:9:5\n" in out
    assert "9 |     asyncio.create_task(work())\n  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^" in out
    assert "= see: leaklint rule LK201\n" in out
    assert out.rstrip().split("\n")[-1].startswith("Checked 1 file in ")


def test_json_alone_on_standard_output(leaklint: Run) -> None:
    Path("a.py").write_text(LEAK)
    status, out, err = leaklint("check", "--isolated", "--no-cache", "--output-format", "json", "--exit-zero", ".")
    assert (status, err) == (0, "")
    assert rows(out) == [("a.py", "LK201", 9)]


def test_severity_decides_the_status(leaklint: Run) -> None:
    Path("a.py").write_text(LEAK)
    severity = json.loads(leaklint("check", "--output-format", "json")[1])[0]["severity"]
    for fail_on in ("P0", "P1", "P2"):
        assert leaklint("check", "--fail-on", fail_on)[0] == (severity <= fail_on)
        assert leaklint("check", "--fail-on", fail_on, "--exit-zero")[0] == 0


def test_a_missing_path_is_an_error_and_the_others_are_checked(leaklint: Run) -> None:
    Path("a.py").write_text(LEAK)
    status, out, err = leaklint("check", "nope", "a.py", "--output-format=json", "--exit-zero")
    assert (status, err) == (2, "leaklint: nope: no such file or directory\n")
    assert rows(out) == [("a.py", "LK201", 9)]


def test_no_files_at_all(leaklint: Run) -> None:
    status, out, err = leaklint("check")
    assert (status, err) == (0, "leaklint: no Python files found\n")
    assert out.startswith("Checked no files in ")


def test_several_outputs(leaklint: Run) -> None:
    Path("a.py").write_text(LEAK)
    arguments = "--output", "text", "--output", "json=b.json", "--output", "full=c.txt"
    status, out, err = leaklint("check", *arguments)
    assert (status, err) == (1, "")
    assert rows(Path("b.json").read_text()) == [("a.py", "LK201", 9)]
    assert Path("c.txt").read_text() == out
    status, out, err = leaklint("check", "--output", "sarif=out.sarif", "--output", "concise")
    assert status == 1
    assert out.startswith("a.py:9:5: P2 LK201 dangling-task: ")
    assert out.count("\n") == 1
    assert err.startswith("Checked 1 file in ")
    (result,) = json.loads(Path("out.sarif").read_text())["runs"][0]["results"]
    assert result["ruleId"] == "LK201"


def test_statistics_never_stand_in_what_programs_read(leaklint: Run) -> None:
    Path("a.py").write_text(LEAK)
    table = re.compile(r"^rule +P0 +P1 +P2 +all\nLK201 dangling-task +0 +0 +1 +1$", re.MULTILINE)
    status, out, err = leaklint("check", "--statistics")
    assert (status, err) == (1, "")
    assert table.search(out)
    assert out.rstrip().split("\n")[-1].startswith("Checked 1 file in ")
    for form in report.FORMATS:
        _, out, err = leaklint("check", "--statistics", "--output-format", form)
        assert bool(table.search(out)) == (form == "full"), form
        assert bool(table.search(err)) == (form != "full"), form
    _, out, err = leaklint("check", "--statistics", "--output", "full=a.txt", "--output", "json=a.json")
    assert table.search(Path("a.txt").read_text())
    assert table.search(err)
    assert out == ""


def test_python_m(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"a{number}.py").write_text(LEAK)
    done = process("check", "--jobs", "2", "--output", "concise", cwd=tmp_path)
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["a0.py", "a1.py", "a2.py"]
    assert done.returncode == 1
    assert "Usage: leaklint check" in process("check", "--help").stdout


def test_one_output_to_a_file(leaklint: Run) -> None:
    Path("a.py").write_text(LEAK)
    status, out, err = leaklint("check", "--output-format", "json", "-o", "b.json", "--color", "always")
    assert (status, out) == (1, "")
    assert err.startswith("Checked 1 file in ")
    assert rows(Path("b.json").read_text()) == [("a.py", "LK201", 9)]
    leaklint("check", "-o", "c.txt", "--color", "always")
    assert "\x1b" not in Path("c.txt").read_text()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--output", "yaml"], "there is no output format 'yaml'; the formats are full, concise, json,"),
        (["--output", "json", "-o", "x"], "--output cannot be combined"),
        (["--output", "json", "--output", "text"], "two outputs go to standard output"),
        (["-o", "no/such/place"], "cannot write no/such/place"),
        (["--select", "LK999"], "there is no rule 'LK999'"),
        (["--select", "dangling-tasks"], "there is no rule 'dangling-tasks'; did you mean dangling-task?"),
        (["--ignore", "LK4O1"], "there is no rule 'LK4O1'; did you mean LK401?"),
        (["--ignore", "LK8"], "there is no rule 'LK8'"),
        (["--fail-on", "P3"], "'P3' is not one of 'P0', 'P1', 'P2'"),
        (["--jobs", "0"], "0 is not in the range"),
        (["--no-such-option"], "No such option"),
    ],
)
def test_usage_errors_are_one_line(leaklint: Run, arguments: Sequence[str], says: str) -> None:
    status, out, err = leaklint("check", *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("leaklint: ")
    assert says in err
    assert err.endswith("(see `leaklint check --help`)\n")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ([], ["LK001", "LK201"]),
        (["--select", "LK2"], ["LK001", "LK201"]),
        (["--select", "lk3,dangling-task"], ["LK001", "LK201"]),
        (["--select", "LK3"], ["LK001"]),
        (["--select", "LK", "--ignore", "Dangling-Task"], ["LK001"]),
        (["--ignore", "LK001", "--ignore", "LK3, LK1"], ["LK201"]),
        (["--select", "LK201", "--ignore", "LK0"], ["LK201"]),
    ],
)
def test_which_rules_count(leaklint: Run, arguments: Sequence[str], found: Sequence[str]) -> None:
    Path("a.py").write_text(LEAK)
    Path("b.py").write_text("print 1\n")
    _, out, _ = leaklint("check", "--output-format", "json", *arguments)
    assert sorted(row["rule"] for row in json.loads(out)) == found


def test_suppressed_findings_are_counted(leaklint: Run) -> None:
    Path("a.py").write_text(LEAK.replace("work())", "work())  # leaklint: ignore[dangling-task] -- it is short"))
    status, out, _ = leaklint("check")
    assert status == 0
    assert out.endswith(": no findings, 1 suppressed\n")


def test_jobs_and_gate_make_no_difference(leaklint: Run) -> None:
    for number in range(12):
        Path(f"a{number}.py").write_text(LEAK if number % 2 else SOUND)
    outs = {
        leaklint("check", "--output-format", "json", *arguments)[1]
        for arguments in ([], [], ["--jobs", "2"], ["--jobs", "1", "--no-gate"])
    }
    assert len(outs) == 1
    assert len(rows(outs.pop())) == 6


def test_cleared_suspects(leaklint: Run) -> None:
    Path("a.py").write_text(HUB)
    assert "Hub" not in leaklint("check")[1]
    status, out, _ = leaklint("check", "--show-cleared")
    assert status == 0
    assert re.search(r"^(sound|cleared) LK103 a\.py:3:\d+ a:Hub\.sessions: ", out, re.MULTILINE)


def test_colour(leaklint: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a.py").write_text(LEAK)
    assert "\x1b[" in leaklint("check", "--color", "always")[1]
    assert "\x1b" not in leaklint("check", "--color", "never")[1]
    assert "\x1b" not in leaklint("check")[1]
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert terminal.colourful("auto")
    monkeypatch.setenv("NO_COLOR", "1")
    assert not terminal.colourful("auto")


def test_the_page_of_a_rule(leaklint: Run) -> None:
    status, out, _ = leaklint("rule", "LK201")
    assert status == 0
    assert "What it does\n" in out
    assert "```toml" not in out
    assert leaklint("rule", "dangling-task") == (0, out, "")
    status, out, err = leaklint("rule", "dangling")
    assert (status, out) == (2, "")
    assert "there is no rule 'dangling'" in err


def test_the_list_of_rules(leaklint: Run) -> None:
    status, out, _ = leaklint("rules")
    assert status == 0
    known = catalogue.load().rules
    assert [line.split()[:2] for line in out.splitlines()] == [[rule.code, rule.name] for rule in known]
    listed = json.loads(leaklint("rules", "--output-format", "json")[1])
    assert [row["code"] for row in listed] == [rule.code for rule in known]
    assert all(row["summary"] for row in listed)


def test_facts(leaklint: Run) -> None:
    Path("a.py").write_text(HUB)
    status, out, err = leaklint("facts", "a.py")
    assert (status, err) == (0, "")
    assert "Hub.sessions" in out
    assert "gate" not in out
    status, out, err = leaklint("facts", "b.py")
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    Path("c.py").write_text("print 1\n")
    status, out, err = leaklint("facts", "c.py")
    assert (status, out) == (2, "")
    assert err.startswith("leaklint: c.py:1:1: cannot be read: syntax error"), err
    Path("stopped.py").write_text("def area(width, height):\n    return width * height\n")
    assert "the gate stops this file" in leaklint("facts", "stopped.py")[1]
    Path("d.py").write_bytes(b"# coding: nonsense\n")
    assert leaklint("facts", "d.py")[2].startswith("leaklint: d.py:1:1: cannot be read: syntax error: unknown encoding")


def test_facts_of_a_notebook(leaklint: Run) -> None:
    cell: dict[str, object] = {
        "cell_type": "code",
        "source": HUB,
        "outputs": [],
        "metadata": {},
        "execution_count": None,
    }
    Path("a.ipynb").write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    status, out, err = leaklint("facts", "a.ipynb")
    assert (status, err) == (0, "")
    assert "Hub.sessions" in out
    Path("b.ipynb").write_text("{")
    assert leaklint("facts", "b.ipynb")[2].startswith("leaklint: b.ipynb: cannot be read: not JSON")


def test_version_and_help(leaklint: Run) -> None:
    assert leaklint("--version") == (0, f"leaklint {__version__}\n", "")
    assert leaklint("check", "-h") == leaklint("check", "--help")
    assert "Exit status: 0" in leaklint("check", "-h")[1]
    status, out, err = leaklint()
    assert status == 2
    assert "Usage: leaklint" in out + err
    assert leaklint("chekc")[0] == 2


@pytest.mark.parametrize(
    ("error", "status", "says"),
    [
        (KnowledgeError("rules/x/rule.md: code: no"), 2, "leaklint: rules/x/rule.md: code: no\n"),
        (ValueError("what"), 2, "leaklint: internal error: ValueError: what\n"),
        (PermissionError(13, "Permission denied", "x"), 2, "leaklint: x: permission denied\n"),
        (MemoryError(), 2, "leaklint: internal error: MemoryError\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_whatever_happens_there_is_no_traceback(
    leaklint: Run, monkeypatch: pytest.MonkeyPatch, error: BaseException, status: int, says: str
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise error

    monkeypatch.setattr(runner, "run", fail)
    got, out, err = leaklint("check")
    assert (got, out) == (status, "")
    assert err.removeprefix("leaklint: no Python files found\n").lstrip("\n") == says


def test_start_up_is_cheap() -> None:
    code = (
        "import sys; from leaklint import cli; cli._status(['--help']); "
        "print(sorted({'libcst', 'astroid', 'tomli', 'json', 'multiprocessing'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().split("\n")[-1] == "[]"


def test_a_reader_that_goes_away(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LEAK * 400)
    for command in ["check"], ["rules"], ["check", "--output-format", "json"]:
        reading, writing = os.pipe()
        try:
            os.close(reading)
            done = process(*command, cwd=tmp_path, capture_output=False, stdout=writing, stderr=subprocess.PIPE)
        finally:
            os.close(writing)
        assert done.stderr == ""
        assert done.returncode == (command[0] == "check")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk() -> None:
    with Path("/dev/full").open("w") as full:
        done = process("rules", capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (2, "leaklint: standard output: no space left on device\n")
    done = process("check", "-o", "/dev/full", str(Path(__file__).parent / "samples.py"))
    assert done.returncode == 2
    assert done.stderr == "leaklint: /dev/full: no space left on device\n"


def test_a_terminal_sees_colour(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty")
    (tmp_path / "a.py").write_text(LEAK)
    leader, follower = pty.openpty()
    env = {key: value for key, value in os.environ.items() if key != "NO_COLOR"} | {"TERM": "xterm"}
    with subprocess.Popen([sys.executable, "-m", "leaklint.cli", "check"], cwd=tmp_path, stdout=follower, env=env):
        os.close(follower)
        out = b""
        try:
            while part := os.read(leader, 65536):
                out += part
        except OSError:  # how Linux tells the end
            pass
    os.close(leader)
    assert b"\x1b[1m\x1b[3" in out or b"\x1b[3" in out
    assert b"LK201" in out
