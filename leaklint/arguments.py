"""The options of the command line that stand for settings, and the settings that they change."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from leaklint.catalogue import Catalogue
    from leaklint.project.config import Finder
    from leaklint.project.files import Found

BASELINE = "leaklint-baseline.toml"
"""The file of accepted findings, where none is named."""

_OPTIONS = (
    click.option("--select", multiple=True, metavar="RULES", help="Only these: codes, beginnings of codes, names."),
    click.option("--extend-select", multiple=True, metavar="RULES", help="These as well as those of the settings."),
    click.option("--ignore", multiple=True, metavar="RULES", help="Not these, even when they are selected."),
    click.option(
        "--fail-on",
        type=click.Choice(["P0", "P1", "P2"]),
        help="The least severity that makes the exit status 1; P2 by default.",
    ),
    click.option("--preview/--no-preview", default=None, help="Preview rules count as others do."),
    click.option("--exclude", multiple=True, metavar="PATTERNS", help="Pass these over, instead of the usual ones."),
    click.option("--extend-exclude", multiple=True, metavar="PATTERNS", help="Pass these over as well."),
    click.option(
        "--force-exclude/--no-force-exclude",
        default=None,
        help="Pass over what is excluded even when it is named on the command line.",
    ),
    click.option(
        "--config",
        type=click.Path(exists=True, dir_okay=False),
        metavar="FILE",
        help="These settings for all files, instead of those that lie nearest to each.",
    ),
    click.option("--isolated", is_flag=True, help="Heed no settings files."),
    click.option(
        "--cache-dir",
        envvar="LEAKLINT_CACHE_DIR",
        metavar="DIR",
        help="Keep results there, instead of in the user's folder for caches.",
    ),
    click.option("--no-cache", is_flag=True, help="Neither read nor write what is kept from run to run."),
)
_NAMES = (
    *("select", "extend_select", "ignore", "fail_on", "preview", "exclude", "extend_exclude", "force_exclude"),
    *("cache_dir", "config", "isolated", "no_cache"),
)
_RULES = ("select", "extend_select", "ignore")
_LISTS = (*_RULES, "exclude", "extend_exclude")


def _split(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(part.strip() for word in words for part in word.split(",") if part.strip())


class Given(NamedTuple):
    """What the command line says of settings: values by field, a settings file for all, or none at all; and whether
    what is kept from run to run counts."""

    values: Mapping[str, Any]
    config: str | None
    isolated: bool
    cached: bool = True

    def finder(self, cwd: Path) -> Finder:
        """The settings of each file. Raises SettingsError."""
        from leaklint.project.config import Finder

        return Finder(cwd, self.values, cwd / self.config if self.config else None, self.isolated)

    def words(self) -> tuple[str, ...]:
        """The options as they could be given again, each with its value."""
        found = []
        for name, value in self.values.items():
            if name == "cache_dir":
                continue  # it makes no difference to what is found
            option = name.replace("_", "-")
            if isinstance(value, bool):
                found.append(f"--{option}" if value else f"--no-{option}")
            else:
                found.append(f"--{option} {','.join(value) if isinstance(value, tuple) else value}")
        found += [f"--config {self.config}"] if self.config else []
        return (*found, *(("--isolated",) if self.isolated else ()))

    def check(self, catalogue: Catalogue) -> None:
        """Raises UnknownRule for a rule that there is none of."""
        from leaklint.selection import codes_of

        for name in _RULES:
            codes_of(self.values.get(name, ()), catalogue)


def settings_options(command: Callable[..., int]) -> Callable[..., int]:
    """Gives a command these options, as its one argument `given`."""

    @functools.wraps(command)
    def gathered(**arguments: Any) -> int:
        mine = {name: arguments.pop(name) for name in _NAMES}
        config, isolated, uncached = mine.pop("config"), mine.pop("isolated"), mine.pop("no_cache")
        if config and isolated:
            raise click.UsageError("--config cannot be combined with --isolated")
        values = {name: _split(value) if name in _LISTS else value for name, value in mine.items()}
        given = {name: value for name, value in values.items() if value not in (None, ())}
        return command(given=Given(given, config, isolated, not uncached), **arguments)

    for option in reversed(_OPTIONS):
        gathered = option(gathered)
    return gathered


def gather(paths: Sequence[str], stdin_name: str | None, finder: Finder, cwd: Path) -> Found:
    """The files that the arguments name; `-` is standard input. Raises SettingsError, ValueError for the user."""
    from leaklint.project.files import discover, stdin_source
    from leaklint.project.walk import Walk

    if "-" not in paths:
        if stdin_name:
            raise ValueError("--stdin-filename says where the path - would lie: give that too")
        return discover(paths or ["."], cwd, finder)
    found = discover([path for path in paths if path != "-"], cwd, finder)
    source = stdin_source(sys.stdin.buffer.read(), stdin_name, cwd)
    place = cwd / source.path
    if stdin_name and finder(place).force_exclude and Walk(finder).excluded(place):
        return found
    others = (one for one in found.sources if one.shown != source.shown)
    return found._replace(sources=tuple(sorted((*others, source), key=lambda one: one.shown)))
