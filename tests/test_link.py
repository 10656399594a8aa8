"""What one file cannot settle is settled by the files that import it, and only by those."""

from __future__ import annotations

import pytest

from leaklint.analyze import analyze
from leaklint.catalogue import load
from leaklint.facts import FileResult
from leaklint.link import link, named_alike

STATE = """
SESSIONS = {}


def on_connect(session_id, session):
    SESSIONS[session_id] = session
"""
HUB = """
class Hub:
    def __init__(self):
        self.sessions = {}

    def on_connect(self, session_id, session):
        self.sessions[session_id] = session


hub = Hub()
"""


def result(source: str, module: str) -> FileResult:
    return analyze(source.encode(), f"{module.replace('.', '/')}.py", module, load())


def told(*results: FileResult) -> list[str]:
    return [f"{f.rule} {f.subject}" for f in link(results).findings]


@pytest.mark.parametrize(
    "other",
    [
        "from app.state import SESSIONS\n\ndef on_close(sid):\n    SESSIONS.pop(sid, None)\n",
        "from app.state import SESSIONS as open_ones\n\ndef on_close(sid):\n    del open_ones[sid]\n",
        "import app.state as state\n\ndef on_close(sid):\n    state.SESSIONS.pop(sid)\n",
        "import app.state\n\ndef on_close(sid):\n    app.state.SESSIONS.pop(sid)\n",
        "from app import state\n\ndef reset():\n    state.SESSIONS = {}\n",
    ],
)
def test_a_global_that_another_file_prunes(other: str) -> None:
    assert told(result(STATE, "app.state")) == ["LK103 app.state:SESSIONS"]
    assert told(result(STATE, "app.state"), result(other, "app.closing")) == []


def test_an_instance_that_another_file_prunes() -> None:
    other = "from app.hub import hub\n\ndef on_close(sid):\n    hub.sessions.pop(sid, None)\n"
    assert told(result(HUB, "app.hub")) == ["LK103 app.hub:Hub.sessions"]
    assert told(result(HUB, "app.hub"), result(other, "app.closing")) == []


@pytest.mark.parametrize(
    ("other", "prunes"),
    [
        ("class Server:\n    def close(self, sid):\n        self.hub.sessions.pop(sid)\n", True),
        ("def close(chat_hub, sid):\n    del chat_hub.sessions[sid]\n", True),
        ("class Server:\n    def close(self, sid):\n        self.sessions.pop(sid)\n", False),
        ("def close(store, sid):\n    store.sessions.pop(sid)\n", False),
        ("def close(hub, sid):\n    hub.sockets.pop(sid)\n", False),
    ],
)
def test_an_object_that_is_called_like_its_class(other: str, prunes: bool) -> None:
    assert told(result(HUB, "app.hub"), result(other, "web.server")) == (
        [] if prunes else ["LK103 app.hub:Hub.sessions"]
    )


@pytest.mark.parametrize(
    ("other", "prunes"),
    [
        ("class Base:\n    def flush(self):\n        self.sessions.clear()\n", True),
        ("class Base:\n    def flush(self):\n        self.others.clear()\n", False),
    ],
)
def test_what_its_base_class_in_another_file_takes_out(other: str, prunes: bool) -> None:
    hub = "from app.base import Base\n\n" + HUB.replace("class Hub:", "class Hub(Base):")
    assert told(result(hub, "app.hub"), result(other, "app.base")) == ([] if prunes else ["LK103 app.hub:Hub.sessions"])
    assert told(result(hub, "app.hub"), result(other, "app.elsewhere")) == ["LK103 app.hub:Hub.sessions"]


LEDGER = """
import sqlite3

from app.base import Base


class Ledger(Base):
    def open(self, path):
        self.db = sqlite3.connect(path)
"""


@pytest.mark.parametrize(
    ("other", "module", "closed"),
    [
        ("class Base:\n    def close(self):\n        self.db.close()\n", "app.base", True),
        ("class Base:\n    def close(self):\n        self.db.close()\n", "app.base.sql", True),
        ("class Base:\n    def close(self):\n        self.db.close()\n", "app.elsewhere", False),
        ("class Base:\n    def close(self):\n        self.log.close()\n", "app.base", False),
        ("class Base:\n    def close(self, other):\n        other.db.close()\n", "app.base", False),
    ],
)
def test_what_its_base_class_in_another_file_closes(other: str, module: str, closed: bool) -> None:
    assert told(result(LEDGER, "app.hub"), result(other, module)) == ([] if closed else ["LK302 app.hub:Ledger.db"])


