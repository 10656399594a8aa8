"""Each row is held against the library it speaks of, so that knowledge cannot rot unseen; broken ones are refused."""

from __future__ import annotations

import importlib
import inspect
import platform
import re
import sys
import typing
import warnings
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from leaklint.apis import Apis, Row, join, read_rows
from leaklint.vocabulary import KnowledgeError, read_vocabulary

RULES = Path(__file__).resolve().parents[1] / "rules"
METHODS = ("grow", "shrink", "replace", "release", "spawn", "own", "bulk", "text", "quiet", "ends", "asks", "reaps")
EMULATED = {"__iadd__": "__add__", "__imul__": "__mul__"}
"""`x += y` works without `__iadd__`: Python takes `__add__` instead."""
SINCE = {"asyncio.Runner": (3, 11), "asyncio.TaskGroup": (3, 11)}
"""Names that the oldest supported Python does not have."""
LINUX = ("select.epoll", "os.memfd_create", "os.openpty", "os.register_at_fork")
UNIX = ("asyncio.open_unix_connection", "asyncio.start_unix_server")
PROMISES = re.compile(r"Awaitable|Coroutine|Future|Any|Self|\b_?[A-Z]\w?\b")
"""Return annotations which leave open whether there is something to await."""


@cache
def apis() -> Apis:
    """All rows with what they inherit: that must exist on them, too."""
    files = (read_rows(f.read_text(encoding="utf-8"), f.name) for f in sorted(RULES.glob("apis/*.toml")))
    return join(files, read_vocabulary((RULES / "vocabulary.toml").read_text(encoding="utf-8"), "vocabulary.toml"))


def every_row() -> list[Any]:
    unverified = pytest.mark.skip(reason="verified = false")
    rows = sorted(apis().rows.items())
    return [pytest.param(row, id=name, marks=() if row.verified else unverified) for name, row in rows]


def imported(name: str) -> Any:
    """What a public name stands for: the longest module, then attributes. Skips without the library."""
    parts = name.split(".")
    try:
        importlib.import_module(parts[0])
    except ImportError as error:
        pytest.skip(str(error))
    for length in range(len(parts), 0, -1):
        prefix = ".".join(parts[:length])
        try:
            found: Any = importlib.import_module(prefix)
        except ModuleNotFoundError as error:
            if error.name != prefix and not f"{prefix}.".startswith(f"{error.name}."):
                pytest.skip(str(error))  # an optional dependency of the library
            continue
        for part in parts[length:]:
            assert hasattr(found, part), f"nothing is called {name}: {found!r} has no {part}"
            found = getattr(found, part)
        return typing.get_origin(found) or found
    raise AssertionError(f"nothing is called {name}")


def has(owner: Any, attribute: str) -> bool:
    """By getattr; for attributes of instances, by what the methods of the class assign."""
    if hasattr(owner, attribute) or hasattr(owner, EMULATED.get(attribute, attribute)):
        return True
    classes = inspect.getmro(owner) if inspect.isclass(owner) else ()
    return any(assigns(c, attribute) for c in classes)


def assigns(cls: type, attribute: str) -> bool:
    try:
        return re.search(rf"\bself\.{attribute}\b[^=\n]*=", inspect.getsource(cls)) is not None
    except (OSError, TypeError):  # written in C
        return False


def gives_awaitable(owner: Any, method: str) -> bool | None:
    """Whether calling a method gives something to await; None where that cannot be told."""
    function = inspect.unwrap(getattr(owner, method, None) or len)
    if not inspect.isfunction(function):
        return None
    if inspect.iscoroutinefunction(function):
        return True
    return None if PROMISES.search(str(function.__annotations__.get("return", ""))) else False


def parameters(called: Any) -> list[str] | None:
    """The names of the parameters that a call takes; None where that cannot be told."""
    try:
        found = inspect.signature(called).parameters.values()
    except (TypeError, ValueError):  # written in C
        return None
    return None if any(p.kind is p.VAR_KEYWORD for p in found) else [p.name for p in found]


@pytest.mark.parametrize("row", every_row())
def test_row(row: Row) -> None:
    """Its name can be imported, and whatever it names exists there."""
    elsewhere = (*LINUX, *UNIX) if platform.system() == "Windows" else LINUX if platform.system() != "Linux" else ()
    if sys.version_info < SINCE.get(row.name, (3, 0)) or row.name in elsewhere:
        pytest.skip("not in this Python")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated names are known on purpose
        thing = imported(row.name)
        problems = {
            "no such attribute": missing(row, thing),
            "no such argument, or not in this position": bounds(row, thing),
            "awaited, or not awaited, unlike in the library": awaits(row, thing),
        }
    for problem, names in problems.items():
        assert not names, f"{row.file}: [{row.name}] {problem}: {', '.join(names)}"


