"""The hook that other repositories use, by the real pre-commit: it installs this checkout from the package index."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from leaklint.commands.check import check as check_command

ROOT = Path(__file__).parent.parent
HOOKS = ".pre-commit-hooks.yaml"

needs_pre_commit = pytest.mark.skipif(
    not (importlib.util.find_spec("pre_commit") and shutil.which("git")), reason="pre-commit or git is not installed"
)
NO_NETWORK = re.compile(r"NewConnectionError|ConnectTimeout|NameResolutionError|Temporary failure in name resolution")

LEAK = """\
import asyncio


async def beat(socket):
    while True:
        await socket.ping()
        await asyncio.sleep(30)


async def on_connect(socket):
    asyncio.create_task(beat(socket))
"""
REPAIRED = LEAK.replace("    asyncio.create_task", "    await asyncio.create_task")

CONFIG = """\
repos:
  - repo: {checkout}
    rev: {revision}
    hooks:
      - id: leaklint
"""


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """A git of nobody's settings, a pre-commit that keeps everything in the test's folder."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "PRE_COMMIT", "SKIP"))}
    kept.pop("NO_COLOR", None)
    who = {f"GIT_{role}_{what}": "tester@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    nowhere = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    return {**kept, **who, **nowhere, "PRE_COMMIT_HOME": str(tmp_path / "cache"), "PRE_COMMIT_COLOR": "never"}


def run(*command: str, cwd: Path, env: dict[str, str]) -> tuple[int, str]:
    done = subprocess.run(
        command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False
    )
    return done.returncode, done.stdout


def ok(*command: str, cwd: Path, env: dict[str, str]) -> str:
    status, out = run(*command, cwd=cwd, env=env)
    assert status == 0, f"{' '.join(command)}:\n{out}"
    return out


def committed(root: Path, env: dict[str, str]) -> str:
    """All files under a folder as the one commit of a new repository; its name."""
    ok("git", "init", "--quiet", cwd=root, env=env)
    ok("git", "add", "--all", cwd=root, env=env)
    ok("git", "commit", "--quiet", "--no-verify", "--message", "all", cwd=root, env=env)
    return ok("git", "rev-parse", "HEAD", cwd=root, env=env).strip()


def copy_of_the_checkout(to: Path) -> None:
    """What an installation needs, as it is now, whether it has been committed or not."""
    junk = shutil.ignore_patterns("__pycache__", "*.pyc")
    for name in ("leaklint", "rules"):
        shutil.copytree(ROOT / name, to / name, ignore=junk)
    for name in ("pyproject.toml", "README.md", "LICENSE", HOOKS):
        shutil.copy(ROOT / name, to / name)


@needs_pre_commit
def test_a_leak_is_refused_and_its_repair_accepted(tmp_path: Path, env: dict[str, str]) -> None:
    checkout, project = tmp_path / "checkout", tmp_path / "project"
    checkout.mkdir()
    project.mkdir()
    copy_of_the_checkout(checkout)
    revision = committed(checkout, env)
    (project / ".pre-commit-config.yaml").write_text(CONFIG.format(checkout=checkout.as_posix(), revision=revision))
    (project / "old.py").write_text(LEAK)  # was there before the hook
    before = committed(project, env)
    pre_commit = sys.executable, "-m", "pre_commit"
    ok(*pre_commit, "install", cwd=project, env=env)
    status, out = run(*pre_commit, "install-hooks", cwd=project, env=env)
    if status and NO_NETWORK.search(out):
        pytest.skip("the package index cannot be reached, and the hook is installed from there")
    assert status == 0, out

    def commit() -> tuple[int, str]:
        ok("git", "add", "--all", cwd=project, env=env)
        return run("git", "commit", "--message", "change", cwd=project, env=env)

    def head() -> str:
        return ok("git", "rev-parse", "HEAD", cwd=project, env=env).strip()

    (project / "notes.txt").write_text(LEAK)
    status, out = commit()
    assert (status, "leaklint" in out, "Skipped" in out) == (0, True, True), out
    before = head()

    (project / "app").mkdir()
    (project / "app" / "hub.py").write_text(LEAK)
    cell: dict[str, Any] = {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": [LEAK],
    }
    book = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (project / "app" / "try.ipynb").write_text(json.dumps(book))
    status, out = commit()
    assert status == 1, out
    assert "LK201" in out
    assert "app/hub.py:11:5" in out
    assert "app/try.ipynb:cell 1:11:5" in out
    assert "old.py" not in out
    assert head() == before

    (project / "app" / "hub.py").write_text(REPAIRED)
    cell["source"] = [REPAIRED]
    (project / "app" / "try.ipynb").write_text(json.dumps(book))
    status, out = commit()
    assert status == 0, out
    assert re.search(r"^leaklint\.+Passed$", out, re.MULTILINE)
    assert head() != before

    status, out = run(*pre_commit, "run", "--all-files", cwd=project, env=env)
    assert (status, "old.py:11:5" in out) == (1, True), out


@needs_pre_commit
def test_the_hook_is_one_that_pre_commit_understands(tmp_path: Path, env: dict[str, str]) -> None:
    ok(sys.executable, "-m", "pre_commit", "validate-manifest", str(ROOT / HOOKS), cwd=tmp_path, env=env)


def test_what_the_hook_says() -> None:
    manifest = (ROOT / HOOKS).read_text("utf-8")
    assert re.findall(r"^- id: (.+)$", manifest, re.MULTILINE) == ["leaklint"]
    for line in "language: python", "types_or: [python, pyi, jupyter]", "args: []", "require_serial: true":
        assert f"\n  {line}\n" in manifest
    (entry,) = re.findall(r"^  entry: (.+)$", manifest, re.MULTILINE)
    program, command, *options = entry.split()
    assert (program, command) == ("leaklint", "check")
    known = {option for parameter in check_command.params for option in parameter.opts}
    assert options == ["--force-exclude"]
    assert set(options) <= known


def test_the_document_shows_this_hook() -> None:
    page = (ROOT / "docs" / "pre-commit.md").read_text("utf-8")
    assert "- id: leaklint\n" in page
    known = {option for parameter in check_command.params for option in parameter.opts}
    used = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", "\n".join(re.findall(r"leaklint check.*|args: .*", page))))
    assert used
    assert used <= known
    assert 'lint.external = ["LK"]' in page
