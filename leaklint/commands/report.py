"""`leaklint report`: the audit of a project as a document."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date, datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import click

from leaklint.arguments import Given, settings_options
from leaklint.commands.examine import Examined, Order, examine
from leaklint.commands.terminal import CLEAN, WRONG, print_lines

if TYPE_CHECKING:
    from leaklint.project.surroundings import Surroundings
    from leaklint.report.audit.blocks import Document
    from leaklint.report.audit.past import Past

FORMS = ("markdown", "html", "json")


def _today() -> date:
    """The date, or the one that makes reports reproducible."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(epoch), timezone.utc).date() if epoch.isdigit() else date.today()


def _targets(file: str | None, outputs: tuple[str, ...]) -> list[tuple[str, str | None]]:
    from leaklint.report import check_places

    pairs = [text.partition("=") for text in outputs] + ([("markdown", "=", file)] if file else [])
    found = [(form, None if path in ("", "-") else path) for form, _, path in pairs or [("markdown", "", "")]]
    for form, _ in found:
        if form not in FORMS:
            raise click.UsageError(f"there is no form {form!r} of the report; the forms are {', '.join(FORMS)}")
    try:
        check_places([path for _, path in found])
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    return found


def _surroundings(examined: Examined, given: Given, folders: list[Path]) -> Surroundings:
    from leaklint.project.surroundings import look
    from leaklint.project.walk import Walk

    checked = {os.path.realpath(source.path) for source in examined.sources}
    return look(folders, checked, Walk(given.finder(Path.cwd())), Path.cwd())


def _json(examined: Examined, past: Past | None, today: date) -> Iterator[str]:
    """The findings as `check` gives them, with the date on which each was first seen: for the next `--since`."""
    import json

    from leaklint.report.json import row

    rows = []
    for finding in examined.outcome.run.findings:
        seen = (past.since(finding) if past else None) or today
        rows.append({**row(finding, examined.catalogue), "first_seen": seen.isoformat()})
    yield from json.dumps(rows, indent=1).split("\n")


def _lines(form: str, document: Document) -> Iterator[str]:
    from leaklint.report.audit import html, markdown

    return html.lines(document) if form == "html" else markdown.lines(document)


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("-o", "--output-file", "file", metavar="FILE", help="Write the Markdown there; else to standard output.")
@click.option(
    "--output", "outputs", multiple=True, metavar="FORM[=FILE]", help="markdown, html or json; may be repeated."
)
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Its language.")
@click.option("--since", metavar="JSON", help="An earlier report as JSON: what was fixed, what is new, what is old.")
@click.option("--baseline", metavar="FILE", help="Findings that are accepted: they are listed with their reasons.")
@settings_options
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes; by default as many as pay.")
def report(  # noqa: PLR0913  one parameter per option
    *,
    paths: tuple[str, ...],
    file: str | None,
    outputs: tuple[str, ...],
    lang: str,
    since: str | None,
    baseline: str | None,
    given: Given,
    jobs: int | None,
) -> int:
    """Write the audit report: what leaks, why, what to do first, and what is sound.

    Exit status: 0 when it is written, whatever was found; 2 when something went wrong.
    """
    from leaklint.project.git import revision
    from leaklint.report import write
    from leaklint.report.audit.document import About, document
    from leaklint.report.audit.past import PastError, compare, read
    from leaklint.report.audit.words import words

    targets, today, cwd = _targets(file, outputs), _today(), Path.cwd()
    try:
        before = read(Path(since)) if since else []
    except PastError as error:
        raise click.ClickException(f"--since: {error}") from None
    examined = examine(Order(paths, given, jobs, baseline=baseline))
    past = compare(since, before, examined.outcome.run.findings) if since else None
    folders = [cwd / path for path in paths or ["."] if (cwd / path).is_dir()]
    name = (folders[0] if len(folders) == 1 else cwd).resolve().name
    about = About(
        name,
        today,
        revision(folders[0] if folders else cwd),
        _surroundings(examined, given, folders),
        past,
        paths=paths or (".",),
        options=(*given.words(), *((f"--baseline {baseline}",) if baseline else ())),
    )
    made = document(examined.outcome, examined.catalogue, words(lang), about)
    for form, place in targets:
        lines = _json(examined, past, today) if form == "json" else _lines(form, made)
        if place is None:
            print_lines(lines)
        else:
            write(place, lines)
    return WRONG if examined.outcome.run.errors else CLEAN
