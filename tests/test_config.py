"""Settings: which file counts, what is wrong with one, what the command line changes, and the documents about it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tomli

from leaklint import cli
from leaklint.project.config import Finder, read
from leaklint.project.keys import KEYS, Settings, SettingsError
from leaklint.project.paths import covers

DOCS = Path(__file__).parent.parent / "docs"
HEAD = "[tool.leaklint]\n"

LEAK = """\
import asyncio


async def start(work):
    asyncio.create_task(work())
"""
WRAPPER = """\
import asyncio


def start(work):
    return asyncio.create_task(work())


def run(work):
    start(work)
"""
SINGLETON = """\
import functools


class Hub:
    @functools.cache
    def topic(self, name):
        return name
"""

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def leaklint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in an empty directory: status, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        status = cli._status(arguments)
        out, err = capsys.readouterr()
        return status, out, err

    return run


def write(name: str, text: str) -> None:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def rows(result: tuple[int, str, str]) -> list[tuple[str, str, str]]:
    status, out, err = result
    assert (err, status < 2) == ("", True)
    return [(row["path"], row["rule"], row["severity"]) for row in json.loads(out)]


def found(leaklint: Run, *arguments: str) -> list[tuple[str, str]]:
    return [row[:2] for row in rows(leaklint("check", "--output-format", "json", *arguments))]


# -- which file counts -----------------------------------------------------------------------------------------------


def test_the_nearest_file_counts_and_nothing_is_merged(tmp_path: Path) -> None:
    texts = {
        "pyproject.toml": HEAD + 'fail-on = "P0"\nignore = ["LK"]',
        "a/pyproject.toml": "[tool.other]\nx = 1",
        "b/leaklint.toml": 'fail-on = "P1"',
        "b/pyproject.toml": HEAD + 'fail-on = "P2"',
        "b/c/pyproject.toml": HEAD,
        "d/pyproject.toml": "[tool\n",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    finder = Finder(tmp_path)
    levels = {name: finder(tmp_path / name).fail_on for name in ("x.py", "a/x.py", "b/x.py", "b/c/x.py", "d/e/x.py")}
    assert levels == {"x.py": "P0", "a/x.py": "P0", "b/x.py": "P1", "b/c/x.py": "P2", "d/e/x.py": "P0"}
    assert finder(tmp_path / "b" / "x.py").ignore == ()
    assert Finder(tmp_path, isolated=True)(tmp_path / "x.py").fail_on == "P2"
    assert Finder(tmp_path, file=tmp_path / "b" / "leaklint.toml")(tmp_path / "x.py").fail_on == "P1"
    with pytest.raises(SettingsError, match=r"^a/pyproject.toml: has no table \[tool.leaklint\]$"):
        Finder(tmp_path, file=tmp_path / "a" / "pyproject.toml")


def test_where_values_come_from(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text(
        '[project]\nselect = 1  # preview\n[tool.leaklint]\n# ignore\nignore = [\n  "preview",\n]\npreview = true\n'
        '[tool.leaklint.severity]\nLK201 = "P2"\n"LK103" = "P1"\n[tool.other]\nselect = 2\nseverity = 1\n'
    )
    settings = Finder(tmp_path, {"ignore": ("LK2",), "fail_on": "P1"})(tmp_path / "a.py")
    where = {
        name: settings.where(name) for name in ("select", "ignore", "preview", "severity", "fail_on", "task_wrappers")
    }
    assert where == {
        "select": "default",
        "ignore": "pyproject.toml:5, command line",
        "preview": "pyproject.toml:8",
        "severity": "pyproject.toml:9",
        "fail_on": "command line",
        "task_wrappers": "default",
    }
    assert settings.where("severity", "LK103") == "pyproject.toml:11"
    assert settings.ignore == ("preview", "LK2")


def test_select_on_the_command_line_starts_anew(tmp_path: Path) -> None:
    (tmp_path / "leaklint.toml").write_text('select = ["LK1"]\nextend-select = ["LK003"]\nignore = ["LK2"]')
    plain, fresh = Finder(tmp_path), Finder(tmp_path, {"select": ("LK2",), "ignore": ("LK203",)})
    added = Finder(tmp_path, {"extend_select": ("LK3",)})
    given = [(s.select, s.extend_select, s.ignore) for s in (find(tmp_path / "a.py") for find in (plain, fresh, added))]
    assert given == [
        (("LK1",), ("LK003",), ("LK2",)),
        (("LK2",), (), ("LK203",)),
        (("LK1",), ("LK003", "LK3"), ("LK2",)),
    ]


# -- what is wrong with one ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        (
            "pyproject.toml",
            HEAD + "\nselct = []",
            "pyproject.toml:3: selct: there is no such key; did you mean select?",
        ),
        ("leaklint.toml", "fail_on = 'P1'", "leaklint.toml:1: fail_on: there is no such key; did you mean fail-on?"),
        (
            "leaklint.toml",
            "[per-file-ignore]",
            "leaklint.toml:1: per-file-ignore: there is no such key; did you mean per",
        ),
        ("leaklint.toml", HEAD, "leaklint.toml:1: tool: in leaklint.toml the keys stand at top level"),
        ("pyproject.toml", "[tool]\nleaklint = 1", "pyproject.toml: tool.leaklint: must be a table"),
        ("leaklint.toml", "\nselect = 'LK1'", "leaklint.toml:2: select: must be list of rules, as in `select = ["),
        ("leaklint.toml", "ignore = [1]", "leaklint.toml:1: ignore: must be list of rules"),
        ("leaklint.toml", "fail-on = 1", "leaklint.toml:1: fail-on: must be P0, P1 or P2"),
        ("leaklint.toml", "fail-on = 'P3'", "leaklint.toml:1: fail-on: must be P0, P1 or P2"),
        ("leaklint.toml", "preview = 1", "leaklint.toml:1: preview: must be true, false or a list of rules"),
        ("leaklint.toml", "force-exclude = 'no'", "leaklint.toml:1: force-exclude: must be true or false"),
        ("leaklint.toml", "severity = []", "leaklint.toml:1: severity: must be table of rules and"),
        ("leaklint.toml", "[severity]\nLK1='P1'\nLK201='high'", "leaklint.toml:3: severity.LK201: must be table of"),
        ("leaklint.toml", "[per-file-ignores]\n'a*'='LK1'", "leaklint.toml:2: per-file-ignores.a*: must be table of"),
        ("leaklint.toml", "api-files = ['x.toml']", "leaklint.toml:1: api-files: x.toml: no such file"),
        ("leaklint.toml", "rule-folders = ['x']", "leaklint.toml:1: rule-folders: x: no such folder"),
        (
            "leaklint.toml",
            "\nselect = ['LKK101']",
            "leaklint.toml:2: select: there is no rule 'LKK101'; did you mean LK101?",
        ),
        ("leaklint.toml", "\nignore = ['x']", "leaklint.toml:2: ignore: there is no rule 'x'"),
        ("leaklint.toml", "[severity]\nLK999 = 'P1'", "leaklint.toml:2: severity.LK999: there is no rule 'LK999'"),
        ("leaklint.toml", "[per-file-ignores]\nx = ['y']", "leaklint.toml:2: per-file-ignores.x: there is no rule 'y'"),
        ("leaklint.toml", "preview = ['x']", "leaklint.toml:1: preview: there is no rule 'x'"),
        ("leaklint.toml", "x = ", "leaklint.toml: not TOML: "),
        ("pyproject.toml", "[tool.leaklint]\nx = ", "pyproject.toml: not TOML: "),
    ],
)
def test_a_mistake_is_one_line(leaklint: Run, name: str, text: str, says: str) -> None:
    write(name, text)
    write("a.py", LEAK)
    status, out, err = leaklint("check")
    assert (status, out) == (2, "")
    assert err.startswith(f"leaklint: {says}")
    assert err.count("\n") == 1
    assert leaklint("check", "--isolated")[0] == 1


def test_options_that_cannot_be_used(leaklint: Run) -> None:
    write("a.py", LEAK)
    write("x.toml", "")
    for arguments, says in (
        (["--config", "none.toml"], "'none.toml' does not exist"),
        (["--config", "x.toml", "--isolated"], "--config cannot be combined with --isolated"),
        (["--stdin-filename", "x.py"], "--stdin-filename says where"),
        (["--extend-select", "LKK101"], "did you mean LK101?"),
    ):
        status, _, err = leaklint("check", *arguments)
        assert (status, err.count("\n")) == (2, 1)
        assert says in err


def test_a_file_that_is_not_text(leaklint: Run) -> None:
    Path("leaklint.toml").write_bytes(b"\xff")
    write("a.py", LEAK)
    assert leaklint("check")[2].startswith("leaklint: leaklint.toml: not in UTF-8: ")


# -- what they do ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "arguments", "left"),
    [
        ("", [], ["LK201"]),
        ('select = ["LK3"]', [], []),
        ('select = ["LK3"]', ["--select", "LK201"], ["LK201"]),
        ('select = ["LK3"]\nextend-select = ["dangling-task"]', [], ["LK201"]),
        ('select = ["LK3"]', ["--extend-select", "LK2"], ["LK201"]),
        ('ignore = ["LK201"]', [], []),
        ('ignore = ["LK201"]', ["--isolated"], ["LK201"]),
        ('ignore = ["LK201"]', ["--config", "other.toml"], ["LK201"]),
        ('per-file-ignores = { "a.py" = ["LK2"] }', [], []),
        ('per-file-ignores = { "b.py" = ["LK2"] }', [], ["LK201"]),
        ('per-file-ignores = { "!b.py" = ["LK2"] }', [], []),
        ('per-file-ignores = { "a.py" = ["LK2"] }', ["--select", "LK201"], []),
    ],
)
def test_which_rules_count(leaklint: Run, settings: str, arguments: list[str], left: list[str]) -> None:
    write("leaklint.toml", settings)
    write("other.toml", "")
    write("a.py", LEAK)
    assert found(leaklint, *arguments) == [("a.py", rule) for rule in left]


def test_each_file_by_its_own_settings(leaklint: Run) -> None:
    for folder, text in (
        ("a", ""),
        ("b", 'ignore = ["LK201"]'),
        ("c", 'fail-on = "P0"'),
        ("d", "severity.LK201 = 'P0'"),
    ):
        write(f"{folder}/leaklint.toml", text)
        write(f"{folder}/x.py", LEAK)
    result = rows(leaklint("check", "--output-format", "json"))
    assert result == [("a/x.py", "LK201", "P2"), ("c/x.py", "LK201", "P2"), ("d/x.py", "LK201", "P0")]
    statuses = {folder: leaklint("check", folder)[0] for folder in "abcd"}
    assert statuses == {"a": 1, "b": 0, "c": 0, "d": 1}
    assert leaklint("check", "c", "--fail-on", "P2")[0] == 1


def test_preview(leaklint: Run) -> None:
    write("team/a_thing/rule.md", team_page("preview = true"))
    write("team/a_thing/check.py", TEAM_CHECK)
    write("a.py", "import asyncio\n\n\ndef f():\n    asyncio.new_event_loop().create_task(f())\n")
    for preview, count in (("false", 0), ("true", 1), ('["LK990"]', 1), ('["LK201"]', 0)):
        write("leaklint.toml", f'select = ["LK9"]\nrule-folders = ["team"]\npreview = {preview}')
        assert len(found(leaklint)) == count, preview
    assert len(found(leaklint, "--preview")) == 1
    assert len(found(leaklint, "--no-preview")) == 0
    assert len(found(leaklint, "--select", "LK990")) == 1


TEAM_CHECK = """\
from leaklint.model import Hit


