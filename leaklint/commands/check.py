"""`leaklint check`."""

from __future__ import annotations

import click

from leaklint.arguments import Given, settings_options
from leaklint.commands.examine import Order, examine
from leaklint.commands.terminal import CLEAN, FOUND, WRONG, give_out, look_of
from leaklint.report import DEFAULT_FORMAT, FORMATS


@click.command(epilog="\b\nFormats:\n" + "\n".join(f"  {name:<9} {what}" for name, what in FORMATS.items()))
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--output-format", "form", metavar="FORMAT", help=f"One of those below; {DEFAULT_FORMAT} by default.")
@click.option("-o", "--output-file", "file", metavar="FILE", help="Write there instead of to standard output.")
@click.option(
    "--output", "outputs", multiple=True, metavar="FORMAT[=FILE]", help="One of several outputs; may be repeated."
)
@settings_options
@click.option("--stdin-filename", metavar="FILE", help="Where standard input would lie; it is checked as the path -.")
@click.option("--baseline", metavar="FILE", help="Findings that are accepted: they are counted, not reported.")
@click.option("--fail-on-stale", is_flag=True, help="Exit with 1 when the baseline has entries of what is gone.")
@click.option("--diff-base", metavar="REV", help="Report only what has come since this git revision.")
@click.option("--shard", "share", metavar="K/N", help="Report on the Kth of N shares of the files.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 whatever is found; errors still give 2.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes; by default as many as pay.")
@click.option("--executor", metavar="dask://HOST:PORT", help="Workers of a Dask cluster do the work.")
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
    baseline: str | None,
    fail_on_stale: bool,
    diff_base: str | None,
    share: str | None,
    exit_zero: bool,
    jobs: int | None,
    executor: str | None,
    statistics: bool,
    show_cleared: bool,
    color: str,
    no_gate: bool,
) -> int:
    """Look for leaks in files and directories (the working directory when none are given).

    Exit status: 0 nothing found, 1 findings at or above --fail-on, 2 usage or internal error.
    """
    from leaklint import report, selection
    from leaklint.running.shard import parse

    try:
        targets = report.targets(form, file, outputs)
        shard = parse(share) if share is not None else None
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    order = Order(paths, given, jobs, stdin_filename, not no_gate, diff_base, baseline, shard, executor)
    examined = examine(order)
    give_out(examined.outcome, examined.catalogue, targets, look_of(color, show_cleared, statistics))
    run = examined.outcome.run
    if run.errors:
        return WRONG
    failed = selection.fails(run.findings, examined.policy) or bool(run.stale and fail_on_stale)
    return FOUND if failed and not exit_zero else CLEAN
