"""Which files, among those that are reported on elsewhere, may answer the open questions of those reported on here.

Whoever uses what another module holds must spell its name. So a look at the words of a file tells that it has nothing
to say, and most files need not be analysed for it. As with the gate, too many may be asked, never too few.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from leaklint import notebook
from leaklint.facts import FileResult
from leaklint.link import awaited, holder_of, named_alike
from leaklint.project.files import Source, decode
from leaklint.running.checked import read


@functools.cache  # compiling this takes longer than asking nobody
def _word() -> re.Pattern[str]:
    """Wider than an identifier: combining marks belong to one too."""
    return re.compile("[\\w\x80-\U0010ffff]+")


class _Holder(NamedTuple):
    """What a question is about: the parts of its module's name, its own name, and those of which one comes in between:
    its class, or an instance of it that the module holds. An attribute of a class may be reached through any object
    that is called like it."""

    module: Sequence[str]
    name: str
    heads: frozenset[str]
    klass: str


def may_answer(
    results: Sequence[FileResult], others: Sequence[Source], heard: Sequence[FileResult] = ()
) -> list[Source]:
    """Those of the `others` whose summaries can make a difference to the questions that are open in `results`, after
    what has been `heard` of other files."""
    asking = [question for result in results for question in result.open_questions] if others else []
    held = {question.place for question in asking if question.asks == "released elsewhere"}
    imported = {question.place for question in asking if question.asks in ("drops its task", "must be closed")}
    coroutines = _awaited([q.place for q in asking if q.asks == "may wait"], [*results, *heard])
    if heard and not coroutines:
        return []  # all others were asked at once
    loading = {name for question in asking if question.asks == "loaded anyway" for name in question.called}
    # the file that holds something alone says what it is
    bases = {base.rpartition(".")[0] for question in asking if question.place in held for base in question.called}
    above = {base.rpartition(".")[0] for question in asking for base in question.bases}
    modules = {place.partition(":")[0] for place in held}.union(loading, bases, above, *map(_before, imported))
    # which may hand on what modules beneath them define
    packages = {place.rpartition(".")[0] for place in imported} | above
    instances = [pair for result in results for pair in result.summary.instances]
    twice = modules.intersection(source.module for source in others)
    by_name: dict[str, list[_Holder]] = {}
    for place in held:
        one = _holder(place, instances)
        if place.partition(":")[0] in twice:  # another file of that name may hold instances too
            one = one._replace(heads=frozenset([one.name]))
        by_name.setdefault(one.name, []).append(one)
    return [
        source
        for source in others
        if source.module in modules
        or not packages.isdisjoint(_before(source.module))
        or ((by_name or coroutines) and _says(source, by_name, coroutines))
    ]


def _awaited(names: Iterable[str], results: Iterable[FileResult]) -> frozenset[str]:
    """The names of coroutines, and of all that those of them which are known await in turn."""
    awaits = awaited(results)
    found, stack = set(names), list(names)
    while stack:
        fresh = awaits.get(stack.pop(), set()) - found
        found |= fresh
        stack += fresh
    return frozenset(found)


def _says(source: Source, by_name: Mapping[str, Iterable[_Holder]], coroutines: frozenset[str]) -> bool:
    words = _words(source)
    return ("async" in words and not words.isdisjoint(coroutines)) or _mentions(source, words, by_name)


def _before(name: str) -> Iterator[str]:
    """The modules that may hold what has this dotted name."""
    parts = name.split(".")
    return (".".join(parts[:end]) for end in range(1, len(parts)))


def _holder(place: str, instances: Iterable[tuple[str, str]]) -> _Holder:
    module, _, path = place.partition(":")
    outer, _, name = path.rpartition(".")
    named = (instance.partition(":")[2] for instance, klass in instances if klass == f"{module}:{outer}")
    return _Holder(module.split("."), name, frozenset([path.partition(".")[0], *named]), holder_of(place))


def _mentions(source: Source, words: frozenset[str], by_name: Mapping[str, Iterable[_Holder]]) -> bool:
    """Does a file spell the names of one of these, and of its module as far as its own name does not imply it?"""
    own = source.module.split(".")
    return any(
        any(named_alike(word, one.klass) for word in words)
        or (
            not words.isdisjoint(one.heads)
            and all(part in words or one.module[:end] == own[:end] for end, part in enumerate(one.module, 1))
        )
        for name in words & by_name.keys()
        for one in by_name[name]
    )


def _words(source: Source) -> frozenset[str]:
    """All words of a file, as Python reads identifiers; none of one that cannot be read."""
    try:
        content = read(source.path) if source.content is None else source.content
        text = notebook.read(content).text if source.path.endswith(notebook.ENDING) else decode(content)
    except (OSError, SyntaxError, LookupError, ValueError):
        return frozenset()
    return frozenset(_word().findall(text if text.isascii() else unicodedata.normalize("NFKC", text)))
