"""Names that mean something in most code bases, and what is raised for knowledge that cannot be used."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields

import tomli


class KnowledgeError(Exception):
    """A row, vocabulary or rule page that cannot be used; the text names the file, the key and the mend."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Names that mean something in most code bases; each is a regular expression over a whole identifier."""

    long_lived_classes: tuple[str, ...] = ()
    short_lived_classes: tuple[str, ...] = ()
    test_classes: tuple[str, ...] = ()
    end_of_life_methods: tuple[str, ...] = ()
    reopening_methods: tuple[str, ...] = ()
    beginning_methods: tuple[str, ...] = ()
    evicting_methods: tuple[str, ...] = ()
    timeouts: tuple[str, ...] = ()
    event_methods: tuple[str, ...] = ()
    feed_methods: tuple[str, ...] = ()
    handler_decorators: tuple[str, ...] = ()
    open_keys: tuple[str, ...] = ()
    closed_keys: tuple[str, ...] = ()
    inventory_keys: tuple[str, ...] = ()
    kept_objects: tuple[str, ...] = ()
    clock_names: tuple[str, ...] = ()
    stream_reads: tuple[str, ...] = ()
    buffer_names: tuple[str, ...] = ()
    registration_methods: tuple[str, ...] = ()
    listening_methods: tuple[str, ...] = ()
    unlistening_methods: tuple[str, ...] = ()
    once_functions: tuple[str, ...] = ()
    registered_lists: tuple[str, ...] = ()
    session_nouns: tuple[str, ...] = ()
    file_nouns: tuple[str, ...] = ()
    response_nouns: tuple[str, ...] = ()
    executor_nouns: tuple[str, ...] = ()
    closed_states: tuple[str, ...] = ()
    open_states: tuple[str, ...] = ()
    history_names: tuple[str, ...] = ()
    payload_names: tuple[str, ...] = ()
    message_reads: tuple[str, ...] = ()
    cutting_functions: tuple[str, ...] = ()
    telemetry_methods: tuple[str, ...] = ()
    status_names: tuple[str, ...] = ()
    success_names: tuple[str, ...] = ()
    plain_histories: tuple[str, ...] = ()
    on_demand_methods: tuple[str, ...] = ()
    one_shot_names: tuple[str, ...] = ()
    parting_methods: tuple[str, ...] = ()
    error_classes: tuple[str, ...] = ()
    error_names: tuple[str, ...] = ()
    outcome_methods: tuple[str, ...] = ()
    endless_coroutines: tuple[str, ...] = ()
    task_starters: tuple[str, ...] = ()
    asyncio_names: tuple[str, ...] = ()
    keeping_decorators: tuple[str, ...] = ()
    test_functions: tuple[str, ...] = ()
    image_reducers: tuple[str, ...] = ()
    fetch_methods: tuple[str, ...] = ()
    query_starts: tuple[str, ...] = ()
    query_limits: tuple[str, ...] = ()
    query_runs: tuple[str, ...] = ()
    lazy_tables: tuple[str, ...] = ()
    data_files: tuple[str, ...] = ()
    data_names: tuple[str, ...] = ()
    settings_names: tuple[str, ...] = ()
    size_limits: tuple[str, ...] = ()
    response_classes: tuple[str, ...] = ()
    backward_methods: tuple[str, ...] = ()
    graph_keeping_methods: tuple[str, ...] = ()
    graph_cuts: tuple[str, ...] = ()
    graph_free_blocks: tuple[str, ...] = ()
    model_names: tuple[str, ...] = ()
    loss_functions: tuple[str, ...] = ()


def read_vocabulary(text: str, file: str) -> Vocabulary:
    """The vocabulary file: lists of regular expressions. Raises KnowledgeError, naming file and key."""
    try:
        table = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise KnowledgeError(f"{file}: not TOML: {error}") from None
    known = {f.name for f in fields(Vocabulary)}
    for key, words in table.items():
        if key not in known:
            raise KnowledgeError(f"{file}: {key}: no such list; the lists are {', '.join(sorted(known))}")
        if not isinstance(words, list) or not all(isinstance(w, str) for w in words):
            raise KnowledgeError(f"{file}: {key}: must be a list of regular expressions")
        for word in words:
            try:
                re.compile(word)
            except re.error as error:
                raise KnowledgeError(f"{file}: {key}: {word!r} is not a regular expression: {error}") from None
    return Vocabulary(**{key: tuple(words) for key, words in table.items()})
