"""Hints offer what the Python of the checked project has."""

from __future__ import annotations

from pathlib import Path

import pytest

from leaklint import cli
from leaklint.project.pythons import Pythons

CODE = "import asyncio\n\n\nasync def on_message(message):\n    asyncio.create_task(message.send())\n"


@pytest.mark.parametrize(
    ("table", "oldest"),
    [
        ('[project]\nrequires-python = ">=3.9,<4"', (3, 9)),
        ('[project]\nrequires-python = "~=3.12.1"', (3, 12)),
        ('[tool.poetry.dependencies]\npython = "^3.10"', (3, 10)),
        ("[project]\nname = 'python-app'", None),
        ("[project]\nrequires-python = 3", None),
        ("python = [", None),
    ],
)
def test_the_oldest_python_of_a_project(tmp_path: Path, table: str, oldest: tuple[int, int] | None) -> None:
    (tmp_path / "pyproject.toml").write_text(table)
    inner = tmp_path / "src" / "app"
    inner.mkdir(parents=True)
    pythons = Pythons()
    assert [pythons.oldest(folder) for folder in (inner, inner, tmp_path)] == [oldest] * 3


@pytest.mark.parametrize(("bound", "offered"), [(">=3.11", True), (">=3.10", False)])
def test_a_task_group_is_offered_where_there_is_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, bound: str, offered: bool
) -> None:
    (tmp_path / "pyproject.toml").write_text(f'[project]\nrequires-python = "{bound}"\n')
    (tmp_path / "app.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    assert cli._status(["check", "--no-cache", "app.py"]) == 1
    text = capsys.readouterr().out
    assert ("TaskGroup" in text) is offered
    assert "add_done_callback" in text
