"""What leaklint knows: all rules and all rows, found by looking into folders. Nothing is registered anywhere.

A page or a row that cannot be used stops the run, by a KnowledgeError that names the file and the key.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from leaklint import apis, vocabulary
from leaklint.apis import Apis
from leaklint.rule import Rule, read_rule
from leaklint.vocabulary import KnowledgeError

__all__ = ["PACKAGE", "VOCABULARY", "Catalogue", "Rule", "load", "own_rules", "read_rule"]

PACKAGE = "leaklint.rules"
VOCABULARY = "vocabulary.toml"


@dataclass(frozen=True)
class Catalogue:
    """All rules, by code, and all rows. `extra_...`, wrappers and singletons are what `load` was given beside its
    own."""

    rules: tuple[Rule, ...]
    apis: Apis
    extra_rule_folders: tuple[str, ...] = ()
    extra_api_files: tuple[str, ...] = ()
    task_wrappers: tuple[str, ...] = ()
    singletons: tuple[str, ...] = ()

    @property
    def loaded_from(self) -> tuple[tuple[str, ...], ...]:
        """The arguments that `load` makes it from, in another process too."""
        return self.extra_rule_folders, self.extra_api_files, self.task_wrappers, self.singletons

    @functools.cached_property
    def by_code(self) -> Mapping[str, Rule]:
        return {rule.code: rule for rule in self.rules}

    @functools.cached_property
    def codes(self) -> Mapping[str, str]:
        """Code by rule name."""
        return {rule.name: rule.code for rule in self.rules}

    def get(self, word: str) -> Rule | None:
        """The rule of this code or name, in any case."""
        return self.by_code.get(word.upper()) or self.by_code.get(self.codes.get(word.lower(), ""))


def _read(file: Path, shown: str) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KnowledgeError(f"{shown}: cannot be read: {error}") from None


def _is_rule_folder(entry: Path) -> bool:
    """A folder with anything in it but what Python left there: git keeps `__pycache__` of rules that are gone."""
    return (
        not entry.name.startswith((".", "_"))
        and entry.name != "apis"
        and entry.is_dir()
        and any(inner.name != "__pycache__" for inner in entry.iterdir())
    )


def _rule(folder: Path, shown: str, checker: str) -> Rule:
    page = folder / "rule.md"
    if not page.is_file():
        raise KnowledgeError(f"{shown}: has no rule.md")
    has_check = (folder / "check.py").is_file()
    return read_rule(_read(page, f"{shown}/rule.md"), folder.name, f"{shown}/rule.md", checker if has_check else "")


def _own_rules(root: Path) -> Iterator[Rule]:
    for folder in root.iterdir():
        if _is_rule_folder(folder):
            yield _rule(folder, f"rules/{folder.name}", f"{PACKAGE}.{folder.name}.check")


def _extra_rules(folders: Sequence[str]) -> Iterator[Rule]:
    """Rules outside the package: each folder is a rule's own, or holds some."""
    for name in folders:
        path = Path(name)
        if not path.is_dir():
            raise KnowledgeError(f"{name}: no such folder of rules")
        inner = [path] if (path / "rule.md").is_file() else sorted(p for p in path.iterdir() if _is_rule_folder(p))
        if not inner:
            raise KnowledgeError(f"{name}: holds no rules")
        for folder in inner:
            yield _rule(folder, str(folder), str((folder / "check.py").resolve()))


def _join_rules(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    known: dict[str, Rule] = {}
    names: dict[str, Rule] = {}
    for rule in rules:
        for key, word, seen in (("code", rule.code, known), ("name", rule.name, names)):
            if word in seen:
                raise KnowledgeError(f"{rule.file}: {key}: {word} is taken by {seen[word].file}")
            seen[word] = rule
    for rule in known.values():
        for code in rule.supersedes:
            if code not in known or code == rule.code:
                raise KnowledgeError(f"{rule.file}: supersedes: {code} is not another rule")
    return tuple(known[code] for code in sorted(known))


def _own_rows(root: Path) -> tuple[list[dict[str, apis.Row]], dict[str, tuple[str, ...]]]:
    folder, words = root / "apis", root / VOCABULARY
    if not folder.is_dir() or not words.is_file():
        raise KnowledgeError(f"{PACKAGE}: has no apis or no {VOCABULARY}: leaklint is not completely installed")
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    rows = [apis.read_rows(_read(file, f"rules/apis/{file.name}"), f"rules/apis/{file.name}") for file in files]
    shown = f"rules/{VOCABULARY}"
    return rows, vocabulary.read_vocabulary(_read(words, shown), shown)


def own_rules() -> Path:
    """The folder of leaklint's own rules and rows. Raises KnowledgeError where it was not installed."""
    try:
        spec = importlib.util.find_spec(PACKAGE)
    except ModuleNotFoundError:
        spec = None
    places = list(spec.submodule_search_locations or ()) if spec else []
    if not places:
        # a checkout on sys.path hides the installed package and has its rules beside, not inside
        raise KnowledgeError(
            f"{Path(__file__).parent}: holds the engine without its rules: "
            "install it with `pip install -e .`, or run it from outside its checkout"
        )
    return Path(places[0])


def load(
    rule_folders: Sequence[str] = (),
    api_files: Sequence[str] = (),
    task_wrappers: Sequence[str] = (),
    singletons: Sequence[str] = (),
) -> Catalogue:
    """All rules and rows of this installation, and those of the folders and TOML files given.

    `task_wrappers` are dotted names of functions that start a task and hold it, `singletons` of classes with one
    instance. Raises KnowledgeError for the first page or row that cannot be used.
    """
    root = own_rules()
    rows, words = _own_rows(root)
    rows += [apis.read_rows(_read(Path(name), name), name) for name in api_files]
    rules = _join_rules([*_own_rules(root), *_extra_rules(rule_folders)])
    known = apis.join(apis.with_project(rows, task_wrappers, singletons), words)
    return Catalogue(rules, known, tuple(rule_folders), tuple(api_files), tuple(task_wrappers), tuple(singletons))
