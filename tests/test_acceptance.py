"""What users of today's linters asked for, one test per line of that list, as far as it is about rules (1 to 24).

Each source stands for one wish: lines that end in `# LK201` must be reported by that rule, and no other line.
The rest of the list is about working with it: 25 is test_baseline, test_diff_base and test_cli; 26 test_suppress and
test_unused; 27 test_pre_commit and test_files; 28 test_report_sarif and test_baseline; 29 test_notebook.
"""

from __future__ import annotations

import re
import textwrap
from functools import cache

import pytest

from leaklint.analyze import analyze
from leaklint.catalogue import Catalogue, load
from leaklint.link import link
from leaklint.report import prose

RESOURCES = ("LK301", "LK302", "LK303", "LK304", "LK305", "LK306", "LK307")
MARK = re.compile(r"#\s*(LK[0-9]{3})\s*$")


@cache
def knowledge() -> Catalogue:
    return load()


def check(source: str, *rules: str) -> None:
    """The marked lines are reported, by these rules, and no others."""
    code = textwrap.dedent(source).strip("\n")
    marks = [(number, MARK.search(line)) for number, line in enumerate(code.split("\n"), 1)]
    wanted = [(number, mark[1]) for number, mark in marks if mark]
    findings = link([analyze(code.encode(), "example.py", "example", knowledge())]).findings
    found = sorted((f.span.line, f.rule) for f in findings if f.rule in rules)
    assert found == wanted, code


@pytest.mark.parametrize(
    "source",
    [
        "_ = asyncio.create_task(poll())  # LK201",
        "task = asyncio.create_task(poll())  # LK201",
        "asyncio.create_task(poll()) if ready else None  # LK201",
        "[asyncio.create_task(poll()) for _ in range(3)]  # LK201",
        "if (task := asyncio.create_task(poll())):  # LK201\n    ready()",
        "(task := asyncio.create_task(poll()))  # LK201",
        "asyncio.create_task(poll()).add_done_callback(print)  # LK201",
        "button.on_click(lambda: asyncio.create_task(poll()))  # LK201",
    ],
)
def test_line_01_handles_that_are_dropped(source: str) -> None:
    check("import asyncio\nasync def main(ready, button):\n" + textwrap.indent(source, "    "), "LK201")


@pytest.mark.parametrize(
    "call",
    [
        "loop.create_task(poll())",
        "self.loop.create_task(poll())",
        "asyncio.get_running_loop().create_task(poll())",
        "asyncio.get_event_loop().create_task(poll())",
        "asyncio.ensure_future(poll())",
        "ensure(poll())",
    ],
)
def test_line_02_every_way_to_start_a_task(call: str) -> None:
    check(
        f"""
        import asyncio
        from asyncio import ensure_future as ensure

        class Monitor:
            def __init__(self, loop):
                self.loop = loop

            def start(self, loop):
                {call}  # LK201
        """,
        "LK201",
    )


@pytest.mark.parametrize("call", ["asyncio.run_coroutine_threadsafe(poll(), loop)", "loop.run_in_executor(None, poll)"])
def test_line_02_futures_that_are_discarded(call: str) -> None:
    check(f"import asyncio\ndef start(loop):\n    {call}  # LK209", "LK209")


def test_line_03_a_local_set_only() -> None:
    check(
        """
        import asyncio

        async def main():
            tasks = set()
            task = asyncio.create_task(poll())  # LK201
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        """,
        "LK201",
    )


@pytest.mark.parametrize(("container", "adds"), [("set()", "add(task)"), ("[]", "append(task)")])
def test_line_03_a_collection_without_discard(container: str, adds: str) -> None:
    check(
        f"""
        import asyncio

        class Hub:
            def __init__(self):
                self.tasks = {container}

            def on_message(self, message):
                task = asyncio.create_task(message.run())
                self.tasks.{adds}  # LK203
        """,
        "LK201",
        "LK203",
    )


def test_line_04_a_wrapper_that_does_not_track() -> None:
    check(
        """
        import asyncio

        def spawn(coroutine):
            return asyncio.create_task(coroutine)

        def on_message(message):
            spawn(message.run())  # LK201
        """,
        "LK201",
    )


