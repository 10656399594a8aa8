"""A hint that is followed to the letter leaves a program that runs: it fits how the thing is used."""

from __future__ import annotations

import pytest

from leaklint import link
from leaklint.analyze import analyze
from leaklint.catalogue import load
from leaklint.facts import Finding
from leaklint.report import prose

JOURNAL = """
class Journal:
    def __init__(self):
        self.history = {made}

    def on_event(self, event):
        self.history.{add}(event)

    def shown(self, place):
        {use}
"""

QUEUE = """
import asyncio


class Feed:
    def __init__(self):
        self.lines = asyncio.Queue()

    {define} data_received(self, {what}):
        {put}({what})

    async def run(self):
        while True:
            print(await self.lines.get())
"""


def finding(code: str, rule: str) -> Finding:
    found = link.link([analyze(code.encode(), "a.py", "a", load())]).findings
    return next(one for one in found if one.rule == rule)


@pytest.mark.parametrize(
    ("use", "hint"),
    [
        ("print(len(self.history))", "deque"),
        ("return [one for one in self.history if one]", "deque"),
        ("return self.history[0], len(self.history)", "deque"),
        ("return self.history[-10:]", "slice"),
        ("return self.history", "slice"),
        ("print(self.history + [place])", "slice"),
        ("self.history.sort()", "slice"),
        ("return self.history[place]", "indexed"),
    ],
)
def test_a_list_becomes_a_deque_only_where_a_deque_will_do(use: str, hint: str) -> None:
    assert finding(JOURNAL.format(made="[]", add="append", use=use), "LK105").hint == hint


@pytest.mark.parametrize(
    ("use", "hint"),
    [
        ("print(sum(self.errors))", "slice"),
        ("print(sum(one for one in self.errors))", "deque"),
        ("return self.errors", "whole"),
        ("return self.errors[-10:]", "slice"),
        ("for one in self.errors:\n            print(one)", "whole"),
    ],
)
def test_the_latest_are_kept_only_where_nothing_reads_all_of_it(use: str, hint: str) -> None:
    code = JOURNAL.format(made="[]", add="append", use=use).replace("history", "errors")
    assert finding(code, "LK105").hint == hint


def test_a_set_does_not_know_its_oldest() -> None:
    assert finding(JOURNAL.format(made="set()", add="add", use="print(self.history)"), "LK105").hint == "members"


@pytest.mark.parametrize(
    ("define", "put", "what", "hint"),
    [
        ("def", "self.lines.put_nowait", "event", "nowait"),
        ("def", "self.lines.put_nowait", "chunk", "pieces"),
        ("async def", "await self.lines.put", "event", "maxsize"),
    ],
)
def test_a_bound_makes_putting_raise_where_it_does_not_wait(define: str, put: str, what: str, hint: str) -> None:
    assert finding(QUEUE.format(define=define, put=put, what=what), "LK107").hint == hint


CLIENT = """
import httpx


async def ask(url):
    client = httpx.AsyncClient()
    head, answer = await client.send(url)
    {left}
"""


@pytest.mark.parametrize(
    ("left", "hint"),
    [
        ("lines = Lines(answer, head)\n    return lines", "inside"),
        ("return Lines(answer)", "inside"),
        ("return answer", "inside"),
        ("stream = answer.parse()\n    lines = Lines(stream)\n    return lines", "inside"),
        ("print(Lines(answer))", "with"),
        ("return head.status(answer)", "with"),
    ],
)
def test_no_with_around_what_reads_from_it_later(left: str, hint: str) -> None:
    assert finding(CLIENT.format(left=left), "LK301").hint == hint


FOLDER = """
import tempfile


def export(rows):
    folder = tempfile.mkdtemp()
    path = folder + "/rows.csv"
    write(path, rows)
    {left}
"""


@pytest.mark.parametrize(("left", "hint"), [("return path", "later"), ("print(len(rows))", "close")])
def test_what_is_returned_is_not_removed(left: str, hint: str) -> None:
    assert finding(FOLDER.format(left=left), "LK304").hint == hint


TASK = """
import asyncio


{define} on_message(event):
    asyncio.create_task(event.run())
"""


@pytest.mark.parametrize(("define", "hint"), [("async def", "keep"), ("def", "hold")])
def test_a_task_group_only_where_one_can_be_awaited(define: str, hint: str) -> None:
    assert finding(TASK.format(define=define), "LK201").hint == hint


