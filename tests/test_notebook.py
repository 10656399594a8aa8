"""Notebooks: cells become one module, findings name the cell, and IPython's own lines are passed over."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from leaklint import cli, notebook
from leaklint.notebook import NotANotebook

TASK = "async def start(work):\n    asyncio.create_task(work())"


def book(*cells: str, language: str = "python") -> str:
    found: list[Any] = [
        {"cell_type": "markdown" if cell.startswith("#!") else "code", "source": cell.splitlines(keepends=True)}
        for cell in cells
    ]
    about = {"kernelspec": {"language": language, "name": "x"}, "language_info": {"name": language}}
    return json.dumps({"cells": found, "metadata": about, "nbformat": 4, "nbformat_minor": 5})


def text(*cells: str, **options: str) -> str:
    return notebook.read(book(*cells, **options).encode()).text


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    cli._status(["check", "a.ipynb", *arguments])
    out, err = capsys.readouterr()
    assert not err or err.startswith("Checked 1 file")
    return out


def rows(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, int | None, str, int]]:
    found = json.loads(run(capsys, "--output-format", "json"))
    return [(row["path"], row.get("cell"), row["rule"], row["line"]) for row in found]


def test_findings_name_the_cell(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a.ipynb").write_text(book("#! Text", "import asyncio\n", "x = 1\n\n" + TASK))
    assert rows(capsys) == [("a.ipynb", 3, "LK201", 4)]
    out = run(capsys)
    assert "--> a.ipynb:cell 3:4:5\n" in out
    assert "\n4 |     asyncio.create_task(work())\n" in out
    assert "a.ipynb:cell 3:4:5: P" in run(capsys, "--output-format", "concise")


def test_evidence_has_its_own_cell(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grow = "def on_connect(session_id, socket):\n    SESSIONS[session_id] = socket"
    (here / "a.ipynb").write_text(book("SESSIONS = {}", grow))
    found = json.loads(run(capsys, "--output-format", "json"))
    cells = {(found[0]["cell"], found[0]["line"])} | {(one["cell"], one["line"]) for one in found[0]["evidence"]}
    assert (2, 2) in cells
    assert all(line <= 2 for _, line in cells)


def test_suppressions_in_cells(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    why = "  # leaklint: ignore[LK201] -- the kernel holds it"
    (here / "a.ipynb").write_text(book("import asyncio", TASK + why, "x = 1\ny = 2" + why))
    assert rows(capsys) == [("a.ipynb", 3, "LK002", 2)]
    (here / "a.ipynb").write_text(book("import asyncio", TASK, "# leaklint: ignore-file[LK201] -- a draft"))
    assert rows(capsys) == []


@pytest.mark.parametrize(
    "cell",
    [
        "%time x = 1",
        "!pip install x",
        "x = !ls",
        "a, b = %timeit -o f()",
        "?print",
        "print?",
        "x.y??",
        "%%bash\nif [ x ]; then\n fi",
        "%%time\nx = 1",
        "!ls \\\n  -l \\\n  x",
        "if x:\n    !ls\nelse:\n    %cd x",
        "%matplotlib inline\nx = (1\n  + 2)",
    ],
)
def test_what_is_ipythons_own_is_passed_over(here: Path, capsys: pytest.CaptureFixture[str], cell: str) -> None:
    (here / "a.ipynb").write_text(book("import asyncio", cell, TASK))
    assert rows(capsys) == [("a.ipynb", 3, "LK201", 2)]
    assert text(cell).count("\n") == cell.count("\n") + 1


@pytest.mark.parametrize(
    "cell", ["x = (a\n  % b)", "x = '''\n%time\n!ls\n'''", "await f()", "async with a as b:\n    pass", "x;", "a != b"]
)
def test_what_is_python_stays(cell: str) -> None:
    assert text(cell) == cell + "\n"


def test_code_under_a_magic_is_checked(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a.ipynb").write_text(book("import asyncio", "%%time\n" + TASK))
    assert rows(capsys) == [("a.ipynb", 2, "LK201", 3)]


def test_top_level_await(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a.ipynb").write_text(book("import asyncio\nx = await asyncio.sleep(1)", TASK, "await start(x)\nx"))
    assert rows(capsys) == [("a.ipynb", 2, "LK201", 2)]


def test_a_cell_that_is_no_python(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a.ipynb").write_text(book("x = 1", "y = 1\nprint 2"))
    assert rows(capsys) == [("a.ipynb", 2, "LK001", 2)]


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"cells": 1}', "\xff", "[" * 100_000])
def test_what_is_no_notebook(here: Path, capsys: pytest.CaptureFixture[str], content: str) -> None:
    (here / "a.ipynb").write_bytes(content.encode("latin-1"))
    assert rows(capsys) == [("a.ipynb", None, "LK001", 1)]
    with pytest.raises(NotANotebook):
        notebook.read(content.encode("latin-1"))


@pytest.mark.parametrize(
    "content",
    [
        {"cells": []},
        {"cells": [1, {}, {"cell_type": "code"}, {"cell_type": "code", "source": [1]}], "metadata": 1},
        {"cells": [{"cell_type": "code", "source": "x = 1\r\ny = 2"}], "metadata": {"kernelspec": []}},
    ],
)
def test_odd_notebooks(content: Any) -> None:
    ast.parse(notebook.read(json.dumps(content).encode()).text)


def test_other_languages(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a.ipynb").write_text(book("x <- 1", language="R"))
    assert rows(capsys) == []
