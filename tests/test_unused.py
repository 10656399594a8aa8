"""Suppressions that silence nothing, and those without a reason: what a run says of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from leaklint import cli

LEAK = "import asyncio\n\n\nasync def start(work):\n    {}asyncio.create_task(work()){}\n"

Check = Callable[..., list[tuple[str, int, int]]]


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Check:
    """Checks files: what is found, by rule, line and column."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> list[tuple[str, int, int]]:
        cli._status(["check", "--output-format", "json", *arguments])
        out, err = capsys.readouterr()
        assert not err
        return [(row["rule"], row["line"], row["column"]) for row in json.loads(out)]

    return run


def leak(comment: str, leaks: bool = True) -> None:
    Path("a.py").write_text(LEAK.format("" if leaks else "await ", comment and f"  # {comment}"))


def test_one_that_silences_is_no_finding(check: Check) -> None:
    leak("leaklint: ignore[LK201] -- why")
    assert check() == []
    leak("leaklint: ignore[LK201] -- why", leaks=False)
    assert check() == [("LK002", 5, 40)]


def test_each_code_by_itself(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    leak("leaklint: ignore[LK101, LK201, LK103] -- why")
    assert check() == [("LK002", 5, 34)] * 2
    cli._status(["check", "--color", "never"])
    out = capsys.readouterr().out
    assert "LK002 unused-suppression: this suppression of LK101 silences nothing\n" in out
    assert f" {'^' * len('# leaklint: ignore[LK101, LK201, LK103] -- why')}\n" in out


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("LK20I", "there is no rule `LK20I`: did you mean LK201?"),
        ("dangling-tasks", "there is no rule `dangling-tasks`: did you mean LK201?"),
        ("whatever", "there is no rule `whatever`"),
        ("LK2", "`LK2` is a family: single rules are named here"),
        ("L", "there is no rule `l`"),
        ("LK999", "there is no rule `LK999`"),
    ],
)
def test_codes_that_are_none(check: Check, capsys: pytest.CaptureFixture[str], code: str, says: str) -> None:
    leak(f"leaklint: ignore[{code}] -- why")
    assert sorted(rule for rule, _, _ in check()) == ["LK002", "LK201"]
    cli._status(["check", "--color", "never"])
    assert f"LK002 unused-suppression: {says}\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("comment", "fault", "form"),
    [
        ("ignore[LK201] - why", "two hyphens stand before a reason", "ignore[LK201]"),
        ("ignore[dangling-task]: why", "two hyphens stand before a reason", "ignore[LK201]"),
        ("ignore because of the loop", "two hyphens stand before a reason", "ignore[CODE]"),
        ("ignore LK201", "the codes stand in brackets", "ignore[LK201]"),
        ("ignore: LK201, LK101", "the codes stand in brackets", "ignore[LK201, LK101]"),
        ("ignore[LK201 -- why", "the codes stand in brackets", "ignore[LK201]"),
        ("ignore-file=LK201", "the codes stand in brackets", "ignore-file[LK201]"),
        ("ignore[ ] -- why", "there is no rule in its brackets", "ignore[CODE]"),
        ("ignore[] -- why", "there is no rule in its brackets", "ignore[CODE]"),
        ("disable=LK201", "the word is `ignore`", "ignore[LK201]"),
        ("noqa", "the word is `ignore`", "ignore[CODE]"),
    ],
)
def test_comments_that_are_not_heeded(
    check: Check, capsys: pytest.CaptureFixture[str], comment: str, fault: str, form: str
) -> None:
    leak(f"leaklint: {comment}")
    assert sorted(rule for rule, _, _ in check("--extend-select", "LK003")) == ["LK002", "LK201"]
    cli._status(["check", "--color", "never"])
    out = capsys.readouterr().out
    assert f"LK002 unused-suppression: this comment is not heeded: {fault}\n" in out
    assert f"write `# leaklint: {form} -- reason`" in out
    leak(f"leaklint: {comment} # leaklint: ignore[LK201, LK002] -- both")
    assert check() == []


