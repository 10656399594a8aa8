"""The commands that show what leaklint knows: settings, rules, the facts of a file."""

from __future__ import annotations

from pathlib import Path

import click

from leaklint.arguments import Given, settings_options
from leaklint.commands.examine import catalogue_of
from leaklint.commands.terminal import CLEAN, print_lines


@click.command()
@click.argument("path", default=".", type=click.Path(exists=True))
@settings_options
def config(*, path: str, given: Given) -> int:
    """Show the settings that are in force for a file or directory, and where each value came from."""
    from leaklint.project.config import describe

    place = Path.cwd() / path
    finder = given.finder(Path.cwd())
    print_lines(describe(finder.of_folder(place) if place.is_dir() else finder(place)))
    return CLEAN


@click.command()
@click.argument("word", metavar="RULE")
def rule(word: str) -> int:
    """Show the page of a rule, given by its code or its name."""
    from leaklint.selection import UnknownRule, find_rule

    try:
        found = find_rule(word, catalogue_of())
    except UnknownRule as error:
        raise click.UsageError(str(error)) from None
    print_lines([found.page.rstrip("\n")])
    return CLEAN


@click.command()
@click.option("--output-format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def rules(form: str) -> int:
    """List all rules: code, name, family, ceiling (or preview, or off by default), and what they do."""
    found = catalogue_of().rules
    if form == "json":
        import json

        keys = ("code", "name", "since", "family", "ceiling", "preview", "default", "supersedes", "summary")
        print_lines([json.dumps([{key: getattr(rule, key) for key in keys} for rule in found], indent=1)])
        return CLEAN
    notes = [
        "preview" if r.preview else "off" if not r.default else f"up to {r.ceiling}" if r.ceiling else "" for r in found
    ]
    table = [(rule.code, rule.name, rule.family, note, rule.summary) for rule, note in zip(found, notes, strict=True)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)][:-1]
    for *cells, summary in table:
        left = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        print_lines([f"{left}  {summary}"])
    return CLEAN


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
def facts(file: str) -> int:
    """Show what the engine knows of each value in a file."""
    from leaklint import notebook
    from leaklint.analyze import describe
    from leaklint.parsing import UnreadableError

    content = Path(file).read_bytes()
    try:
        if file.endswith(notebook.ENDING):
            content = notebook.read(content).text.encode()
        print_lines(describe(content, file, catalogue_of()))
    except UnreadableError as error:
        raise click.ClickException(f"{file}:{error.line}:{error.column}: cannot be read: {error}") from None
    except notebook.NotANotebook as error:
        raise click.ClickException(f"{file}: cannot be read: {error}") from None
    return CLEAN
