"""Every row is held against the library it speaks of, so that knowledge cannot rot unnoticed; and broken rows are refused by name."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
import typing
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from leaklint.apis import Apis, KnowledgeError, Row, Vocabulary, join, read_rows, read_vocabulary

RULES = Path(__file__).resolve().parents[1] / "rules"
VERBS = ("grow", "shrink", "release", "spawn", "own", "bulk", "text", "quiet", "ends")
# Operators that Python emulates: `x += y` is `__add__` where `__iadd__` is missing.
EMULATED = {"__iadd__": "__add__", "__imul__": "__mul__"}
SINCE = {"asyncio.Runner": (3, 11), "asyncio.TaskGroup": (3, 11)}


@cache
def apis() -> Apis:
    """All rows, inheritance resolved: a verb that a row inherits must exist on it too."""
    files = [read_rows(f.read_text(encoding="utf-8"), f.name) for f in sorted(RULES.glob("apis/*.toml"))]
    return join(files, vocabulary())


@cache
def vocabulary() -> Vocabulary:
    return read_vocabulary((RULES / "vocabulary.toml").read_text(encoding="utf-8"), "vocabulary.toml")


def rows() -> Iterator[Any]:
    for name, row in sorted(apis().rows.items()):
        yield pytest.param(row, id=name, marks=[] if row.verified else [pytest.mark.skip(reason="verified = false")])


def in_library(name: str) -> str:
    return name.split(".")[0]


def imported(name: str) -> Any:
    """The object behind a public name: the longest prefix that is a module, then attributes. Skips without the library."""
    pytest.importorskip(in_library(name), exc_type=ImportError)
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError as error:
            if not name.startswith(error.name or "?"):
                pytest.skip(f"needs {error.name}")
            continue
        for part in parts[length:]:
            found = getattr(found, part)
        return found
    raise AssertionError(f"nothing is called {name}")


def has(owner: Any, verb: str) -> bool:
    """Whether `verb` is an attribute of the class, of its annotations, or one that its methods assign."""
    owner = typing.get_origin(owner) or owner
    if hasattr(owner, verb) or (verb in EMULATED and hasattr(owner, EMULATED[verb])):
        return True
    classes = inspect.getmro(owner) if inspect.isclass(owner) else ()
    return any(verb in vars(c).get("__annotations__", {}) or assigns(c, verb) for c in classes)


def assigns(cls: type, attribute: str) -> bool:
    try:
        return re.search(rf"\bself\.{attribute}\b[^=\n]*=", inspect.getsource(cls)) is not None
    except (OSError, TypeError):  # written in C
        return False


def coroutine(owner: Any, verb: str) -> bool | None:
    """Whether calling `verb` gives something to await; None where it cannot be told."""
    method = inspect.unwrap(getattr(owner, verb, None) or len)
    if not inspect.isfunction(method):
        return None
    if inspect.iscoroutinefunction(method):
        return True
    returns = str(method.__annotations__.get("return", ""))
    return None if re.search("Awaitable|Coroutine|Future|Self|Any|ResponseT", returns) else False


def parameters(called: Any) -> set[str] | None:
    try:
        found = inspect.signature(typing.get_origin(called) or called).parameters.values()
    except ValueError:  # written in C
        return None
    return None if any(p.kind is p.VAR_KEYWORD for p in found) else {p.name for p in found}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("row", rows())
def test_row(row: Row) -> None:
    """One row: its name can be imported, its verbs and arguments exist."""
    if sys.version_info < SINCE.get(row.name, (3, 0)):
        pytest.skip("not in this Python")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        thing = imported(row.name)
        check(row, thing)


def check(row: Row, thing: Any) -> None:
    target = thing
    if row.kind == "function" and row.returns not in ("", row.name):
        target = None  # its verbs, if any, are those of what it returns
    verbs = [verb for key in VERBS for verb in getattr(row, key)] + [m for m in row.makes if not m.isdigit()]
    absent = [verb for verb in verbs if target is None or not has(target, verb)]
    assert not absent, f"{row.file}: [{row.name}]: no such attribute: {', '.join(absent)}"

    known = parameters(thing) if row.bound else None
    unknown = [argument for argument in row.bound if known is not None and argument not in known]
    assert not unknown, f"{row.file}: [{row.name}] bound: no such argument: {', '.join(unknown)}"

    stray = [verb for verb in row.awaited if verb not in row.release]
    assert not stray, f"{row.file}: [{row.name}] awaited: not in release: {', '.join(stray)}"
    told = {verb: coroutine(thing, verb) for verb in row.release if not verb.startswith("__")}
    wrong = [verb for verb, is_coroutine in told.items() if is_coroutine not in (None, verb in row.awaited)]
    assert not wrong, f"{row.file}: [{row.name}] awaited: not as the library has it: {', '.join(wrong)}"

    if row.exit_keeps_open:
        assert has(thing, "__exit__") or has(thing, "__aexit__"), f"{row.file}: [{row.name}] exit_keeps_open: no `with`"
        assert not {"__exit__", "__aexit__"} & set(row.release)
