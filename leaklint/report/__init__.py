"""The forms that the outcome of a run is given: one module per format, each with a function `render`."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

from leaklint.storage import whole

if TYPE_CHECKING:
    from leaklint.catalogue import Catalogue
    from leaklint.running.runner import Outcome

FORMATS: Mapping[str, str] = {
    "full": "findings with their source and every place of the evidence, and a closing line",
    "concise": "one line per finding",
    "json": "one array of all findings",
    "jsonl": "the same objects, one per line",
    "sarif": "SARIF 2.1.0, for code scanning",
    "github": "workflow commands that become annotations on GitHub",
    "gitlab": "Code Quality of GitLab, for a merge request",
    "azure": "logging commands that become issues of a build on Azure Pipelines",
    "rdjson": "the format of reviewdog",
    "junit": "JUnit XML, a failed test per finding",
    "markdown": "a summary and a list by severity, for a pull request or a first report",
}
"""What each format is, for `--help`; the module that renders it has its name."""

ALIASES: Mapping[str, str] = {"text": "full"}
DEFAULT_FORMAT = "full"

Tone = Literal["P0", "P1", "P2", "gutter", "second", "strong"]
"""What a piece of text is, for those who colour it."""


def plain(text: str, _tone: Tone) -> str:
    """No colour at all."""
    return text


class Look(NamedTuple):
    """How text is laid out: `paint` adds colour, `width` is that of source lines in columns."""

    paint: Callable[[str, Tone], str] = plain
    width: int = 140
    cleared: bool = False
    """Are the suspects that a defence cleared, and those found sound, shown too?"""
    statistics: bool = False
    """Do the counts by rule and by file come before the closing line?"""

    def for_files(self) -> Look:
        """The same without what depends on a terminal."""
        return Look(cleared=self.cleared, statistics=self.statistics)


class Target(NamedTuple):
    """One output of a run: a format, and the file it goes to; None is standard output."""

    format: str
    file: str | None = None


Render = Callable[["Outcome", "Catalogue", Look], Iterator[str]]


def render(outcome: Outcome, catalogue: Catalogue, form: str, look: Look) -> Iterator[str]:
    """The lines of a report, without their ends."""
    make = cast("Render", importlib.import_module(f"{__name__}.{form}").render)
    return make(outcome, catalogue, look)


def targets(form: str | None, file: str | None, outputs: Sequence[str]) -> tuple[Target, ...]:
    """What `--output-format`, `--output-file` and all `--output FORMAT[=FILE]` ask for.

    Raises ValueError, with a sentence for the user, for unknown formats and for outputs that get in each other's way.
    """
    if outputs and (form or file):
        raise ValueError("--output cannot be combined with --output-format or --output-file")
    pairs = [text.partition("=") for text in outputs] or [(form or DEFAULT_FORMAT, "=", file or "")]
    found = tuple(Target(ALIASES.get(name, name), None if path in ("", "-") else path) for name, _, path in pairs)
    for target in found:
        if target.format not in FORMATS:
            raise ValueError(f"there is no output format {target.format!r}; the formats are {', '.join(FORMATS)}")
    check_places([target.file for target in found])
    return found


def check_places(files: Sequence[str | None]) -> None:
    """Raises ValueError, with a sentence for the user, for files that cannot be written or that are the same; None is
    standard output."""
    places = [os.path.realpath(file) if file else None for file in files]
    for file, place in zip(files, places, strict=True):
        if places.count(place) > 1:
            raise ValueError(f"two outputs go to {file or 'standard output'}")
        if place and (Path(place).is_dir() or not Path(place).parent.is_dir()):
            raise ValueError(f"cannot write {file}: it is a directory, or is in none")


def write(file: str, lines: Iterable[str]) -> None:
    """Write a file whole or not at all. Raises OSError, which names the file."""
    text = "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")
    place = Path(os.path.realpath(file))  # a link stays a link
    try:
        if place.exists() and not place.is_file():
            place.write_bytes(text)  # a device or a pipe cannot be replaced
        else:
            whole.write(place, text)
    except OSError as error:
        raise OSError(error.errno, error.strerror, file) from None
