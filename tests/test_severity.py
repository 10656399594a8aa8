"""How bad a leak is follows from who holds it, what drives it and what is missing."""

from __future__ import annotations

import pytest

from leaklint.analyze import analyze
from leaklint.catalogue import load
from leaklint.link import link

SEEN = """
seen = {made}


def on_event(event):
    seen{add}
"""


@pytest.mark.parametrize(
    ("made", "add", "severity"),
    [
        ("set()", ".add(event.session_id)", "P0"),
        ("set()", ".add(id(event))", "P2"),  # an address is used again: such a set is soon full
        ("{}", "[id(event)] = event", "P0"),  # what is held keeps its address to itself
    ],
)
def test_a_set_of_addresses_is_soon_full(made: str, add: str, severity: str) -> None:
    source = SEEN.format(made=made, add=add)
    run = link([analyze(source.encode(), "app.py", "app", load())])
    assert [finding.severity for finding in run.findings] == [severity]


KEPT = """
{made}

def model_of(name, session):
    found = {key}
    if found not in {held}:
        {held}[found] = load(name)
    return {held}[found]
"""


@pytest.mark.parametrize(
    ("key", "severity"),
    [
        ("(name, session.id)", "P0"),
        ("name", "P2"),  # nothing says that there are ever new ones
        ("get_cache_key(name)", "P2"),  # as open as what it is made of
        ("hash(name)", "P2"),
        ("hash(session.id)", "P0"),
        ("id(name)", "P2"),  # looked up again by the same object, which stays
        ("id(session)", "P0"),  # and which by its name does not
    ],
)
@pytest.mark.parametrize(
    ("made", "held"), [("_models = {}", "_models"), ("class Kept:\n    models = {}", "Kept.models")]
)
def test_keys_that_are_not_plainly_open_are_no_certain_leak(key: str, severity: str, made: str, held: str) -> None:
    source = KEPT.format(made=made, key=key, held=held)
    run = link([analyze(source.encode(), "app.py", "app", load())])
    assert [finding.severity for finding in run.findings] == [severity]


RECORDER = """
class Recorder:
    def __init__(self):
        self.events = []

    async def on_event(self, event):
        self.events.append(event)
"""


@pytest.mark.parametrize(("module", "told"), [("shop.events", True), ("shop.testing.events", False)])
def test_what_tests_are_made_with_is_made_for_one_test(module: str, told: bool) -> None:
    run = link([analyze(RECORDER.encode(), "events.py", module, load())])
    assert bool(run.findings) is told


LEFT_OPEN = """
import httpx

seen = set()


def on_event(event):
    seen.add(event.session_id)


async def status(url):
    client = httpx.AsyncClient()
    return (await client.get(url)).status_code


async def text(url):
    client = httpx.AsyncClient()
    answer = await client.get(url)
    await client.aclose()
    return answer.text


def table(path):
    with open(path) as file:
        lines = file.readlines()
    for line in lines:
        show(line)
"""


@pytest.mark.parametrize(
    ("path", "module", "in_tests"),
    [
        ("app.py", "app", False),
        ("test_app.py", "test_app", True),
        ("app_test.py", "app_test", True),
        ("conftest.py", "conftest", True),
        ("contest.py", "contest", False),
        ("tests/helpers.py", "helpers", True),
        ("shop/test/helpers.py", "shop.test.helpers", True),
        ("/tests/app.py", "app", False),  # where somebody keeps the project
        ("/home/me/shop/test/helpers.py", "shop.test.helpers", True),
    ],
)
def test_what_ends_with_its_tests_is_not_told(path: str, module: str, in_tests: bool) -> None:
    run = link([analyze(LEFT_OPEN.encode(), path, module, load())])
    found = sorted((finding.rule, finding.severity) for finding in run.findings)
    everywhere = [("LK103", "P0"), ("LK301", "P1"), ("LK305", "P2"), ("LK503", "P2")]
    assert found == ([("LK301", "P2")] if in_tests else everywhere)
    assert sorted(cleared.rule for cleared in run.cleared if cleared.defence == "ends with its tests") == (
        ["LK103", "LK305", "LK503"] if in_tests else []
    )


HELD = """
class {name}:
    def __init__(self):
        self.known = {{}}

    def keep(self, user_id, answer):
        self.known[user_id] = answer{more}
"""


@pytest.mark.parametrize(
    ("name", "more", "severity"),
    [
        ("Answers", "", "P2"),  # nothing shows how long it lives
        ("AnswerService", "", "P1"),  # its name says so, and one user after the other reaches it
        ("Answers", "\n\n\nANSWERS = Answers()", "P0"),  # the module makes it
        ("Answers", "\n\n    def run(self):\n        while True:\n            self.turn()", "P1"),
    ],
)
def test_of_an_object_that_nothing_shows_to_last_little_is_said(name: str, more: str, severity: str) -> None:
    run = link([analyze(HELD.format(name=name, more=more).encode(), "app.py", "app", load())])
    assert [finding.severity for finding in run.findings] == [severity]


LEFT = """
import asyncio


class Session:
    async def read_all(self):
        while True:
            for packet in await self.connection.read():
                asyncio.create_task(self.handle(packet))
                {leave}

    async def handle(self, packet):
        await self.connection.answer(packet)
"""


@pytest.mark.parametrize(("leave", "driver"), [("break", "stream"), ("return", "call")])
def test_only_the_loop_that_is_left_comes_to_its_last_turn(leave: str, driver: str) -> None:
    run = link([analyze(LEFT.format(leave=leave).encode(), "app.py", "app", load())])
    assert [finding.driver for finding in run.findings if finding.rule == "LK201"] == [driver]
