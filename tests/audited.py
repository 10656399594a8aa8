"""A project with something for every section of the audit report."""

from __future__ import annotations

from pathlib import Path

FILES = {
    "app/__init__.py": "",
    "app/hub.py": '''\
"""Connections."""


class Hub:
    def __init__(self):
        self.sessions = {}
        self.locks = {}
        self.seen = {}

    def on_connect(self, session_id, ws):
        self.sessions[session_id] = ws
        self.locks[session_id] = object()

    def on_disconnect(self, session_id):
        self.sessions.pop(session_id, None)


HUB = Hub()
''',
    "app/cache.py": """\
from collections import OrderedDict

_rates = {}
_recent = OrderedDict()


def rate(client, query):
    if query not in _rates:
        _rates[query] = client.fetch(query)
    return _rates[query]


def remember(user_id, text):
    _recent[user_id] = text
    if len(_recent) > 500:
        _recent.popitem(last=False)
""",
    "app/jobs.py": """\
import asyncio

import aiohttp


async def on_event(queue):
    asyncio.create_task(joined(queue))


async def fetch(url):
    session = aiohttp.ClientSession()
    answer = await session.get(url)
    return await answer.text()


async def on_stop(queue):
    asyncio.create_task(queue.flush())  # leaklint: ignore[LK201] -- flush is short, and *awaits* nothing | else


async def joined(queue):
    await queue.join()
    await asyncio.sleep(60)
""",
    "app/broken.py": "print 'two'\n",
    "vendor/other.py": "x = 1\n",
    "web/page.ts": "let x = 1\n",
    "pyproject.toml": '[tool.leaklint]\nextend-exclude = ["vendor"]\n',
}


def project(folder: Path) -> None:
    """Write it there."""
    for name, text in FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