def test_line_04_a_wrapper_that_tracks() -> None:
    check(
        """
        import asyncio

        running = set()

        def spawn(coroutine):
            task = asyncio.create_task(coroutine)
            running.add(task)
            task.add_done_callback(running.discard)
            return task

        def on_message(message):
            spawn(message.run())
        """,
        "LK201",
    )


def test_line_05_an_attribute_that_no_ending_cancels() -> None:
    check(
        """
        import asyncio

        class Pinger:
            async def start(self):
                self._task = asyncio.create_task(self._ping())  # LK202

            async def _ping(self):
                while True:
                    await asyncio.sleep(1)

            async def stop(self):
                self.log("stopped")
        """,
        "LK202",
    )


@pytest.mark.parametrize(("function", "message"), [("prepare", "vanish"), ("on_message", "both")])
def test_line_07_which_harm_it_is(function: str, message: str) -> None:
    source = f"import asyncio\nasync def {function}(event):\n    asyncio.create_task(event.run())\n"
    findings = link([analyze(source.encode(), "example.py", "example", knowledge())]).findings
    assert [f.message for f in findings if f.rule == "LK201"] == [message]
    assert "TaskGroup" in prose.hint(findings[0], knowledge())


@pytest.mark.parametrize(("work", "severity"), [("await peer.greet()", "P2"), ("await asyncio.sleep(60)", "P1")])
def test_line_07_what_ends_by_itself_weighs_less(work: str, severity: str) -> None:
    code = f"import asyncio\n\n\nasync def greet(peer):\n    {work}\n\n\n"
    code += "async def on_connect(peer):\n    asyncio.create_task(greet(peer))\n"
    result = analyze(code.encode(), "app.py", "app", knowledge())
    assert [(f.rule, f.severity) for f in link([result]).findings] == [("LK201", severity)]


@pytest.mark.parametrize(
    "body",
    [
        "task = None\nif fast:\n    task = asyncio.create_task(poll())\nif task:\n    await task",
        "return asyncio.create_task(poll())",
        "await asyncio.create_task(poll())",
        "async with asyncio.TaskGroup() as tg:\n    tg.create_task(poll())",
        "async with anyio.create_task_group() as tg:\n    tg.start_soon(poll)",
        "async with trio.open_nursery() as nursery:\n    nursery.start_soon(poll)",
        "await asyncio.gather(asyncio.create_task(poll()), asyncio.create_task(poll()))",
        "await asyncio.wait({asyncio.create_task(poll())})",
    ],
)
def test_line_06_tasks_that_are_waited_for(body: str) -> None:
    source = "import asyncio\nimport anyio\nimport trio\nasync def main(fast):\n"
    check(source + textwrap.indent(body, "    "), "LK201")


@pytest.mark.parametrize(
    "body",
    [
        "logging.getLogger('app').addHandler(logging.StreamHandler())  # LK208",
        "atexit.register(lambda: request.drop())  # LK208",
        "os.register_at_fork(after_in_child=lambda: request.drop())  # LK208",
        "gc.callbacks.append(lambda phase, info: request.drop())  # LK208",
    ],
)
def test_line_08_registered_in_a_function_that_can_run_again(body: str) -> None:
    check(f"import atexit, gc, logging, os\ndef handle_request(request):\n    {body}\n", "LK208")


@pytest.mark.parametrize(
    "verb", ["subscribe('saved', self._on_saved)", "on('saved', self._on_saved)", "add_listener(self)"]
)
def test_line_08_a_subscription_that_nothing_ends(verb: str) -> None:
    check(
        f"""
        class Panel:
            def __init__(self, bus):
                bus.{verb}  # LK207

            def _on_saved(self, row):
                self.row = row
        """,
        "LK207",
        "LK208",
    )


