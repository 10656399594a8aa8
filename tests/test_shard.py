"""Shards: the same shares on every machine, and together the findings of one run over everything."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from leaklint import cli
from leaklint.analyze import analyze
from leaklint.catalogue import load
from leaklint.project.files import Source
from leaklint.running.asked import may_answer
from leaklint.running.shard import Shard, divide, parse

STATE = """\
SESSIONS = {}
KEPT = {}


def on_connect(session_id, session):
    SESSIONS[session_id] = session
    KEPT[session_id] = session
"""
HUB = """\
class Hub:
    def __init__(self):
        self.peers = {}

    def on_connect(self, session_id, session):
        self.peers[session_id] = session


hub = Hub()
"""
CLOSING = """\
from . import state
from .hub import hub


def on_close(session_id):
    state.SESSIONS.pop(session_id, None)
    hub.peers.pop(session_id, None)
"""
SPAWN = """\
import asyncio


def spawn(work):
    return asyncio.create_task(work)
"""
STARTS = """\
from app.spawn import spawn


async def on_event(queue):
    spawn(queue.poll())
"""
FILES = {
    "__init__": "",
    "a_closing": CLOSING,
    "hub": HUB,
    "spawn": SPAWN,
    "starts": STARTS,
    "state": STATE,
    "unused": "X = 1  # leaklint: ignore[LK101] -- not at all\n",
    "z_broken": "def",
}


def write(folder: Path) -> None:
    folder.mkdir()
    for name, text in FILES.items():
        (folder / f"{name}.py").write_text(text)


def rows(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[object]:
    assert cli._status(["check", "--no-cache", "--exit-zero", "--output-format", "json", *arguments]) == 0
    found: list[object] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize("count", [1, 2, 3, 8, 20])
def test_together_they_find_what_one_run_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], count: int
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "app")
    whole = rows(capsys)
    assert [(row["path"], row["rule"], row["checked_against"]) for row in whole] == [  # type: ignore[index]
        ("app/starts.py", "LK201", "project"),
        ("app/state.py", "LK103", "project"),
        ("app/unused.py", "LK002", "file"),
        ("app/z_broken.py", "LK001", "file"),
    ]
    parts = [row for number in range(1, count + 1) for row in rows(capsys, "--shard", f"{number}/{count}")]
    assert parts == whole


def sources(seed: int, count: int = 300) -> list[Source]:
    made = random.Random(seed)
    return [Source(f"/{n}", f"{n:04}.py", str(n), made.choice([0, 10, 900, 5_000, 150_000])) for n in range(count)]


@pytest.mark.parametrize("count", [1, 2, 7, 50])
def test_each_file_is_in_one_share_and_the_shares_are_of_a_size(count: int) -> None:
    every = sources(1)
    shares = [divide(every, Shard(number, count)) for number in range(1, count + 1)]
    assert sorted(s for mine, _ in shares for s in mine) == sorted(every)
    assert all(sorted((*mine, *others)) == sorted(every) for mine, others in shares)
    sizes = [sum(s.size for s in mine) for mine, _ in shares]
    assert max(sizes) - min(sizes) <= 2 * 150_000


def test_shares_depend_on_paths_and_sizes_alone() -> None:
    every = sources(2)
    mixed = random.Random(3).sample(every, len(every))
    assert divide(every, Shard(2, 5)) == divide(mixed, Shard(2, 5))
    grown = [every[0]._replace(size=every[0].size + 200), *every[1:]]
    assert len({*divide(every, Shard(2, 5))[0]} ^ {*divide(grown, Shard(2, 5))[0]}) <= 2


@pytest.mark.parametrize("text", ["0/3", "4/3", "x/y", "1", "", "1/0", "-1/2", "1/2/3", "\u0661/\u0662"])
def test_what_is_no_share(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="is not K/N"):
        parse(text)
    assert cli._status(["check", f"--shard={text}"]) == 2
    told = capsys.readouterr().err
    assert (told.count("\n"), told.startswith("leaklint: --shard: ")) == (1, True)


def test_a_revision_is_compared_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli._status(["check", "--shard", "1/2", "--diff-base", "HEAD"]) == 2
    assert "--shard cannot be combined with --diff-base" in capsys.readouterr().err


def asked(question: str, module: str, text: str, of: str = "app.state") -> bool:
    """Is a file of this module, with this text, asked about what another one leaves open?"""
    result = analyze(question.encode(), "q.py", of, load())
    assert result.open_questions
    other = Source("o.py", "o.py", module, len(text), content=text.encode())
    return may_answer([result], [other]) == [other]


@pytest.mark.parametrize(
    ("text", "is_asked"),
    [
        ("from .rooms import hub\nhub.peers.clear()", True),
        ("from .rooms import Hub\nHub.peers.clear()", True),
        ("from .rooms import other\nother.peers.clear()", False),
        ("def close(self):\n    self.hub.peers.clear()", True),
    ],
)
def test_who_is_asked_about_an_attribute(text: str, is_asked: bool) -> None:
    assert asked(HUB, "app.close", text, "app.rooms") is is_asked


def test_two_files_of_one_name() -> None:
    """Which of them says what `hub` is cannot be known before both are analysed."""
    catalogue, text = load(), HUB.replace("Hub", "Exchange")
    result = analyze(text.replace("hub = Exchange()", "").encode(), "a/app/hub.py", "app.hub", catalogue)
    user = Source("u.py", "u.py", "app.u", 1, content=b"from .hub import hub\nhub.peers.clear()")
    twin = Source("b/app/hub.py", "b/app/hub.py", "app.hub", 1, content=text.encode())
    assert may_answer([result], [user]) == []
    assert may_answer([result], [user, twin]) == [user, twin]


@pytest.mark.parametrize(
    ("module", "text", "is_asked"),
    [
        ("app.close", "from app.state import SESSIONS", True),
        ("app.close", "from . import state\nstate.SESSIONS.pop(1)", True),
        ("tests.close", "from state import SESSIONS", False),  # another module of that name
        ("app.state.inner", "from .. import state\nSESSIONS", True),
        ("app.state.inner", "from . import SESSIONS", True),  # the module's name is implied
        ("app.state", "", True),  # another file of this name
        ("app.close", "import state\nSESSION", False),
        ("app.close", "# -*- coding: utf-7 -*-\nfrom . import state\nstate.+AFMARQBTAFMASQBPAE4AUw-", True),
        ("app.close", "from . import ſtate\nſtate.𝐒𝐄𝐒𝐒𝐈𝐎𝐍𝐒.pop(1)", True),  # noqa: RUF001  identifiers are normalised
        ("app.close", "# -*- coding: nonsense -*-\nfrom app.state import SESSIONS", False),  # cannot be read
    ],
)
def test_who_is_asked(module: str, text: str, is_asked: bool) -> None:
    assert asked(STATE, module, text) is is_asked


def test_coroutines_of_a_name_are_asked_for_as_far_as_they_lead() -> None:
    catalogue = load()
    calls = b"import asyncio\n\ndef on_failure(hooks):\n    asyncio.create_task(hooks.failed())\n"
    first = b"class Hooks:\n    async def failed(self):\n        await self.log.record()\n"
    result, hooks = (analyze(text, "f.py", name, catalogue) for text, name in ((calls, "calls"), (first, "hooks")))
    one = Source("h.py", "h.py", "hooks", 1, content=first)
    two = Source("l.py", "l.py", "log", 1, content=b"async def record():\n    pass\n")
    three = Source("m.py", "m.py", "more", 1, content=b"def record():\n    pass\n")
    assert may_answer([result], [one, two, three]) == [one]
    assert may_answer([result], [two, three], [hooks]) == [two]
