"""What the engine is told about APIs: rows of TOML, one per class or function, and a vocabulary of names.

The engine names no third-party library; everything it knows of one stands in a row under `rules/apis/`
(the keys are explained in `rules/README.md`). A row that cannot be read stops the run.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import cached_property, lru_cache
from typing import Any, Literal, get_args

from leaklint.vocabulary import KnowledgeError

Kind = Literal["container", "buffer", "resource", "task", "spawner", "function", "base", "module"]


@dataclass(frozen=True, eq=False, repr=False)
class Row:
    """What one public name does. Method lists hold names of methods, syntax ones included (`__setitem__`)."""

    name: str
    file: str
    kind: Kind
    noun: str = ""  # what a message calls it: "HTTP session"
    base: str = ""  # the row whose lists this one inherits
    returns: str = ""  # of a function: the row of what a call returns
    like: str = ""  # of a module: the one whose names it has as well
    passes: bool = False  # of a function: what it returns is what its first argument gives
    acts: str = ""  # of a function: the method whose work a call does on its first argument
    makes: Mapping[str, str] = field(default_factory=dict)  # method -> row of what it returns
    grow: tuple[str, ...] = ()
    shrink: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()  # methods that put their argument in the place of what was held
    bound: tuple[str, ...] = ()  # constructor arguments that set an upper bound; None, 0 and -1 do not count
    bound_at: int = -1  # position of the first of them, when it can be positional
    bounded: bool = False  # bounded whatever the arguments
    default_bound: bool = False  # bounded unless an argument of `bound` says otherwise
    memo: bool = False  # a decorator that keeps results by arguments
    heavy: bool = False  # loads a model, or is itself a large module: hundreds of megabytes
    megabytes: int = 0  # of a module that is not heavy: what importing it takes
    multiplies: tuple[str, ...] = ()  # arguments that say how many processes a call starts
    invokes: bool = False  # calls the functions it is given, once for each request
    parts: tuple[str, ...] = ()  # arguments with which a call gives less than everything, or piece by piece
    streams: str = ""  # how it gives what `bulk` gives piece by piece
    pieces: tuple[str, ...] = ()  # methods by which what a call returns takes its data piece by piece
    settles: str = ""  # a call ends all open instances of this row
    factory: str = ""  # of a call: the argument that is called to make what it gives
    copies: bool = False  # a call copies all that it is given into one new value; a container pickles what goes in
    graph: bool = False  # what a call of the result returns carries the graph of its computation
    weak: bool = False  # holds its entries weakly
    inserts_on_read: bool = False
    release: tuple[str, ...] = ()
    closer: str = ""  # of what has no methods: the function that ends it when it is given it
    ends_argument: bool = False  # a call ends its first argument
    found_by: str = ""  # of a function: the one that gives out from then on what a call is given
    asks: tuple[str, ...] = ()  # methods that only ask it to end
    runs: str = ""  # the test to make before: asked once it has ended, it raises
    reaps: tuple[str, ...] = ()  # what sees that it has ended, one of which must follow
    awaited: tuple[str, ...] = ()  # those releases that do nothing unless awaited
    supposed: bool = False  # nothing here shows that it has these methods: they are not to be named
    exit_keeps_open: bool = False  # `with` does not release it
    needs_release: bool = True  # false: what is acquired may be dropped
    open_with: Mapping[str, str] = field(default_factory=dict)  # argument -> value with which it holds something open
    borrows: tuple[str, ...] = ()  # constructor arguments that hold what would be open, and are somebody else's
    empty: bool = False  # a new one holds nothing: what it takes over counts
    lazy: bool = False  # it opens something only when it is asked for something
    counted: bool = False  # CPython ends it with the last reference to it
    pooled: bool = False  # made to be kept: it reuses connections
    spawn: tuple[str, ...] = ()  # methods that start a task and return it
    pairs: Mapping[str, str] = field(default_factory=dict)  # what registers a callback -> what takes it off again
    tracked: bool = False  # what it spawns is held and awaited by the spawner
    lends: Mapping[str, str] = field(default_factory=dict)  # what takes from a pool or lock -> what gives it back
    hands: Mapping[str, str] = field(default_factory=dict)  # parameter of the function given to it -> row of its value
    own: tuple[str, ...] = ()  # methods that take over their arguments
    takes: bool = False  # a call takes over its arguments
    leaves: Literal["", "losers", "shielded", "siblings", "unfinished"] = ""  # which tasks given to it run on
    bulk: tuple[str, ...] = ()  # methods and attributes that yield data of any size
    text: tuple[str, ...] = ()  # methods that turn the whole value into text
    stringifies: bool = False  # a call turns its argument into text, whole
    frames: bool = False  # a call gives the frame it stands in, or the traceback of what is being handled
    cuts: bool = False  # what comes out is small, whatever goes in
    swallows: bool = False  # a context manager that keeps exceptions from leaving its block
    raises: bool = True  # false: a call cannot fail in practice
    quiet: tuple[str, ...] = ()  # methods that cannot fail in practice
    instances: tuple[str, ...] = ()  # names that untyped variables of this type commonly have
    lifetime: Literal["", "long", "short"] = ""  # of an instance, or of a subclass's
    renews: tuple[str, ...] = ()  # attributes that a base class binds anew as it works
    closes: tuple[str, ...] = ()  # attributes that a base class closes at the end
    ends: tuple[str, ...] = ()  # methods that end the life of a subclass's instance
    fields: bool = False  # the values in a subclass's body are fields or members, not shared by its instances
    single: bool = False  # of a class: a process has one instance of it
    verified: bool = True

    @property
    def called(self) -> str:
        """What a message calls it."""
        return self.noun or self.name

    @property
    def scoped(self) -> str:
        """The statement that releases it at the end of a block; none for what is asked to end: `with` would wait."""
        if self.asks:
            return ""
        return "with" if "__exit__" in self.release else "async with" if "__aexit__" in self.release else ""


_CHOICES = {"lifetime": ("", "long", "short"), "leaves": ("", "losers", "shielded", "siblings", "unfinished")}
_KEYS = {f.name: f for f in fields(Row) if f.name not in ("name", "file")}
_TOLD = tuple(name for name in _KEYS if name != "supposed")
_TABLES = ("makes", "pairs", "open_with", "lends", "hands")
_NO_TABLES: Mapping[str, Mapping[str, str]] = {key: {} for key in _TABLES}
_NOT_INHERITED = ("name", "file", "kind", "base", "verified", "returns", "instances", "like")


@dataclass(frozen=True, eq=False)
class Apis:
    """All rows by name, and the vocabulary."""

    rows: Mapping[str, Row]
    vocabulary: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # name of a list -> regular expressions

    def get(self, name: str | None) -> Row | None:
        return self.rows.get(name) if name else None

    @cached_property
    def by_instance(self) -> Mapping[str, Row]:
        """The row that an untyped variable of this name stands for (`loop`)."""
        return {word: row for row in self.rows.values() for word in row.instances}

    @cached_property
    def container_methods(self) -> frozenset[str]:
        """Methods by which containers gain and lose entries."""
        rows = (r for r in self.rows.values() if r.kind == "container")
        return frozenset(method for row in rows for method in (*row.grow, *row.shrink))

    @cached_property
    def giving(self) -> Mapping[str, str]:
        """Methods that take over what they are given, each with the one that takes it back."""
        return {m: row.pairs[m] for row in self.rows.values() for m in row.own if m in row.pairs}

    @cached_property
    def taking_back(self) -> frozenset[str]:
        """The methods that take it back."""
        return frozenset(self.giving.values())

    @cached_property
    def acting(self) -> Mapping[str, str]:
        """Functions that do what a method of their first argument does, by qualified name."""
        return {row.name: row.acts for row in self.rows.values() if row.acts}

    @cached_property
    def telling(self) -> frozenset[str]:
        """Methods by which instances of standard library classes acquire something: worth asking astroid about."""
        standard = (r for r in self.rows.values() if r.name.partition(".")[0] in sys.stdlib_module_names)
        made = ((method, self.get(target)) for row in standard for method, target in row.makes.items())
        return frozenset(m for m, row in made if row is not None and row.kind == "resource" and row.needs_release)

    @cached_property
    def streamed(self) -> Row | None:
        """A response that is asked for with `stream=True`, whatever the client: all that ends those which rows know."""
        known = [r for r in self.rows.values() if r.open_with.get("stream") == "True" and not r.needs_release]
        release = dict.fromkeys(verb for row in known for verb in row.release)
        return replace(known[0], name="", release=tuple(release), awaited=()) if known else None

    @cached_property
    def asking(self) -> frozenset[str]:
        """Methods that ask something to end, of any row."""
        return frozenset(method for row in self.rows.values() for method in row.asks)

    @cached_property
    def owning(self) -> frozenset[str]:
        """Methods by which instances of any row take over what they make or are given."""
        return frozenset(method for row in self.rows.values() for method in row.own)

    @cached_property
    def means(self) -> Callable[[str, str], bool]:
        """Does an identifier belong to one of the vocabulary's lists? `means("payload_names", "body")`"""
        # the same identifiers are asked about again and again; bounded, as a run sees a million of them
        pattern = lru_cache(maxsize=None)(self._pattern)  # one for each list that is asked about
        return lru_cache(maxsize=1 << 15)(lambda what, word: pattern(what).fullmatch(word) is not None)

    def names_error(self, word: str) -> bool:
        """Is a class named as exceptions are, in small letters too, as in `socket.gaierror`?"""
        forms = (word, word.capitalize(), word.replace("error", "Error"))
        return any(self.means("error_classes", form) for form in forms)

    def _pattern(self, what: str) -> re.Pattern[str]:
        return re.compile("|".join(f"(?:{p})" for p in self.vocabulary[what]) or "(?!)")


