"""How often a function runs, by its callers and theirs; and how a running process shows that a finding is right."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
from test_rule_pages import knowledge

from leaklint import cli
from leaklint.report.audit.callers import Registry, Wanted
from leaklint.report.audit.guards import Guards, guards
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
    return ways([wanted], Registry(["app.py"], read), places, knowledge().apis.means, Guards(read))[wanted]


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
    assert way("_unseen").often == "uncalled"
    assert way("_unseen", source=f"{SERVICE}\nHOOKS = [_unseen]\n").often == "unknown"


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
    line = 'sum(len(o.sessions) for o in gc.get_objects() if any(c.__name__ == "Hub" for c in type(o).__mro__))'
    assert f"`{line}`" in text
    derived = type("Lobby", (type("Hub", (), {}),), {})()
    derived.sessions = {1: 2, 3: 4}
    assert eval(line, {"gc": gc}) == 2
    assert "No checked file makes a `Hub`: how long one is kept is up to the users of this code." in text
    assert '`len(sys.modules["app.hub"].SEEN)`' in text
    assert "asyncio.all_tasks()" in text
    assert text.count("- **Measure**: ") == 3


COMMAND = """\
import click


@click.command()
def publish_all(path):
    _send(path)


def _send(path):
    ...
"""


def test_a_command_of_a_program_runs_once_in_its_process() -> None:
    assert way("_send", source=COMMAND) == Way("start", ("_send", "publish_all"))
    assert way("_send", source=COMMAND.replace("import click", "from bot import click")).often == "event"
    given = COMMAND.replace("@click.command()\n", "") + '\n\nclick.Group().command("x")(publish_all)\n'
    assert way("_send", source=given).often == "start"
    assert way("_send", source=given.replace(".command", ".event")).often == "event"


def test_what_a_signal_calls_handles_no_requests() -> None:
    source = "import signal\n\n\ndef hup_handler(*args):\n    ...\n\n\nsignal.signal(signal.SIGHUP, hup_handler)\n"
    assert way("hup_handler", source=source).often == "unknown"
    assert way("hup_handler", source=source.replace("signal.signal(", "bus.connect(")).often == "event"


def test_a_name_that_says_event_is_not_the_last_word_where_others_call_it() -> None:
    source = "def main():\n    handle_all()\n\n\ndef handle_all():\n    ...\n"
    assert way("handle_all", source=source) == Way("start", ("handle_all", "main"))
    assert way("handle_all", source=source.replace("main", "_run")) == Way(
        "event", ("handle_all",), heard=("handle_all",)
    )


BACKEND = """\
class Backend:
    def __init__(self):
        self._link = None

    def find_one(self, key):
        if self._link is None:
            self._link = self._open()
        return self._link.get(key)

    def _open(self):
        ...
"""


@pytest.mark.parametrize(
    ("old", "new", "often"),
    [
        ("", "", "object"),
        ("self._link is None", "key", "outside"),
        ("self._link = self._open()", "self._open()", "outside"),
        ("self._link is None", "not self._link", "object"),
        ("self._link is None", "not hasattr(self, '_link')", "object"),
        ("self._link is None", "self._link is None and key", "object"),
        ("self._link is None", "self._link is None or key", "outside"),
        (
            "            self._link = self._open()\n",
            "            self._open()\n            self._link = True\n",
            "object",
        ),
        ("        return self._link.get(key)", "        self._link = None", "outside"),
        (
            "        if self._link is None:\n            self._link = self._open()\n",
            "        if self._link is not None:\n            return\n        self._link = self._open()\n",
            "object",
        ),
        (
            "        if self._link is None:\n            self._link = self._open()\n",
            "        if key not in self._links:\n            self._links[key] = self._open()\n",
            "key",
        ),
        (
            "        if self._link is None:\n            self._link = self._open()\n",
            (
                "        try:\n            return self._links[key]\n        except KeyError:\n"
                "            self._links[key] = self._open()\n"
            ),
            "key",
        ),
        (
            "        if self._link is None:\n            self._link = self._open()\n",
            "        try:\n            return self._links[key]\n        except KeyError:\n            self._open()\n",
            "outside",
        ),
    ],
)
def test_a_branch_that_is_taken_once_says_how_often(old: str, new: str, often: str) -> None:
    found = way("_open", "Backend", BACKEND.replace(old, new) if old else BACKEND)
    assert (found.often, found.guard is not None) == (often, often in ("object", "key"))


def test_a_key_that_is_taken_again_comes_more_than_once() -> None:
    once = BACKEND.replace("self._link is None", "key not in self._links").replace("self._link =", "self._links[key] =")
    assert way("_open", "Backend", once).often == "key"
    again = f"{once}\n    def leave(self, key):\n        self._links.pop(key)\n"
    assert way("_open", "Backend", again).often == "outside"


def test_a_loop_is_in_a_function_and_in_no_class() -> None:
    source = "class Pool:\n    def __init__(self):\n        for _ in range(3):\n            self._fill()\n\n"
    source += "    def _fill(self):\n        ...\n"
    assert way("_fill", "Pool", source).names == ("Pool._fill", "Pool.__init__")


def test_a_guard_of_the_module_is_for_the_process() -> None:
    source = "X = None\n\n\ndef get():\n    global X\n    if X is None:\n        X = _open()\n    return X\n\n\n"
    source += "def _open():\n    ...\n"
    assert way("_open", source=source).often == "start"
    assert way("_open", source=source.replace("    global X\n", "")).often == "outside"
    assert guards(["def broken(:"]) == ()


POOL = """\
class Request:
    def execute(self):
        ...


def run(pipeline):
    pipeline.execute()
"""


def test_a_method_is_called_on_what_may_have_it() -> None:
    assert way("execute", "Request", POOL) == Way("unknown", ("Request.execute",))
    assert way("execute", "Request", POOL.replace("pipeline", "req")).names == ("Request.execute", "run")
    named = POOL.replace("execute", "execute_all")
    assert way("execute_all", "Request", named).names == ("Request.execute_all", "run"), "a name of its own"


NAMELESS = """\
def routes(app, items):
    @app.get("/a")
    def _(a):
        one()

    @cached
    def _(b):
        two()


def one():
    ...


def two():
    ...
"""


def test_functions_without_a_name_are_not_one() -> None:
    assert way("one", source=NAMELESS).often == "event"
    assert way("two", source=NAMELESS).often != "event"
    assert way("two", source=NAMELESS).names[-1] == "_ (app.py:6)"