STARTED = """
from app.parse import Parser


class Cluster:
    def __init__(self, nodes):
        self.nodes = nodes
        self.parser = Parser()

    async def initialize(self):
        await self.nodes.initialize()
        await self.parser.initialize()

    async def aclose(self):
        await self.nodes.aclose()
"""
PARSER = """
import asyncio


class Parser:
    async def initialize(self):
        self.reader, self.writer = await asyncio.open_connection("a", 1)

    async def aclose(self):
        self.writer.close()
"""


def test_what_is_started_beside_another_is_ended_if_its_class_says_so() -> None:
    (alone,) = link([result(STARTED, "app.cluster")]).findings
    assert (alone.subject, alone.severity, alone.hint) == ("app.cluster:Cluster.parser", "P2", "end_to_method")
    nothing_open = "class Parser:\n    async def initialize(self):\n        self.commands = {}\n"
    assert told(result(STARTED, "app.cluster"), result(nothing_open, "app.parse")) == []
    assert told(result(STARTED, "app.cluster"), result(PARSER, "app.parse")) == ["LK302 app.cluster:Cluster.parser"]


def test_a_private_list_that_another_file_hands_on() -> None:
    queue = "class Outbox:\n    def __init__(self):\n        self._history = []\n\n"
    queue += "    def on_message(self, message):\n        self._history.append(message)\n"
    other = "def flush(outbox, send_all):\n    send_all(outbox._history)\n"
    assert told(result(queue, "app.out")) == ["LK105 app.out:Outbox._history"]
    assert told(result(queue, "app.out"), result(other, "app.flush")) == []


@pytest.mark.parametrize(
    "other",
    [
        "from app.state import SESSIONS\n\ndef find(sid):\n    return SESSIONS.get(sid)\n",
        "from app.elsewhere import SESSIONS\n\ndef on_close(sid):\n    SESSIONS.pop(sid)\n",
        "SESSIONS = {}\n\ndef on_close(sid):\n    SESSIONS.pop(sid)\n",
    ],
)
def test_a_file_that_takes_nothing_out_of_it_answers_nothing(other: str) -> None:
    assert told(result(STATE, "app.state"), result(other, "app.other")) == ["LK103 app.state:SESSIONS"]


STARTER = "import asyncio\n\ndef spawn(coroutine):\n    return asyncio.create_task(coroutine)\n"
HOLDER = """
import asyncio

running = set()


def spawn(coroutine):
    task = asyncio.create_task(coroutine)
    running.add(task)
    task.add_done_callback(running.discard)
    return task
"""


@pytest.mark.parametrize("imports", ["from app.aio import spawn", "from .aio import spawn"])
def test_a_task_that_another_file_starts(imports: str) -> None:
    user = result(f"{imports}\n\ndef on_message(message):\n    spawn(message.run())\n", "app.chat")
    assert told(user) == []
    assert told(user, result(HOLDER, "app.aio")) == []
    assert told(user, result(STARTER, "app.aio")) == ["LK201 app.chat:on_message.message.run()"]


def test_what_is_called_as_asyncio_has_it_starts_a_task() -> None:
    user = result("from app.aio import create_task\n\ndef on(m):\n    create_task(m.run())\n", "app.chat")
    assert [f.severity for f in link([user]).findings] == ["P2"]
    assert told(user, result(HOLDER.replace("def spawn", "def create_task"), "app.aio")) == []


WIRE = """
import aiohttp


class Wire:
    def __init__(self):
        self.session = aiohttp.ClientSession()

    async def close(self):
        await self.session.close()


class Later:
    async def connect(self):
        self.session = aiohttp.ClientSession()

    async def close(self):
        await self.session.close()


class SettingsClient:
    pass
"""
KEEPER = """
from app.wire import Later, SettingsClient, Wire


class Keeper:
    def __init__(self):
        self.wire = {made}

    async def close(self):
        self.wire = None
"""


@pytest.mark.parametrize(
    ("made", "alone", "joined"),
    [
        ("Wire()", False, True),  # by its name it could be anything
        ("Later()", False, False),  # nobody connects it
        ("SettingsClient()", True, False),  # a client by its name, which holds nothing
    ],
)
def test_whether_an_object_must_be_closed_its_own_file_says(made: str, alone: bool, joined: bool) -> None:
    keeper = result(KEEPER.format(made=made), "app.keeper")
    leak = ["LK302 app.keeper:Keeper.wire"]
    assert told(keeper) == (leak if alone else [])
    assert told(keeper, result(WIRE, "app.wire")) == (leak if joined else [])


def test_an_owner_that_has_no_ending_at_all() -> None:
    keeper = result(KEEPER.format(made="Wire()").partition("    async def close")[0], "app.keeper")
    assert told(keeper) == []
    assert told(keeper, result(WIRE, "app.wire")) == ["LK302 app.keeper:Keeper.wire"]


