"""Who calls what leaks, and who makes what holds it: by names, in the checked files."""

from __future__ import annotations

from pathlib import Path

import pytest

from leaklint import cli
from leaklint.report.audit.callers import Callers, Registry, Wanted

HUB = """\
from contextlib import contextmanager


class Hub:
    def __init__(self):
        self.sessions = {}

    def on_connect(self, session_id):
        self.keep(session_id)

    def keep(self, session_id):
        self.sessions[session_id] = session_id

    @property
    def size(self):
        return len(self.sessions)


class Special(Hub):
    def on_open(self, session_id):
        self.keep(session_id)
        return self.size


def make():
    def run():
        return Hub()

    return run()


def other():
    def run():
        return 1

    return run()
"""

APP = """\
from app.hub import Hub, make
from app import hub
from elsewhere import run

HUB = Hub()


def serve(loop, peer):
    loop.add_reader(peer, HUB.on_connect)
    hub.make()
    run()


if __name__ == "__main__":
    main = make()
"""

FILES = {"app/hub.py": HUB, "app/main.py": APP}


def callers(name: str, klass: str = "", lines: tuple[int, int] | None = None) -> Callers:
    wanted = Wanted("app/hub.py", name, klass, *([lines] if lines else []))
    return Registry(FILES, lambda path: FILES[path].split("\n"), [wanted]).callers(wanted)


def lines(found: Callers, kind: str = "calls") -> list[tuple[str, int, str]]:
    return sorted((one.path, one.line, one.function) for one in getattr(found, kind))


def test_a_method_is_called_by_its_own_class_and_those_derived_from_it() -> None:
    assert lines(callers("keep", "Hub")) == [("app/hub.py", 9, "Hub.on_connect"), ("app/hub.py", 21, "Special.on_open")]
    assert not callers("keep", "Other").calls


def test_a_method_that_lists_have_too_is_called_on_others_as_well() -> None:
    source = (
        "class Table:\n    def {0}(self, row):\n        ...\n\n    def fill(self, row):\n        self.{0}(row)\n\n\n"
    )
    source += "def note(seen, row):\n    seen.{0}(row)\n"

    def found(name: str) -> Callers:
        wanted = Wanted("a.py", name, "Table")
        return Registry(["a.py"], lambda _: source.format(name).split("\n"), [wanted]).callers(wanted)

    assert [one.line for one in found("append").calls] == [6]
    assert not found("append").certain
    assert [one.line for one in found("append_row").calls] == [6, 10]
    assert found("append_row").certain


def test_what_is_handed_on_is_no_call() -> None:
    found = callers("on_connect", "Hub")
    assert (found.calls, lines(found, "handed"), found.certain) == ((), [("app/main.py", 9, "serve")], True)


def test_to_read_a_property_is_to_call_it() -> None:
    assert lines(callers("size", "Hub")) == [("app/hub.py", 22, "Special.on_open")]


def test_a_class_is_made_where_it_is_imported() -> None:
    assert lines(callers("Hub")) == [("app/hub.py", 27, "run"), ("app/main.py", 5, "")]


def test_a_class_from_which_others_derive_may_be_made_as_one_of_them() -> None:
    assert not callers("Hub").certain
    assert callers("Special").certain


def test_a_function_is_called_by_its_name_or_its_modules() -> None:
    found = callers("make")
    assert lines(found) == [("app/main.py", 10, "serve"), ("app/main.py", 15, "")]
    assert [one.script for one in found.calls] == [False, True]
    assert not found.script


def test_a_function_in_another_is_called_there_alone() -> None:
    assert lines(callers("run", lines=(25, 29))) == [("app/hub.py", 29, "make")]


def test_syntax_calls_nothing_by_name() -> None:
    assert callers("__enter__", "Hub") == Callers()


def test_the_report_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in {**FILES, "app/__init__.py": ""}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert cli._status(["report", "--isolated"]) == 0
    text = capsys.readouterr().out
    assert "It is called at `app/hub.py:9` in `Hub.on_connect`, `app/hub.py:21` in `Special.on_open`." in text