def missing(row: Row, thing: Any) -> list[str]:
    """Methods that are not there. A function that returns something else has none."""
    named = {m for key in METHODS for m in getattr(row, key)} | {m for m in row.makes if not m.isdigit()}
    named |= {m for pair in (*row.pairs.items(), *row.lends.items()) for m in pair if m.isidentifier()}
    if row.kind == "function" and row.returns not in ("", row.name):
        return sorted(named)
    return sorted(m for m in named if not has(thing, m))


@pytest.mark.parametrize(
    "row", [r for r in every_row() if any("." in u.strip(".") for u in r.values[0].pairs.values())]
)
def test_what_takes_it_off_elsewhere(row: Row) -> None:
    """`atexit.unregister` can be imported."""
    for undo in row.pairs.values():
        assert imported(undo)


def bounds(row: Row, thing: Any) -> list[str]:
    known = parameters(thing) if row.bound else None
    if known is None:
        return []
    wrong = [a for a in row.bound if a not in known]
    return wrong or ([row.bound[0]] if row.bound_at not in (-1, known.index(row.bound[0])) else [])


def awaits(row: Row, thing: Any) -> list[str]:
    told = {m: gives_awaitable(thing, m) for m in row.release if not m.startswith("__")}
    return [m for m, awaitable in told.items() if awaitable is not None and awaitable != (m in row.awaited)]


@pytest.mark.parametrize("row", apis().rows.values(), ids=lambda row: row.name)
def test_row_makes_sense(row: Row) -> None:
    """What can be told without the library."""
    exits = {"__exit__", "__aexit__"} & set(row.release)
    assert set(row.awaited) <= set(row.release) - {"__aexit__"}, "only releases can be awaited; `async with` always is"
    assert not (row.exit_keeps_open and exits), "does `with` release it?"
    assert row.bound_at < 0 or row.bound, "bound_at is the position of the first of bound"
    ended = row.release or (row.closer in apis().rows and apis().rows[row.closer].ends_argument)
    assert row.kind != "resource" or not row.needs_release or ended, "what must be released needs a way to"


def test_one_customary_name_means_one_row() -> None:
    words = [word for row in apis().rows.values() for word in row.instances]
    assert len(words) == len(set(words)), "an untyped variable of this name would stand for two rows"


MEANINGS: Mapping[str, tuple[str, str]] = {
    "long_lived_classes": (
        "SessionManager _Hub HTTPClient RateLimiter MusicCog",
        "UserConfig ConnectionError CacheMiss",
    ),
    "short_lived_classes": (
        "HTMLParser AppConfig ChatRequest TestHub NodeTransformer",
        "SSEParser Hub AppContext Contest",
    ),
    "end_of_life_methods": (
        "close aclose _cleanup close_all __aexit__ stop async_stop",
        "disclose release stopwatch start",
    ),
    "event_methods": (
        "on_message handle _on_close on_ready process_event message_callback",
        "on_startup process add_handler once",
    ),
    "feed_methods": ("feed data_received write process_chunk on_data", "receive feeds rewrite process_all"),
    "open_keys": ("session_id id userId client_ip url cache_key", "kind valid grid name i color message_type"),
    "inventory_keys": ("key shade_id uuid trigger_key", "session_id user_key client_addr url name"),
    "standing_keys": ("device_id host entity file_path", "session_id user client_id message"),
    "history_names": ("history _errors tool_calls request_times sent_messages", "items children fields options"),
    "closed_keys": ("kind event_type mode lang KIND", "color key session_id keyword"),
    "buffer_names": ("_buf chunks request_body raw_data", "self data metadata items dataframe"),
    "listening_methods": (
        "on subscribe add_listener addListener async_add_listener add_update_callback register_state_observer",
        "once add_done_callback connect bind register upon add_route callback",
    ),
    "unlistening_methods": (
        "off unsubscribe remove_listener async_remove_listener removeListener unregister detach dispose clear_all",
        "offset unpack removed add_listener undo cleared",
    ),
    "once_functions": ("main cli setup_logging initialize lifespan", "get_logger domain handle run_job"),
    "registration_methods": (
        "register register_tool setup add_route __init_subclass__",
        "register_session registry append add_item",
    ),
}


