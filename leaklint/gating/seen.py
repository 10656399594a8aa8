"""The names in a file that `gate` decides by: what `scan` fills in and throws away with the tree."""

from __future__ import annotations

from collections import Counter

OWN = "self"
"""The object that a method belongs to."""


class Seen:
    """What one walk over a file has seen, as last identifiers: the only state, thrown away with the tree."""

    def __init__(self) -> None:
        self.roots: set[str] = set()  # imported packages
        self.reimported: set[str] = set()  # packages that more than one statement imports from
        self.imported: set[str] = set()  # names that imports bind
        self.removed: set[str] = set()  # names from whose values something is taken
        self.taken: set[tuple[str, str]] = set()  # (an object, its attribute from which something is taken)
        self.closed: set[str] = set()  # attributes of an object that its own methods close
        self.called: set[str] = set()  # what is called or referred to
        self.keywords: set[str] = set()  # names of arguments
        self.risky: set[str] = set()  # what stands in handlers and raises
        self.told: set[str] = set()  # what goes into log and tracing calls, and what a `__repr__` names
        self.starred: set[str] = set()  # `args` of `*args`
        self.born: set[tuple[str, str]] = set()  # (name, what makes it); "{}" for displays
        self.keyed: set[str] = set()  # what is stored into under a key
        self.looked: set[str] = set()  # what is read under a key
        self.held: set[str] = set()  # attributes, and names of the module's and the classes' bodies
        self.bound: set[tuple[str, str]] = set()  # (name, what it is bound to)
        self.grown: set[str] = set()  # what is added to something
        self.parts: set[tuple[str, str]] = set()  # a name, and what it is bound to an attribute of
        self.added_to: set[str] = set()
        self.params: set[tuple[str, str]] = set()  # (function, parameter)
        self.rounds: set[str] = set()  # what stands in `while` loops
        self.streamed: set[str] = set()  # targets of `async for`
        self.collected = False  # a stream becomes a list
        self.coroutines: set[str] = set()  # what `async def` defines
        self.awaits: set[tuple[str, frozenset[str]]] = set()  # (a coroutine, what it awaits)
        self.unawaited: Counter[str] = Counter()  # calls of methods, less those that are awaited
        self.asked: set[tuple[str, str]] = set()  # (name, a method that is called on it)
        self.named: set[str] = set()  # attributes that are statements: named and not called
        self.handed: set[str] = set()  # what is called with a method, a lambda or a name, or decorates
        self.raised: set[str] = set()  # names of what is raised
        self.returned: set[str] = set()  # what is returned, or a part of it
        self.caught: set[str] = set()  # what handlers call their exception
        self.declared: set[tuple[str, str]] = set()  # (parameter or attribute, a word of its annotation)
        self.holding: set[tuple[str, str]] = set()  # (name, what is put into what it is bound to)
        self.classes: set[str] = set()
        self.functions: set[str] = set()
        self.closing = False  # something is bound to a lambda, or holds what it belongs to
        self.combined = False  # what may be a method is added to something else: `device.changed += self.show`
        self.itself = False  # an object is put into what it holds, or given what refers to it; a function calls itself
        self.given: set[str] = set()  # names that are put into an attribute or entry of an object
        self.displayed: set[str] = set()  # what displays are made of
