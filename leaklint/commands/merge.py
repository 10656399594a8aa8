"""`leaklint merge`."""

from __future__ import annotations

import click

from leaklint.commands.terminal import CLEAN, FOUND, WRONG, print_lines, tell


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("-o", "--output-file", "output", metavar="FILE", help="Write there instead of to standard output.")
@click.option(
    "--fail-on",
    type=click.Choice(["P0", "P1", "P2"]),
    default="P2",
    show_default=True,
    help="The least severity that makes the exit status 1.",
)
@click.option("--exit-zero", is_flag=True, help="Exit with 0 whatever is in the reports; errors still give 2.")
def merge(*, files: tuple[str, ...], output: str | None, fail_on: str, exit_zero: bool) -> int:
    """Make one report of those of several shards, all JSON or all SARIF.

    Exit status: 0 nothing in them, 1 findings at or above --fail-on, 2 a report that cannot be used, or one that says
    that its run had errors.
    """
    from leaklint.report import check_places, merged, write

    try:
        check_places([output])
        whole = merged.merge([merged.read(file) for file in files])
    except merged.MergeError as error:
        raise click.ClickException(str(error)) from None
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if output:
        write(output, whole.lines)
    else:
        print_lines(whole.lines)
    for line in whole.errors:
        tell(line)
    if whole.errors:
        return WRONG
    failed = any(severity <= fail_on for severity in whole.severities)
    return FOUND if failed and not exit_zero else CLEAN
