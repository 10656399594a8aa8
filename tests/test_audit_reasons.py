"""What the audit report says of why a thing stays and what a repair has to fit, and which patches it offers."""

from __future__ import annotations

import ast
import functools
import subprocess
from pathlib import Path

import pytest
from test_repairs import EXAMPLES, check, knowledge

from leaklint import cli
from leaklint.analyze import analyze
from leaklint.facts import Change, FileResult, Finding
from leaklint.report.audit.groups import calmed
from leaklint.report.audit.often import Way
from leaklint.report.audit.patch import unified
from leaklint.report.audit.proposals import Proposals
from leaklint.report.audit.used import used
from leaklint.report.audit.waits import waits
from leaklint.running.checked import Checked

HUB = """\
class Hub:
    def __init__(self):
        self.rooms = {}

    def on_join(self, room_id, peer):
        self.rooms[room_id] = {peer}

    def on_leave(self, room_id, peer):
        self.rooms[room_id].discard(peer)
"""
PAGES = """\
from app.hub import Hub


def shown(hub: Hub, room_id):
    return hub.rooms[room_id]


def listed(hub):
    for room in hub.rooms.values():
        room.close()


def statistics(hub):
    return render(hub.rooms)
"""


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app").mkdir()
    (tmp_path / "app/hub.py").write_text(HUB, encoding="utf-8")
    (tmp_path / "app/pages.py").write_text(PAGES, encoding="utf-8")
    assert cli._status(["report", "app", "--isolated", "--no-cache"]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(
    "said",
    [
        "**Why it stays**: Stored at `app/hub.py:6` in `Hub.on_join`; read at",
        "What is in an entry of `rooms` is taken out at `app/hub.py:9` in `Hub.on_leave`",
        "`rooms` is looped over at `app/pages.py:9` in `listed`: go over a copy there",
        "`rooms` is read with `[...]` at `app/pages.py:5` in `shown`",
        "`rooms` is handed on whole at `app/pages.py:14` in `statistics`",
    ],
)
def test_other_uses_of_a_container_stand_with_its_repair(report: str, said: str) -> None:
    assert said in report


@pytest.mark.parametrize(
    ("code", "use"),
    [
        ("x[k]", "indexed"),
        ("x[k] = 1", "set"),
        ("del x[k]", "removed"),
        ("x.pop(k)", "removed"),
        ("x[k].remove(1)", "thinned"),
        ("x.append(1)", "stored"),
        ("for one in x.values(): pass", "looped"),
        ("[one for one in x]", "looped"),
        ("for one in list(x): pass", ""),
        ("len(x)", "sized"),
        ("k in x", "asked"),
        ("give(x)", "handed"),
        ("x.set()", ".set"),
    ],
)
def test_what_is_done_with_a_value(code: str, use: str) -> None:
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(code)):
        for value, how in used(node):
            if isinstance(value, ast.Name):
                found.setdefault(value.id, how)
    assert found.get("x", "") == use


WATCH = """\
async def serve(app):
    async def stop():
        await app.stopped.wait()

    async def tick():
        while True:
            await sleep(1)

    async def nap():
        await sleep(1)

    create_task(stop())
    create_task(tick())
    create_task(nap())
    create_task(other())
"""


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (12, ("stop", 3, "app.stopped.wait()", False, "stopped")),
        (13, ("tick", 6, "", True, "")),
        (14, None),
        (15, None),
    ],
)
def test_what_a_task_waits_for(line: int, says: tuple[str, int, str, bool, str] | None) -> None:
    found = waits(WATCH.split("\n"), line)
    assert (None if found is None else (found.task, found.line, found.code, found.endless, found.signal)) == says
    assert waits(["def broken(:"], 1) is None


def _first(code: str) -> Finding:
    return next(one for one in check(code) if one.severity != "P2")


def test_what_happens_once_in_a_process_does_not_pile_up() -> None:
    found = _first(
        "import asyncio\n\n\nasync def on_open(hub):\n    asyncio.create_task(beat())\n\n\n"
        "async def beat():\n    while True:\n        await asyncio.sleep(5)\n"
    )
    once = calmed(found, Way("start"), knowledge().by_code[found.rule].messages)
    assert (found.message, once.message, once.severity, once.driver) == ("endless_each", "endless_once", "P2", "once")
    assert calmed(found, Way("event"), ()) is found
    turning = found._replace(driver="loop")
    assert calmed(turning, Way("start"), ()) is turning, "what goes on in it is more than one"


def _again(text: bytes, path: str, module: str) -> FileResult:
    return analyze(text, path, module, knowledge())


def proposals(code: str, *findings: Finding) -> Proposals:
    checked = Checked(_again(code.encode(), "example.py", "example"), "")
    return Proposals(findings, [checked], lambda _: code.split("\n"), _again)