def test_a_rule_that_is_not_selected_is_never_unused(check: Check) -> None:
    leak("leaklint: ignore[LK201] -- why", leaks=False)
    assert [rule for rule, _, _ in check("--select", "LK002,LK201")] == ["LK002"]
    assert check("--select", "LK002,LK1") == []
    assert check("--ignore", "LK201") == []
    assert check("--ignore", "LK002") == []
    Path("leaklint.toml").write_text('per-file-ignores = { "a.py" = ["LK201"] }')
    assert check() == []
    Path("leaklint.toml").write_text('per-file-ignores = { "b.py" = ["LK201"] }')
    assert [rule for rule, _, _ in check()] == ["LK002"]


def test_a_suppression_of_a_rule_that_is_not_selected_is_used(check: Check) -> None:
    leak("leaklint: ignore -- why")
    assert check("--select", "LK002") == []
    leak("leaklint: ignore -- why", leaks=False)
    assert check("--select", "LK002") == [("LK002", 5, 40)]


def test_noqa_is_left_alone(check: Check) -> None:
    leak("noqa: LK201", leaks=False)
    assert check("--extend-select", "LK003") == []


def test_whole_files(check: Check) -> None:
    leak("")
    text = Path("a.py").read_text()
    for code, found in (("LK201", []), ("LK101", ["LK002", "LK201"])):
        Path("a.py").write_text(f"# leaklint: ignore-file[{code}] -- why\n{text}")
        assert [rule for rule, _, _ in check()] == found


def test_a_file_that_cannot_be_read_says_nothing_of_them(check: Check) -> None:
    Path("a.py").write_text("x = 1  # leaklint: ignore[LK201] -- why\nprint 1\n")
    assert [rule for rule, _, _ in check()] == ["LK001"]


def test_it_can_be_silenced_by_its_own_code(check: Check) -> None:
    leak("leaklint: ignore[LK201, LK002] -- in newer versions", leaks=False)
    assert check() == []
    leak("leaklint: ignore[LK201, LK002] -- in newer versions")
    assert [rule for rule, _, _ in check()] == ["LK002"]
    leak("leaklint: ignore[LK201] -- why", leaks=False)
    Path("a.py").write_text("# leaklint: ignore-file[LK002] -- generated\n" + Path("a.py").read_text())
    assert check() == []


def test_what_another_file_clears_is_used(check: Check) -> None:
    Path("app").mkdir()
    Path("app/__init__.py").write_text("")
    Path("app/state.py").write_text(
        "SESSIONS = {}\n\n\ndef on_connect(session_id, socket):\n"
        "    SESSIONS[session_id] = socket  # leaklint: ignore[LK103] -- prune.py\n"
    )
    Path("app/prune.py").write_text(
        "from app.state import SESSIONS\n\n\ndef on_disconnect(session_id):\n    SESSIONS.pop(session_id)\n"
    )
    assert check() == []
    assert check("app/state.py") == []
    assert check("--select", "LK103", "app/prune.py") == []


def test_reasons_are_asked_for_when_they_are_selected(check: Check) -> None:
    leak("leaklint: ignore[LK201]")
    assert check() == []
    assert check("--select", "LK") == []
    assert check("--select", "LK0") == []
    assert check("--preview") == []
    assert check("--select", "LK003") == [("LK003", 5, 34)]
    assert check("--extend-select", "suppression-without-reason") == [("LK003", 5, 34)]
    Path("leaklint.toml").write_text('extend-select = ["LK003"]')
    assert check() == [("LK003", 5, 34)]
    leak("leaklint: ignore[LK201] -- why")
    assert check() == []
    leak("leaklint: ignore[LK201, LK003]")
    assert check() == []


def test_they_are_counted_by_fail_on_and_severity(check: Check) -> None:
    leak("leaklint: ignore[LK201] -- why", leaks=False)
    assert (cli._status(["check"]), cli._status(["check", "--fail-on", "P1"])) == (1, 0)
    Path("leaklint.toml").write_text('fail-on = "P1"\nseverity = { LK002 = "P1" }')
    assert cli._status(["check"]) == 1


def test_fingerprints_survive_a_shift(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    prints = set()
    leak("leaklint: ignore[LK101, LK103] -- why")
    for _ in range(3):
        cli._status(["check", "--output-format", "json", "--select", "LK"])
        rows = [row for row in json.loads(capsys.readouterr().out) if row["rule"] == "LK002"]
        assert len({row["fingerprint"] for row in rows}) == 2
        prints |= {row["fingerprint"] for row in rows}
        Path("a.py").write_text("\n" + Path("a.py").read_text())
    assert len(prints) == 2