def _value(row: str, file: str, key: str, value: Any) -> Any:
    default = _KEYS[key].default
    if key == "kind" and value in get_args(Kind):
        return value
    if key in _TABLES and isinstance(value, dict) and all(isinstance(v, str) for v in value.values()):
        return value
    if key in _CHOICES and value in _CHOICES[key]:
        return value
    if default == () and isinstance(value, list) and all(isinstance(v, str) for v in value):
        return tuple(value)
    if key not in ("kind", *_CHOICES, *_TABLES) and default != () and type(value) is type(default):
        return value
    raise KnowledgeError(f"{file}: [{row}] {key}: {value!r} is not what this key takes; see rules/README.md")


def read_rows(text: str, file: str) -> dict[str, Row]:
    """Rows of one TOML file.

    Raises KnowledgeError, naming file and key, for anything that is not a row.
    """
    import tomli

    try:
        found = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise KnowledgeError(f"{file}: not TOML: {error}") from None
    rows = {}
    for name, table in found.items():
        if not isinstance(table, dict):
            raise KnowledgeError(f'{file}: {name}: rows are tables: write ["{name}"]')
        unknown = sorted(set(table) - set(_TOLD))
        if unknown:
            raise KnowledgeError(f"{file}: [{name}] {unknown[0]}: no such key; the keys are {', '.join(_TOLD)}")
        missing = [
            k for k, f in _KEYS.items() if f.default is MISSING and f.default_factory is MISSING and k not in table
        ]
        if missing:
            raise KnowledgeError(f"{file}: [{name}]: the key {missing[0]} is missing")
        rows[name] = Row(name=name, file=file, **{k: _value(name, file, k, v) for k, v in table.items()})
    return rows


