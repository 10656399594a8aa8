"""The formats without a schema: what each line holds, what is escaped, what the documents say of them."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner
from samples import CATALOGUE, finding

from leaklint import cli
from leaklint.commands.check import check as check_command
from leaklint.facts import Evidence, Finding, Run, Severity, Span, Suppression
from leaklint.report import ALIASES, DEFAULT_FORMAT, FORMATS, Look, Tone, github, markdown, prose, render
from leaklint.report.json import row
from leaklint.report.tally import by_file, by_rule, statistics
from leaklint.running.runner import Outcome

ROOT = Path(__file__).parent.parent
PLACE = Span(12, 5, 12, 20)
FOUND = finding("src/app.py", PLACE, Evidence("src/b.py", Span(40, 5, 40, 30), "acquired", "filled", {"how": "add"}))
WHY = Suppression(line=1, first=1, last=1, codes=(), reason="only *four*, see #12")


def report(form: str, *findings: Finding, look: Look | None = None, **more: object) -> list[str]:
    run = Run(findings=findings, files=2)._replace(**more)  # type: ignore[arg-type]
    return list(render(Outcome(run, {}), CATALOGUE, form, look or Look()))


def named(name: str) -> Finding:
    return FOUND._replace(args={"name": name})


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_documents_and_the_help_list_the_formats() -> None:
    page = (ROOT / "docs" / "formats.md").read_text("utf-8")
    table = re.findall(r"^\| `(\w+)` \| (.+) \|$", page, re.MULTILINE)
    assert table == list(FORMATS.items())
    assert f"`{DEFAULT_FORMAT}` is the default" in page
    for alias, form in ALIASES.items():
        assert f"`{alias}` is another name for it" in page
        assert form == DEFAULT_FORMAT
    headings = [word for line in re.findall(r"^## (.+)$", page, re.MULTILINE) for word in line.split(" and ")]
    assert headings == [*FORMATS, "Statistics"]

    shown = CliRunner().invoke(cli.cli, ["check", "--help"], terminal_width=200).output
    listed = shown.split("\n  Formats:\n")[1]
    assert re.findall(r"^ {4}(\w+) +(.+)$", listed, re.MULTILINE) == list(FORMATS.items())
    assert f"{DEFAULT_FORMAT} by default" in shown


def test_every_option_that_the_document_names_exists() -> None:
    page = (ROOT / "docs" / "formats.md").read_text("utf-8")
    known = {option for parameter in check_command.params for option in parameter.opts}
    used = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", page))
    assert {"--output", "--output-format", "--statistics", "--exit-zero"} <= used
    assert used - known <= {"-l", "-f"}  # of wc, of reviewdog


def test_a_format_is_a_module() -> None:
    modules = {file.stem for file in (ROOT / "leaklint" / "report").glob("*.py")}
    assert set(FORMATS) <= modules
    for name in modules - set(FORMATS) - {"__init__"}:
        assert not hasattr(importlib.import_module(f"leaklint.report.{name}"), "render"), f"{name} is in no table"


def test_concise() -> None:
    name = b"a\x1b\n\xff.py".decode("utf-8", "surrogateescape")
    assert report("concise", FOUND, FOUND._replace(path=name)) == [
        "src/app.py:12:5: P1 LK900 things-grow: `THINGS` grows",
        "a\\x1b\\n\\udcff.py:12:5: P1 LK900 things-grow: `THINGS` grows",
    ]
    assert report("concise") == []

    def paint(words: str, tone: Tone) -> str:
        return f"<{tone}>{words}</>"

    (line,) = report("concise", FOUND, look=Look(paint))
    assert line == "src/app.py:12:5: <P1>P1 LK900 things-grow</>: `THINGS` grows"


@pytest.mark.parametrize("number", [0, 1, 3])
def test_jsonl_is_json_line_by_line(number: int) -> None:
    lines = report("jsonl", *[FOUND] * number)
    assert [json.loads(line) for line in lines] == [row(FOUND, CATALOGUE)] * number
    assert json.loads("".join(report("json", *[FOUND] * number))) == [json.loads(line) for line in lines]


@pytest.mark.parametrize(("severity", "command"), [("P0", "error"), ("P1", "warning"), ("P2", "notice")])
def test_github(severity: Severity, command: str) -> None:
    (line,) = report("github", FOUND._replace(severity=severity))
    assert line == (
        f"::{command} file=src/app.py,line=12,endLine=12,col=5,endColumn=20,title={severity} LK900 things-grow::"
        "`THINGS` grows%0Asrc/b.py:40: filled here by `add`%0Ahint: bound it%0Aor empty it"
    )


def test_github_takes_columns_within_one_line_alone() -> None:
    (line,) = report("github", FOUND._replace(span=Span(3, 5, 4, 2)))
    assert line.startswith("::warning file=src/app.py,line=3,endLine=4,title=")


def test_github_escapes() -> None:
    (line,) = report("github", named("d[50%] :: a,b")._replace(path="a,b: 5%.py"))
    properties, words = line.removeprefix("::warning ").split("::", 1)
    assert properties.startswith("file=a%2Cb%3A 5%25.py,line=12,")
    assert words.startswith("`d[50%25] :: a,b` grows%0A")
    assert github.property_("a\r\nb") == "a%0D%0Ab"
    assert github.text("100%:,\r\n") == "100%25:,%0D%0A"


def test_github_names_files_from_the_root_of_the_repository(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "sub").mkdir()
    monkeypatch.chdir(here / "sub")
    (line,) = report("github", FOUND)
    assert line.startswith("::warning file=sub/src/app.py,")
    assert "%0Asub/src/b.py:40: " in line


@pytest.mark.parametrize("form", ["full", "github", "markdown", "sarif"])
def test_a_finding_that_other_files_might_have_cleared_says_so(form: str) -> None:
    assert prose.LOWERED not in "\n".join(report(form, FOUND))
    assert prose.LOWERED in "\n".join(report(form, FOUND._replace(lowered=True)))


def test_cells_of_a_notebook() -> None:
    inner = FOUND.evidence[0]._replace(path="a.ipynb:cell 2")
    found = [FOUND._replace(path=f"a.ipynb:cell {cell}", evidence=(inner,)) for cell in (3, 4)]
    first, _ = report("concise", *found)
    assert first.startswith("a.ipynb:cell 3:12:5: P1 ")
    first, _ = report("github", *found)
    assert first.startswith("::warning file=a.ipynb,line=1,title=P1 LK900 things-grow::cell 3, line 12: `THINGS` grows")
    assert "%0Aa.ipynb:cell 2:40: filled here" in first
    assert [(r.name, r.total) for r in by_file(found)] == [("a.ipynb", 2)]
    assert "1. **LK900 things-grow** `a.ipynb:cell 3:12:5`: `THINGS` grows" in report("markdown", *found)
    (line,) = report("github", found[0]._replace(path="/else/where.ipynb:cell 1"))
    assert line.startswith("::warning file=/else/where.ipynb,line=1,")


def test_github_errors() -> None:
    assert report("github", errors=("a.py: 5% read\nor so",)) == ["::error title=leaklint::a.py: 5%25 read%0Aor so"]


def test_markdown() -> None:
    findings = FOUND, FOUND._replace(severity="P0", path="b.py"), FOUND
    out = report("markdown", *findings, suppressed=((FOUND._replace(path="c.py"), WHY),), errors=("x.py: <gone>",))
    assert "\n".join(out) == "\n".join(
        [
            "# leaklint: 3 findings",
            "",
            "2 files checked, 1 finding suppressed, 1 error.",
            "",
            "| rule | P0 | P1 | P2 | all |",
            "|---|--:|--:|--:|--:|",
            "| LK900 things-grow | 1 | 2 |  | 3 |",
            "| **all** | 1 | 2 |  | 3 |",
            "",
            "| file | P0 | P1 | P2 | all |",
            "|---|--:|--:|--:|--:|",
            "| `b.py` | 1 |  |  | 1 |",
            "| `src/app.py` |  | 2 |  | 2 |",
            "",
            "## P0: leaks that grow without end",
            "",
            *_finding(1, "b.py"),
            "",
            "## P1: high risks",
            "",
            *_finding(1, "src/app.py"),
            *_finding(2, "src/app.py"),
            "",
            "## Suppressed",
            "",
            r"- P1 LK900 things-grow `c.py:12:5`: only \*four\*, see \#12",
            "",
            "## Not checked to the end",
            "",
            r"- x.py: \<gone\>",
            "",
        ]
    )


def _finding(number: int, path: str) -> Sequence[str]:
    return [
        f"{number}. **LK900 things-grow** `{path}:12:5`: `THINGS` grows",
        "   - `app:THINGS`: owner process, driver event, release never",
        "   - `src/b.py:40`: filled here by `add`",
        "   - **Repair:** bound it or empty it",
    ]


def test_markdown_without_findings() -> None:
    assert report("markdown") == ["# leaklint: no findings", "", "2 files checked.", ""]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("`x` is kept", "`x` is kept"),
        ("`a*b*c` and a*b*c", r"`a*b*c` and a\*b\*c"),
        ("a ` alone", r"a \` alone"),
        ("`` <b> @team", "\\`\\` \\<b\\> @\u200bteam"),
        ("[x](http://y) `<b>@team`", r"\[x\](http://y) `<b>@team`"),
    ],
)
def test_markdown_keeps_code_and_escapes_the_rest(text: str, expected: str) -> None:
    assert markdown.inline(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("a", "`a`"), ("a`b", "``a`b``"), ("`a", "`` `a ``"), ("a``b`c", "```a``b`c```")]
)
def test_markdown_code_holds_backticks(text: str, expected: str) -> None:
    assert markdown.code(text) == expected


def test_markdown_file_names_do_not_end_a_cell() -> None:
    lines = report("markdown", FOUND._replace(path="a|b.py"), FOUND)
    assert r"| `a\|b.py` |  | 1 |  | 1 |" in lines


def test_the_worst_files_come_first() -> None:
    def many(path: str, *severities: Severity) -> list[Finding]:
        return [FOUND._replace(path=path, severity=severity) for severity in severities]

    findings = [*many("many.py", "P2") * 9, *many("b.py", "P1", "P2"), *many("a.py", "P1"), *many("zero.py", "P0")]
    assert [r.name for r in by_file(findings)] == ["zero.py", "b.py", "a.py", "many.py"]
    assert [(r.name, r.counts) for r in by_rule(findings)] == [("LK900 things-grow", (1, 2, 10))]
    crowd = [f for number in range(12) for f in many(f"f{number:02}.py", "P2")]
    lines = list(statistics(Run(findings=(*crowd, *findings[-1:]))))
    assert lines[lines.index("") + 1].startswith("the worst 10 of 13 files  ")
    listed = [line.split()[0] for line in lines[lines.index("") + 2 : -1]]
    assert listed == ["zero.py", *(f"f{number:02}.py" for number in range(9))]


def test_statistics() -> None:
    other = FOUND._replace(rule="LK100", name="first", severity="P0")
    assert list(statistics(Run(findings=(FOUND, other, FOUND)))) == [
        "rule                 P0    P1    P2   all",
        "LK100 first           1     0     0     1",
        "LK900 things-grow     0     2     0     2",
        "all rules             1     2     0     3",
        "",
        "file          P0    P1    P2   all",
        "src/app.py     1     2     0     3",
        "",
    ]
    assert list(statistics(Run())) == []