@pytest.mark.parametrize("what", MEANINGS)
def test_vocabulary(what: str) -> None:
    """Each list with words that belong to it, and words that only look so."""
    belong, look_so = MEANINGS[what]
    assert [w for w in belong.split() if not apis().means(what, w)] == []
    assert [w for w in look_so.split() if apis().means(what, w)] == []


def asked_for() -> set[str]:
    """The lists that `means("list", ...)` names somewhere."""
    files = [f for folder in ("leaklint", "rules") for f in (RULES.parent / folder).rglob("*.py")]
    return {m for f in files for m in re.findall(r'means\(\s*"(\w+)"', f.read_text("utf-8"))}


def test_every_list_that_is_asked_for_is_there() -> None:
    assert sorted(asked_for() - set(apis().vocabulary)) == []


CONTAINER = '[Box]\nkind = "container"\n'


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[Box]\nkind = "container"\ngrows = ["add"]', "[Box] grows: no such key"),
        ("[Box]", "[Box]: the key kind is missing"),
        ('[Box]\nkind = "bag"', "[Box] kind: 'bag'"),
        (CONTAINER + 'grow = "add"', "[Box] grow: 'add'"),
        (CONTAINER + "grow = [1]", "[Box] grow: [1]"),
        (CONTAINER + "noun = 3", "[Box] noun: 3"),
        (CONTAINER + "bounded = 1", "[Box] bounded: 1"),
        (CONTAINER + "bound_at = true", "[Box] bound_at: True"),
        (CONTAINER + 'lifetime = "medium"', "[Box] lifetime: 'medium'"),
        (CONTAINER + "makes = { pop = 1 }", "[Box] makes: {'pop': 1}"),
        ('Box = "container"', "Box: rows are tables"),
        ('[Box\nkind = "container"', "not TOML"),
        (CONTAINER + CONTAINER, "not TOML"),
        (CONTAINER + 'base = "Crate"', "[Box] base: 'Crate'"),
        (CONTAINER + 'base = "Box"', "[Box] base: 'Box'"),
        (CONTAINER + 'returns = "Crate"', "[Box]: returns 'Crate'"),
        (CONTAINER + 'makes = { pop = "Crate" }', "[Box]: returns 'Crate'"),
    ],
)
def test_broken_rows_are_named(text: str, named: str) -> None:
    with pytest.raises(KnowledgeError) as caught:
        join([read_rows(text, "boxes.toml")], apis().vocabulary)
    refuses(caught.value, "boxes.toml: ", named)


def test_a_row_stands_once() -> None:
    with pytest.raises(KnowledgeError) as caught:
        join([read_rows(CONTAINER, "boxes.toml"), read_rows(CONTAINER, "crates.toml")], apis().vocabulary)
    refuses(caught.value, "crates.toml: ", "[Box]", "boxes.toml")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('open_keys = "id"', "open_keys: must be a list"),
        ("open_keys = [1]", "open_keys: must be a list"),
        ("open_keys = ['(id']", "open_keys: '(id' is not a regular expression"),
        ("open_keys = [", "not TOML"),
    ],
)
def test_a_broken_vocabulary_is_named(text: str, named: str) -> None:
    with pytest.raises(KnowledgeError) as caught:
        read_vocabulary(text, "words.toml")
    refuses(caught.value, "words.toml: ", named)


def refuses(error: KnowledgeError, *words: str) -> None:
    """One line, which names the file and the key."""
    assert "\n" not in str(error)
    assert str(error).startswith(words[0])
    assert [word for word in words if word not in str(error)] == []


def test_what_a_row_inherits() -> None:
    """The base's lists where it gives none itself; never the base's own name, kind or customary variables."""
    base = '[Box]\nkind = "container"\ngrow = ["add"]\nshrink = ["pop"]\ninstances = ["box"]\n'
    rows = join(
        [read_rows(base + '[Crate]\nkind = "resource"\nbase = "Box"\nshrink = ["take"]', "boxes.toml")],
        apis().vocabulary,
    )
    crate = rows.rows["Crate"]
    assert (crate.name, crate.kind, crate.grow, crate.shrink, crate.instances) == (
        "Crate",
        "resource",
        ("add",),
        ("take",),
        (),
    )
    assert rows.by_instance["box"].name == "Box"
