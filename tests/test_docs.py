"""The documents name every command, and every option that they name exists."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from leaklint import cli

ROOT = Path(__file__).parent.parent
PAGES = {file.name: file.read_text("utf-8") for file in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]}


def commands(group: click.Group, name: str = "leaklint") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for word in group.list_commands(context):
        command = group.get_command(context, word)
        assert command
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {word}")
        else:
            yield f"{name} {word}", command


ALL = dict(commands(cli.cli))


@pytest.mark.parametrize("name", ALL)
def test_every_command_is_described(name: str) -> None:
    assert any(re.search(rf"{name}\b", text) for text in PAGES.values())
    assert ALL[name].help


@pytest.mark.parametrize("page", PAGES)
def test_commands_in_the_documents_exist(page: str) -> None:
    """Lines of a console, as somebody would type them."""
    for line in re.findall(r"^\$ (leaklint .+)$", PAGES[page], re.MULTILINE):
        name = max((name for name in ALL if re.match(rf"{name}\b", line)), key=len, default="")
        assert name, line
        known = {option for one in ALL[name].params for option in (*one.opts, *one.secondary_opts)} | {"--help"}
        used = re.findall(r"(?<=\s)--?[a-z][a-z-]*", line.partition(" #")[0].split(" | ")[0])
        assert set(used) <= known, line


def test_the_rule_of_the_guide_works_as_it_is_written(tmp_path: Path) -> None:
    """Its page, check and rows, put where the guide says, report the marked line of the page and no other."""
    blocks = re.findall(r"^(`{3,})\w+ ([\w.]+)\n(.*?)^\1$", PAGES["writing-a-rule.md"], re.MULTILINE | re.DOTALL)
    files = {name: text for _, name, text in blocks}
    folder = tmp_path / "lint" / "thread_local_connection"
    folder.mkdir(parents=True)
    for name in ("rule.md", "check.py"):
        (folder / name).write_text(files[name], "utf-8")
    (tmp_path / "lint" / "rows.toml").write_text(files["rows.toml"], "utf-8")
    (tmp_path / "leaklint.toml").write_text('rule-folders = ["lint"]\napi-files = ["lint/rows.toml"]\n', "utf-8")
    examples = re.findall(r"^```python\n(.*?)^```$", files["rule.md"], re.MULTILINE | re.DOTALL)
    for number, text in enumerate(examples):
        (tmp_path / f"example{number}.py").write_text(text, "utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "leaklint", "check", "--select", "LK901", "--output-format", "concise", "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    marked = [(n, i) for n, text in enumerate(examples) for i, line in enumerate(text.split("\n"), 1) if "# LK" in line]
    assert [line.split(" ")[0] for line in run.stdout.splitlines() if "LK901" in line] == [
        f"example{n}.py:{i}:9:" for n, i in marked
    ], run.stdout + run.stderr
    assert marked