@pytest.mark.parametrize(
    "body",
    [
        "if not logger.handlers:\n    logger.addHandler(logging.StreamHandler())",
        "if not logger.hasHandlers():\n    logger.addHandler(logging.StreamHandler())",
        "handler = logging.StreamHandler()\nif handler not in logger.handlers:\n    logger.addHandler(handler)",
        "global done\nif done:\n    return\ndone = True\nlogger.addHandler(logging.StreamHandler())",
        "logger.handlers.clear()\nlogger.addHandler(logging.StreamHandler())",
        "logger.addHandler(own := logging.StreamHandler())\ntry:\n    run()\nfinally:\n    logger.removeHandler(own)",
    ],
)
def test_line_08_a_guard(body: str) -> None:
    head = "import logging\ndone = False\nlogger = logging.getLogger('app')\ndef handle_request(request):\n"
    check(head + textwrap.indent(body, "    "), "LK208")


@pytest.mark.parametrize(
    "body",
    [
        "with contextlib.ExitStack() as stack:\n    f = stack.enter_context(open(path))\n    return parse(f)",
        "f = stack.enter_context(open(path))\nreturn parse(f)",
        "f = open(path)\nreturn f",
        "f = open(path)\nyield f",
        'open(path, "w").close()',
        "f = open(path)\nwith f:\n    return parse(f)",
        "with open(path) if path else contextlib.nullcontext(other) as f:\n    return parse(f)",
        "f = open(path)\ntry:\n    return parse(f)\nfinally:\n    f.close()",
        "f = open(path)\nstack.callback(f.close)\nreturn parse(path)",
    ],
)
def test_line_09_files_that_are_taken_care_of(body: str) -> None:
    source = "import contextlib\nfrom contextlib import ExitStack\ndef load(path, parse, other, stack: ExitStack):\n"
    check(source + textwrap.indent(body, "    "), *RESOURCES)


def test_line_10_acquired_on_entry_and_released_on_exit() -> None:
    check(
        """
        class Journal:
            def __enter__(self):
                self.stream = open("journal", "a")
                return self

            def __exit__(self, *exc_info):
                self.stream.close()
        """,
        "LK302",
        "LK305",
    )


def test_line_10_acquired_on_entry_and_forgotten_on_exit() -> None:
    check(
        """
        class Journal:
            def __enter__(self):
                self.stream = open("journal", "a")  # LK309
                return self

            def __exit__(self, *exc_info):
                self.done = True
        """,
        "LK302",
        "LK309",
        "LK305",
    )


def test_line_11_an_attribute_with_a_releasing_method() -> None:
    check(
        """
        import tempfile

        import requests

        class Api:
            def __init__(self):
                self.session = requests.Session()
                self.scratch = tempfile.TemporaryDirectory()

            def goodbye(self):
                self.session.close()
        """,
        "LK302",
    )


def test_line_11_an_attribute_without_one() -> None:
    source = """
        import requests

        class Api:
            def __init__(self):
                self.session = requests.Session()  # LK302

            def get(self, url):
                return self.session.get(url)
        """
    check(source, "LK302")
    result = analyze(textwrap.dedent(source).encode(), "example.py", "example", knowledge())
    (finding,) = (f for f in link([result]).findings if f.rule == "LK302")
    assert finding.args["class"] == "Api"


def test_line_12_a_shutdown_that_an_exception_skips() -> None:
    check(
        """
        from concurrent.futures import ThreadPoolExecutor

        def render_all(pages, render):
            pool = ThreadPoolExecutor(4)  # LK206
            futures = [pool.submit(render, page) for page in pages]
            results = [future.result() for future in futures]
            pool.shutdown()
            return results
        """,
        "LK206",
        "LK301",
        "LK302",
        "LK305",
    )


def test_line_12_an_executor_for_each_call() -> None:
    check(
        """
        from concurrent.futures import ThreadPoolExecutor

        def render_all(pages, render):
            pool = ThreadPoolExecutor(4)  # LK206
            return list(pool.map(render, pages))
        """,
        "LK206",
        "LK301",
    )


def test_line_12_an_executor_of_a_module() -> None:
    check(
        """
        from concurrent.futures import ThreadPoolExecutor

        pool = ThreadPoolExecutor(4)

        def submit(page):
            return pool.submit(page.render)
        """,
        "LK206",
        *RESOURCES,
    )


