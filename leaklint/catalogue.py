"""What leaklint knows: all rules and all rows, found by looking into folders. Nothing is registered anywhere.

A page or a row that cannot be used stops the run, by a KnowledgeError that names the file and the key.
"""

from __future__ import annotations

import functools
import importlib
import importlib.resources
import importlib.util
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import tomli

from leaklint import apis, pages, vocabulary
from leaklint.apis import Apis
from leaklint.facts import SEVERITIES, Severity
from leaklint.vocabulary import KnowledgeError

if TYPE_CHECKING:
    from importlib.abc import Traversable

Check = Callable[[Any], Iterator[Any]]
"""What a `check.py` defines: from the facts of a file to the hits in it."""

PACKAGE = "leaklint.rules"
VOCABULARY = "vocabulary.toml"

_CODE = re.compile(r"LK[0-9]{3}")
_SINCE = re.compile(r"[0-9]+(\.[0-9]+){1,2}")
_WORD = re.compile(r"[a-z][a-z0-9_]*")
_FAMILY = re.compile(r"[a-z][a-z0-9-]*")
_TABLES = ("messages", "hints", "labels", "zh")
_REQUIRED = ("code", "since", "family", "messages")
_KEYS = ("code", "since", "family", "ceiling", "preview", "default", "supersedes", *_TABLES)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, as its folder describes it. Plain data: it can be pickled and costs no import."""

    code: str
    name: str
    folder: str
    since: str
    family: str
    ceiling: Severity | None
    preview: bool
    supersedes: tuple[str, ...]
    messages: Mapping[str, str]
    hints: Mapping[str, str]
    labels: Mapping[str, str]
    zh: Mapping[str, str]
    """What the audit report says in Chinese: problem, trigger, impact, repair."""
    page: str
    file: str
    """The page's file, for messages."""
    checker: str = ""
    """The module of its check, or the file of one outside the package; empty for the engine's own rules."""
    default: bool = True
    """False: counts only where its full code or name is selected."""

    @property
    def summary(self) -> str:
        """The first sentence of *What it does*."""
        return pages.first_sentence(pages.sections(self.page)["What it does"])

    def load_check(self) -> Check | None:
        """The rule's `check`, imported when first asked for; None when the engine itself reports the rule.

        Raises KnowledgeError when it cannot be imported or does not define a `check`.
        """
        return _import_check(self.checker, self.folder) if self.checker else None


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


@functools.lru_cache(maxsize=1024)
def _import_check(checker: str, folder: str) -> Check:
    try:
        if not checker.endswith(".py"):
            module = importlib.import_module(checker)
        else:
            spec = importlib.util.spec_from_file_location(f"leaklint_extra_rules.{folder}", checker)
            if spec is None or spec.loader is None:
                raise ImportError("no loader for this file")
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
    except Exception as error:
        raise KnowledgeError(f"{checker}: cannot be imported: {type(error).__name__}: {error}") from error
    check = getattr(module, "check", None)
    if not callable(check):
        raise KnowledgeError(f"{checker}: defines no function check(facts)")
    return cast("Check", check)


def _read(file: Traversable, shown: str) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KnowledgeError(f"{shown}: cannot be read: {error}") from None


def _pattern(table: Mapping[str, Any], key: str, pattern: re.Pattern[str], like: str, file: str) -> str:
    value = table[key]
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise KnowledgeError(f"{file}: {key}: {value!r} should look like {like}")
    return value


def _templates(table: Mapping[str, Any], key: str, file: str) -> dict[str, str]:
    templates = table.get(key, {})
    if not isinstance(templates, dict):
        raise KnowledgeError(f"{file}: {key}: must be a table: write [{key}]")
    for name, template in templates.items():
        if not _WORD.fullmatch(name):
            raise KnowledgeError(f"{file}: [{key}] {name}: names are lower-case words")
        if not isinstance(template, str) or not template.strip():
            raise KnowledgeError(f"{file}: [{key}] {name}: must be a text")
        try:
            pages.fields(template)
        except pages.PageError as error:
            raise KnowledgeError(f"{file}: [{key}] {name}: {error}") from None
    return templates


