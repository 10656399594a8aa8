"""How often a function runs, by its callers and theirs; and how a running process shows that a finding is right."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_rule_pages import knowledge

from leaklint import cli
from leaklint.report.audit.callers import Registry, Wanted
from leaklint.report.audit.often import Way, ways
from leaklint.report.audit.places import Places

SERVICE = """\
from fastapi import FastAPI


def create_app():
    app = FastAPI()

    @app.post("/join")
    async def join(body):
        return remember(body)

    return app


def remember(body):
    return _keep(body)


def _keep(body):
    ...


async def lifespan(app):
    _open(app)


def _open(app):
    ...


def convert(path):
    return _read(path)


def _read(path):
    ...


def _each(paths):
    return [_stat(path) for path in paths]


def _stat(path):
    ...


class Hub:
    def _fill(self):
        self._one()

    def _one(self):
        ...

    def on_connect(self, peer):
        self._one()


def _write(path):
    ...


def _unseen(path):
    ...


if __name__ == "__main__":
    _write("here")
"""


def way(name: str, klass: str = "", source: str = SERVICE) -> Way:
    def read(_: str) -> list[str]:
        return source.split("\n")

    wanted, places = Wanted("app.py", name, klass), Places(read)
    return ways([wanted], Registry(["app.py"], read), places, knowledge().apis.means)[wanted]


def test_what_a_route_calls_runs_with_each_request() -> None:
    assert way("_keep") == Way("event", ("_keep", "remember", "join"))
    assert way("_keep", source=SERVICE.replace('@app.post("/join")', "@cached")).often == "outside"


def test_what_the_start_of_a_program_calls_runs_once() -> None:
    assert way("_open") == Way("start", ("_open", "lifespan"))
    assert way("_open", source=SERVICE.replace("def lifespan", "def lives")).often == "outside"


def test_what_sets_an_object_up_runs_for_each_object() -> None:
    source = "class Pool:\n    def _fill(self):\n        ...\n\n    def initialize(self):\n        self._fill()\n"
    assert way("_fill", "Pool", source).often == "outside"
    assert way("_fill", source="def setup():\n    _fill()\n\n\ndef _fill():\n    ...\n").often == "start"
    handled = "def on_connect(peer):\n    setup()\n\n\ndef setup():\n    _fill()\n\n\ndef _fill():\n    ...\n"
    assert way("_fill", source=handled).often == "event"


def test_what_nobody_here_calls_runs_for_whoever_imports_it() -> None:
    assert way("_read") == Way("outside", ("_read", "convert"))
    assert way("_unseen").often == "unknown"


def test_a_loop_is_named_where_nobody_knows_more() -> None:
    assert way("_stat") == Way("loop", ("_stat", "_each"), "_each")


def test_of_several_ways_the_most_often_counts() -> None:
    assert way("_one", "Hub") == Way("event", ("Hub._one", "Hub.on_connect"))
    assert way("_one", "Hub", SERVICE.replace("on_connect", "connect_it")).often == "outside"


def test_a_script_is_told_apart() -> None:
    assert way("_write").often == "script"


def test_functions_that_call_each_other_end() -> None:
    assert way("_ping", source="def _ping():\n    _pong()\n\n\ndef _pong():\n    _ping()\n").often == "unknown"


def test_a_handler_that_only_the_start_calls_is_no_event() -> None:
    source = "async def lifespan(app):\n    await _state_handler(app)\n\n\nasync def _state_handler(app):\n    ...\n"
    assert way("_state_handler", source=source).often == "start"
    assert way("_state_handler", source=source.replace("lifespan", "upload")).often == "event"


LEAKS = """\
import asyncio
import atexit

SEEN = []


class Hub:
    def __init__(self):
        self.sessions = {}

    def on_connect(self, session_id, ws):
        self.sessions[session_id] = ws

    def on_message(self, text):
        SEEN.append(text)
        asyncio.create_task(text.answer())
"""


def test_each_entry_says_how_to_measure_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app").mkdir()
    (tmp_path / "app/__init__.py").write_text("", encoding="utf-8")
    (tmp_path / "app/hub.py").write_text(LEAKS, encoding="utf-8")
    assert cli._status(["report", "--isolated", "app"]) == 0
    text = capsys.readouterr().out
    assert '`sum(len(o.sessions) for o in gc.get_objects() if type(o).__name__ == "Hub")`' in text
    assert '`len(sys.modules["app.hub"].SEEN)`' in text
    assert "asyncio.all_tasks()" in text
    assert text.count("- **Measure**: ") == 3
