"""Which files are found, what they are called, how their lines are counted."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from leaklint import cli
from leaklint.project.config import Finder
from leaklint.project.files import decode, discover, lines, printable


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


def shown(root: Path, *arguments: str) -> list[str]:
    found = discover(arguments or ["."], root)
    assert not found.errors
    return [source.shown for source in found.sources]


def test_python_files_in_order(tmp_path: Path) -> None:
    make(tmp_path, "b.py", "a/z.py", "a/b.pyi", "a.py", "c.txt", "script", "é/ü.py")
    assert shown(tmp_path) == ["a.py", "a/z.py", "b.py", "é/ü.py"]
    assert shown(tmp_path, "b.py", "a", "./a/../b.py", "a/z.py") == ["a/z.py", "b.py"]
    assert shown(tmp_path, "script", "c.txt") == ["c.txt", "script"]


def test_names_are_relative_to_the_working_directory_if_under_it(tmp_path: Path) -> None:
    make(tmp_path, "here/a.py", "there/b.py")
    assert shown(tmp_path / "here", str(tmp_path / "here"), "../there") == [f"{tmp_path.as_posix()}/there/b.py", "a.py"]


def test_usual_exclusions(tmp_path: Path) -> None:
    make(
        tmp_path,
        *(f"{name}/x.py" for name in ("build", "dist", ".git", ".venv", "node_modules", "__pycache__", "x.egg-info")),
        *("src/build/__init__.py", "src/build/a.py", "env/pyvenv.cfg", "env/lib/x.py", "lib/site-packages/y.py"),
        "site-packages-not/z.py",
    )
    assert shown(tmp_path) == ["site-packages-not/z.py", "src/build/__init__.py", "src/build/a.py"]
    assert shown(tmp_path, "build", "lib/site-packages") == ["build/x.py", "lib/site-packages/y.py"]


def test_an_environment_that_is_asked_for_is_walked(tmp_path: Path) -> None:
    make(tmp_path, ".venv/lib/site-packages/a/b.py", "env/pyvenv.cfg", "env/lib/site-packages/c.py")
    assert shown(tmp_path, ".venv") == [".venv/lib/site-packages/a/b.py"]
    assert shown(tmp_path, "env") == ["env/lib/site-packages/c.py"]


def test_module_names(tmp_path: Path) -> None:
    make(tmp_path, "src/p/__init__.py", "src/p/q/__init__.py", "src/p/q/r.py", "src/s.py", "src/p/data/t-u.py")
    names = {source.shown: source.module for source in discover(["."], tmp_path).sources}
    assert names == {
        "src/p/__init__.py": "p",
        "src/p/q/__init__.py": "p.q",
        "src/p/q/r.py": "p.q.r",
        "src/s.py": "s",
        "src/p/data/t-u.py": "t-u",
    }


def test_links(tmp_path: Path) -> None:
    make(tmp_path, "real/a.py", "z.py")
    (tmp_path / "real" / "loop").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to("self")
    (tmp_path / "a.py").symlink_to("z.py")
    (tmp_path / ".#z.py").symlink_to("somebody@somewhere")
    (tmp_path / "gone.py").symlink_to("nowhere.py")
    (tmp_path / "ring.py").symlink_to("ring.py")
    assert shown(tmp_path) == ["gone.py", "real/a.py", "ring.py", "z.py"]
    assert shown(tmp_path, "a.py") == ["a.py"]
    assert shown(tmp_path, "a.py", ".") == ["gone.py", "real/a.py", "ring.py", "z.py"]
    (tmp_path / "way").symlink_to("real")
    assert shown(tmp_path, "way") == ["way/a.py"]
    assert shown(tmp_path, "way", "real") in (["real/a.py"], ["way/a.py"])


def test_directories_called_like_files(tmp_path: Path) -> None:
    make(tmp_path, "x.py/y.py", "real/z.py")
    (tmp_path / "w.py").symlink_to("real")
    assert shown(tmp_path) == ["real/z.py", "x.py/y.py"]
    assert shown(tmp_path, "x.py") == ["x.py/y.py"]


def test_what_is_not_there_is_one_line_each(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    (tmp_path / "ring").symlink_to("ring")
    found = discover(["no\nsuch", "a.py", "ring", "a.py/b"], tmp_path)
    assert [source.shown for source in found.sources] == ["a.py"]
    assert found.errors == (
        "no\\nsuch: no such file or directory",
        "ring: too many levels of symbolic links",
        "a.py/b: not a directory",
    )


def test_a_directory_that_cannot_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a/x.py", "b/y.py")
    scandir = os.scandir

    def refuse(path: os.PathLike[str]) -> object:
        if Path(path).name == "a":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = discover(["."], tmp_path)
    assert [source.shown for source in found.sources] == ["b/y.py"]
    assert found.errors == ("a: permission denied",)


def test_decode() -> None:
    assert decode(b"\xef\xbb\xbfa\r\nb\rc\n") == "a\nb\nc\n"
    assert decode(b"# coding: latin-1\n\xe9") == "# coding: latin-1\né"
    for wrong in b"\xff", b"# coding: hex\n", b"# coding: none\n":
        with pytest.raises((SyntaxError, LookupError, UnicodeDecodeError)):
            decode(wrong)


def test_lines_are_those_that_python_counts() -> None:
    assert lines("a\x0cb\x1c\u2028c\r\nd\re".encode()) == ["a\x0cb\x1c\u2028c", "d", "e"]
    assert lines(b"\xff\r\na") == ["\ufffd", "a"]


def test_printable() -> None:
    assert printable("a b 名") == "a b 名"
    assert printable("a\x1b[1m\n\u202e\udcff\xa0") == "a\\x1b[1m\\n\\u202e\\udcff\xa0"


# -- settings --------------------------------------------------------------------------------------------------------


def named(root: Path, *arguments: str, **given: object) -> list[str]:
    found = discover(arguments or ["."], root, Finder(root, given))
    assert not found.errors
    return [source.shown for source in found.sources]


def test_what_is_excluded(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "a_pb2.py", "gen/b.py", "src/gen/c.py", "src/d.py", "build/e.py", "src/build/f.py")
    assert named(tmp_path) == ["a.py", "a_pb2.py", "gen/b.py", "src/d.py", "src/gen/c.py"]
    assert named(tmp_path, extend_exclude=("gen", "*_pb2.py")) == ["a.py", "src/d.py"]
    assert named(tmp_path, extend_exclude=("src/gen",)) == ["a.py", "a_pb2.py", "gen/b.py", "src/d.py"]
    assert named(tmp_path, exclude=("src/**",)) == ["a.py", "a_pb2.py", "build/e.py", "gen/b.py"]
    assert named(tmp_path, "gen", "a_pb2.py", extend_exclude=("gen", "*_pb2.py")) == ["a_pb2.py", "gen/b.py"]


def test_a_directory_has_its_own_exclusions(tmp_path: Path) -> None:
    make(tmp_path, "a/gen/x.py", "b/gen/y.py", "b/c/gen/z.py")
    (tmp_path / "b" / "leaklint.toml").write_text('extend-exclude = ["gen"]')
    (tmp_path / "b" / "c" / "leaklint.toml").write_text("")
    assert named(tmp_path) == ["a/gen/x.py", "b/c/gen/z.py"]


def test_force_exclude(tmp_path: Path) -> None:
    make(tmp_path, "gen/b.py", "src/gen/c.py", "src/d.py", "build/e.py", "build/__init__.py", "dist/f.py")
    arguments = ("gen/b.py", "src/gen", "src/d.py", "build/e.py", "dist/f.py")
    forced = {"force_exclude": True}
    assert len(named(tmp_path, *arguments, extend_exclude=("gen",))) == 5
    assert named(tmp_path, *arguments, extend_exclude=("gen",), **forced) == ["build/e.py", "src/d.py"]
    assert named(tmp_path, *arguments, exclude=("src/gen",), **forced) == [
        *("build/e.py", "dist/f.py", "gen/b.py", "src/d.py")
    ]
    (tmp_path / "leaklint.toml").write_text("force-exclude = true")
    assert named(tmp_path, "dist/f.py", "src/d.py") == ["src/d.py"]
    assert named(tmp_path / "dist", "f.py") == []


def test_stubs_notebooks_and_scripts(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "b.pyi", "c.ipynb", ".ipynb_checkpoints/c.ipynb")
    (tmp_path / "run").write_text("# /// script\n# ///\n")
    (tmp_path / "tool").write_text("#!/usr/bin/env python3\n")
    assert named(tmp_path) == ["a.py", "c.ipynb"]
    assert named(tmp_path, "b.pyi", "run", "tool") == ["b.pyi", "run", "tool"]


# -- git -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    if not shutil.which("git"):
        pytest.skip("needs git")
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "-q")
    return root


def git(root: Path, *arguments: str) -> None:
    own = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "protocol.file.allow=always")
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    subprocess.run(["git", *own, *arguments], cwd=root, env=env, check=True, capture_output=True)


def test_what_git_ignores_is_passed_over(repository: Path) -> None:
    make(repository, "a.py", "out/b.py", "src/c_gen.py", "src/d.py", "build/e.py", "dist/f.py", "src/é.py", "gone.py")
    (repository / ".gitignore").write_text("/out\n")
    (repository / "src" / ".gitignore").write_text("*_gen.py\n")
    git(repository, "add", "a.py", "build/e.py", "src/é.py", "gone.py")
    (repository / "gone.py").unlink()
    assert named(repository) == ["a.py", "build/e.py", "src/d.py", "src/é.py"]
    assert named(repository, "src") == ["src/d.py", "src/é.py"]
    assert named(repository, "out", "src/c_gen.py") == ["out/b.py", "src/c_gen.py"]
    assert named(repository, extend_exclude=("build", "src/d.py")) == ["a.py", "src/é.py"]
    git(repository, "add", "-f", "out/b.py")
    assert named(repository) == ["a.py", "build/e.py", "out/b.py", "src/d.py", "src/é.py"]


def test_other_repositories_inside(repository: Path, tmp_path: Path) -> None:
    for name in "one", "two":
        make(tmp_path / name, "a.py", "out/b.py")
        (tmp_path / name / ".gitignore").write_text("out\n")
        git(tmp_path / name, "init", "-q")
        git(tmp_path / name, "add", ".")
        git(tmp_path / name, "commit", "-q", "-m", "x")
    git(repository, "submodule", "--quiet", "add", str(tmp_path / "one"), "sub")
    shutil.copytree(tmp_path / "two", repository / "nested")
    assert named(repository) == ["nested/a.py", "sub/a.py"]
    assert named(repository, extend_exclude=("nested",)) == ["sub/a.py"]


def test_without_git_all_is_as_elsewhere(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(repository, "a.py", "out/b.py", "build/c.py")
    (repository / ".gitignore").write_text("out\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert named(repository) == ["a.py", "out/b.py"]


def test_a_hooks_environment_names_another_repository(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(repository, "a.py")
    git(repository, "add", "a.py")
    for name in "GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE":
        monkeypatch.setenv(name, str(tmp_path / "none"))
    assert named(repository) == ["a.py"]


def test_no_program_of_the_repository_is_run(repository: Path) -> None:
    make(repository, "a.py")
    program = repository / "watch"
    program.write_text(f"#!/bin/sh\ntouch {repository}/ran\n")
    program.chmod(0o755)
    git(repository, "add", "a.py")
    git(repository, "config", "core.fsmonitor", str(program))
    assert named(repository) == ["a.py"]
    assert not (repository / "ran").exists()


# -- how much is checked ---------------------------------------------------------------------------------------------


def reaches(root: Path, *arguments: str) -> Mapping[str, str]:
    return {source.shown: source.reach for source in discover(arguments, root).sources}


def test_how_far_a_run_reaches(tmp_path: Path) -> None:
    make(tmp_path, "p/__init__.py", "p/q/__init__.py", "p/q/a.py", "loose/b.py", "loose/c.py", "lone/d.py", "e.py")
    assert set(reaches(tmp_path, ".").values()) == {"project"}
    assert set(reaches(tmp_path, "p").values()) == {"project"}
    assert set(reaches(tmp_path, "p/q").values()) == {"file"}
    assert reaches(tmp_path, "p/q/a.py", "loose/b.py", "lone/d.py", "e.py") == {
        "p/q/a.py": "file",
        "loose/b.py": "file",
        "lone/d.py": "alone",
        "e.py": "file",
    }
    assert reaches(tmp_path, "loose/b.py", "loose/c.py") == {"loose/b.py": "alone", "loose/c.py": "alone"}


STATE = """\
SESSIONS = {}