def check(facts):
    for call in facts.calls:
        yield Hit(call.stmt, "x", "nobody", "once", "never", "seen", "")
        break
"""


def team_page(*more: str) -> str:
    sections = ("What it does", "Why is this bad", "Example", "Use instead", "When it is wrong", "References")
    keys = 'code = "LK990"\nsince = "0.1"\nfamily = "team"\n' + "\n".join(more) + '\n[messages]\nseen = "seen"\n'
    return f"```toml\n{keys}```\n" + "".join(f"## {name}\nText.\n" for name in sections)


def test_rules_of_a_team_off_by_default(leaklint: Run) -> None:
    write("sub/team/a_thing/rule.md", team_page("default = false"))
    write("sub/team/a_thing/check.py", TEAM_CHECK)
    write("sub/leaklint.toml", 'rule-folders = ["team"]')
    write("sub/a.py", LEAK)
    assert found(leaklint) == [("sub/a.py", "LK201")]
    assert found(leaklint, "--select", "LK") == [("sub/a.py", "LK201")]
    assert found(leaklint, "--select", "a-thing") == [("sub/a.py", "LK990")]
    assert sorted(found(leaklint, "--extend-select", "LK990")) == [("sub/a.py", "LK201"), ("sub/a.py", "LK990")]


def test_rows_of_a_project(leaklint: Run) -> None:
    write(
        "rows.toml",
        '["bus.connect"]\nkind = "function"\nreturns = "bus.Bus"\n["bus.Bus"]\nkind = "resource"\n'
        'noun = "bus"\nrelease = ["close"]\n',
    )
    write("a.py", "import bus\n\n\ndef f():\n    b = bus.connect()\n    b.send(1)\n")
    assert found(leaklint) == []
    write("leaklint.toml", 'api-files = ["rows.toml"]')
    assert [path for path, _ in found(leaklint)] == ["a.py"]
    write("rows.toml", '["bus.connect"]\nkind = "thing"')
    assert leaklint("check")[2].startswith("leaklint: rows.toml: [bus.connect] kind: 'thing'")


@pytest.mark.parametrize("name", ["app.jobs.start", "*.start", "app.jobs.Jobs.start"])
@pytest.mark.parametrize("kind", ["function", "method"])
def test_task_wrappers(leaklint: Run, name: str, kind: str) -> None:
    method = (
        "import asyncio\n\n\nclass Jobs:\n    def start(self, work):\n        return asyncio.create_task(work())\n\n"
        "    def run(self, work):\n        self.start(work)\n"
    )
    write("app/__init__.py", "")
    write("app/jobs.py", WRAPPER if kind == "function" else method)
    assert found(leaklint) == [("app/jobs.py", "LK201")]
    write("leaklint.toml", f'task-wrappers = ["{name}"]')
    fits = ("Jobs" in name) == (kind == "method") if name.startswith("app") else kind == "method"
    assert found(leaklint) == ([] if fits else [("app/jobs.py", "LK201")])


def test_a_row_that_is_there_can_be_named(leaklint: Run) -> None:
    write("a.py", LEAK)
    write("leaklint.toml", 'task-wrappers = ["asyncio.create_task"]')
    assert found(leaklint) == []
    assert found(leaklint, "--isolated") == [("a.py", "LK201")]


def test_singletons(leaklint: Run) -> None:
    write("app/__init__.py", "")
    write("app/hub.py", SINGLETON)
    assert found(leaklint) == [("app/hub.py", "LK109")]
    write("leaklint.toml", 'singletons = ["app.hub.Hub"]')
    assert found(leaklint) == []
    write("leaklint.toml", 'singletons = ["app.Hub"]')
    assert found(leaklint) == [("app/hub.py", "LK109")]


def test_workers_know_the_settings(leaklint: Run) -> None:
    write("app/__init__.py", "")
    for number in range(3):
        write(f"app/jobs{number}.py", WRAPPER)
    write("leaklint.toml", 'task-wrappers = ["app.jobs1.start"]')
    assert found(leaklint, "--jobs", "2") == [("app/jobs0.py", "LK201"), ("app/jobs2.py", "LK201")]


# -- what is told of them --------------------------------------------------------------------------------------------


def test_the_command_config(leaklint: Run) -> None:
    write("pyproject.toml", HEAD + 'select = ["LK1"]\n[tool.leaklint.per-file-ignores]\n"t/**" = ["LK3"]\n')
    write("a/leaklint.toml", "")
    write("a/x.py", "")
    status, out, err = leaklint("config", "--fail-on", "P1")
    assert (status, err) == (0, "")
    shown = [re.split(r"  +", line, maxsplit=1) for line in out.splitlines()]
    assert [text.partition(" = ")[0] for _, text in shown] == list(KEYS)
    by_name = {text.partition(" = ")[0]: (place, text.partition(" = ")[2]) for place, text in shown}
    assert by_name["select"] == ("pyproject.toml:2", '["LK1"]')
    assert by_name["fail-on"] == ("command line", '"P1"')
    assert by_name["per-file-ignores"] == ("pyproject.toml:3", '{ "t/**" = ["LK3"] }')
    assert by_name["severity"] == ("default", "{}")
    assert by_name["force-exclude"] == ("default", "false")
    assert "".join(leaklint("config", "a")[1].split()) == "".join(leaklint("config", "a/x.py")[1].split())
    assert "pyproject" not in leaklint("config", "a/x.py")[1]
    assert tomli.loads("\n".join(text for _, text in shown))["select"] == ["LK1"]
    write("a/leaklint.toml", "x = 1")
    assert leaklint("config", "a")[0] == 2


def test_every_key_is_what_its_example_says(tmp_path: Path) -> None:
    (tmp_path / "lint").mkdir()
    (tmp_path / "lint" / "rules").mkdir()
    (tmp_path / "lint" / "apis.toml").write_text("")
    for key in KEYS.values():
        file = tmp_path / "leaklint.toml"
        file.write_text(f"{key.name} = {key.example}")
        settings = read(file, tmp_path)
        assert settings is not None
        assert getattr(settings, key.field) != key.default, key.name
        assert getattr(Settings(), key.field) == key.default


def told(value: Any) -> str:
    if isinstance(value, tuple) and len(value) > 5:
        return "the usual ones"
    return f"`{json.dumps(value if not isinstance(value, tuple) else list(value))}`"


def test_the_page_has_every_key_as_it_is() -> None:
    page = (DOCS / "settings.md").read_text(encoding="utf-8")
    table = [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in page.splitlines() if line.startswith("| `")
    ]
    wanted = [[f"`{key.name}`", key.kind, told(key.default), key.doc, f"`{key.example}`"] for key in KEYS.values()]
    assert [row[:1] for row in table] == [row[:1] for row in wanted]
    for row, expected in zip(table, wanted, strict=True):
        assert row == expected


def test_the_page_has_every_option(leaklint: Run) -> None:
    page = (DOCS / "settings.md").read_text(encoding="utf-8")
    options = re.findall(r"^  (--[a-z-]+)", leaklint("config", "--help")[1], re.MULTILINE)
    assert "--extend-select" in options
    for option in {*options, "--stdin-filename"} - {"--help"}:
        assert f"`{option}" in page, option


def test_the_pages_examples_can_be_used(leaklint: Run) -> None:
    page = (DOCS / "settings.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert blocks
    write("lint/apis.toml", "")
    write("lint/rules/a_thing/rule.md", team_page())
    write("lint/rules/a_thing/check.py", TEAM_CHECK)
    write("a.py", "")
    for block in blocks:
        write("pyproject.toml", block)
        assert leaklint("check", "a.py")[0] == 0, block


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("tests", "tests/a.py", True),
        ("tests", "x/tests/a.py", True),
        ("tests/", "tests/a.py", True),
        ("tests/**", "tests/x/a.py", True),
        ("tests/*", "x/tests/a.py", False),
        ("**/tests/*.py", "x/y/tests/a.py", True),
        ("**/tests/*.py", "tests/a.py", True),
        ("tests/*.py", "tests/x/a.py", False),
        ("*_pb2.py", "x/a_pb2.py", True),
        ("./x/a.py", "x/a.py", True),
        ("a.p?", "b/a.py", True),
        ("src/**/gen", "src/a/b/gen/c.py", True),
        ("src/**/gen", "lib/gen/c.py", False),
    ],
)
def test_patterns(pattern: str, path: str, fits: bool) -> None:
    root = Path("/root/of/tests")
    assert covers(pattern, root / path, root) == fits
