"""`leaklint init`: settings, a pre-commit hook and a word to ruff, after showing what is written."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from leaklint import __version__
from leaklint.commands.terminal import CLEAN, print_lines, tell

Change = Callable[[str], str]


def _changes(folder: Path) -> Iterator[tuple[Path, Change]]:
    """Each file that may be changed, and how."""
    from leaklint import scaffold

    def project(text: str) -> str:
        changed = text if (folder / "leaklint.toml").is_file() else scaffold.settings(text)
        return scaffold.ruff(changed, "tool", "ruff")

    yield folder / "pyproject.toml", project
    for name in "ruff.toml", ".ruff.toml":
        if (folder / name).is_file():
            yield folder / name, scaffold.ruff
    if (folder / ".pre-commit-config.yaml").is_file():
        yield folder / ".pre-commit-config.yaml", lambda text: scaffold.hook(text, __version__)


def _read(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8") if file.is_file() else ""
    except UnicodeDecodeError:
        raise click.ClickException(f"{file.name}: not in UTF-8") from None


@click.command()
@click.option("--yes", is_flag=True, help="Write without asking.")
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
def init(*, yes: bool, dry_run: bool) -> int:
    """Set up leaklint in the working directory.

    Adds a minimal [tool.leaklint] to pyproject.toml; where there is a pre-commit configuration a hook; where ruff is
    set up, that our codes are not for it to judge. Everything is shown before it is written.
    """
    from leaklint.report import write
    from leaklint.scaffold import NotDone

    planned: list[tuple[Path, str]] = []
    for file, change in _changes(Path.cwd()):
        before = _read(file)
        try:
            after = change(before.replace("\r\n", "\n"))
        except NotDone as error:
            tell(f"{file.name}: left as it is: {error}")
            continue
        if after != before.replace("\r\n", "\n"):
            planned.append((file, after.replace("\n", "\r\n") if "\r\n" in before else after))
            shown = difflib.unified_diff(
                before.splitlines(), after.splitlines(), file.name, file.name, lineterm="", n=2
            )
            print_lines(shown)
    if not planned:
        print_lines(["nothing to do: leaklint is set up here"])
        return CLEAN
    if dry_run or not (yes or click.confirm("Write this?")):
        return CLEAN
    for file, text in planned:
        write(str(file), text.removesuffix("\n").split("\n"))
    print_lines([f"written: {', '.join(file.name for file, _ in planned)}"])
    return CLEAN
