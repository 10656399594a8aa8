"""Entries of the audit report: what is joined to one, what its sentences say of each answer, its patch and its head."""

from __future__ import annotations

import ast
import itertools
import re
import subprocess
from pathlib import Path
from typing import Any, get_args

import pytest
from samples import finding as sample

from leaklint import cli
from leaklint.facts import Edit, Finding, OwnerKind, ReleaseKind, Span
from leaklint.report.audit.groups import entries, related, urgency
from leaklint.report.audit.often import Way
from leaklint.report.audit.patch import together
from leaklint.report.audit.places import around, definitions
from leaklint.report.audit.words import LANGUAGES, words

JOBS = '''\
import asyncio

import aiohttp


class Relay:
    async def on_open(self, peer):
        asyncio.create_task(peer.greet())

    async def on_message(self, peer):
        asyncio.create_task(peer.answer())


async def connect(url, token):
    session = aiohttp.ClientSession()
    await session.get(url, headers=token)
    return session


async def fetch(url):
    """Reads it."""
    session = aiohttp.ClientSession()
    answer = await session.get(url)
    return await answer.text()'''


def finding(path: str, span: Span = Span(1, 1, 1, 5), **different: Any) -> Finding:  # noqa: B008  frozen
    return sample(path, span)._replace(**different)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app").mkdir()
    (tmp_path / "app/jobs.py").write_text(JOBS, encoding="utf-8")
    return tmp_path


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert cli._status(["report", *arguments]) == 0
    return capsys.readouterr().out


def chapter(text: str, title: str) -> str:
    (found,) = (part for part in re.split(r"^##", text, flags=re.MULTILINE) if re.match(rf"# P\d-\d {title}", part))
    return found


