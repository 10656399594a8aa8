"""`leaklint init`: what it writes into a project's files, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import tomli
import yaml
from click.testing import CliRunner

from leaklint import __version__, cli, scaffold

Init = Callable[..., tuple[int, str, str]]

PROJECT = """\
[project]
name = "app" # ours

[tool.ruff]
line-length = 100

[tool.ruff.lint] # strict
select = ["E"]

[tool.mypy]
strict = true
"""
CONFIG = """\
# hooks
repos:
  - repo: https://example.org/ruff
    rev: v1
    hooks:
      - id: ruff
"""


@pytest.fixture
def init(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Init:
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        status = cli._status(["init", *arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return run


def test_all_at_once(init: Init) -> None:
    Path("pyproject.toml").write_text(PROJECT)
    Path(".pre-commit-config.yaml").write_text(CONFIG)
    status, out, err = init("--yes")
    assert (status, err) == (0, "")
    assert '+external = ["LK"] # leaklint\'s codes are not for ruff to judge' in out
    assert out.endswith("written: pyproject.toml, .pre-commit-config.yaml\n")
    table = tomli.loads(Path("pyproject.toml").read_text())
    assert table["tool"]["leaklint"] == {"fail-on": "P1"}
    assert table["tool"]["ruff"]["lint"] == {"select": ["E"], "external": ["LK"]}
    assert Path("pyproject.toml").read_text().startswith('[project]\nname = "app" # ours\n')
    hooks = yaml.safe_load(Path(".pre-commit-config.yaml").read_text())["repos"]
    assert [hook["id"] for repo in hooks for hook in repo["hooks"]] == ["ruff", "leaklint"]
    assert hooks[1]["hooks"][0]["additional_dependencies"] == [f"pyleaklint=={__version__}"]
    assert Path(".pre-commit-config.yaml").read_text().startswith(CONFIG)
    assert init("--yes")[1] == "nothing to do: leaklint is set up here\n"
    assert cli._status(["config"]) == 0


def test_it_asks(init: Init) -> None:
    for answer, written in (("n\n", False), ("", False), ("y\n", True)):
        CliRunner().invoke(cli.cli, ["init"], input=answer)
        assert Path("pyproject.toml").exists() == written
    assert Path("pyproject.toml").read_text() == scaffold.SETTINGS


def test_a_dry_run_writes_nothing(init: Init) -> None:
    status, out, _ = init("--dry-run")
    assert status == 0
    assert "+[tool.leaklint]" in out
    assert not Path("pyproject.toml").exists()


def test_line_ends_stay(init: Init) -> None:
    Path("pyproject.toml").write_bytes(b'[project]\r\nname = "x"\r\n')
    init("--yes")
    assert Path("pyproject.toml").read_bytes().count(b"\r\n") == Path("pyproject.toml").read_bytes().count(b"\n") > 3


def test_settings_of_its_own_file_stay(init: Init) -> None:
    Path("leaklint.toml").write_text('fail-on = "P0"\n')
    Path("pyproject.toml").write_text(PROJECT)
    init("--yes")
    assert "leaklint]" not in Path("pyproject.toml").read_text()
    assert tomli.loads(Path("pyproject.toml").read_text())["tool"]["ruff"]["lint"]["external"] == ["LK"]


@pytest.mark.parametrize(
    ("text", "table", "external"),
    [
        ('[lint]\nselect = ["E"]\n', (), ["LK"]),
        ("line-length = 80\n", (), ["LK"]),
        ("", (), ["LK"]),
        ('[lint]\nexternal = ["V", "W"]\n', (), ["V", "W", "LK"]),
        ('[lint]\nexternal = ["V",]\n', (), ["V", "LK"]),
        ('[lint]\nexternal = ["LK"]\n', (), ["LK"]),
        ("[tool.ruff]\nline-length = 80\n\n[tool.x]\ny = 1\n", ("tool", "ruff"), ["LK"]),
        ('[tool.ruff.lint.pydocstyle]\nconvention = "x"\n', ("tool", "ruff"), ["LK"]),
    ],
)
def test_ruff(text: str, table: tuple[str, ...], external: list[str]) -> None:
    found = tomli.loads(scaffold.ruff(text, *table))
    for key in (*table, "lint"):
        found = found[key]
    assert found["external"] == external


@pytest.mark.parametrize(
    "text", ['lint.external = ["V"]\n', '[lint]\nexternal = [\n  "V",\n]\n', "[lint\n", "lint = {select = []}\n"]
)
def test_what_ruff_cannot_be_told_safely_is_said(text: str) -> None:
    with pytest.raises(scaffold.NotDone, match="by hand"):
        scaffold.ruff(text)


def test_no_ruff_no_word() -> None:
    assert scaffold.ruff("[project]\n", "tool", "ruff") == "[project]\n"


@pytest.mark.parametrize(
    "text",
    [
        CONFIG,
        CONFIG.replace("  - ", "- ").replace("    ", "  "),
        CONFIG + "\nexclude: ^docs/\n",
        "ci:\n  skip: []\n" + CONFIG,
        CONFIG.rstrip(),
        CONFIG + "  - repo: local\n    hooks:\n      - {id: x, name: x, entry: x, language: system}\n",
    ],
)
def test_the_hook_joins_the_others(text: str) -> None:
    before, after = yaml.safe_load(text), yaml.safe_load(scaffold.hook(text, "1.2"))
    assert after["repos"][:-1] == before["repos"]
    assert after["repos"][-1]["hooks"][0]["entry"] == "leaklint check --force-exclude"
    assert {key: value for key, value in after.items() if key != "repos"} == {
        key: value for key, value in before.items() if key != "repos"
    }


@pytest.mark.parametrize("text", ["", "repos: []\n", "repos: [{repo: x}]\n", "x: 1\n"])
def test_odd_hooks_are_left_alone(init: Init, text: str) -> None:
    Path(".pre-commit-config.yaml").write_text(text)
    status, _, err = init("--yes")
    assert status == 0
    says, *lines = err.splitlines()
    assert says == "leaklint: .pre-commit-config.yaml: left as it is: add the hook to its `repos` by hand:"
    assert yaml.safe_load("\n".join(lines))[0]["hooks"][0]["id"] == "leaklint"
    assert Path(".pre-commit-config.yaml").read_text() == text


def test_bad_files(init: Init) -> None:
    Path("pyproject.toml").write_text("[project\n")
    status, _, err = init("--yes")
    assert (status, err.count("\n")) == (0, 1)
    assert err.startswith("leaklint: pyproject.toml: left as it is: it is not TOML: ")
    Path("pyproject.toml").write_bytes(b"\xff")
    assert init("--yes") == (2, "", "leaklint: pyproject.toml: not in UTF-8\n")
    Path("pyproject.toml").unlink()
    Path("pyproject.toml").mkdir()
    status, _, err = init("--yes")
    assert (status, err.count("\n")) == (2, 1)
