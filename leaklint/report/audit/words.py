"""What the report says, in one language."""

from __future__ import annotations

import functools
import importlib.resources
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tomli

from leaklint.pages import fill

LANGUAGES = ("en", "zh")
OTHERS = {"zh": "chinese.toml"}
RULES = "leaklint.rules"


@dataclass(frozen=True)
class Words:
    """Texts by dotted keys: `label.trigger`."""

    table: Mapping[str, Any]

    def __call__(self, key: str, /, **arguments: object) -> str:
        """The text, with its fields filled. Raises KeyError for a key or a field that is not there."""
        section, _, name = key.partition(".")
        text = self.table[section][name] if name else self.table[section]
        return fill(text, {field: str(value) for field, value in arguments.items()})

    def first(self, *keys: str, **arguments: object) -> str:
        """The text of the first of these keys that there is. Raises KeyError where there is none."""
        for key in keys[:-1]:
            section, _, name = key.partition(".")
            if name in self.table.get(section, ()):
                return self(key, **arguments)
        return self(keys[-1], **arguments)

    def or_else(self, key: str, default: str) -> str:
        """The text, or `default` where the language has none."""
        section, _, name = key.partition(".")
        return str(self.table[section].get(name, default))

    def defence(self, name: str) -> str:
        """Why a suspect is in order; what has no words of its own stands as it is where that is English."""
        others = self.table.get("defences", {})
        return self.or_else(f"defence.{name}", others.get(name, others.get("other", name)))

    def values(self, args: Mapping[str, str]) -> dict[str, str]:
        """What a message fills in: code as it is, words in this language."""
        known = self.table.get("values", {})
        return {key: known.get(value, value) for key, value in args.items()}

    def noun(self, noun: str) -> str:
        """What a row calls its thing; one that is made of the code's own words by the last of them."""
        table = self.table.get("nouns", {})
        if not noun or not table or "`" in noun:
            return noun
        return str(table.get(noun) or table.get(noun.rsplit(maxsplit=1)[-1]) or table["resource"])

    @property
    def language(self) -> str:
        return str(self.table["language"])


@functools.cache
def words(language: str) -> Words:
    """The texts in one of `LANGUAGES`; what the rules' labels and the rows' nouns are called in any but English."""
    own, rules = importlib.resources.files(__package__), importlib.resources.files(RULES)
    tables = [own / f"{language}.toml", *([rules / OTHERS[language]] if language in OTHERS else [])]
    return Words(
        {key: table for file in tables for key, table in tomli.loads(file.read_text(encoding="utf-8")).items()}
    )
