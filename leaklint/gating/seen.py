"""The names in a file that `gate` decides by: what `scan` fills in and throws away with the tree."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Seen:
    """What one walk over a file has seen, as last identifiers: the only state, thrown away with the tree."""

    roots: set[str] = field(default_factory=set)  # imported packages
    imported: set[str] = field(default_factory=set)  # names that imports bind
    removed: set[str] = field(default_factory=set)  # names from whose values something is taken
    taken: set[tuple[str, str]] = field(default_factory=set)  # (an object, its attribute from which something is taken)
    called: set[str] = field(default_factory=set)  # what is called or referred to
    keywords: set[str] = field(default_factory=set)  # names of arguments
    risky: set[str] = field(default_factory=set)  # what stands in handlers and raises
    told: set[str] = field(default_factory=set)  # what goes into log and tracing calls, and what a `__repr__` names
    starred: set[str] = field(default_factory=set)  # `args` of `*args`
    born: set[tuple[str, str]] = field(default_factory=set)  # (name, what makes it); "{}" for displays
    keyed: set[str] = field(default_factory=set)  # what is stored into under a key
    looked: set[str] = field(default_factory=set)  # what is read under a key
    held: set[str] = field(default_factory=set)  # attributes, and names of the module's and the classes' bodies
    bound: set[tuple[str, str]] = field(default_factory=set)  # (name, what it is bound to)
    grown: set[str] = field(default_factory=set)  # what is added to something
    added_to: set[str] = field(default_factory=set)
    params: set[tuple[str, str]] = field(default_factory=set)  # (function, parameter)
    streamed: set[str] = field(default_factory=set)  # targets of `async for`
    collected: bool = False  # a stream becomes a list
    coroutines: set[str] = field(default_factory=set)  # what `async def` defines
    unawaited: Counter[str] = field(default_factory=Counter)  # calls of methods, less those that are awaited
    asked: set[tuple[str, str]] = field(default_factory=set)  # (name, a method that is called on it)
    named: set[str] = field(default_factory=set)  # attributes that are statements: named and not called
    handed: set[str] = field(default_factory=set)  # what is called with a method, a lambda or a name, or decorates
    caught: set[str] = field(default_factory=set)  # what handlers call their exception
    declared: set[tuple[str, str]] = field(default_factory=set)  # (parameter, a word of its annotation)
    holding: set[tuple[str, str]] = field(default_factory=set)  # (name, what is put into what it is bound to)
    classes: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)
    closing: bool = False  # something is bound to a lambda, or holds what it belongs to
    displayed: set[str] = field(default_factory=set)  # what displays are made of
