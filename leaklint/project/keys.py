"""The settings: one table of all keys, each with its type, default, meaning and an example. The documents and
`leaklint config` are made from it; `config` reads the files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple, cast

from leaklint.facts import SEVERITIES, Severity
from leaklint.vocabulary import KnowledgeError

DEFAULT = "default"

USUAL = (
    *(".bzr", ".direnv", ".eggs", ".git", ".hg", ".ipynb_checkpoints", ".jj", ".mypy_cache", ".nox", ".pants.d"),
    *(".pyenv", ".pytest_cache", ".pytype", ".ruff_cache", ".svn", ".tox", ".venv", ".vscode", "__pycache__"),
    *("__pypackages__", "_build", "buck-out", "build", "dist", "node_modules", "site-packages", "venv"),
)
"""Names of directories that hold other people's code, or none at all."""


class SettingsError(KnowledgeError):
    """A settings file that cannot be used; the text names file, line and key."""


class Wrong(Exception):  # noqa: N818  told to the reader of a key, who knows where it stands
    """A value that is not of its key's type; `inner` is the key within it that is wrong, if one is."""

    def __init__(self, inner: str = "") -> None:
        super().__init__()
        self.inner = inner


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Wrong
    return tuple(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Wrong
    return value


def _bool(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong
    return value


def _severity(value: Any) -> Severity:
    if value not in SEVERITIES:
        raise Wrong
    return cast("Severity", value)


def _table(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def inner(value: Any) -> Any:
        if not isinstance(value, dict):
            raise Wrong
        found = {}
        for key, one in value.items():
            try:
                found[key] = read(one)
            except Wrong:
                raise Wrong(key) from None
        return found

    return inner


_TYPES: Mapping[str, Callable[[Any], Any]] = {
    "list of rules": _texts,
    "list of patterns": _texts,
    "list of names": _texts,
    "list of files": _texts,
    "list of folders": _texts,
    "folder": _text,
    "true or false": _bool,
    "true, false or a list of rules": lambda value: value if isinstance(value, bool) else _texts(value),
    "P0, P1 or P2": _severity,
    "table of rules and P0, P1 or P2": _table(_severity),
    "table of patterns and lists of rules": _table(_texts),
}


def _key(kind: str, default: Any, doc: str, example: str) -> Any:
    metadata = {"kind": kind, "doc": doc, "example": example}
    return field(default_factory=lambda: default, metadata=metadata)


class File(NamedTuple):
    """A settings file: its text, the table in it that holds the settings, the directory its patterns start from."""

    shown: str
    text: str
    table: tuple[str, ...]
    folder: Path
    root: Path

    def line(self, *keys: str) -> int:
        """The line on which a key stands: the last one that names it and has only complete statements without it
        above."""
        wanted = (*self.table, *keys)
        lines = self.text.split("\n")
        for number in range(len(lines), 0, -1):
            if wanted[-1] in lines[number - 1] and _lacks("\n".join(lines[: number - 1]), wanted):
                return number
        return 1

    def error(self, keys: tuple[str, ...], sentence: str) -> SettingsError:
        return SettingsError(f"{self.shown}:{self.line(*keys)}: {'.'.join(keys)}: {sentence}")


def _lacks(text: str, keys: tuple[str, ...]) -> bool:
    import tomli

    try:
        table: Any = tomli.loads(text)
    except tomli.TOMLDecodeError:
        return False
    for key in keys:
        if not isinstance(table, dict) or key not in table:
            return True
        table = table[key]
    return False


@dataclass(frozen=True)
class Settings:
    """What is in force for a file. The fields that carry a type are the keys, with hyphens for underscores."""

    select: tuple[str, ...] = _key(
        "list of rules",
        ("LK",),
        "the rules that count: codes, beginnings of codes, names; `LK` is all of them",
        '["LK001", "unused-suppression"]',
    )
    extend_select: tuple[str, ...] = _key(
        "list of rules", (), "rules that count as well, such as one that is off by default", '["LK003"]'
    )
    ignore: tuple[str, ...] = _key("list of rules", (), "rules that do not count, even when selected", '["LK002"]')
    fail_on: Severity = _key(  # noqa: RUF009  it makes a field
        "P0, P1 or P2", "P2", "the least severity of a finding that makes the exit status 1", '"P1"'
    )
    severity: Mapping[str, Severity] = _key(
        "table of rules and P0, P1 or P2", {}, "the severity that findings of a rule get", '{ LK002 = "P1" }'
    )
    per_file_ignores: Mapping[str, tuple[str, ...]] = _key(
        "table of patterns and lists of rules",
        {},
        "rules that do not count in some files; a pattern that begins with `!` is for all others",
        '{ "tests/**" = ["LK002"] }',
    )
    exclude: tuple[str, ...] = _key(
        "list of patterns", USUAL, "files and directories that are passed over, instead of the usual ones", '["gen"]'
    )
    extend_exclude: tuple[str, ...] = _key(
        "list of patterns", (), "files and directories that are passed over as well", '["docs/examples", "*_pb2.py"]'
    )
    force_exclude: bool = _key(
        "true or false", False, "pass over what is excluded even when it is named on the command line", "true"
    )
    preview: bool | tuple[str, ...] = _key(
        "true, false or a list of rules", False, "do preview rules count as others do: all, or these", "true"
    )
    task_wrappers: tuple[str, ...] = _key(
        "list of names",
        (),
        "the project's functions that start a task and hold it until it is done; `*.name` is any method of that name",
        '["app.tasks.start", "*.spawn"]',
    )
    singletons: tuple[str, ...] = _key(
        "list of names", (), "classes of which a process has one instance, for as long as it runs", '["app.hub.Hub"]'
    )
    api_files: tuple[str, ...] = _key(
        "list of files", (), "files of rows for libraries that leaklint does not know", '["lint/apis.toml"]'
    )
    rule_folders: tuple[str, ...] = _key(
        "list of folders", (), "folders of rules beside leaklint's own", '["lint/rules"]'
    )
    cache_dir: str = _key(
        "folder",
        "",
        "where results are kept from run to run, instead of the user's own folder for caches",
        '".leaklint_cache"',
    )
    file: File | None = None
    root: Path = Path()
    origins: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def where(self, name: str, *inner: str) -> str:
        """Where the value of a field came from: `pyproject.toml:12`, the command line, the default."""
        file, key = self.file, name.replace("_", "-")
        found = self.origins.get(name) or (DEFAULT,)
        return ", ".join(
            f"{file.shown}:{file.line(key, *inner)}" if file is not None and origin == "file" else origin
            for origin in found
        )


class Key(NamedTuple):
    """One key, as the documents describe it."""

    name: str
    field: str
    kind: str
    default: Any
    doc: str
    example: str


KEYS: Mapping[str, Key] = {
    name: Key(name, f.name, f.metadata["kind"], default() if callable(default) else (), doc, example)
    for f in fields(Settings)
    if f.metadata
    for name, default, doc, example in [
        (f.name.replace("_", "-"), f.default_factory, f.metadata["doc"], f.metadata["example"])
    ]
}
"""All keys by name."""


def read_value(key: Key, value: Any) -> Any:
    """The value of a key as it stands in `Settings`. Raises Wrong."""
    return _TYPES[key.kind](value)
