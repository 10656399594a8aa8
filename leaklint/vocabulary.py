"""Names that mean something in most code bases, and what is raised for knowledge that cannot be used."""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")


def words_of(identifier: str) -> list[str]:
    """`remove_ChatUser`: remove, Chat, User."""
    return _WORD.findall(identifier)


class KnowledgeError(Exception):
    """A row, vocabulary or rule page that cannot be used; the text names the file, the key and the mend."""


def read_vocabulary(text: str, file: str) -> dict[str, tuple[str, ...]]:
    """The vocabulary file: lists of regular expressions over whole identifiers, by name.

    Raises KnowledgeError, naming file and key.
    """
    import tomli

    try:
        table = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise KnowledgeError(f"{file}: not TOML: {error}") from None
    for key, words in table.items():
        if not isinstance(words, list) or not all(isinstance(w, str) for w in words):
            raise KnowledgeError(f"{file}: {key}: must be a list of regular expressions")
        for word in words:
            try:
                re.compile(word)
            except re.error as error:
                raise KnowledgeError(f"{file}: {key}: {word!r} is not a regular expression: {error}") from None
    return {key: tuple(words) for key, words in table.items()}