def read_rule(text: str, folder: str, file: str, checker: str = "") -> Rule:
    """The rule of one `rule.md`. Raises KnowledgeError, naming `file` and the key or section that is wrong."""
    if not _WORD.fullmatch(folder):
        raise KnowledgeError(f"{file}: a rule's folder is named in lower_case_words, not {folder!r}")
    try:
        block, page = pages.split(text)
        pages.sections(page)
        table = tomli.loads(block)
    except pages.PageError as error:
        raise KnowledgeError(f"{file}: {error}") from None
    except tomli.TOMLDecodeError as error:
        raise KnowledgeError(f"{file}: its toml block is not TOML: {error}") from None
    unknown = [key for key in table if key not in _KEYS]
    if unknown:
        raise KnowledgeError(f"{file}: {unknown[0]}: no such key; the keys are {', '.join(_KEYS)}")
    missing = [key for key in _REQUIRED if not table.get(key)]
    if missing:
        raise KnowledgeError(f"{file}: the key {missing[0]} is missing or empty")
    ceiling, preview, supersedes = table.get("ceiling"), table.get("preview", False), table.get("supersedes", [])
    if ceiling is not None and ceiling not in SEVERITIES:
        raise KnowledgeError(f"{file}: ceiling: {ceiling!r} is not one of {', '.join(SEVERITIES)}")
    for key in ("preview", "default"):
        if not isinstance(table.get(key, False), bool):
            raise KnowledgeError(f"{file}: {key}: {table[key]!r} is neither true nor false")
    if not isinstance(supersedes, list) or not all(isinstance(c, str) and _CODE.fullmatch(c) for c in supersedes):
        raise KnowledgeError(f'{file}: supersedes: {supersedes!r} is not a list of codes like ["LKnnn"]')
    return Rule(
        code=_pattern(table, "code", _CODE, "LKnnn", file),
        name=folder.replace("_", "-"),
        folder=folder,
        since=_pattern(table, "since", _SINCE, "0.1.0", file),
        family=_pattern(table, "family", _FAMILY, "tasks", file),
        ceiling=ceiling,
        preview=preview,
        supersedes=tuple(supersedes),
        **{key: _templates(table, key, file) for key in _TABLES},
        page=page,
        file=file,
        checker=checker,
        default=table.get("default", True),
    )


def _is_rule_folder(entry: Traversable) -> bool:
    """A folder with anything in it but what Python left there: git keeps `__pycache__` of rules that are gone."""
    return (
        not entry.name.startswith((".", "_"))
        and entry.name != "apis"
        and entry.is_dir()
        and any(inner.name != "__pycache__" for inner in entry.iterdir())
    )


def _rule(folder: Traversable, shown: str, checker: str) -> Rule:
    page = folder / "rule.md"
    if not page.is_file():
        raise KnowledgeError(f"{shown}: has no rule.md")
    has_check = (folder / "check.py").is_file()
    return read_rule(_read(page, f"{shown}/rule.md"), folder.name, f"{shown}/rule.md", checker if has_check else "")


def _own_rules(root: Traversable) -> Iterator[Rule]:
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


def _own_rows(root: Traversable) -> tuple[list[dict[str, apis.Row]], dict[str, tuple[str, ...]]]:
    folder, words = root / "apis", root / VOCABULARY
    if not folder.is_dir() or not words.is_file():
        raise KnowledgeError(f"{PACKAGE}: has no apis or no {VOCABULARY}: leaklint is not completely installed")
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    rows = [apis.read_rows(_read(file, f"rules/apis/{file.name}"), f"rules/apis/{file.name}") for file in files]
    shown = f"rules/{VOCABULARY}"
    return rows, vocabulary.read_vocabulary(_read(words, shown), shown)


def _root() -> Traversable:
    try:
        return importlib.resources.files(PACKAGE)
    except ModuleNotFoundError:
        # a checkout on sys.path hides the installed package and has its rules beside, not inside
        raise KnowledgeError(
            f"{Path(__file__).parent}: holds the engine without its rules: "
            "install it with `pip install -e .`, or run it from outside its checkout"
        ) from None


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
    root = _root()
    rows, words = _own_rows(root)
    rows += [apis.read_rows(_read(Path(name), name), name) for name in api_files]
    rules = _join_rules([*_own_rules(root), *_extra_rules(rule_folders)])
    known = apis.join(apis.with_project(rows, task_wrappers, singletons), words)
    return Catalogue(rules, known, tuple(rule_folders), tuple(api_files), tuple(task_wrappers), tuple(singletons))
