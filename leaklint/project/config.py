"""Which settings are in force for a file: those of the nearest settings file, and what the command line says.

`[tool.leaklint]` in `pyproject.toml`, or `leaklint.toml` with the same keys at top level; the latter wins where both
lie in one directory. Files further up are not read: nothing is merged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from leaklint.project.keys import KEYS, File, Key, Settings, SettingsError, Wrong, read_value
from leaklint.project.paths import shown_name

OWN_FILE, SHARED_FILE = "leaklint.toml", "pyproject.toml"
COMMAND_LINE = "command line"

_ADDED = ("extend_select", "ignore", "extend_exclude")
"""What the command line gives for these comes on top of what the file says; all else it replaces."""


def _unknown(key: str, file: File) -> SettingsError:
    import difflib

    near = difflib.get_close_matches(key.replace("_", "-").lower(), KEYS, 1, 0)[0]
    if file.table or key != "tool":
        return file.error((key,), f"there is no such key; did you mean {near}?")
    return file.error((key,), f"in {OWN_FILE} the keys stand at top level, without [tool.leaklint]")


def _there(key: Key, names: tuple[str, ...], file: File, cwd: Path) -> tuple[str, ...]:
    """Files or folders that a settings file names, as seen from the working directory."""
    found = []
    for name in names:
        path = file.folder / name
        if not (path.is_dir() if key.kind == "list of folders" else path.is_file()):
            raise file.error((key.name,), f"{name}: no such {'folder' if key.kind == 'list of folders' else 'file'}")
        found.append(shown_name(path, cwd))
    return tuple(found)


def _settings(table: Mapping[str, Any], file: File, cwd: Path) -> Settings:
    values: dict[str, Any] = {}
    for name, raw in table.items():
        key = KEYS.get(name)
        if key is None:
            raise _unknown(name, file)
        try:
            value = read_value(key, raw)
        except Wrong as wrong:
            keys = (name, wrong.inner) if wrong.inner else (name,)
            raise file.error(keys, f"must be {key.kind}, as in `{name} = {key.example}`") from None
        if key.kind in ("list of files", "list of folders"):
            value = _there(key, value, file, cwd)
        elif key.kind == "folder":
            value = value and shown_name(file.folder / value, cwd)
        values[key.field] = value
    return Settings(**values, file=file, root=file.root, origins=dict.fromkeys(values, ("file",)))


def _tables(text: str, shown: str) -> Any:
    import tomli

    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise SettingsError(f"{shown}: not TOML: {error}") from None


def read(path: Path, cwd: Path, root: Path | None = None) -> Settings | None:
    """The settings in a file; None when it is a `pyproject.toml` without any. Raises SettingsError.

    `root` is the directory from which its patterns are seen, its own when none is given.
    """
    shown = shown_name(path, cwd)
    table = ("tool", "leaklint") if path.name == SHARED_FILE else ()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SettingsError(f"{shown}: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"{shown}: not in UTF-8: {error.reason}") from None
    if table and table[-1] not in text:
        return None  # whatever is wrong with it is somebody else's trouble
    found = _tables(text, shown)
    for key in table:
        found = found.get(key) if isinstance(found, dict) else None
    if found is None:
        return None
    file = File(shown, text, table, path.parent, root or path.parent)
    if not isinstance(found, dict):
        raise SettingsError(f"{shown}: tool.leaklint: must be a table")
    return _settings(found, file, cwd)


def override(settings: Settings, given: Mapping[str, Any]) -> Settings:
    """The settings with what the command line says, by field.

    `select` there starts anew: `extend-select` and `ignore` of the file do not count beside it.
    """
    values: dict[str, Any] = {}
    origins = dict(settings.origins)
    if "select" in given:
        values, origins = {"extend_select": (), "ignore": ()}, origins.copy()
        for name in values:
            origins[name] = (COMMAND_LINE,) if origins.get(name) else ()
    for name, value in given.items():
        before = values.get(name, getattr(settings, name)) if name in _ADDED else ()
        values[name] = (*before, *value) if name in _ADDED else value
        origins[name] = (*origins.get(name, ()), COMMAND_LINE) if before else (COMMAND_LINE,)
    return replace(settings, **values, origins=origins)


class Finder:
    """The settings of each file. What it has read it reads no more."""

    def __init__(
        self, cwd: Path, given: Mapping[str, Any] | None = None, file: Path | None = None, isolated: bool = False
    ) -> None:
        """`given` is what the command line says, by field; `file` counts for all files, `isolated` reads none.

        Raises SettingsError when `file` cannot be used.
        """
        self._cwd = cwd
        self._given = given or {}
        self._folders: dict[Path, Settings] = {}
        self._default = override(Settings(root=cwd), self._given)
        self._only: Settings | None = self._default if isolated else None
        if file is not None:
            found = read(file, cwd, cwd)
            if found is None:
                raise SettingsError(f"{shown_name(file, cwd)}: has no table [tool.leaklint]")
            self._only = override(found, self._given)

    def __call__(self, path: Path) -> Settings:
        """The settings for a file."""
        return self.of_folder(path.parent)

    def of_folder(self, folder: Path) -> Settings:
        """The settings for the files in a directory. Raises SettingsError when their file cannot be used."""
        if self._only is not None:
            return self._only
        way: list[Path] = []
        for one in (folder, *folder.parents):
            if one in self._folders:
                found: Settings | None = self._folders[one]
            else:
                way.append(one)
                found = self._here(one)
            if found is not None:
                break
        settings = found or self._default
        self._folders.update(dict.fromkeys(way, settings))
        return settings

    def _here(self, folder: Path) -> Settings | None:
        for name in (OWN_FILE, SHARED_FILE):
            file = folder / name
            found = read(file, self._cwd) if file.is_file() else None
            if found is not None:
                return override(found, self._given)
        return None


def extras(settings: Iterable[Settings]) -> dict[str, tuple[str, ...]]:
    """What all these settings say together of rows and rules, by field: the engine is one for the whole run."""
    names = ("rule_folders", "api_files", "task_wrappers", "singletons")
    every = tuple({id(one): one for one in settings}.values())
    return {name: tuple(dict.fromkeys(item for one in every for item in getattr(one, name))) for name in names}


def _toml(value: Any) -> str:
    import json

    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def describe(settings: Settings) -> Iterator[str]:
    """Each key with where its value came from, as lines of a table."""
    places = {name: settings.where(key.field) for name, key in KEYS.items()}
    width = max(map(len, places.values()))
    for name, place in places.items():
        yield f"{place.ljust(width)}  {name} = {_toml(getattr(settings, KEYS[name].field))}".replace("{  }", "{}")