def test_a_patch_that_does_not_clear_its_finding_is_not_offered() -> None:
    code = "import asyncio\n\n\nasync def f(g):\n    asyncio.create_task(g())\n"
    (good,) = check(code)
    assert good in proposals(code, good)
    for lines in (("y = 1",), ("return",), ("asyncio.create_task(g(2))",)):
        bad = good._replace(repair=(Change(good.repair[0].ordinal, "after", lines),))
        assert bad not in proposals(code, bad)


def test_one_that_does_not_hold_takes_no_other_with_it() -> None:
    code = "import asyncio\n\n\nasync def f(g, h):\n    asyncio.create_task(g())\n    asyncio.create_task(h())\n"
    good, other = check(code)
    bad = other._replace(repair=(Change(other.repair[-1].ordinal, "after", ("y = 1",)),))
    made = proposals(code, good, bad)
    assert good in made
    assert bad not in made


@functools.cache
def _offered() -> tuple[tuple[str, str, str], ...]:
    """Code and patch of examples of each rule that knows a repair."""
    found, counts = [], dict[str, int]()
    for rule, place, code in EXAMPLES:
        for finding in check(code) if counts.get(rule, 0) < 10 else ():
            if finding.rule == rule and finding.repair:
                counts[rule] = counts.get(rule, 0) + 1
                parts = proposals(code, finding).parts("example.py", [finding])
                if parts:
                    found.append((place, code, "".join(f"{line}\n" for _, line in unified("example.py", parts))))
    return tuple(found)


def test_git_applies_what_is_offered_and_the_finding_is_gone(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    file = tmp_path / "example.py"
    for place, code, patch in _offered():
        file.write_text(code, encoding="utf-8")
        subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=patch, text=True, check=True)
        mended = file.read_text(encoding="utf-8")
        ast.parse(mended)
        assert len(check(mended)) < len(check(code)), place
    assert len(_offered()) > 40


SISTERS = """\
class Hub:
    def __init__(self):
        self.rooms = {}
        self.halls = {}

    def on_join(self, room_id, peer):
        self.rooms[room_id] = peer

    def on_enter(self, room_id, peer):
        self.halls[room_id] = peer


HUB = Hub()
"""


@pytest.fixture
def sisters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hub.py").write_text(SISTERS, encoding="utf-8")
    assert cli._status(["report", "--isolated", "--no-cache"]) == 0
    return capsys.readouterr().out


def test_sisters_are_measured_together(sisters: str) -> None:
    (measured,) = (line for line in sisters.split("\n") if line.startswith("- **Measure**"))
    assert "len(o.rooms)" in measured
    assert "len(o.halls)" in measured


def test_entries_and_places_are_counted_apart(sisters: str) -> None:
    assert "**1 entry**: 1 P0, 0 P1, 0 P2, at 2 places." in sisters


def test_what_is_concluded_from_names_is_not_said_to_come_from_outside(sisters: str) -> None:
    head = sisters.partition("## P0")[2].partition("###")[0]
    assert "medium" in sisters
    assert "concluded from names" in head
    assert "driven from outside" not in head


def test_a_fact_is_said_once(sisters: str) -> None:
    chapter = sisters.partition("### P0-1")[2].partition("\n## ")[0]
    assert "looked for" not in chapter
    assert "runs once per call" not in chapter
    assert "nothing takes any of it back" not in chapter
    assert chapter.count("removed nowhere") == 2, "once for each of the two"


RACE = """\
import asyncio


async def beat(app):
    async def nap():
        await asyncio.sleep(15)

    async def stop():
        await app.stopped.wait()

    while True:
        napping = asyncio.create_task(nap())
        stopping = asyncio.create_task(stop())
        await asyncio.wait([napping, stopping], return_when=asyncio.FIRST_COMPLETED)
"""


@pytest.mark.parametrize("left", ["stopping", "napping"])
def test_the_title_names_the_task_that_is_left(
    left: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code = RACE if left == "stopping" else RACE.replace("await app.stopped.wait()", "await asyncio.sleep(1)")
    (tmp_path / "beat.py").write_text(code, encoding="utf-8")
    assert cli._status(["report", "--isolated", "--no-cache"]) == 0
    assert f"`{left}` in `beat` (LK210" in capsys.readouterr().out


def test_the_first_screen_says_how_often_as_the_entry_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "beat.py").write_text(RACE, encoding="utf-8")
    assert cli._status(["report", "--isolated", "--no-cache"]) == 0
    first, _, rest = capsys.readouterr().out.partition("\n## P1")
    assert "With each turn of the loop in `beat`." in first
    assert "Each run of `beat`, and in it each turn of the loop." in rest


def test_functions_without_a_name_are_named_by_their_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = "    @app.get('/{0}')\n    def _(room_id):\n        return hub.rooms[room_id]\n\n"
    (tmp_path / "hub.py").write_text(HUB, encoding="utf-8")
    (tmp_path / "pages.py").write_text(
        "def pages(app, hub):\n" + shown.format("a") + shown.format("b"), encoding="utf-8"
    )
    assert cli._status(["report", "--isolated", "--no-cache"]) == 0
    assert "`pages.py:4` in `_`, `pages.py:8` in `_`" in capsys.readouterr().out
