"""The baseline: accepted findings stay silent, new ones do not, and what is gone is told."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from leaklint import cli

FILE = "leaklint-baseline.toml"
LEAK = """\
import asyncio


async def beat(socket):
    await socket.wait()


async def on_connect(socket):
    asyncio.create_task(beat(socket))
"""
SECOND = LEAK + "\n\nasync def on_message(socket):\n    asyncio.create_task(socket.poll())\n"
SOUND = LEAK.replace("    asyncio.create_task", "    await asyncio.create_task")

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def leaklint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in a directory with one leaky file: status, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    Path("app.py").write_text(LEAK)

    def run(*arguments: str) -> tuple[int, str, str]:
        status = cli._status(arguments)
        out, err = capsys.readouterr()
        assert "Traceback (most recent" not in out + err
        return status, out, err

    return run


def check(leaklint: Run, *arguments: str) -> tuple[int, list[str], str]:
    status, out, err = leaklint("check", "--baseline", FILE, "--output-format", "concise", *arguments)
    return status, [line.split(": ")[0] for line in out.splitlines()], err


def test_what_is_accepted_is_not_reported(leaklint: Run) -> None:
    assert leaklint("baseline", "create", "--reason", "since 2019") == (0, f"{FILE}: 1 accepted\n", "")
    status, found, err = check(leaklint)
    assert (status, found) == (0, [])
    assert err.endswith(": no findings, 1 in the baseline\n")


def test_shifted_lines_change_nothing_and_what_is_new_is_reported(leaklint: Run) -> None:
    leaklint("baseline", "create")
    Path("app.py").write_text("# a comment\n\n" + SECOND)
    assert check(leaklint)[:2] == (1, ["app.py:15:5"])
    assert check(leaklint, "--fail-on", "P0")[0] == 0


def test_stale_entries_are_told_and_can_fail_the_run(leaklint: Run) -> None:
    leaklint("baseline", "create")
    Path("app.py").write_text(SOUND)
    status, found, err = check(leaklint)
    assert (status, found) == (0, [])
    assert err.startswith(f"leaklint: {FILE}: stale: LK201 app.py app:on_connect.")
    assert err.endswith(": no findings, 1 stale entry of the baseline\n")
    assert check(leaklint, "--fail-on-stale")[0] == 1
    assert check(leaklint, "--fail-on-stale", "--exit-zero")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "stale"),
    [(["app.py"], 1), (["other.py"], 0), (["app.py", "--select", "LK3"], 0), (["--extend-exclude", "app.py"], 0)],
)
def test_only_a_run_that_has_looked_can_say_that_an_entry_is_stale(
    leaklint: Run, arguments: Sequence[str], stale: int
) -> None:
    Path("other.py").write_text("x = 1\n")
    leaklint("baseline", "create")
    Path("app.py").write_text(SOUND)
    assert check(leaklint, *arguments)[2].count("stale: LK201") == stale


def test_a_file_that_cannot_be_read_makes_nothing_stale_and_one_that_is_gone_does(leaklint: Run) -> None:
    leaklint("baseline", "create")
    Path("app.py").write_text("print 1\n")
    assert "stale" not in check(leaklint)[2]
    Path("app.py").unlink()
    Path("other.py").write_text("x = 1\n")
    assert "stale: LK201 app.py" in check(leaklint, "other.py")[2]


def test_an_entry_covers_no_finding_that_has_become_worse(leaklint: Run) -> None:
    leaklint("baseline", "create")
    Path(FILE).write_text(Path(FILE).read_text().replace('severity = "P1"', 'severity = "P2"'))
    assert check(leaklint)[:2] == (1, ["app.py:9:5"])


def test_the_file_reads_well(leaklint: Run) -> None:
    Path("b.py").write_text(LEAK)
    leaklint("baseline", "create", "--reason", 'Tom\'s "old" code\\')
    text = Path(FILE).read_text()
    blocks = text.split("\n\n")
    assert blocks[0].endswith("\nversion = 1")
    assert len(blocks) == 3
    entry = r"""\[\[finding\]\]
