"""Frozen data as what JSON can hold, and back again.

What comes back is looked at value by value: it may come from anywhere, and holds nothing that its fields do not allow.
JSON, because reading it runs nothing. A new field or class needs nothing here.
"""

from __future__ import annotations

import collections.abc
import functools
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Literal, Union

PATH = "path"
"""The field that is left out: the same file may be called otherwise by the next run."""

Read = Callable[[Any, str], Any]


class Unfit(ValueError):  # noqa: N818  it is what the message says
    """Something that cannot be packed, or that was never packed here."""


def _names(kind: type) -> tuple[str, ...]:
    if is_dataclass(kind):
        return tuple(field.name for field in fields(kind))
    return tuple(getattr(kind, "_fields", ()))


def pack(value: Any, path: str) -> Any:
    """What JSON can hold of a value in which every field `path` says `path`. Raises Unfit where one does not."""
    if value is None or isinstance(value, (str, int)):
        return value
    names = _names(type(value))
    if names:
        if getattr(value, PATH, path) != path:
            raise Unfit(f"{type(value).__name__}: of another file")
        return [pack(getattr(value, name), path) for name in names if name != PATH]
    if isinstance(value, tuple):
        return [pack(item, path) for item in value]
    if isinstance(value, Mapping):
        return {key: pack(item, path) for key, item in value.items()}
    raise Unfit(type(value).__name__)


def unpack(kind: Any, value: Any, path: str) -> Any:
    """The value of this type; its fields `path` say `path`. Raises Unfit."""
    try:
        return _reader(kind)(value, path)
    except RecursionError:
        raise Unfit("nested too deeply") from None


@functools.cache
def _reader(kind: Any) -> Read:
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if kind in (str, int, bool, type(None)):
        return _plain(kind)
    if origin is Literal:
        return _one_of(inner)
    if origin in (Union, types.UnionType):
        return _either(tuple(map(_reader, inner)))
    if origin is tuple and inner[-1] is Ellipsis:
        return _row(_reader(inner[0]))
    if origin is tuple:
        return _record(tuple, tuple(map(_reader, inner)))
    if origin is collections.abc.Mapping:
        return _table(_reader(inner[1]))
    hints = typing.get_type_hints(kind)
    readers = [_given_path if name == PATH else _reader(hints[name]) for name in _names(kind)]
    return _record(lambda values: kind(*values), tuple(readers))


def _given_path(_: Any, path: str) -> str:
    return path


def _plain(kind: type) -> Read:
    def read(value: Any, _: str) -> Any:
        if type(value) is not kind:
            raise Unfit(kind.__name__)
        return value

    return read


def _one_of(allowed: tuple[Any, ...]) -> Read:
    def read(value: Any, _: str) -> Any:
        if not isinstance(value, str) or value not in allowed:
            raise Unfit("none of those allowed")
        return value

    return read


def _either(readers: tuple[Read, ...]) -> Read:
    def read(value: Any, path: str) -> Any:
        for one in readers:
            try:
                return one(value, path)
            except Unfit:
                continue
        raise Unfit("none of those allowed")

    return read


def _row(reader: Read) -> Read:
    def read(value: Any, path: str) -> Any:
        if type(value) is not list:
            raise Unfit("no list")
        return tuple([reader(item, path) for item in value])

    return read


def _table(reader: Read) -> Read:
    def read(value: Any, path: str) -> Any:
        if type(value) is not dict:
            raise Unfit("no table")
        return {key: reader(item, path) for key, item in value.items()}

    return read


def _record(make: Callable[[list[Any]], Any], readers: tuple[Read, ...]) -> Read:
    """One value for each reader; for a path there is none."""
    count = len(readers) - readers.count(_given_path)

    def read(value: Any, path: str) -> Any:
        if type(value) is not list or len(value) != count:
            raise Unfit("not as many as there are fields")
        values = iter(value)
        return make([path if one is _given_path else one(next(values), path) for one in readers])

    return read