@pytest.mark.parametrize(
    "body",
    [
        "page = Path(name)\nlines = page.open().readlines()  # LK304\nreturn lines",
        "page = Path(name)\nfile = page.open()  # LK304\nreturn file.read()",
        "file = tempfile.NamedTemporaryFile()  # LK304\nfile.write(data)",
        "table = dbm.open(name)  # LK304\nreturn table[data]",
        "archive = zipfile.ZipFile(name)  # LK304\nreturn archive.namelist()",
        "archive = tarfile.open(name)  # LK304\nreturn archive.getnames()",
        "peer = socket.create_connection(name)  # LK304\npeer.sendall(data)",
        "db = sqlite3.connect(name)  # LK301\nreturn db.execute(data).fetchall()",
        "child = subprocess.Popen(name, stdout=subprocess.PIPE)  # LK304\nreturn child.stdout.read()",
        "answer = urlopen(name)  # LK307\nreturn answer.status",
        "file = open(name)  # LK304\nfile = open(data)\nfile.close()",
        "return [x for x in open(name)]  # LK304",
        "return open(name).read()  # LK304",
        "json.dump(data, fp=open(name, 'w'))  # LK304",
        "print(data, file=open(name, 'w'))  # LK304",
        "for row in csv.reader(open(name)):  # LK304\n    print(row)",
    ],
)
def test_line_13_what_is_opened_and_forgotten(body: str) -> None:
    modules = "csv, dbm, json, socket, sqlite3, subprocess, tarfile, tempfile, zipfile"
    source = f"import {modules}\nfrom pathlib import Path\nfrom urllib.request import urlopen\ndef run(name, data):\n"
    check(source + textwrap.indent(body, "    "), *RESOURCES)


def test_line_13_what_is_read_on_the_spot_weighs_less() -> None:
    source = "def read(path):\n    return open(path).read()\n"
    result = analyze(source.encode(), "example.py", "example", knowledge())
    assert [f.severity for f in link([result]).findings] == ["P2"]


ONE_SHOT = """
import json
import sys


def main(path):
    print(json.load(open(path)))


if __name__ == "__main__":
    main(sys.argv[1])
"""


@pytest.mark.parametrize(("path", "told"), [("convert_rows.py", False), ("scripts/rows.py", False), ("rows.py", True)])
def test_line_13_a_script_that_ends_closes_what_it_reads_at_once(path: str, told: bool) -> None:
    found = analyze(ONE_SHOT.encode(), path, path.removesuffix(".py").replace("/", "."), load()).findings
    assert [f.rule for f in found] == (["LK304"] if told else [])


def test_line_14_the_with_of_a_database() -> None:
    check(
        """
        import sqlite3

        def add(path, row):
            with sqlite3.connect(path) as db:  # LK306
                db.execute("INSERT INTO t VALUES (?)", row)
        """,
        *RESOURCES,
    )


def test_line_14_closing_closes_a_database() -> None:
    check(
        """
        import contextlib
        import sqlite3

        def add(path, row):
            db = sqlite3.connect(path)
            with contextlib.closing(db):
                db.execute("INSERT INTO t VALUES (?)", row)
        """,
        *RESOURCES,
    )


@pytest.mark.parametrize(
    "body",
    [
        "client = httpx.AsyncClient()  # LK301\nreturn await client.get(request.url)",
        "session = aiohttp.ClientSession()  # LK301\nreturn await (await session.get(request.url)).json()",
        "async with httpx.AsyncClient() as client:  # LK303\n    return await client.get(request.url)",
        "async with aiohttp.ClientSession() as session:  # LK303\n    return await session.get(request.url).json()",
    ],
)
def test_line_15_a_client_per_request(body: str) -> None:
    head = "import aiohttp\nimport httpx\nfrom app import app\n@app.get('/')\nasync def view(request):\n"
    check(head + textwrap.indent(body, "    "), *RESOURCES)


def test_line_15_sessions_that_others_own() -> None:
    check(
        """
        import aiohttp

        class Api:
            def __init__(self, session: aiohttp.ClientSession):
                self.session = session

        class Lazy:
            def __init__(self, session=None):
                self._own = session is None
                self.session = session or aiohttp.ClientSession()

            async def close(self):
                if self._own:
                    await self.session.close()
        """,
        *RESOURCES,
    )


