"""What `docs/ci.md`, `docs/scale.md` and `action.yml` say, run as far as it can be here, in a repository."""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import subprocess
import sys
import types
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from leaklint import cli, pages

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "ci.md").read_text("utf-8")
SCALE = (ROOT / "docs" / "scale.md").read_text("utf-8")
BLOCKS = {block.heading: block for block in pages.blocks(PAGE)}
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
BIN = Path(sys.executable).parent

LEAK = """\
import asyncio


async def on_event(queue):
    asyncio.create_task(queue.poll())
"""

pytestmark = pytest.mark.skipif(
    not (shutil.which("git") and shutil.which("bash") and (BIN / "leaklint").exists()),
    reason="needs git, bash and an installed leaklint",
)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose last commit adds a leak to one that was there."""
    for name in [name for name in os.environ if name.startswith(("GIT_", "GITHUB_", "CI_"))]:
        monkeypatch.delenv(name)
    for role in "AUTHOR", "COMMITTER":
        monkeypatch.setenv(f"GIT_{role}_NAME", "tester")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "tester@example.org")
    for name in "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM":
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("PATH", f"{BIN}{os.pathsep}{os.environ['PATH']}")
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    git("init", "--quiet")
    for name in "old.py", "new.py":
        Path(name).write_text(LEAK)
        git("add", ".")
        git("commit", "--quiet", "-m", name)
    return folder


def git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True)


def bash(script: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """As the runners do it: `bash -eo pipefail`."""
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(
        command, env={**os.environ, **variables}, capture_output=True, text=True, timeout=120, check=False
    )


def step(name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in ACTION["runs"]["steps"] if one["name"] == name)
    return found


def check(repository: Path, base: str = "", **inputs: str) -> subprocess.CompletedProcess[str]:
    """The step that checks, with what GitHub would put into its environment."""
    temporary = repository.parent / "temp"
    installed = temporary / "leaklint" / "bin"
    installed.mkdir(parents=True, exist_ok=True)
    if not (installed / "leaklint").exists():
        (installed / "leaklint").symlink_to(BIN / "leaklint")
    given = {name: one["default"] for name, one in ACTION["inputs"].items()} | inputs
    names = {"${{ inputs.%s }}" % name: value for name, value in given.items()}  # noqa: UP031  braces
    names["${{ github.event.pull_request.base.sha }}"] = base
    variables = {name: names[value] for name, value in step("Check")["env"].items()}
    summary = str(repository.parent / "summary.md")
    return bash(step("Check")["run"], RUNNER_TEMP=str(temporary), GITHUB_STEP_SUMMARY=summary, **variables)


def test_the_action_reports_everything(repository: Path) -> None:
    done = check(repository)
    assert done.returncode == 1, done.stderr
    assert [line.split(",")[0] for line in done.stdout.splitlines()] == [
        "::warning file=new.py",
        "::warning file=old.py",
    ]
    assert len(json.loads(Path("leaklint.sarif").read_text())["runs"][0]["results"]) == 2
    assert (repository.parent / "summary.md").read_text().startswith("# leaklint: 2 findings\n")


def test_the_action_on_a_pull_request(repository: Path) -> None:
    done = check(repository, "HEAD~1", **{"diff-base": "auto"})
    assert (done.returncode, done.stdout.count("::warning file=new.py"), done.stdout.count("\n")) == (1, 1, 1)
    assert check(repository, "HEAD~1", **{"diff-base": "auto", "fail-on": "P0"}).returncode == 0
    assert check(repository, "", **{"diff-base": "auto"}).stdout.count("\n") == 2, "no pull request: everything"
    done = check(repository, "no-such", **{"diff-base": "auto"})
    assert (done.returncode, done.stdout) == (2, "")


def test_the_action_takes_paths_and_a_baseline(repository: Path) -> None:
    assert check(repository, paths="old.py nope.py").returncode == 2
    assert check(repository, paths="old.py").stdout.count("::warning") == 1
    subprocess.run([BIN / "leaklint", "baseline", "create"], check=True, capture_output=True)
    assert check(repository, baseline="leaklint-baseline.toml").returncode == 0
    assert check(repository, paths="$(touch pwned) ; touch pwned").returncode == 2
    assert not Path("pwned").exists()


def test_the_action_is_well_formed() -> None:
    assert ACTION["runs"]["using"] == "composite"
    for one in ACTION["runs"]["steps"]:
        assert {"name", "shell", "run"} <= set(one)
        assert "${{" not in one["run"], (
            "what comes from outside is given by the environment, never pasted into a script"
        )
    assert all(one["description"] for one in (*ACTION["inputs"].values(), *ACTION["outputs"].values()))
    assert '"${INSTALL:-$HERE}"' in step("Install")["run"]


def test_the_workflow_uses_inputs_that_there_are() -> None:
    workflow = yaml.safe_load(BLOCKS["GitHub"].text)
    steps = workflow["jobs"]["leaklint"]["steps"]
    (ours,) = [one for one in steps if "leaklint@" in one.get("uses", "")]
    assert set(ours["with"]) <= set(ACTION["inputs"])
    assert steps[0]["with"]["fetch-depth"] == 0
    assert set(re.findall(r"outputs\.(\w+)", BLOCKS["GitHub"].text)) <= set(ACTION["outputs"])
    rows = re.findall(r"^\| `([\w-]+)` \|", PAGE, re.MULTILINE)
    assert rows == list(ACTION["inputs"])


def test_gitlab(repository: Path) -> None:
    job = yaml.safe_load(BLOCKS["GitLab"].text)["leaklint"]
    script = "\n".join(line for line in job["script"] if not line.startswith("pip "))
    report = Path(job["artifacts"]["reports"]["codequality"])
    assert bash(script).returncode == 1
    assert len(json.loads(report.read_text())) == 2
    assert bash(script, CI_MERGE_REQUEST_DIFF_BASE_SHA="HEAD~1").returncode == 1
    assert [one["location"]["path"] for one in json.loads(report.read_text())] == ["new.py"]


def test_azure(repository: Path) -> None:
    steps = yaml.safe_load(BLOCKS["Azure Pipelines"].text)["steps"]
    (script,) = [one["script"] for one in steps if one.get("script", "").startswith("leaklint")]
    done = bash(script)
    assert (done.returncode, done.stdout.count("##vso[task.logissue type=warning;")) == (1, 2)
    file = next(one["inputs"]["testResultsFiles"] for one in steps if "inputs" in one)
    assert len(list(ElementTree.parse(file).iter("failure"))) == 2


def test_reviewdog(repository: Path) -> None:
    command = BLOCKS["reviewdog"].text.removeprefix("$ ").split(" | ")[0]
    done = bash(command)
    assert (done.returncode, len(json.loads(done.stdout)["diagnostics"])) == (0, 2)


def test_tox(repository: Path) -> None:
    config = configparser.ConfigParser()
    config.read_string(BLOCKS["tox"].text)
    command = re.sub(r"\{posargs:(.*?)\}", r"\1", config["testenv:leaklint"]["commands"])
    assert bash(command).returncode == 1


def test_nox(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[tuple[str, ...]] = []
    stub = types.ModuleType("nox")
    stub.session = lambda function: function  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "nox", stub)
    names: dict[str, Any] = {}
    exec(BLOCKS["nox"].text, names)
    session = types.SimpleNamespace(install=lambda *_: None, run=lambda *words: ran.append(words), posargs=["old.py"])
    names["leaklint"](session)
    ((command, *arguments),) = ran
    assert command == "leaklint"
    assert cli._status(arguments) == 1


def test_shards_in_a_matrix(repository: Path) -> None:
    (text,) = [block.text for block in pages.blocks(SCALE) if block.text.startswith("# .github/workflows")]
    jobs = yaml.safe_load(text)["jobs"]
    one, whole = (
        "\n".join(line for step in jobs[name]["steps"] if not (line := step.get("run", "pip ")).startswith("pip "))
        for name in ("shard", "merge")
    )
    shards = jobs["shard"]["strategy"]["matrix"]["shard"]
    assert f"--shard ${{{{ matrix.shard }}}}/{len(shards)} " in one
    for number in shards:
        assert bash(one.replace("${{ matrix.shard }}", str(number))).returncode == 0
        assert Path(jobs["shard"]["steps"][-1]["with"]["path"].replace("${{ matrix.shard }}", str(number))).is_file()
    assert bash(whole).returncode == 1
    report = json.loads(Path(jobs["merge"]["steps"][-1]["with"]["sarif_file"]).read_text())
    assert len(report["runs"][0]["results"]) == 2