def sparse(row: Row) -> dict[str, Any]:
    """What a row says beyond the defaults, in a form that JSON can hold."""
    values = {f.name: getattr(row, f.name) for f in fields(Row)}
    return {key: value for key, value in values.items() if key in ("name", "file", "kind") or value != _default(key)}


def row_of(values: Mapping[str, Any]) -> Row:
    """The row that `sparse` took apart. There are a thousand, and an `__init__` of sixty parameters takes its time."""
    row = object.__new__(Row)
    vars(row).update(_NO_TABLES)
    vars(row).update({key: tuple(value) if type(value) is list else value for key, value in values.items()})
    return row


def _inherit(row: Row, rows: Mapping[str, Row], seen: tuple[str, ...]) -> Row:
    if not row.base:
        return row
    if row.base not in rows or row.base in seen:
        raise KnowledgeError(f"{row.file}: [{row.name}] base: {row.base!r} is not a row that this one can inherit from")
    parent = _inherit(rows[row.base], rows, (*seen, row.name))
    own = {f.name: getattr(row, f.name) for f in fields(Row)}
    for key, value in own.items():
        if key not in _NOT_INHERITED and value == _default(key):
            own[key] = getattr(parent, key)
    return Row(**own)


def _default(key: str) -> Any:
    return {} if key in _TABLES else _KEYS[key].default


def with_project(
    files: Iterable[Mapping[str, Row]], task_wrappers: Iterable[str], singletons: Iterable[str]
) -> list[dict[str, Row]]:
    """The rows with what the settings of a project say of its own functions and classes."""
    parts = [dict(part) for part in files]
    own: dict[str, Row] = {}
    for names, fresh, change in (
        (task_wrappers, Row("", "task-wrappers", "function", returns="asyncio.Task"), {"tracked": True}),
        (singletons, Row("", "singletons", "base"), {"lifetime": "long", "single": True}),
    ):
        for name in names:
            part = next((p for p in (*parts, own) if name in p), own)
            part[name] = replace(part.get(name, fresh), name=name, **change)
    return [*parts, own]


def join(files: Iterable[Mapping[str, Row]], vocabulary: Mapping[str, tuple[str, ...]]) -> Apis:
    """All files' rows as one, inheritance resolved. Raises KnowledgeError for a name that stands twice."""
    rows: dict[str, Row] = {}
    for part in files:
        for name, row in part.items():
            if name in rows:
                raise KnowledgeError(f"{row.file}: [{name}]: stands in {rows[name].file} too")
            rows[name] = row
    for module in [row for row in rows.values() if row.like]:
        for row in [r for n, r in rows.items() if n.startswith(f"{module.like}.")]:
            name = module.name + row.name[len(module.like) :]
            rows.setdefault(name, replace(row, name=name, base=row.base or row.name, verified=False))
    for row in rows.values():
        for target in [row.returns, *row.makes.values()]:
            if target and target not in rows:
                raise KnowledgeError(f"{row.file}: [{row.name}]: returns {target!r}, which has no row")
    return Apis({name: _inherit(row, rows, ()) for name, row in rows.items()}, vocabulary)
