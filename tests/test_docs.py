"""The documents name every command, and every option that they name exists."""

from __future__ import annotations

import re
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