def test_a_class_that_its_package_hands_on() -> None:
    keeper = result(KEEPER.format(made="Wire()"), "app.keeper")
    package = result("from app.wire.impl import Wire\n", "app.wire")
    assert told(keeper, package, result(WIRE, "app.wire.impl")) == ["LK302 app.keeper:Keeper.wire"]


CAMERA = """
import aiohttp
from app.const import DOMAIN


class Camera(domain=DOMAIN):
    def __init__(self):
        self.session = aiohttp.ClientSession()

    def stop(self):
        self.state = 0
"""


def test_an_option_of_a_class_is_no_base() -> None:
    (leak,) = link([result(CAMERA, "app.camera")]).findings
    assert "DOMAIN" not in leak.args.values()


SELDOM = """
import torch
from app.trainer import Trainer


class Quick(Trainer):
    async def start(self):
        return 1

    def stop(self):
        return 2

    def zeros(self):
        return torch.zeros(2)
"""


@pytest.mark.parametrize(("other", "told_of"), [("import torch\n", False), ("import json\n", True)])
def test_a_library_that_another_import_loads(other: str, told_of: bool) -> None:
    trainer = result(f"{other}\n\nclass Trainer:\n    pass\n", "app.trainer")
    leak = ["LK509 app.quick:torch"]
    assert told(result(SELDOM, "app.quick"), trainer) == (leak if told_of else [])


@pytest.mark.parametrize(("package", "told_of"), [("app", True), ("accelerate", False)])
def test_a_part_of_a_library_that_is_heavy_itself(package: str, told_of: bool) -> None:
    leak = [f"LK509 {package}.quick:torch"]
    assert told(result(SELDOM, f"{package}.quick")) == (leak if told_of else [])


DROPS = "import asyncio\n\ndef on_failure(hooks, error):\n    asyncio.create_task(hooks.failed(error))\n"
DROPPED = "LK201 app.calls:on_failure.hooks.failed(error)"


@pytest.mark.parametrize(
    ("other", "may_wait"),
    [
        ("class Hooks:\n    async def failed(self, error):\n        self.last = error\n", False),
        ("class Hooks:\n    async def failed(self, error):\n        await self.client.post(error)\n", True),
        ("class Hooks:\n    async def failed(self, error):\n        async with self.lock:\n            pass\n", True),
        ("class Hooks:\n    async def failed(self, error):\n        await self.pending\n", True),
        ("class Hooks:\n    async def failed(self, error):\n        pass\n", True),  # there to be overridden
        ("async def failed(error):\n    await count(error)\n\nasync def count(error):\n    ERRORS[0] += 1\n", False),
        ("async def failed(error):\n    await count(error)\n\nasync def count(error):\n    await sleep(1)\n", True),
        ("async def failed(hooks, error):\n    await hooks.failed(error)\n", True),  # of whichever class
        ("async def failed(error):\n    await cache.put(error, local_only=True)\n", False),
        ("async def failed(error):\n    await cache.put(error, local_only=local)\n", True),
        (
            "async def failed(a):\n    await a.failed()\n\nclass A:\n    async def failed(self):\n        self.n += 1",
            False,
        ),
        ("async def other(error):\n    print(error)\n", True),
    ],
)
def test_a_task_that_is_done_in_its_first_step(other: str, may_wait: bool) -> None:
    assert told(result(DROPS, "app.calls"), result(other, "app.hooks")) == [DROPPED] * may_wait


def test_a_coroutine_that_awaits_what_another_file_defines() -> None:
    hooks = "class Hooks:\n    async def failed(self, error):\n        await self.log.record(error)\n"
    log = "class Log:\n    async def record(self, error):\n        self.errors += 1\n"
    files = [result(DROPS, "app.calls"), result(hooks, "app.hooks")]
    assert told(*files) == [DROPPED]
    assert told(*files, result(log, "app.log")) == []
    waiting = result(log.replace("self.errors += 1", "await self.file.write(error)"), "app.audit")
    assert told(*files, result(log, "app.log"), waiting) == [DROPPED]


@pytest.mark.parametrize(
    ("holder", "klass", "alike"),
    [
        ("hub", "ChatHub", True),
        ("_chat_hub", "ChatHub", True),
        ("chathub", "ChatHub", True),
        ("main_hub", "Hub", True),
        ("blob", "B", False),
        ("requests", "S", False),
        ("subject", "Object", False),
        ("s", "S", False),
    ],
)
def test_an_object_is_called_like_its_class_by_words(holder: str, klass: str, alike: bool) -> None:
    assert named_alike(holder, klass) is alike