RACE = """
import asyncio


async def beat(request, stop):
    {loop}
        late = asyncio.create_task(stop.wait())
        await asyncio.wait([late, asyncio.create_task(request.receive())], return_when=asyncio.FIRST_COMPLETED)
"""


@pytest.mark.parametrize(("loop", "severity"), [("while request.open:", "P1"), ("if request.open:", "P2")])
def test_a_waiter_for_each_turn_is_worse_than_one(loop: str, severity: str) -> None:
    assert finding(RACE.format(loop=loop), "LK210").severity == severity


SERVER = """
import subprocess


def start(command):
    process = subprocess.Popen(command)
    verify(command)
    {left}
"""


@pytest.mark.parametrize(
    ("left", "hint"),
    [
        ("if not ready(command):\n        process.kill()\n        process.wait()\n    return process", "guard"),
        ("process.kill()\n    process.wait()", "finally"),
    ],
)
def test_no_finally_ends_what_is_handed_over(left: str, hint: str) -> None:
    assert finding(SERVER.format(left=left), "LK305").hint == hint


PARSE = """
import json
import logging

import requests

log = logging.getLogger(__name__)


def fetch(session: requests.Session, url):
    answer = session.get(url)
    told = {told}
    try:
        return told["rows"]
    except KeyError:
        log.error("no rows: %s", told)
        raise
"""


@pytest.mark.parametrize(("told", "hint"), [("answer.text", "slice"), ("json.loads(answer.text)", "text")])
def test_a_slice_only_of_what_is_text_or_bytes(told: str, hint: str) -> None:
    assert finding(PARSE.format(told=told), "LK401").hint == hint


USERS = """
class Desk:
    def __init__(self):
        self.by_id = {{}}
        self.by_name = {{}}

    def on_join(self, user, room):
        self.by_id[user.id] = user
        self.by_name[{key}] = {stored}

    def on_leave(self, user):
        self.by_id.pop(user.id)
"""


@pytest.mark.parametrize(("key", "stored", "sibling"), [("user.name", "user", True), ("room.name", "room", False)])
def test_a_sibling_stores_the_same_object(key: str, stored: str, sibling: bool) -> None:
    found = link.link([analyze(USERS.format(key=key, stored=stored).encode(), "a.py", "a", load())]).findings
    assert ("sibling" in [one.hint for one in found if one.subject == "a:Desk.by_name"]) is sibling


def test_lines_are_counted_in_the_file_at_hand() -> None:
    code = "def size(p):\n    with open(p) as f:\n        return len(f.readlines()) - 1\n"
    assert prose.hint(finding(code, "LK504"), load()).endswith("`sum(1 for _ in f)`")


GATHERED = """
import asyncio


async def tools(parts, names, loop):
    async with parts:
        return await asyncio.gather(*[{made} for name in names])
"""


@pytest.mark.parametrize(
    ("made", "hint"), [("parts.load(name)", "fanned"), ("loop.run_in_executor(None, name)", "settle")]
)
def test_a_task_group_takes_no_futures(made: str, hint: str) -> None:
    assert finding(GATHERED.format(made=made), "LK210").hint == hint


PANEL = """
from discord.ext import commands


class Panel({base}):
    def __init__(self, bot):
        self.bot = bot
        bot.add_listener(self.on_message, "on_message")

    async def on_message(self, message):
        print(message)
"""


@pytest.mark.parametrize(("base", "hint"), [("commands.Cog", "define_own"), ("object", "new_method")])
def test_the_method_that_a_framework_calls_at_the_end_is_named(base: str, hint: str) -> None:
    assert finding(PANEL.format(base=base), "LK207").hint == hint


PRESENCE = """
class Presence:
    def __init__(self):
        self.{held} = {{}}

    def on_message(self, user_id, text):
        self.{held}[user_id] = text

    def {method}(self, user_id):
        print(user_id)
"""


@pytest.mark.parametrize(
    ("held", "method", "named"),
    [
        ("_seen", "on_disconnect", True),
        ("_seen", "remove_user", True),
        ("_seen", "stop_typing", False),
        ("_typing", "stop_typing", True),
    ],
)
def test_a_method_that_ends_something_else_is_not_where_the_entry_goes(held: str, method: str, named: bool) -> None:
    hint = prose.hint(finding(PRESENCE.format(held=held, method=method), "LK103"), load())
    assert (method in hint) is named


GATEWAY = """
import time

import aiohttp


class Gateway:
    def __init__(self):
        self.session = aiohttp.ClientSession()
        self.peers = {{}}

    def on_message(self, peer, text):
        self.peers[peer] = time.monotonic()

    def cleanup(self):
        for peer, seen in list(self.peers.items()):
            if time.monotonic() - seen > 60:
                {end}
"""


