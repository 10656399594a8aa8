"""What the commands have in common on a terminal: exit statuses, colour, outputs, remarks on standard error."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from leaklint.catalogue import Catalogue
    from leaklint.report import Look, Target, Tone
    from leaklint.report.progress import Progress
    from leaklint.running.runner import Outcome

CLEAN, FOUND, WRONG, STOPPED = 0, 1, 2, 130
"""Exit statuses."""

_COLOURS = {"P0": "red", "P1": "yellow", "P2": "cyan", "gutter": "blue", "second": "blue", "strong": None}


def tell(line: str) -> None:
    click.echo(f"leaklint: {line}", err=True)


def leave(status: int) -> NoReturn:
    """End the process at once: freeing all it holds, object by object, takes a fourth of a short run. With `python -X
    dev` it ends as others do, for those who measure."""
    if sys.flags.dev_mode:
        sys.exit(status)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):  # there may be none, or nobody who reads
            stream.flush()
    os._exit(status)


def colourful(color: str) -> bool:
    if color != "auto":
        return color == "always"
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _paint(text: str, tone: Tone) -> str:
    return click.style(text, fg=_COLOURS[tone], bold=tone != "gutter" or None)


def look_of(color: str, cleared: bool, statistics: bool) -> Look:
    """How text looks on standard output."""
    from leaklint.report import Look, plain

    look = Look(_paint if colourful(color) else plain, cleared=cleared, statistics=statistics)
    if not sys.stdout.isatty():
        return look
    import shutil

    return look._replace(width=max(60, shutil.get_terminal_size().columns - 10))


def print_lines(lines: Iterable[str]) -> None:
    """Lines to standard output; a reader that has gone away is no error."""
    stream = sys.stdout
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")
    try:
        for line in lines:
            stream.write(f"{line}\n")
        stream.flush()
    except OSError as error:
        # the interpreter would flush again at its end, and complain
        # leaklint: ignore[unclosed-file-or-process] -- the process ends with it
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if not isinstance(error, BrokenPipeError):
            raise OSError(error.errno, error.strerror, "standard output") from None


def give_out(outcome: Outcome, catalogue: Catalogue, targets: Sequence[Target], look: Look) -> None:
    """All outputs. What a person wants to know in the end goes to standard error where no output says it."""
    from leaklint.report import render, write
    from leaklint.report.tally import closing, statistics

    for target in targets:
        if target.file is None:
            print_lines(render(outcome, catalogue, target.format, look))
        else:
            write(target.file, render(outcome, catalogue, target.format, look.for_files()))
    shown = [target.format for target in targets if target.file is None]
    for line in statistics(outcome.run) if look.statistics and "full" not in shown else ():
        click.echo(line, err=True)
    if shown in ([], ["concise"]):
        click.echo(closing(outcome.run), err=True)


def progress() -> Progress | None:
    if not sys.stderr.isatty():
        return None
    from leaklint.report.progress import Progress

    return Progress(sys.stderr)
