"""`leaklint cache`: where results are kept from run to run, how much there is, and how to be rid of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from leaklint.arguments import Given, settings_options
from leaklint.commands.terminal import CLEAN, print_lines


@click.group()
def cache() -> None:
    """Show or clear what is kept from run to run.

    It makes runs faster and nothing else: whatever is deleted is found again.
    """


def _folders(given: Given) -> Iterator[Path]:
    """The folder that is in force, and the user's own, where what leaklint knows is kept in any case."""
    from leaklint.storage.folder import home

    cwd = Path.cwd()
    named = given.finder(cwd).of_folder(cwd).cache_dir
    yield from dict.fromkeys(place for place in (cwd / named if named else None, home()) if place)


@cache.command()
@settings_options
def info(*, given: Given) -> int:
    """Show where it is and how large."""
    from leaklint.report.tally import several
    from leaklint.storage.folder import LIMIT, kept

    for folder in _folders(given):
        sizes = [status.st_size for _, status in kept(folder)]
        print_lines([f"{folder}: {several(len(sizes), 'file')}, {sum(sizes) / 1e6:.1f} MB of at most {LIMIT // 10**6}"])
    return CLEAN


@cache.command()
@settings_options
def clear(*, given: Given) -> int:
    """Delete all of it, and nothing else that may lie there."""
    from leaklint.storage.folder import clear

    for folder in _folders(given):
        print_lines([f"{folder}: {clear(folder) / 1e6:.1f} MB deleted"])
    return CLEAN