@pytest.mark.parametrize(("end", "named"), [("del self.peers[peer]", False), ("peer.close()", True)])
def test_a_method_that_takes_out_what_is_old_is_not_where_its_object_ends(end: str, named: bool) -> None:
    hint = prose.hint(finding(GATEWAY.format(end=end), "LK302"), load())
    assert ("`cleanup`" in hint) is named


ANSWER = """
async def fetch(peer, request):
    answer = await peer.send(request)
    try:
        try:
            await answer.start()
        except BaseException:
            answer.close()
            raise
        await peer.drain()
    except BaseException:
        print("failed")
        raise
    answer.close()
"""


def test_what_a_handler_closes_is_not_the_step_that_leaves_it_open() -> None:
    assert finding(ANSWER, "LK305").args["step"] == "peer.drain()"


STEPS = """
async def fetch(peer, request):
    answer = await peer.send(request)
    {step}
    answer.close()
"""


@pytest.mark.parametrize(
    ("step", "named"),
    [
        ("answer.load(answer.read(await peer.get(request)))", "peer.get(request)"),
        ("request(answer.load(answer.shape(1)))", "answer.load(answer.shape(1))"),
    ],
)
def test_of_several_steps_the_one_that_convinces_is_named(step: str, named: str) -> None:
    assert finding(STEPS.format(step=step), "LK305").args["step"] == named


TARGET = """
import contextlib


class Processor:
    @contextlib.contextmanager
    def as_target(self):
        self.targets.add(self.target)
        self.current = self.target
        yield
        {back}
        self.targets.discard(self.target)
"""


@pytest.mark.parametrize(
    ("back", "hint"),
    [
        ("self.current = self.source", "`self.current = self.source; self.targets.discard(self.target)` into"),
        ("self.last = self.source", "`self.targets.discard(self.target)` into"),
    ],
)
def test_all_that_is_put_back_is_named(back: str, hint: str) -> None:
    assert hint in prose.hint(finding(TARGET.format(back=back), "LK312"), load())


CARED = """
import os
import httpx
from tools import job


def work(url, descriptor, settings):
    {made}
    {use}
"""


@pytest.mark.parametrize(
    ("made", "use", "rule", "hint"),
    [
        ("client = httpx.Client()", "print(client.get(url).json())", "LK301", "with"),
        ("client = None\n    if url: client = httpx.Client()", "print(client.get(url).json())", "LK301", "stack"),
        ("if url: client = httpx.Client(); client.get(url).json()", "print(url)", "LK301", "with"),
        ("null = os.open(url, 0)", "os.dup2(null, descriptor)", "LK304", "copied"),
        ("null = os.open(url, 0)", "os.fstat(null)", "LK304", "close"),
    ],
)
def test_the_repair_minds_what_it_could_break(made: str, use: str, rule: str, hint: str) -> None:
    assert finding(CARED.format(made=made, use=use), rule).hint == hint


SPAN = """\
class Span:
    __slots__ = ("id",)
    seen = {made}

    def on_message(self, user_id):
        self.seen{add}
"""


@pytest.mark.parametrize(("made", "add"), [("{}", "[user_id] = 1"), ("[]", ".append(user_id)")])
def test_a_slot_is_needed_where_a_class_has_slots(made: str, add: str) -> None:
    code = SPAN.replace("{made}", made).replace("{add}", add)
    for text, slots in ((code, True), (code.replace("__slots__", "fields"), False)):
        hint = prose.hint(finding(text, "LK102"), load())
        assert ("into `__slots__`" in hint) == slots
        assert ("make it in `__init__`" in hint) != slots


CHILD = """
import asyncio
import subprocess


async def fed(lines):
    child = {made}
    await send(child, lines)
    {wait}
"""


@pytest.mark.parametrize(
    ("made", "wait", "release"),
    [
        (
            "await asyncio.create_subprocess_exec('sort')",
            "await child.wait()",
            "`if child.returncode is None: child.terminate(); await child.wait()`",  # raises once it has ended
        ),
        ("subprocess.Popen(['sort'], stdin=subprocess.PIPE)", "child.wait()", "`child.terminate(); child.wait()`"),
    ],
)
def test_a_process_that_has_ended_is_not_asked_to(made: str, wait: str, release: str) -> None:
    assert release in prose.hint(finding(CHILD.format(made=made, wait=wait), "LK305"), load())