def test_the_head_says_what_was_checked_and_how(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = report(capsys, "app", "--isolated", "--select", "LK201,LK3", "--no-preview").partition("##")[0]
    assert "- Paths: `app`\n" in head
    assert "- Options: `--select LK201,LK3` `--no-preview` `--isolated`\n" in head
    assert "- Revision: not known" in head


def test_the_same_repair_in_one_file_is_one_entry(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = report(capsys, "app")
    tasks = chapter(text, re.escape("`peer.greet()` in `Relay.on_open`, `peer.answer()` in `Relay.on_message`"))
    assert "- **Location**: `app/jobs.py:8`, `app/jobs.py:11`\n" in tasks
    assert "  - line 8: The task of `asyncio.create_task(peer.greet())`" in tasks
    assert "  - line 11: The task of `asyncio.create_task(peer.answer())`" in tasks
    assert tasks.count("**Repair**") == 1
    assert tasks.count("+background_tasks = set()") == 1


def test_git_applies_the_patches(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    patches = re.findall(r"^```diff\n(.*?)^```$", report(capsys, "app"), re.MULTILINE | re.DOTALL)
    assert len(patches) == 2
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    for patch in patches:
        subprocess.run(["git", "apply", "-"], cwd=folder, input=patch, text=True, check=True)
    mended = Path("app/jobs.py").read_text(encoding="utf-8")
    ast.parse(mended)
    assert mended.count("background_tasks.add(task)") == 2
    assert "async with aiohttp.ClientSession() as session:" in mended


def test_what_is_handed_over_is_not_closed_by_a_with(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repair = re.search(r"\*\*Repair\*\*: (.*)", chapter(report(capsys, "app"), re.escape("`session` in `connect`")))
    assert repair
    assert "`with`" not in repair[1]
    assert "before it is handed over" in repair[1]


def test_a_trigger_names_its_function(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "- **When**: Each run of `fetch`." in chapter(report(capsys, "app"), re.escape("`session` in `fetch`"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("family", ["growth", "tasks", "resources", "registrations", "peaks", "cycles", "new"])
def test_impacts_do_not_contradict_themselves(family: str, language: str) -> None:
    say, peak, nothing = words(language), {"en": "peak", "zh": "峰值"}[language], {"en": "nothing", "zh": "没有任何"}
    for owner, release in itertools.product(get_args(OwnerKind), get_args(ReleaseKind)):
        grows = say.first(
            f"grows.{family}.{owner}.{release}", f"grows.{family}.{release}", f"grows.{release}", growth="G"
        )
        stays = say.first(f"stays.{family}.{owner}.{release}", f"stays.{family}.{owner}", f"stays.{owner}", holder="H")
        assert grows
        assert (nothing[language] not in grows) or release == "never", "nothing releases it only where nothing does"
        if family in ("tasks", "registrations", "cycles") and owner == "nobody":
            assert peak not in stays
        if family == "tasks":
            assert peak not in stays, "what was started outlives the call"
        if family == "resources" and release == "never":
            assert peak not in stays, "what is never closed is no peak"


def test_entries_are_numbered_by_urgency() -> None:
    lost = finding("a.py", severity="P1", owner="nobody", driver="event")
    held = finding("b.py", severity="P1", owner="instance", driver="call")
    keyed = finding("c.py", severity="P1", owner="instance", driver="caller's key")
    worst = finding("d.py", severity="P0", owner="process", driver="caller's key")
    assert [(one.number, one.first.path) for one in entries([lost, held, keyed, worst])] == [
        ("P0-1", "d.py"),
        ("P1-1", "c.py"),
        ("P1-2", "a.py"),
        ("P1-3", "b.py"),
    ]


def test_what_is_found_on_the_same_thing_is_one_entry() -> None:
    one = finding("a.py", severity="P1", subject="a:Link.child")
    other = finding("a.py", severity="P2", subject="a:Link.child", rule="LK777", name="other", message="more")
    like_other = finding("a.py", severity="P2", subject="a:Link.pipe", rule="LK777", message="more")
    apart = finding("b.py", severity="P2", subject="a:Link.child")
    found = entries([one, other, like_other, apart])
    assert [(entry.number, entry.findings) for entry in found] == [
        ("P1-1", (one, other)),
        ("P2-1", (like_other,)),
        ("P2-2", (apart,)),
    ]
    assert list(found[0].rules) == [one.rule, "LK777"]


def test_entries_in_the_same_function_know_each_other() -> None:
    one = finding("a.py", severity="P1", subject="a:Link.child")
    other = finding("a.py", severity="P2", subject="a:Link.task", span=Span(9, 1, 9, 5))
    apart = finding("b.py", severity="P2", subject="b:Link.task", message="more")
    found = entries([one, other, apart])
    assert related(found, lambda _: "Link.open") == {"P1-1": ("P2-1",), "P2-1": ("P1-1",), "P2-2": ()}
    assert not any(related(found, lambda one: one.subject).values())


def test_what_is_alike_is_joined_across_files() -> None:
    each = [
        finding(f"{name}.py", severity=severity, subject=f"{name}:{severity}")
        for severity in ("P1", "P2")
        for name in "ab"
    ]
    assert [len(entry.findings) for entry in entries(each, alike=lambda _: "close it")] == [2, 2]
    assert [len(entry.findings) for entry in entries(each, alike=lambda one: one.path)] == [1, 1, 1, 1]


def test_what_is_told_in_the_same_words_is_one_entry(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flush = "import asyncio\n\n\nclass {0}:\n    def __init__(self):\n        asyncio.create_task(self.{1}())\n\n"
    flush += "    async def {1}(self):\n        while True:\n            await asyncio.sleep(5)\n"
    for name, method in (("a", "flush"), ("b", "flush"), ("c", "sync")):
        Path(f"app/{name}.py").write_text(flush.format(name.upper(), method), encoding="utf-8")
    Path("app/jobs.py").unlink()
    text = report(capsys, "app")
    assert (
        "`self.flush()` in `A.__init__`, `self.flush()` in `B.__init__`, `self.sync()` in `C.__init__` (LK201" in text
    )
    assert text.count("**Repair**") == 1


def test_scripts_and_examples_come_last() -> None:
    shown = finding("examples/a.py", severity="P1", owner="instance", driver="stream")
    peak = finding("app/a.py", severity="P1", owner="call", driver="stream")
    kept = finding("app/b.py", severity="P1", owner="instance", driver="call")
    assert sorted([shown, peak, kept], key=urgency) == [kept, peak, shown]
    assert urgency(kept, Way("script")) > urgency(peak)


def test_what_happens_with_each_request_comes_before_what_happens_once() -> None:
    once = finding("app/a.py", severity="P1", owner="instance", driver="event")
    often = finding("app/b.py", severity="P1", owner="nobody", driver="loop")
    assert sorted([once, often], key=lambda one: urgency(one, Way("start" if one is once else "event"))) == [
        often,
        once,
    ]
    one_each = finding("app/a.py", severity="P1", owner="instance", driver="stream")
    assert urgency(often, Way("event")) < urgency(one_each, Way("event"))


def test_of_many_that_are_alike_some_are_shown_and_all_are_counted(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    many = "".join(f"async def on_open_{n}(peer):\n    asyncio.create_task(peer.greet_{n}())\n\n\n" for n in range(12))
    Path("app/jobs.py").write_text(f"import asyncio\n\n\n{many}", encoding="utf-8")
    tasks = chapter(report(capsys, "app"), ".* 9 more")
    assert tasks.count("`app/jobs.py:") == 12, "every place is named"
    assert tasks.count("is not kept") == 5
    assert "  - … and 7 more." in tasks
    assert "greet_2" in tasks.partition("```text")[2].partition("```diff")[0]
    assert "greet_3" not in tasks.partition("```text")[2].partition("```diff")[0]
    assert tasks.count("background_tasks.add(task)") == 3, "the rest is mended alike"


def test_a_line_knows_what_it_stands_in() -> None:
    known = definitions(JOBS.split("\n"))
    assert (around(known, 8).names, around(known, 8).function) == (("Relay", "on_open"), "Relay.on_open")
    assert around(known, 6).function == ""
    assert around(known, 1).names == ()
    assert definitions(["def broken(:"]) == ()


def test_edits_in_each_others_way_are_not_joined() -> None:
    first = (Edit(1, 0, ("tasks = set()",)), Edit(2, 3, ("    x",)))
    beside = (Edit(4, 3, ("tasks = set()",)), Edit(5, 5, ("    y",)))
    across = (Edit(3, 4, ("    z",)),)
    assert together([first, across, beside]) == (*first, beside[1])
    inside = (Edit(3, 2, ("    z",)),)
    assert together([first, inside]) == first
    after = [(Edit(9, 8, (f"    pop{line}",)),) for line in (2, 3)]
    assert together(after) == (*after[0], *after[1])


def test_what_came_by_await_is_closed_by_await(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("app/jobs.py").write_text(
        "import httpx\n\nclient = httpx.AsyncClient()\n\n\nasync def pass_on(request, note):\n"
        "    answer = await client.send(request, stream=True)\n    await note(answer.status_code)\n    return answer\n",
        encoding="utf-8",
    )
    repair = re.search(r"\*\*Repair\*\*: (.*)", chapter(report(capsys, "app"), re.escape("`answer` in `pass_on`")))
    assert repair
    assert "`await answer.aclose()` only where it is not" in repair[1]


def test_a_line_names_all_its_places_below(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    task = "import asyncio\n\n\nasync def f_{0}(peer):\n    asyncio.create_task(peer.greet_{0}())\n"
    Path("app/jobs.py").unlink()
    for n in range(5):
        Path(f"app/task_{n}.py").write_text(task.format(n), encoding="utf-8")
        Path(f"app/cache_{n}.py").write_text(f"_c{n} = {{}}\n\n\ndef f(user_id, g):\n    _c{n}[user_id] = g()\n")
    text = report(capsys, "app", "--select", "LK101,LK103,LK201")
    row = next(line for line in text.split("\n") if 'id="p2-' in line and "|" in line)
    assert " more |" in row
    assert "`app/task_4.py:5`" not in row
    assert "`app/task_4.py:5`" in text.partition(" Location</summary>")[2].partition("</details>")[0]


def test_the_first_entries_say_how_to_measure_them(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hub = "class {0}:\n    def __init__(self):\n        self.kept = {{}}\n\n    def on_join(self, user_id, g):\n"
    hub += "        self.kept[user_id] = g()\n"
    for n in range(7):
        Path(f"app/hub_{n}.py").write_text(hub.format(f"Of{n}Hub"), encoding="utf-8")
    Path("app/jobs.py").unlink()
    text = report(capsys, "app")
    assert text.count("\n### P1-") == 7
    assert text.count("- **Measure**") == text.count("- **No leak if**") == 5
    assert text.count("- **How certain**: medium: ") == 7
