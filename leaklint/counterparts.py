"""By their names, the methods that undo what others do: `acquire` and `release`, `add_check` and `remove_check`."""

from __future__ import annotations

import re

_COUNTERPARTS = (
    *(("acquire", "release"), ("checkout", "checkin"), ("borrow", "give_back"), ("lock", "unlock")),
    *(("getconn", "putconn"), ("get_conn", "put_conn"), ("take", "give_back")),
)
_GIVEN = ("get", "checkout", "borrow", "take")  # what takes it returns it


def counterpart(taking: str) -> str:
    """By their names, the method that gives back what this one takes (`acquire_for`: `release_for`); or nothing."""
    pair = next((pair for pair in _COUNTERPARTS if taking.startswith(pair[0])), None)
    return taking.removesuffix("_nowait").replace(*pair, 1) if pair is not None else ""


def gives(taking: str) -> bool:
    """By its name, does such a method return what is taken? A lock gives nothing."""
    return taking.startswith(_GIVEN)


_AROUND = (
    *(("append", "pop"), ("insert", "pop"), ("insert", "remove"), ("push", "pop"), ("enter", "exit"), ("begin", "end")),
    *(("start", "stop"), ("start", "end"), ("set", "reset"), ("setUp", "tearDown"), ("block", "unblock")),
    *(("disable", "enable"), ("suspend", "resume"), ("pause", "resume"), ("pause", "unpause"), ("freeze", "unfreeze")),
    *(("hold", "unhold"), ("mute", "unmute"), ("activate", "deactivate"), ("open", "close"), ("mount", "unmount")),
    *(("enable", "disable"), ("inc", "dec"), ("increment", "decrement"), ("patch", "unpatch"), ("start", "cancel")),
)


def ends_of(beginning: str) -> tuple[str, ...]:
    """By their names, the methods that come after what stands between (`begin_batch`: `end_batch`)."""
    head, _, rest = beginning.strip("_").partition("_")
    own = tuple(end + beginning.removeprefix(begin) for begin, end in _AROUND if beginning == begin)
    return own + tuple(f"{end}_{rest}" for begin, end in _AROUND if rest and head == begin)


_UNDOING = (
    *(("add", "remove"), ("add", "discard"), ("append", "remove"), ("on", "off"), ("once", "off")),
    *(("connect", "disconnect"), ("attach", "detach"), ("install", "remove"), ("register", "deregister")),
    *(
        (word, f"un{word}")
        for word in ("subscribe", "register", "bind", "observe", "watch", "listen", "hook", "install")
    ),
)
_HEAD = re.compile(r"(_*(?:async_)?)([a-z]+)(.*)")
_TAIL = re.compile(r"(\w+_)([a-z]+)()")


def undoings(registering: str) -> tuple[str, ...]:
    """By their names, the methods that take off what this one registers (`add_check`: `remove_check`)."""
    spelt = [m for m in (_HEAD.fullmatch(registering), _TAIL.fullmatch(registering)) if m is not None]
    return tuple(m[1] + undo + m[3] for m in spelt for word, undo in _UNDOING if m[2] == word)