def on_connect(session_id, socket):
    SESSIONS[session_id] = socket
"""
PRUNE = """\
from app.state import SESSIONS


def on_disconnect(session_id):
    SESSIONS.pop(session_id)
"""


def check(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> list[tuple[str, str, str]]:
    monkeypatch.chdir(root)
    cli._status(["check", "--output-format", "json", *arguments])
    out, err = capsys.readouterr()
    assert not err
    return [(row["path"], row["severity"], row["checked_against"]) for row in json.loads(out)]


def test_what_was_not_asked_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path, "app/__init__.py", "app/other.py")
    (tmp_path / "app" / "state.py").write_text(STATE)
    assert check(tmp_path, monkeypatch, capsys, "app") == [("app/state.py", "P0", "project")]
    assert check(tmp_path, monkeypatch, capsys, "app/state.py") == [("app/state.py", "P1", "file")]
    assert check(tmp_path, monkeypatch, capsys, "app/state.py", "app/other.py") == [("app/state.py", "P1", "file")]
    cli._status(["check", "app/state.py"])
    assert "the rest of the project was not checked" in capsys.readouterr().out
    cli._status(["check", "app"])
    assert "the rest of the project was not checked" not in capsys.readouterr().out
    (tmp_path / "app" / "prune.py").write_text(PRUNE)
    assert check(tmp_path, monkeypatch, capsys, "app") == []
    assert check(tmp_path, monkeypatch, capsys, "app/state.py") == [("app/state.py", "P1", "file")]


# -- standard input --------------------------------------------------------------------------------------------------


def test_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def feed(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    make(tmp_path, "app/__init__.py", "app/state.py", "app/other.py")
    (tmp_path / "app" / "leaklint.toml").write_text('per-file-ignores = { "other.py" = ["LK"] }\nexclude = ["out"]')
    feed(STATE)
    assert check(tmp_path, monkeypatch, capsys, "-") == [("-", "P1", "file")]
    feed(STATE)
    assert check(tmp_path, monkeypatch, capsys, "-", "--stdin-filename", "app/state.py") == [
        ("app/state.py", "P1", "file")
    ]
    feed(STATE)
    assert check(tmp_path, monkeypatch, capsys, "-", "app", "--stdin-filename", "app/state.py") == [
        ("app/state.py", "P1", "file")
    ]
    feed(STATE)
    assert check(tmp_path, monkeypatch, capsys, "-", "--stdin-filename", "app/other.py") == []
    feed(STATE)
    cli._status(["check", "-", "--stdin-filename", "app/out/x.py", "--force-exclude"])
    assert "Checked no files" in capsys.readouterr().out
    feed(STATE)
    assert cli._status(["check", "-"]) == 1
    assert "5 |     SESSIONS[session_id] = socket\n" in capsys.readouterr().out
