"""The command line. Everything costly is imported by the command that needs it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, cast

import click

from leaklint import __version__
from leaklint.arguments import Given, gather, settings_options
from leaklint.report import DEFAULT_FORMAT, FORMATS

if TYPE_CHECKING:
    from leaklint.catalogue import Catalogue
    from leaklint.keys import Settings
    from leaklint.report import Look, Target, Tone
    from leaklint.report.progress import Progress
    from leaklint.runner import Outcome

CLEAN, FOUND, WRONG, STOPPED = 0, 1, 2, 130
"""Exit statuses."""

_COLOURS = {"P0": "red", "P1": "yellow", "P2": "cyan", "gutter": "blue", "second": "blue", "strong": None}


def _tell(line: str) -> None:
    click.echo(f"leaklint: {line}", err=True)


def _catalogue(settings: Iterable[Settings] | None = None) -> Catalogue:
    """What is known under these settings, or under those of the working directory."""
    from leaklint.catalogue import load
    from leaklint.config import Finder, extras

    here = Path.cwd()
    return load(**extras([Finder(here).of_folder(here)] if settings is None else settings))


def _colourful(color: str) -> bool:
    if color != "auto":
        return color == "always"
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _paint(text: str, tone: Tone) -> str:
    return click.style(text, fg=_COLOURS[tone], bold=tone != "gutter" or None)


def _look(color: str, cleared: bool, statistics: bool) -> Look:
    """How text looks on standard output."""
    import shutil

    from leaklint.report import Look, plain

    look = Look(_paint if _colourful(color) else plain, cleared=cleared, statistics=statistics)
    return replace(look, width=max(60, shutil.get_terminal_size().columns - 10)) if sys.stdout.isatty() else look


def _print(lines: Iterable[str]) -> None:
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
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if not isinstance(error, BrokenPipeError):
            raise OSError(error.errno, error.strerror, "standard output") from None


def _give_out(outcome: Outcome, catalogue: Catalogue, targets: Sequence[Target], look: Look) -> None:
    """All outputs. What a person wants to know in the end goes to standard error where no output says it."""
    from leaklint.report import render, write
    from leaklint.report.tally import closing, statistics

    for target in targets:
        if target.file is None:
            _print(render(outcome, catalogue, target.format, look))
        else:
            write(target.file, render(outcome, catalogue, target.format, look.for_files()))
    shown = [target.format for target in targets if target.file is None]
    for line in statistics(outcome.run) if look.statistics and "full" not in shown else ():
        click.echo(line, err=True)
    if shown in ([], ["concise"]):
        click.echo(closing(outcome.run), err=True)


def _progress() -> Progress | None:
    from leaklint.report.progress import Progress

    return Progress(sys.stderr) if sys.stderr.isatty() else None


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="leaklint %(version)s")
def cli() -> None:
    """Finds memory and resource leaks in Python code before they ship."""


@cli.command(epilog="\b\nFormats:\n" + "\n".join(f"  {name:<9} {what}" for name, what in FORMATS.items()))
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--output-format", "form", metavar="FORMAT", help=f"One of those below; {DEFAULT_FORMAT} by default.")
@click.option("-o", "--output-file", "file", metavar="FILE", help="Write there instead of to standard output.")
@click.option(
    "--output", "outputs", multiple=True, metavar="FORMAT[=FILE]", help="One of several outputs; may be repeated."
)
@settings_options
@click.option("--stdin-filename", metavar="FILE", help="Where standard input would lie; it is checked as the path -.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 whatever is found; errors still give 2.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes; by default as many as pay.")
@click.option("--no-cache", is_flag=True, help="Neither read nor write a cache (no effect yet: there is none).")
@click.option("--statistics", is_flag=True, help="Count by rule and severity, and show the ten worst files.")
@click.option("--show-cleared", is_flag=True, help="Full: list each suspect that a defence cleared, and by which one.")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True)
@click.option("--no-gate", is_flag=True, hidden=True, help="Analyse every file whole.")
def check(  # noqa: PLR0913  one parameter per option
    *,
    paths: tuple[str, ...],
    form: str | None,
    file: str | None,
    outputs: tuple[str, ...],
    given: Given,
    stdin_filename: str | None,
    exit_zero: bool,
    jobs: int | None,
    no_cache: bool,
    statistics: bool,
    show_cleared: bool,
    color: str,
    no_gate: bool,
) -> int:
    """Look for leaks in files and directories (the working directory when none are given).

    Exit status: 0 nothing found, 1 findings at or above --fail-on, 2 usage or internal error.
    """
    from leaklint import report, runner, selection

    del no_cache  # there is no cache yet
    finder = given.finder(Path.cwd())
    try:
        targets = report.targets(form, file, outputs)
        found = gather(paths, stdin_filename, finder, Path.cwd())
        settings = {source.shown: finder(Path.cwd() / source.path) for source in found.sources}
        catalogue = _catalogue(settings.values() or [finder.of_folder(Path.cwd())])
        given.check(catalogue)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    policy = selection.Policy(settings, catalogue)
    if not found.sources and not found.errors:
        _tell("no Python files found")
    options = runner.Options(jobs or runner.default_jobs(found.sources), gate=not no_gate)
    progress = _progress()
    try:
        outcome = runner.run(found.sources, catalogue, options, policy=policy, progress=progress)
    finally:
        if progress:
            progress.clear()
    run = replace(outcome.run, errors=(*found.errors, *outcome.run.errors))
    for line in run.errors:
        _tell(line)
    _give_out(replace(outcome, run=run), catalogue, targets, _look(color, show_cleared, statistics))
    if run.errors:
        return WRONG
    return FOUND if selection.fails(run.findings, policy) and not exit_zero else CLEAN


@cli.command()
@click.argument("path", default=".", type=click.Path(exists=True))
@settings_options
def config(*, path: str, given: Given) -> int:
    """Show the settings that are in force for a file or directory, and where each value came from."""
    from leaklint.config import describe

    place = Path.cwd() / path
    finder = given.finder(Path.cwd())
    _print(describe(finder.of_folder(place) if place.is_dir() else finder(place)))
    return CLEAN


@cli.command()
@click.argument("word", metavar="RULE")
def rule(word: str) -> int:
    """Show the page of a rule, given by its code or its name."""
    from leaklint.selection import UnknownRule, find_rule

    try:
        found = find_rule(word, _catalogue())
    except UnknownRule as error:
        raise click.UsageError(str(error)) from None
    _print([found.page.rstrip("\n")])
    return CLEAN


@cli.command()
@click.option("--output-format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def rules(form: str) -> int:
    """List all rules: code, name, family, ceiling (or preview, or off by default), and what they do."""
    found = _catalogue().rules
    if form == "json":
        import json

        keys = ("code", "name", "since", "family", "ceiling", "preview", "default", "supersedes", "summary")
        _print([json.dumps([{key: getattr(rule, key) for key in keys} for rule in found], indent=1)])
        return CLEAN
    notes = [
        "preview" if r.preview else "off" if not r.default else f"up to {r.ceiling}" if r.ceiling else "" for r in found
    ]
    table = [(rule.code, rule.name, rule.family, note, rule.summary) for rule, note in zip(found, notes, strict=True)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)][:-1]
    for *cells, summary in table:
        left = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        _print([f"{left}  {summary}"])
    return CLEAN


@cli.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
def facts(file: str) -> int:
    """Show what the engine knows of each value in a file."""
    from leaklint.analyze import describe

    _print(describe(Path(file).read_bytes(), file, _catalogue()))
    return CLEAN


def _sentence(error: Exception) -> str:
    """An error that ended the run, on one line; `python -X dev` shows where the unexpected ones come from."""
    from concurrent.futures import BrokenExecutor

    from leaklint.files import printable

    if isinstance(error, click.ClickException):
        return printable(error.format_message())
    if isinstance(error, OSError) and error.strerror:
        name = f"{printable(str(error.filename))}: " if error.filename else ""
        return f"{name}{error.strerror.lower()}"
    # where that module cannot be imported, that is the error
    knowledge_error = getattr(sys.modules.get("leaklint.apis"), "KnowledgeError", BrokenExecutor)
    if isinstance(error, (knowledge_error, BrokenExecutor)):
        return printable(str(error))
    if sys.flags.dev_mode:
        raise error
    return printable(f"internal error: {type(error).__name__}: {error}").removesuffix(": ")


def _status(arguments: Sequence[str] | None) -> int:
    """The exit status; every error becomes one line."""
    try:
        return cast("int", cli.main(arguments, prog_name="leaklint", standalone_mode=False) or CLEAN)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "leaklint"
        _tell(f"{' '.join(error.format_message().split())} (see `{command} --help`)")
    except (click.Abort, KeyboardInterrupt):
        return STOPPED
    except Exception as error:  # noqa: BLE001  no traceback reaches a user
        _tell(_sentence(error))
    return WRONG


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The command `leaklint`."""
    sys.exit(_status(arguments))


if __name__ == "__main__":
    main()