@pytest.mark.parametrize(
    "source",
    [
        """
        import contextlib
        import os

        def remove(path):
            with contextlib.suppress(FileNotFoundError):
                os.remove(path)
        """,
        """
        import contextlib

        def show(path, out, write):
            with contextlib.nullcontext(out) as target:
                write(target)
        """,
        """
        import httpx
        import pytest

        @pytest.fixture
        def client():
            client = httpx.Client()
            yield client
            client.close()
        """,
        """
        import contextlib

        import aiohttp

        @contextlib.asynccontextmanager
        async def connected(url):
            session = aiohttp.ClientSession(url)
            try:
                yield session
            finally:
                await session.close()
        """,
    ],
)
def test_line_16_suppress_nullcontext_fixtures_and_context_managers(source: str) -> None:
    check(source, *RESOURCES)


def test_line_21_locks_by_user() -> None:
    check(
        """
        import asyncio

        class Ledger:
            def __init__(self):
                self.locks = {}

            async def post(self, user_id, entry):
                if user_id not in self.locks:
                    self.locks[user_id] = asyncio.Lock()  # LK103
                async with self.locks[user_id]:
                    await self.write(entry)
        """,
        "LK103",
    )


def test_line_21_a_time_to_live_that_only_reading_checks() -> None:
    check(
        """
        import time

        class Tokens:
            def __init__(self):
                self.entries = {}

            def put(self, session_id, claims):
                self.entries[session_id] = (claims, time.time() + 300)  # LK103

            def get(self, session_id):
                claims, expires = self.entries.get(session_id, (None, 0))
                return claims if expires > time.time() else None
        """,
        "LK103",
    )


def test_line_21_constants_and_members_of_an_enum() -> None:
    check(
        """
        import enum

        class Topic(enum.Enum):
            ORDERS = 1

        class Bus:
            def __init__(self):
                self.last = {}

            def on_order(self, order):
                self.last["order"] = order
                self.last[Topic.ORDERS] = order
        """,
        "LK103",
    )


def test_line_21_a_delete_path() -> None:
    check(
        """
        class Hub:
            def __init__(self):
                self.sockets = {}

            def connect(self, session_id, socket):
                self.sockets[session_id] = socket

            def disconnect(self, session_id):
                self.sockets.pop(session_id, None)
        """,
        "LK103",
    )


@pytest.mark.parametrize(
    "source",
    [
        """
        import enum
        from functools import cache

        class Planet(enum.Enum):
            EARTH = 1

            @cache
            def mass(self, unit):
                return weigh(self, unit)
        """,
        """
        from functools import cache

        class Unit:
            @staticmethod
            @cache
            def factor(kind):
                return load_factor(kind)

            @classmethod
            @cache
            def default(cls):
                return cls()
        """,
        """
        from functools import lru_cache

        class Unit:
            def __init__(self):
                self.factor = lru_cache(maxsize=None)(self.factor)

            def factor(self, name):
                return load_factor(name)
        """,
    ],
)
def test_lines_17_and_18_caches_that_keep_no_instance(source: str) -> None:
    check(source, "LK108", "LK109")


@pytest.mark.parametrize("decorator", ["@lru_cache(maxsize=None)", "@lru_cache(maxsize=16)", "@lru_cache", "@cache"])
def test_line_17_a_bound_lowers_and_does_not_silence(decorator: str) -> None:
    source = f"""
        from functools import cache, lru_cache

        class Report:
            {decorator}
            def total(self, column):  # LK109
                return sum(self.values(column))
        """
    check(source, "LK108", "LK109")
    result = analyze(textwrap.dedent(source).encode(), "example.py", "example", knowledge())
    (finding,) = link([result]).findings
    assert finding.severity == ("P2" if decorator in ("@lru_cache(maxsize=16)", "@lru_cache") else "P1")


def test_line_19_a_singleton_that_is_inferred() -> None:
    check(
        """
        from functools import cache

        class Registry:
            _instance = None

            def __new__(cls):
                if cls._instance is None:
                    cls._instance = super().__new__(cls)
                return cls._instance

            @cache
            def entry(self, name):
                return load(name)
        """,
        "LK108",
        "LK109",
    )


