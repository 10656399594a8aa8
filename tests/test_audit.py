"""`leaklint report`: the document as Markdown, in both languages, against what a real renderer makes of it."""

from __future__ import annotations

import itertools
import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, get_args

import pytest
from audited import FILES, project
from markdown_it import MarkdownIt
from samples import CATALOGUE, finding

from leaklint import cli
from leaklint.facts import SEVERITIES, DriverKind, Evidence, OwnerKind, ReleaseKind, Role, Run, Span
from leaklint.pages import fields
from leaklint.report.audit import html, markdown
from leaklint.report.audit.document import About, document
from leaklint.report.audit.words import LANGUAGES, words
from leaklint.running.runner import Outcome

Report = Callable[..., tuple[int, str, str]]


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Report:
    """Runs `leaklint report` over the sample project: status, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")  # 2026-01-01
    project(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        status = cli._status(["report", *arguments])
        out, err = capsys.readouterr()
        assert "Traceback (most recent" not in out + err
        return status, out, err

    return run


def parsed(text: str) -> list[Any]:
    """The tokens that a renderer makes of Markdown."""
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)


def headings(text: str) -> list[str]:
    pairs = itertools.pairwise(parsed(text))
    return [after.content for token, after in pairs if token.type == "heading_open"]


def chapter(text: str, number: str) -> str:
    return text.split(f"### {number} ")[1].split("\n### ", maxsplit=1)[0].split("\n## ", maxsplit=1)[0]


def test_what_stands_in_it(report: Report) -> None:
    status, out, err = report()
    assert (status, err) == (0, "")
    assert headings(out)[0].startswith("Memory leak report: ")
    assert [h for h in headings(out) if not re.match(r"P\d-\d|LK", h)][1:] == [
        "What to do first",
        "P0: leaks that grow without end",
        "P1: high risks",
        "How to read this",
        "If this is not your code",
        "Suppressed and accepted",
        "Looked at and found sound",
        "What was not checked",
        "What a static look cannot see",
    ]
    assert "2026-01-01 · leaklint " in out
    assert "**4 entries**: 2 P0, 2 P1, 0 P2, at 4 places." in out
    hub = chapter(out, "P0-1")
    assert hub.startswith("`Hub.locks` (LK103 session-map-never-pruned) <a id=")
    for label in (
        "Location",
        "Problem",
        "When",
        "Why it stays",
        "Impact",
        "Repair",
        "Measure",
        "How certain",
        "No leak if",
    ):
        assert f"- **{label}**:" in hub
    assert "- **Location**: `app/hub.py:12`\n" in hub
    assert "12 |         self.locks[session_id] = object()\n   |         ^^^^^" in hub
    assert "         self.sessions.pop(session_id, None)\n+        self.locks.pop(session_id, None)\n" in hub
    assert "| `app/cache.py` | `_recent`: its size is checked: `len(_recent) > 500` |" in out
    assert "- `vendor/`: excluded by `vendor`; Python files: 1" in out
    assert "- `app/broken.py`: syntax error: Missing parentheses" in out
    assert "TypeScript (1)" in out
    assert r"flush is short, and \*awaits\* nothing \| else |" in out


def test_what_is_least_urgent_has_a_line(report: Report, tmp_path: Path) -> None:
    """Except where nothing else is to be mended first."""
    late = "import asyncio\n\n\nasync def f(g):\n    asyncio.create_task(g())\n"
    for name in ("a", "b"):
        (tmp_path / "app" / f"late_{name}.py").write_text(late.replace("(g)", f"(g_{name})"), encoding="utf-8")
    _, out, _ = report()
    assert "### P2-1 " in out
    (tmp_path / "app" / "more.py").write_text(FILES["app/hub.py"].replace("Hub", "Room"), encoding="utf-8")
    (tmp_path / "app" / "most.py").write_text(FILES["app/cache.py"], encoding="utf-8")
    _, out, _ = report()
    assert "### P2-1 " not in out
    assert '| <a id="p2-1"></a>P2-1 LK201 | `app/late_a.py:5`' in out
    assert "<details><summary>Patches: P2-1" in out


def test_impacts_are_no_invented_numbers(report: Report) -> None:
    for language in LANGUAGES:
        _, out, _ = report("--lang", language)
        label = words(language)("label.impact")
        impacts = re.findall(rf"^- \*\*{label}\*\*{words(language)('colon')}(.+)$", out, re.MULTILINE)
        assert len(impacts) == 4
        assert not any(re.search(r"\d+ *(?:[KMG]i?B|bytes|MB|%)", impact) for impact in impacts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_real_renderer_sees_what_is_meant(report: Report, language: str) -> None:
    _, out, _ = report("--lang", language)
    tokens = parsed(out)
    fences = [token for token in tokens if token.type == "fence"]
    assert {token.info for token in fences} == {"text", "diff"}
    assert sum(token.info == "diff" for token in fences) == 4
    widths: list[int] = []
    for token in tokens:
        if token.type == "tr_open":
            widths.append(0)
        elif token.type in ("th_open", "td_open"):
            widths[-1] += 1
    rendered = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(out)
    assert rendered.count("<table>") == len(re.findall(r"^\|---", out, re.MULTILINE)) >= 2
    assert len(widths) == len(re.findall(r"^\| ", out, re.MULTILINE)), "every row of a table is one"
    anchors = set(re.findall(r'<a id="([^"]+)"', rendered))
    links = set(re.findall(r'href="#([^"]+)"', rendered))
    assert links == anchors == {"p0-1", "p1-1", "p1-2", "p0-2"}
    assert len([h for h in headings(out) if re.match(r"P\d-\d", h)]) == 4
    assert "<em>" not in rendered, "what others wrote is no Markdown of ours"


def test_chinese(report: Report) -> None:
    status, out, _ = report("--lang", "zh")
    assert status == 0
    assert "先做什么" in headings(out)
    assert "- **触发条件**" + words("zh")("colon") in chapter(out, "P0-1")
    own = set(re.findall(r"^- \*\*([^*]+)\*\*", out, re.MULTILINE))
    assert not [label for label in own - set(SEVERITIES) if label.isascii()]


def test_both_languages_say_the_same() -> None:
    tables = [words(language).table for language in LANGUAGES]
    one, other = (
        {
            (section, name): set(fields(text))
            for section, inner in table.items()
            for name, text in (inner.items() if isinstance(inner, dict) else [("", inner)])
            if section not in ("labels", "nouns", "defences", "values")  # of the rules, which are English themselves
        }
        for table in tables
    )
    assert one == other


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_words_for_every_answer(language: str) -> None:
    say = words(language)
    for section, kinds in (
        ("stays", OwnerKind),
        ("trigger", DriverKind),
        ("growth", DriverKind),
        ("grows", ReleaseKind),
    ):
        for kind in get_args(kinds):
            assert say.table[section][kind]
    for role in get_args(Role):
        assert isinstance(say(f"role.{role}"), str)


def test_a_project_without_leaks(report: Report) -> None:
    for name in FILES:
        Path(name).unlink()
    Path("a.py").write_text("x = 1\n")
    status, out, _ = report()
    assert status == 0
    assert headings(out)[1:] == ["What to do first", "What was not checked", "What a static look cannot see"]
    assert "No leak was found" in out
    assert "Every Python file in the given paths was checked." in out
    assert report("--output", "html")[1].count("<article") == 0


def test_what_has_changed_since(report: Report) -> None:
    report("--output", "json=old.json")
    rows = json.loads(Path("old.json").read_text())
    assert {row["first_seen"] for row in rows} == {"2026-01-01"}
    assert {row["rule"] for row in rows} >= {"LK101", "LK103", "LK201", "LK301"}
    for row in rows:
        row["first_seen"] = "2025-12-01"
    Path("old.json").write_text(json.dumps(rows))
    Path("app/hub.py").write_text(
        FILES["app/hub.py"].replace("None)\n\n", "None)\n        self.locks.pop(session_id, None)\n\n", 1)
    )
    Path("app/cache.py").rename("app/store.py")
    Path("app/new.py").write_text(FILES["app/jobs.py"].replace("queue", "other"))
    _, out, _ = report("--since", "old.json", "--output", "json=new.json", "--output", "markdown")
    assert "Compared with `old.json`: **1 fixed**, **2 new**, 3 still there." in out
    assert "- ~~P0 LK103~~ `app/hub.py`: `Hub.locks` gains" in out
    assert "app/store.py" in out.split("Oldest that are still there:")[1].split("##")[0]
    assert out.count("known since 2025-12-01 (31 days)") == 3
    assert out.count("new since the last report") == 2
    seen = {row["path"]: row["first_seen"] for row in json.loads(Path("new.json").read_text())}
    assert (seen["app/store.py"], seen["app/new.py"]) == ("2025-12-01", "2026-01-01")


def test_a_report_without_dates_is_as_old_as_its_file(report: Report) -> None:
    cli._status(["check", "--output", "json=old.json", "--exit-zero"])
    os.utime("old.json", (1764633600, 1764633600))  # 2025-12-02
    assert "known since 2025-12-02 (30 days)" in report("--since", "old.json")[1]


def test_accepted_findings_are_listed(report: Report) -> None:
    cli._status(["baseline", "create", "--reason", "until the *hub* is replaced"])
    status, out, _ = report("--baseline", "leaklint-baseline.toml")
    assert status == 0
    assert (
        r"| P0 | LK103 session-map-never-pruned | `app/hub.py:12` | baseline | until the \*hub\* is replaced |" in out
    )
    assert "No leak was found" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--since", "nope.json"], "--since: nope.json: no such file or directory"),
        (["--since", "app/hub.py"], "--since: app/hub.py: not JSON: "),
        (["--since", "object.json"], "--since: object.json: not an array of findings"),
        (["--since", "rows.json"], "--since: rows.json: an entry lacks one of rule, path,"),
        (["--since", "dates.json"], "--since: dates.json: 'then' is no date"),
        (["--output", "pdf"], "there is no form 'pdf' of the report; the forms are markdown, html, json"),
        (["-o", "no/such/file.md"], "cannot write no/such/file.md: "),
        (["-o", "a.md", "--output", "html=a.md"], "two outputs go to a.md"),
        (["--lang", "de"], "'de' is not one of"),
        (["--baseline", "nope"], "nope: no such file: make it with"),
    ],
)
def test_bad_input_is_one_line(report: Report, arguments: list[str], says: str) -> None:
    Path("object.json").write_text("{}")
    Path("rows.json").write_text('[{"rule": 3}]')
    row = dict.fromkeys(("rule", "path", "subject", "fingerprint", "severity", "message", "first_seen"), "then")
    Path("dates.json").write_text(json.dumps([row]))
    status, out, err = report(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith("leaklint: ")
    assert says in err
    assert err.count("\n") == 1
    assert not Path("a.md").exists()


def test_a_missing_path_is_told_and_the_rest_is_reported(report: Report) -> None:
    status, out, err = report("app", "nope")
    assert (status, err) == (2, "leaklint: nope: no such file or directory\n")
    assert "### P0-1" in out
    assert "Errors of the run: nope: no such file or directory" in out


class Checker(HTMLParser):
    """Every tag is closed where it should be, and nothing is loaded from elsewhere."""

    void = frozenset({"meta", "link", "input", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids += [str(given["id"])] if "id" in given else []
        for name in "src", "href", "action":
            assert (given.get(name) or "#").startswith(("#", "data:,")), given
        assert not any(name.startswith("on") for name in given)
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def page(text: str) -> Checker:
    checker = Checker()
    checker.feed(text)
    checker.close()
    assert checker.open == []
    assert len(checker.ids) == len(set(checker.ids))
    return checker


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page(report: Report, language: str) -> None:
    _, out, _ = report("--output", "html", "--lang", language)
    found = page(out)
    assert {"p0-1", "p1-1", "p1-2", "p0-2", "summary", "chart", "filters"} <= set(found.ids)
    assert f'<html lang="{language}">' in out
    assert "http-equiv" in out
    assert "http://" not in out.replace("http-equiv", "")
    assert "https://" not in out


NASTY = finding(
    "a|`<b>`\n.py", Span(1, 1, 1, 5), Evidence("b.py", Span(4, 1, 4, 2), "driver", "filled", {"how": "`|</pre>"})
)._replace(
    args={"name": "</script><script>alert(1)</script>`x|y* [a](b)"},
    subject="m:```",
)


def test_what_comes_from_the_code_is_text() -> None:
    rule = CATALOGUE.rules[0]._replace(checker="x")
    outcome = Outcome(
        Run(findings=(NASTY, NASTY._replace(severity="P0", subject="m:<b>")), files=1, errors=("<i>`",)), {}
    )
    made = document(outcome, replace(CATALOGUE, rules=(rule,)), words("en"), About("<b>|`", date(2026, 1, 1)))
    found = page("\n".join(html.lines(made)))
    assert "</script><script>alert(1)</script>" in found.text
    text = "\n".join(markdown.lines(made))
    rendered = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text)
    assert "<script>" not in rendered
    assert "<b>" not in rendered
    assert len(re.findall("<h3>.*P[01]-1", rendered)) == 2


def test_two_reports_are_the_same(report: Report) -> None:
    for form in "markdown", "html", "json":
        assert report("--output", form)[1] == report("--output", form, "--jobs", "2")[1]
