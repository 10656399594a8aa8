"""`leaklint baseline`: make, keep current, show and check the file of accepted findings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from leaklint.arguments import BASELINE, Given, settings_options
from leaklint.commands.examine import Examined, Order, examine, read_baseline, with_baseline
from leaklint.commands.terminal import CLEAN, FOUND, WRONG, print_lines, tell

if TYPE_CHECKING:
    from collections.abc import Iterable

    from leaklint.baseline import Baseline
    from leaklint.facts import Accepted


def _file_option(command: Callable[..., int]) -> Callable[..., int]:
    return click.option("--baseline", "file", default=BASELINE, show_default=True, metavar="FILE")(command)


def _run_options(command: Callable[..., int]) -> Callable[..., int]:
    """What every command takes that looks at files."""
    command = click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes.")(command)
    return click.argument("paths", nargs=-1, metavar="[PATH]...")(_file_option(settings_options(command)))


@click.group()
def baseline() -> None:
    """Accept what is there, and fail on what is new.

    The file holds one table per finding, which a review can read and git can merge, each with a reason.
    """


def _write(known: Baseline, entries: Iterable[Accepted]) -> None:
    from leaklint.baseline import BaselineError, check_unchanged, text
    from leaklint.report import write

    lines = list(text(entries))
    try:
        check_unchanged(known)
    except BaselineError as error:
        raise click.ClickException(str(error)) from None
    write(str(known.place), lines)


def _whole(examined: Examined, file: str) -> None:
    """A baseline is not written from a run that has not seen everything."""
    if examined.outcome.run.errors:
        raise click.ClickException(f"{file}: not written: the run had errors")


@baseline.command()
@_run_options
@click.option("--reason", default="", metavar="TEXT", help="Why the findings are accepted, for each of them.")
@click.option("--force", is_flag=True, help="Replace a file that is there; its reasons are lost.")
def create(*, paths: tuple[str, ...], file: str, given: Given, jobs: int | None, reason: str, force: bool) -> int:
    """Accept all findings of this run."""
    from leaklint.baseline import Baseline, accept

    place = Path(file)
    content = place.read_bytes() if place.is_file() else None
    if content is not None and not force:
        raise click.ClickException(f"{file}: is there already: `leaklint baseline update` keeps its reasons")
    known = Baseline(place, (), content)
    examined = examine(Order(paths, given, jobs))
    _whole(examined, file)
    entries = [accept(finding, known, reason) for finding in examined.outcome.run.findings]
    _write(known, entries)
    print_lines([f"{file}: {len(entries)} accepted"])
    return CLEAN


@baseline.command()
@_run_options
@click.option("--reason", default="", metavar="TEXT", help="Why the new findings are accepted.")
@click.option("--only-remove", is_flag=True, help="Drop stale entries and accept nothing new.")
def update(*, paths: tuple[str, ...], file: str, given: Given, jobs: int | None, reason: str, only_remove: bool) -> int:
    """Drop the entries of what is gone, accept what is new, keep all reasons."""
    from leaklint.baseline import updated

    known = read_baseline(file)
    examined = with_baseline(examine(Order(paths, given, jobs)), known, tells=False)
    _whole(examined, file)
    run = examined.outcome.run
    _write(known, updated(run, known, reason, only_remove))
    new = 0 if only_remove else len(run.findings)
    print_lines([f"{file}: {len(run.stale)} dropped, {new} accepted, {len(run.baselined)} kept"])
    return CLEAN


@baseline.command()
@_file_option
def show(*, file: str) -> int:
    """Show what is accepted, and why."""
    known = read_baseline(file)
    path = ""
    for entry in known.entries:
        if entry.path != path:
            print_lines([entry.path])
        path = entry.path
        why = " ".join(entry.reason.split()) or "no reason given"
        print_lines([f"  {entry.severity} {entry.rule} {entry.subject}: {why}"])
    unreasoned = sum(not entry.reason for entry in known.entries)
    print_lines([f"{len(known.entries)} accepted, {unreasoned} without a reason"])
    return CLEAN


@baseline.command()
@_run_options
def check(*, paths: tuple[str, ...], file: str, given: Given, jobs: int | None) -> int:
    """Compare with a run: exit status 1 where findings are new or entries stale."""
    from leaklint.report import Look, render

    examined = with_baseline(examine(Order(paths, given, jobs)), read_baseline(file))
    run = examined.outcome.run
    print_lines(render(examined.outcome, examined.catalogue, "concise", Look()))
    tell(f"{file}: {len(run.findings)} new, {len(run.stale)} stale, {len(run.baselined)} accepted")
    if run.errors:
        return WRONG
    return FOUND if run.findings or run.stale else CLEAN
