"""One rule as its folder describes it: what stands in the `toml` block of its page, and where its check is."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, cast

from leaklint.facts import SEVERITIES, Severity
from leaklint.vocabulary import KnowledgeError

Check = Callable[[Any], Iterator[Any]]
"""What a `check.py` defines: from the facts of a file to the hits in it."""

_CODE = r"LK[0-9]{3}"
_SINCE = r"[0-9]+(\.[0-9]+){1,2}"
WORD = r"[a-z][a-z0-9_]*"
_FAMILY = r"[a-z][a-z0-9-]*"
_TABLES = ("messages", "hints", "labels", "en", "zh")
_REQUIRED = ("code", "since", "family", "messages")
_KEYS = ("code", "since", "family", "ceiling", "preview", "default", "supersedes", *_TABLES)


class Rule(NamedTuple):
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
    en: Mapping[str, str]
    """What the audit report says in English in place of its own words: trigger, impact."""
    zh: Mapping[str, str]
    """What it says in Chinese: problem, trigger, impact, repair."""
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
        from leaklint import pages

        return pages.first_sentence(pages.sections(self.page)["What it does"])

    def hint_for(self, name: str, python: tuple[int, int] | None) -> str:
        """The name of a hint, or of the one that stands in for it on older Pythons: `keep_before_3_11`."""
        for other in self.hints if name and python is not None else ():
            before = re.fullmatch(re.escape(name) + r"_before_([0-9]+)_([0-9]+)", other)
            if before and python is not None and python < (int(before[1]), int(before[2])):
                return other
        return name

    def load_check(self) -> Check | None:
        """The rule's `check`, imported when first asked for; None when the engine itself reports the rule.

        Raises KnowledgeError when it cannot be imported or does not define a `check`.
        """
        return _import_check(self.checker, self.folder) if self.checker else None


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


def _pattern(table: Mapping[str, Any], key: str, pattern: str, like: str, file: str) -> str:
    value = table[key]
    if not isinstance(value, str) or not re.fullmatch(pattern, value):
        raise KnowledgeError(f"{file}: {key}: {value!r} should look like {like}")
    return value


def _templates(table: Mapping[str, Any], key: str, file: str) -> dict[str, str]:
    from leaklint import pages

    templates = table.get(key, {})
    if not isinstance(templates, dict):
        raise KnowledgeError(f"{file}: {key}: must be a table: write [{key}]")
    for name, template in templates.items():
        if not re.fullmatch(WORD, name):
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
    import tomli

    from leaklint import pages

    if not re.fullmatch(WORD, folder):
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
    if not isinstance(supersedes, list) or not all(isinstance(c, str) and re.fullmatch(_CODE, c) for c in supersedes):
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