path = "app\.py"
rule = "LK201"
subject = "app:on_connect\.beat\(socket\)"
severity = "P1"
fingerprint = "[0-9a-f]{20}"
reason = "Tom's \\"old\\" code\\\\" """.rstrip()
    assert re.fullmatch(entry, blocks[1])
    assert 'path = "b.py"' in blocks[2]
    Path(FILE).write_text("\n\n".join([blocks[0], blocks[2].rstrip(), blocks[1], blocks[1]]) + "\n")
    assert leaklint("baseline", "update")[0] == 0
    assert Path(FILE).read_text() == text, "sorted, and what stands twice counts once"


def test_update_keeps_reasons_and_moved_code_takes_them_along(leaklint: Run) -> None:
    leaklint("baseline", "create", "--reason", "known")
    Path("app.py").unlink()
    Path("moved.py").write_text(SECOND)
    status, out, _ = leaklint("baseline", "update", "--reason", "new")
    assert (status, out) == (0, f"{FILE}: 0 dropped, 1 accepted, 1 kept\n")
    _, out, _ = leaklint("baseline", "show")
    assert out.splitlines() == [
        "moved.py",
        "  P1 LK201 moved:on_connect.beat(socket): known",
        "  P1 LK201 moved:on_message.socket.poll(): new",
        "2 accepted, 0 without a reason",
    ]


def test_a_ratchet_only_removes(leaklint: Run) -> None:
    Path("b.py").write_text(LEAK)
    leaklint("baseline", "create")
    Path("b.py").write_text(SOUND)
    Path("app.py").write_text(SECOND)
    _, out, _ = leaklint("baseline", "update", "--only-remove")
    assert out == f"{FILE}: 1 dropped, 0 accepted, 1 kept\n"
    assert check(leaklint)[:2] == (1, ["app.py:13:5"])


def test_check_of_the_baseline_itself(leaklint: Run) -> None:
    leaklint("baseline", "create")
    assert leaklint("baseline", "check") == (0, "", f"leaklint: {FILE}: 0 new, 0 stale, 1 accepted\n")
    Path("app.py").write_text(SECOND.replace("    asyncio.create_task(beat", "    await asyncio.create_task(beat"))
    status, out, err = leaklint("baseline", "check")
    assert status == 1
    assert out.startswith("app.py:13:5: P1 LK201 ")
    assert err.endswith("1 new, 1 stale, 0 accepted\n")


def test_sarif_says_what_is_accepted(leaklint: Run) -> None:
    leaklint("baseline", "create", "--reason", "known")
    _, out, _ = leaklint("check", "--baseline", FILE, "--output-format", "sarif")
    (result,) = json.loads(out)["runs"][0]["results"]
    assert result["suppressions"] == [{"kind": "external", "justification": "known"}]


def test_from_another_directory(leaklint: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("sub").mkdir()
    Path("sub/b.py").write_text(LEAK)
    leaklint("baseline", "create")
    assert 'path = "sub/b.py"' in Path(FILE).read_text()
    monkeypatch.chdir("sub")
    status, _, err = leaklint("check", "--baseline", f"../{FILE}", ".", "--output-format", "concise")
    assert (status, err.count("1 in the baseline"), err.count("stale")) == (0, 1, 0)


GOOD = (
    'version = 1\n\n[[finding]]\npath = "a.py"\nrule = "LK201"\nsubject = "a:b"\nseverity = "P1"\nfingerprint = "1"\n'
)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("version = 1\n[[finding]\n", "not TOML: "),
        (GOOD.replace('rule = "LK201"\n', ""), "an entry lacks one of path, rule,"),
        (GOOD.replace('"LK201"', "201"), "an entry lacks one of path, rule,"),
        (GOOD.replace("P1", "P7"), "the entry of a.py: its severity"),
        (GOOD + "reason = 3\n", "the entry of a.py: its severity or its reason"),
        ("version = 1\nfinding = 3\n", "finding: must be a list of tables"),
        ("", "not a baseline of format 1: write it anew"),
        (GOOD.replace("version = 1", "version = 0"), "not a baseline of format 1"),
        (GOOD.replace("version = 1", "version = 2"), "written by a newer leaklint, in format 2"),
        (GOOD + "<<<<<<< HEAD\n=======\n>>>>>>> other\n", f"{FILE}:9: holds a merge conflict"),
    ],
)
def test_a_damaged_file_is_one_line(leaklint: Run, content: str, says: str) -> None:
    Path(FILE).write_text(content)
    for command in (["check", "--baseline", FILE], ["baseline", "update"], ["baseline", "show"], ["baseline", "check"]):
        status, out, err = leaklint(*command)
        assert (status, out) == (2, "")
        assert err.startswith(f"leaklint: {FILE}")
        assert says in err
        assert err.count("\n") == 1
    assert Path(FILE).read_text() == content


def test_no_file_and_no_text(leaklint: Run) -> None:
    assert leaklint("check", "--baseline", "nope")[::2] == (
        2,
        "leaklint: nope: no such file: make it with `leaklint baseline create`\n",
    )
    Path(FILE).write_bytes(b"\xff\xfe")
    assert leaklint("baseline", "show")[::2] == (2, f"leaklint: {FILE}: not in UTF-8\n")
    Path("folder").mkdir()
    assert leaklint("check", "--baseline", "folder")[::2] == (2, "leaklint: folder: is a directory\n")


def test_create_replaces_nothing_unasked(leaklint: Run) -> None:
    Path(FILE).write_text("mine")
    status, _, err = leaklint("baseline", "create")
    assert (status, Path(FILE).read_text()) == (2, "mine")
    assert "is there already" in err
    assert leaklint("baseline", "create", "--force")[0] == 0


def test_a_place_that_cannot_be_written(leaklint: Run) -> None:
    status, _, err = leaklint("baseline", "create", "--baseline", "no/such/file.toml")
    assert (status, err) == (2, "leaklint: no/such/file.toml: no such file or directory\n")
    assert [one.name for one in Path().iterdir()] == ["app.py"]


def test_a_run_with_errors_writes_nothing(leaklint: Run) -> None:
    status, _, err = leaklint("baseline", "create", "app.py", "nope.py")
    assert status == 2
    assert err.endswith(f"leaklint: {FILE}: not written: the run had errors\n")
    assert not Path(FILE).exists()


def test_another_run_that_was_faster(leaklint: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from leaklint.running import runner

    leaklint("baseline", "create")
    real = runner.run

    def slow(*arguments: object, **options: object) -> object:
        Path(FILE).write_text(GOOD)
        return real(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(runner, "run", slow)
    status, _, err = leaklint("baseline", "update")
    assert (status, err) == (2, f"leaklint: {FILE}: another run has written it meanwhile: run this one again\n")
    assert Path(FILE).read_text() == GOOD


def test_two_runs_at_once_leave_a_whole_file(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(LEAK)
    command = [sys.executable, "-m", "leaklint", "baseline", "create"]
    runs = [subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)]
    ends = [(one.communicate(timeout=60), one.returncode) for one in runs]
    assert 0 in [status for _, status in ends]
    for (_, err), status in ends:
        assert (status, err.count(b"\n")) in ((0, 0), (2, 1))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["app.py", FILE]
    done = subprocess.run([*command[:3], "baseline", "check"], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("name", [b"\xff.py", b'a"b.py', "名前.py".encode(), b"a\nb.py"])
def test_names_of_files_that_are_not_text(leaklint: Run, name: bytes) -> None:
    Path(os.fsdecode(name)).write_text(LEAK)
    leaklint("baseline", "create")
    assert check(leaklint)[:2] == (0, [])
    Path(os.fsdecode(name)).write_text(SOUND)
    assert check(leaklint)[2].count("stale") == 2  # the line and the count


def test_what_moves_to_another_file_stays_accepted(leaklint: Run) -> None:
    leaklint("baseline", "create", "--reason", "since 2019")
    Path("web").mkdir()
    Path("app.py").rename("web/hub.py")
    assert check(leaklint)[:2] == (0, [])
    assert leaklint("baseline", "check")[2].endswith("0 new, 0 stale, 1 accepted\n")
    leaklint("baseline", "update")
    text = Path(FILE).read_text()
    assert 'path = "web/hub.py"' in text
    assert 'reason = "since 2019"' in text
    assert "app.py" not in text
    Path("app.py").write_text(LEAK)
    assert check(leaklint)[:2] == (1, ["app.py:9:5"]), "a copy is new"


def test_of_two_that_a_gone_file_could_stand_for_one_is_new(leaklint: Run) -> None:
    leaklint("baseline", "create")
    Path("one.py").write_text(LEAK)
    Path("app.py").rename("two.py")
    status, found, _ = check(leaklint)
    assert (status, found) == (1, ["two.py:9:5"])


def test_a_link_goes_by_its_own_name(leaklint: Run) -> None:
    Path("gone.py").symlink_to("/no/such/file.py")
    leaklint("baseline", "create")
    assert 'path = "gone.py"' in Path(FILE).read_text()
    assert check(leaklint)[0] == 0
    assert "stale" not in check(leaklint, "app.py")[2]


def test_a_baseline_further_up_is_named(leaklint: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    leaklint("baseline", "create")
    Path("web").mkdir()
    monkeypatch.chdir("web")
    status, _, err = leaklint("baseline", "check")
    assert status == 2
    assert err.endswith(f"leaklint: {FILE}: no such file: there is one at ../{FILE}: name that with `--baseline`\n")