@pytest.mark.parametrize(
    "decorator",
    [
        "@functools.cache",
        "@functools.lru_cache(maxsize=None)",
        "@functools.lru_cache(None)",
        "@async_lru.alru_cache(maxsize=None)",
        "@aiocache.cached()",
        "@cachetools.cached({})",
        "@cachetools.cached(cache={})",
        "@cachetools.cached(dict())",
    ],
)
def test_line_20_every_cache_decorator(decorator: str) -> None:
    imports = "import aiocache\nimport async_lru\nimport cachetools\nimport functools\n"
    check(f"{imports}{decorator}\nasync def page(url):  # LK108\n    return await fetch(url)", "LK108")
    method = f"{decorator}\n    async def title(self):  # LK109\n        return await self.fetch()"
    check(f"{imports}class Site:\n    {method}", "LK108", "LK109")


@pytest.mark.parametrize(
    "source",
    [
        """
        class Engine:
            caches = {}

            def run(self, run_id, cache):
                self.caches[run_id] = cache  # LK102
        """,
        """
        from collections import defaultdict

        class Engine:
            def __init__(self):
                self.caches = defaultdict(dict)

            def run(self, run_id, step, result):
                self.caches[run_id][step] = result  # LK111
        """,
    ],
)
def test_line_21_caches_by_run(source: str) -> None:
    check(source, "LK102", "LK103", "LK111")


def test_line_22_no_weak_map_for_locks() -> None:
    source = """
        import asyncio

        class Ledger:
            def __init__(self):
                self.locks = {}

            async def post(self, user_id, entry):
                async with self.locks.setdefault(user_id, asyncio.Lock()):  # LK103
                    await self.write(entry)
        """
    check(source, "LK103")
    (finding,) = link([analyze(textwrap.dedent(source).encode(), "example.py", "example", knowledge())]).findings
    assert "weak" not in prose.hint(finding, knowledge()).lower()


@pytest.mark.parametrize(
    "source",
    [
        """
        HANDLERS = {}

        def handles(topic):
            def decorator(handler):
                HANDLERS[topic] = handler
                return handler
            return decorator
        """,
        """
        class Codec:
            known = {}
            all = []

            def __init_subclass__(cls, topic):
                cls.known[topic] = cls
                cls.all.append(cls)
        """,
        """
        class Registered(type):
            known = {}

            def __init__(cls, name, bases, body):
                cls.known[name] = cls
        """,
        """
        from django.db import models

        class Order(models.Model):
            tags = []

            def on_tag(self, tag):
                self.tags.append(tag)
        """,
        """
        from pydantic import BaseModel

        class Order(BaseModel):
            tags: list = []

            def on_tag(self, tag):
                self.tags.append(tag)
        """,
        """
        from dataclasses import dataclass, field

        @dataclass
        class Order:
            tags: list = field(default_factory=list)

            def tag(self, tag):
                self.tags.append(tag)
        """,
    ],
)
def test_line_23_registries_and_bodies_that_declare_fields(source: str) -> None:
    check(source, "LK101", "LK102", "LK103", "LK105")


def test_line_23_a_body_that_declares_none() -> None:
    check(
        """
        class Order:
            tags = []

            def on_tag(self, tag):
                self.tags.append(tag)  # LK102
        """,
        "LK102",
        "LK105",
    )


@pytest.mark.parametrize(
    "text",
    [
        'f"bad: {body}"  # LK401',
        'f"bad: {body!r}"  # LK401',
        '"bad: %r" % body  # LK401',
        '"bad: {}".format(body)  # LK401',
        "str(body)  # LK401",
        'f"bad: {body[:200]!r}"',
        'f"bad: {len(body)}"',
        '"bad: %.200r" % body',
        "reprlib.repr(body)",
    ],
)
def test_line_24_a_whole_buffer_as_text(text: str) -> None:
    call, _, mark = text.partition("  #")
    check(
        f"""
        import reprlib

        async def load(response, parse):
            body = bytearray()
            async for chunk in response:
                body += chunk
            try:
                return parse(body)
            except ValueError as error:
                raise RuntimeError({call}) from error{"  #" + mark if mark else ""}
        """,
        "LK401",
    )
