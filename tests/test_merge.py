"""Reports of shards, merged: byte for byte the report of one run over everything."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leaklint import cli

LEAK = """\
import asyncio


async def on_event(queue):
    asyncio.create_task(queue.poll())
    asyncio.create_task(queue.poll())  # leaklint: ignore[LK201] -- on purpose
"""
CELLS = [{"cell_type": "code", "source": LEAK}, {"cell_type": "markdown", "source": ""}]
BOOK = json.dumps({"cells": [*CELLS, *CELLS], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
NAMES = ["a b.py", "a.py", "a/c.py", "book.ipynb", "d/e.py", "ü.py"]

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def leaklint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in a directory with code: status, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(BOOK if name.endswith(".ipynb") else LEAK)

    def run(*arguments: str) -> tuple[int, str, str]:
        status = cli._status(arguments)
        out, err = capsys.readouterr()
        return status, out, err

    return run


def shards(leaklint: Run, form: str, count: int) -> list[str]:
    files = [f"{form}-{number}" for number in range(1, count + 1)]
    for number, file in enumerate(files, 1):
        leaklint("check", "--no-cache", "--shard", f"{number}/{count}", "--output-format", form, "-o", file)
    return files


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_the_whole_is_that_of_one_run(leaklint: Run, form: str) -> None:
    status, whole, _ = leaklint("check", "--no-cache", "--output-format", form)
    files = shards(leaklint, form, 3)
    assert status == 1
    assert leaklint("merge", *files) == (1, whole, "")
    assert leaklint("merge", *reversed(files), files[1]) == (1, whole, ""), "whatever the order, each finding once"
    assert leaklint("merge", *files, "-o", "out") == (1, "", "")
    assert Path("out").read_text() == whole
    assert leaklint("merge", "out", "-o", "out") == (1, "", "")
    assert Path("out").read_text() == whole


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_severity_decides_the_status(leaklint: Run, form: str) -> None:
    (file,) = shards(leaklint, form, 1)
    text = Path(file).read_text()
    assert '"severity": "P1"' in text
    assert [leaklint("merge", file, "--fail-on", least)[0] for least in ("P0", "P1", "P2")] == [0, 1, 1]
    assert leaklint("merge", file, "--exit-zero")[0] == 0
    Path(file).write_text(text.replace('"severity": "P1"', '"severity": "P0"'))
    assert leaklint("merge", file, "--fail-on", "P0")[0] == 1


def test_what_is_suppressed_does_not_fail(leaklint: Run) -> None:
    for name in NAMES:
        Path(name).unlink()
    Path("a.py").write_text(LEAK.replace("())\n", "())  # leaklint: ignore -- all\n", 1))
    status, out, _ = leaklint("merge", *shards(leaklint, "sarif", 2))
    assert (status, [one["level"] for one in json.loads(out)["runs"][0]["results"]]) == (0, ["warning", "warning"])


def test_nothing_at_all(leaklint: Run) -> None:
    Path("x").write_text("[]\n")
    assert leaklint("merge", "x", "x") == (0, "[]\n", "")
    assert leaklint("merge")[0] == 2


def test_errors_of_the_runs_are_told_once(leaklint: Run) -> None:
    for number in "12":
        leaklint("check", "--shard", f"{number}/2", "--output-format", "sarif", "-o", f"s{number}", ".", "nowhere")
    status, out, err = leaklint("merge", "s1", "s2", "--exit-zero")
    invocation = json.loads(out)["runs"][0]["invocations"][0]
    assert (status, err) == (2, "leaklint: nowhere: no such file or directory\n")
    assert invocation["executionSuccessful"] is False
    assert len(invocation["toolExecutionNotifications"]) == 1


def edited(file: str, edit: Callable[[Any], object]) -> str:
    content = json.loads(Path(file).read_text())
    edit(content)
    return json.dumps(content)


@pytest.mark.parametrize(
    "text", ["", "[", "{}", "3", "null", '"x"', "[[]]", '[{"rule": "LK101"}]', "[" * 99_999, "\ud800"]
)
def test_a_damaged_report(leaklint: Run, text: str) -> None:
    (good,) = shards(leaklint, "json", 1)
    Path("bad").write_bytes(text.encode("utf-8", "surrogatepass"))
    status, out, err = leaklint("merge", good, "bad", "-o", "out")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("leaklint: bad: ")
    assert not Path("out").exists()


@pytest.mark.parametrize("key", ["path", "line", "fingerprint", "severity"])
def test_a_finding_that_lacks_something(leaklint: Run, key: str) -> None:
    (file,) = shards(leaklint, "json", 1)
    for edit in (lambda rows: rows[0].pop(key), lambda rows: rows[0].update({key: []})):
        Path("bad").write_text(edited(file, edit))
        assert leaklint("merge", "bad") == (2, "", "leaklint: bad: neither a JSON nor a SARIF report of leaklint\n")


def test_what_does_not_go_together(leaklint: Run) -> None:
    (array,), (log,) = shards(leaklint, "json", 1), shards(leaklint, "sarif", 1)
    assert leaklint("merge", array, log)[2] == f"leaklint: {array} and {log}: one of them is SARIF, the other is not\n"
    Path("old").write_text(edited(log, lambda log: log["runs"][0]["tool"]["driver"].update(version="0.0.1")))
    assert "made by different versions" in leaklint("merge", log, "old")[2]
    Path("other").write_text(edited(log, lambda log: log["runs"][0]["tool"]["driver"].update(name="ruff")))
    assert leaklint("merge", "other")[2] == "leaklint: other: neither a JSON nor a SARIF report of leaklint\n"
    assert leaklint("merge", "gone")[2] == "leaklint: gone: no such file or directory\n"
    assert leaklint("merge", log, "-o", "no/such")[2].startswith("leaklint: cannot write no/such")
