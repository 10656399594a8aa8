"""Repairs of the very code: every one that is offered for an example clears its finding, and reads well."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

import pytest

from leaklint import link, pages
from leaklint.analyze import analyze
from leaklint.catalogue import Catalogue, load
from leaklint.facts import Change, Edit, Finding
from leaklint.repairs import edits, rewrite

RULES = Path(__file__).parent.parent / "rules"


@functools.cache
def knowledge() -> Catalogue:
    return load()


def check(code: str) -> tuple[Finding, ...]:
    return link.link([analyze(code.encode(), "example.py", "example", knowledge())]).findings


def examples() -> list[tuple[str, str, str]]:
    """Code, file and line of every example that is reported somewhere."""
    return [
        (rule.code, f"{rule.folder}/{name}:{block.line}", block.text)
        for rule in knowledge().rules
        for name in ("rule.md", "cases.md")
        for file in [RULES / rule.folder / name]
        for block in (pages.blocks(file.read_text("utf-8")) if file.exists() else ())
        if block.language == "python" and f"# {rule.code}" in block.text
    ]


EXAMPLES = examples()


def repaired(code: str, finding: Finding) -> str:
    lines = code.split("\n")
    made = rewrite.Source(lines).edits(finding.repair)
    assert made or not finding.repair
    return "\n".join(edits.applied(lines, made))


@pytest.mark.parametrize(("rule", "place", "code"), EXAMPLES, ids=[place for _, place, _ in EXAMPLES])
def test_a_repair_clears_its_finding(rule: str, place: str, code: str) -> None:
    for finding in check(code):
        if finding.rule == rule and finding.repair:
            mended = repaired(code, finding)
            ast.parse(mended)
            left = {(f.rule, f.subject) for f in check(mended)}
            assert (finding.rule, finding.subject) not in left, f"{place}\n{mended}"


@pytest.mark.parametrize("rule", ["LK101", "LK103", "LK106", "LK201", "LK301"])
def test_these_rules_know_one(rule: str) -> None:
    found = [f for code, _, text in EXAMPLES if code == rule for f in check(text) if f.rule == rule]
    assert any(f.repair for f in found)


def only(code: str) -> str:
    (finding,) = check(code)
    return repaired(code, finding)


def test_a_cache_loses_its_oldest_entry() -> None:
    code = (
        "_rates = {}\n\n\ndef rate(pair):\n    if pair not in _rates:\n        _rates[pair] = load(pair)\n"
        "    return _rates[pair]\n"
    )
    assert only(code) == (
        "_rates = {}\nMAX_RATES = 100  # choose it by what an entry weighs\n\n\n"
        "def rate(pair):\n    if pair not in _rates:\n        _rates[pair] = load(pair)\n"
        "        while len(_rates) > MAX_RATES:\n            del _rates[next(iter(_rates))]  # the oldest one\n"
        "    return _rates[pair]\n"
    )


def test_a_session_is_managed() -> None:
    code = (
        "import aiohttp\n\n\nasync def fetch(url):\n    session = aiohttp.ClientSession()  # one per call\n"
        "    answer = await session.get(url)\n\n    return await answer.text()\n"
    )
    assert only(code) == (
        "import aiohttp\n\n\nasync def fetch(url):\n"
        "    async with aiohttp.ClientSession() as session:  # one per call\n"
        "        answer = await session.get(url)\n\n        return await answer.text()\n"
    )


def test_a_task_keeps_its_name() -> None:
    code = (
        "import asyncio\n\n\nasync def work():\n    await asyncio.sleep(1)\n\n\nasync def relay(sources):\n"
        "    for task in sources:\n        asyncio.create_task(work())\n        reading = asyncio.create_task(work())\n"
    )
    for finding in check(code):
        mended = repaired(code, finding)
        assert "task_2 = asyncio.create_task(work())" in mended or "background_tasks.add(reading)" in mended
        assert "for task in sources" in mended
        assert "\n        task = " not in mended


def test_a_suite_on_the_line_of_its_header_becomes_a_block() -> None:
    code = "import asyncio\n\n\n# all of them\nasync def f(g):\n    if g: asyncio.create_task(g())  # now\n"
    assert only(code) == (
        "import asyncio\n\n\nbackground_tasks = set()\n\n\n# all of them\nasync def f(g):\n    if g:\n"
        "        task = asyncio.create_task(g())  # now\n        background_tasks.add(task)\n"
        "        task.add_done_callback(background_tasks.discard)\n"
    )


def test_statements_that_share_a_line_are_parted() -> None:
    code = "import asyncio\n\nasync def f(g):\n    x = 1; asyncio.create_task(g()); y = 2\n"
    assert only(code) == (
        "import asyncio\n\nbackground_tasks = set()\n\n\nasync def f(g):\n    x = 1\n"
        "    task = asyncio.create_task(g())\n    background_tasks.add(task)\n"
        "    task.add_done_callback(background_tasks.discard)\n    y = 2\n"
    )


def test_text_of_several_lines_stays_as_it_is() -> None:
    code = (
        "import aiohttp\n\n\nasync def f(u):\n  s = aiohttp.ClientSession(\n    u\n  )\n"
        '  async with s.post("""\n{}""") as a:\n    return a\n'
    )
    assert only(code) == (
        "import aiohttp\n\n\nasync def f(u):\n  async with aiohttp.ClientSession(\n    u\n  ) as s:\n"
        '    async with s.post("""\n{}""") as a:\n      return a\n'
    )


@pytest.mark.parametrize("code", ["x = 1\n", "def f():\n    x = " + "(" * 150 + ")" * 150 + "\n"])
def test_what_cannot_be_written_is_not_offered(code: str) -> None:
    source = rewrite.Source(code.split("\n"))
    assert source.edits([Change(0, "around", ("with a:",))]) == ()
    assert source.edits([Change(0, "instead", ("x =",))]) == ()


def test_a_comparison_shows_what_changes() -> None:
    lines = [f"line {number}" for number in range(1, 12)]
    made = (Edit(3, 2, ("new",)), Edit(9, 10, ("    line 9", "line 10")))
    parts = edits.comparison(lines, made)
    assert [(part.first, [row.sign + row.text for row in part.rows]) for part in parts] == [
        (1, [" line 1", " line 2", "+new", " line 3", " line 4"]),
        (7, [" line 7", " line 8", "-line 9", "+    line 9", " line 10", " line 11"]),
    ]
    near = edits.comparison(lines, (Edit(3, 3, ()), Edit(5, 5, ("five",))))
    assert [row.sign + row.text for row in near[0].rows] == [
        *(" line 1", " line 2", "-line 3", " line 4", "-line 5", "+five", " line 6", " line 7"),
    ]
    assert len(near) == 1
