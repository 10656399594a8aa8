"""What a rule yields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from leaklint.facts import Change, DriverKind, OwnerKind, ReleaseKind
from leaklint.meaning.basis import Clue
from leaklint.meaning.names import Place
from leaklint.tree.ir import Block, Stmt


@dataclass(frozen=True, slots=True)
class Hit:
    """All that a rule yields: where, what leaks, the three answers, and the names of its templates."""

    at: Stmt
    subject: str
    owner: OwnerKind
    driver: DriverKind
    release: ReleaseKind
    message: str
    hint: str
    args: Mapping[str, str] = field(default_factory=dict)
    clues: tuple[Clue, ...] = ()
    acquired: str = ""  # the source of the acquisition, for the fingerprint
    block: Block | None = None
    place: Place | None = None  # asked about in other files
    starter: str = ""  # the imported function that is said to drop its task
    maker: str = ""  # the imported class of which an instance is to be closed, if its own file says so
    coroutine: str = ""  # of that name, which is well if it waits for nothing, wherever it stands
    library: str = ""  # which another module may load anyway
    called: tuple[str, ...] = ()  # the methods that are called on that instance; the modules that are imported
    bases: tuple[str, ...] = ()  # classes of other files, which may close the attribute in their own methods
    likely: bool = False  # holds by custom where that function or class cannot be seen
    repair: tuple[Change, ...] = ()  # of this very code, where the rule knows one


@dataclass(frozen=True, slots=True)
class Clear:
    """A suspect that a defence cleared; `sound` when it is held and bounded as it should be."""

    at: Stmt
    subject: str
    defence: str
    clues: tuple[Clue, ...] = ()
    sound: bool = False
