"""Every kind of file that a linter meets in the wild: no traceback, no hang, and the others are still checked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leaklint import cli
from leaklint.project import files

LEAK = "import asyncio\n\n\nasync def f(g):\n    asyncio.create_task(g())\n"
"""Reported on line 5."""

Maker = Callable[[Path], object]


def text(content: str) -> Maker:
    return lambda path: path.write_text(content, encoding="utf-8", newline="")


def raw(content: bytes) -> Maker:
    return lambda path: path.write_bytes(content)


def nested(depth: int) -> str:
    return f"x = {'[' * depth}{']' * depth}\n"


def elifs(number: int) -> str:
    return "if a == 0:\n    pass\n" + "".join(f"elif a == {n}:\n    pass\n" for n in range(1, number))


def loop(path: Path) -> None:
    path.mkdir()
    (path / "again").symlink_to(path)


READABLE: dict[str, Maker] = {
    "bom": raw(b"\xef\xbb\xbf" + LEAK.encode()),
    "crlf": raw(LEAK.replace("\n", "\r\n").encode()),
    "old_mac": raw(LEAK.replace("\n", "\r").encode()),
    "mixed_ends": raw(LEAK.replace("\n", "\r\n", 2).encode()),
    "form_feed": text(LEAK.replace("\n\n\n", "\n\x0c\n\n")),
    "latin_1": raw(b"# coding: latin-1\n" + LEAK.replace("\n\n\n", "  # \xe9\n\n").encode("latin-1")),
    "utf_8_cookie_and_bom": raw(b"\xef\xbb\xbf# -*- coding: utf-8 -*-\n" + LEAK.replace("\n\n", "\n", 1).encode()),
    "no_newline_at_end": text(LEAK.rstrip("\n")),
    "separators": text(LEAK.replace("\n\n\n", "\nx = '\u2028\x1c\x85'\n\n")),
    "tabs": text(LEAK.replace("    ", "\t")),
    "backslash": text(LEAK.replace("create_task(f())", "create_task\\\n(f())")),
    "huge_literal": text(LEAK + f"DATA = '{'x' * 5_000_000}'\n"),
    "deep_indent": text(LEAK + "".join(f"{' ' * n}if x:\n" for n in range(95)) + " " * 95 + "pass\n"),
    "invalid_escapes": text(LEAK + "x = '\\d \\w'\nassert (x, 1)\nx is 1\n"),
    "surrogates": text(LEAK + "x = '\\ud800'\n"),
}
"""Python files as good as any: what stands in them is found."""

EITHER: dict[str, Maker] = {
    "brackets_150": text(LEAK + nested(150)),
    "brackets_1500": text(LEAK + nested(1500)),
    "parentheses_20000": text(LEAK + f"x = {'(' * 20000}{')' * 20000}\n"),
    "call_chain": text(LEAK + f"x = a{'.b()' * 2000}\n"),
    "call_chain_20000": text(LEAK + f"x = a{'.b()' * 20000}\n"),
    "elifs": text(LEAK + elifs(1500)),
    "sum": text(LEAK + f"x = {' + '.join(['1'] * 20_000)}\n"),
    "powers": text(LEAK + f"x = {' ** '.join(['1'] * 5_000)}\n"),
    "nots": text(LEAK + f"x = {'not ' * 5_000}1\n"),
    "minuses": text(LEAK + f"x = {'-' * 50_000}1\n"),
    "lambdas": text(LEAK + f"x = {'lambda: ' * 3_000}1\n"),
    "ternaries": text(LEAK + f"x = {'1 if a else ' * 3_000}1\n"),
    "subscripts": text(LEAK + f"x = a{'[0]' * 5_000}\n"),
    # what every version's own parser accepts
    "call_chain_400": text(LEAK + f"x = a{'.b()' * 400}\n"),
    "subscripts_900": text(LEAK + f"x = a{'[0]' * 900}\n"),
    "attributes_900": text(LEAK + f"x = a{'.b' * 900}\n"),
    "sum_900": text(LEAK + f"x = {' + '.join(['1'] * 900)}\n"),
    "sum_of_calls_900": text(LEAK + f"x = {' + '.join(['f()'] * 900)}\n"),
    "ternaries_300": text(LEAK + f"x = {'1 if a else ' * 300}1\n"),
    "lambdas_90": text(LEAK + f"x = {'lambda: ' * 90}1\n"),
    "calls_in_calls_90": text(LEAK + f"x = {'f(' * 90}{')' * 90}\n"),
    "elifs_in_a_function": text(LEAK + "def g(a):\n" + "".join(f"    {row}\n" for row in elifs(1500).splitlines())),
    "deep_comprehensions": text(LEAK + f"x = [{'[' * 90}y{' for y in z]' * 90} for y in z]\n"),
    "strings_side_by_side": text(LEAK + "x = (\n" + "    'abcdefghijklmnop'\n" * 40_000 + ")\n"),
    "f_strings_side_by_side": text(LEAK + "x = (\n" + "    f'{a}'\n" * 20_000 + ")\n"),
    "defs": text(LEAK + "".join(f"{' ' * n}def f():\n" for n in range(90)) + " " * 90 + "pass\n"),
    "many_names": text(LEAK + "".join(f"name_{n} = [name_{n - 1}]\n" for n in range(1, 20_000))),
    "bound_to_each_other": text(LEAK + "parts = ['']\nx = ''\n" + "x = x + x\nparts.append(x)\n" * 200),
    "many_tasks": text(LEAK + "async def g():\n" + "    asyncio.create_task(f())\n" * 3_000),
}
"""Files that Python itself or a tree may refuse: either what stands in them is found, or it is said that they were
not checked."""

UNREADABLE: dict[str, Maker] = {
    "syntax_error": text("def f(:\n"),
    "python_2": text("print 'hello'\nexec 'x'\nraise E, 'x'\n"),
    "null_bytes": raw(b"x = 1\x00\n"),
    "nothing_but_null": raw(b"\x00" * 4096),
    "wrong_encoding": raw(b"x = '\xff\xfe'\n"),
    "unknown_encoding": raw(b"# coding: no-such-encoding\nx = 1\n"),
    "not_a_text_encoding": raw(b"# coding: hex\nx = 1\n"),
    "contradictory_encoding": raw(b"\xef\xbb\xbf# coding: latin-1\nx = 1\n"),
    "utf_16": raw("x = 1\n".encode("utf-16")),
    "binary": raw(bytes(range(256)) * 64),
    "open_string": text('x = """\n' + "text\n" * 1000),
    "open_bracket": text("x = (\n" + "1,\n" * 1000),
    "tabs_and_spaces": text("if x:\n\ty\n        z\n"),
    "conflict_marker": text("<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> other\n"),
    "deep_indent_150": text("".join(f"{' ' * n}if x:\n" for n in range(150)) + " " * 150 + "pass\n"),
    "dangling_link": lambda path: path.symlink_to("nowhere.py"),
    "link_to_itself": lambda path: path.symlink_to(path.name),
    "pipe": os.mkfifo,
}
"""Files that cannot be checked: each is an LK001."""

NOTHING: dict[str, Maker] = {
    "empty": raw(b""),
    "only_a_bom": raw(b"\xef\xbb\xbf"),
    "only_comments": text("# nothing\n\n   # at all"),
    "only_form_feeds": raw(b"\x0c\x0c\n"),
    "directory": lambda path: path.mkdir(),
    "directory_with_a_loop": loop,
}
"""Nothing to be said of these."""


def check(root: Path, *arguments: str) -> tuple[int, list[dict[str, Any]], str]:
    done = subprocess.run(
        [sys.executable, "-m", "leaklint.cli", "check", "--output-format", "json", *arguments],
        cwd=root,
        capture_output=True,
        timeout=120,
        check=False,
    )
    errors = done.stderr.decode()
    assert done.stdout, errors
    assert "Traceback" not in errors
    assert "Warning" not in errors
    assert all(line.startswith("leaklint: ") for line in errors.splitlines())
    return done.returncode, json.loads(done.stdout), errors


def places(rows: list[dict[str, Any]], name: str) -> list[tuple[str, int]]:
    return [(row["rule"], row["line"]) for row in rows if row["path"] == f"{name}.py"]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_all_of_them_at_once(tmp_path: Path, jobs: str) -> None:
    for kinds in READABLE, EITHER, UNREADABLE, NOTHING:
        for name, make in kinds.items():
            make(tmp_path / f"{name}.py")
    (tmp_path / "good.py").write_text(LEAK)
    status, rows, errors = check(tmp_path, "--jobs", jobs)
    for name in ["good", *READABLE]:
        assert places(rows, name) == [("LK201", 5)], name
    for name in EITHER:
        found = places(rows, name)
        assert ("LK201", 5) in found or found[0][0] == "LK001", name
    for name in UNREADABLE:
        assert [rule for rule, _ in places(rows, name)] == ["LK001"], name
    for name in NOTHING:
        assert places(rows, name) == [], name
    assert (status, errors) == (1, "")


@pytest.mark.parametrize("name", [*EITHER, *UNREADABLE])
def test_each_alone_beside_a_good_one(tmp_path: Path, name: str) -> None:
    ({**EITHER, **UNREADABLE}[name])(tmp_path / f"{name}.py")
    (tmp_path / "good.py").write_text(LEAK)
    status, rows, _ = check(tmp_path)
    assert places(rows, "good") == [("LK201", 5)]
    assert places(rows, name)
    assert status == 1


@pytest.mark.parametrize("name", UNREADABLE)
def test_alone_it_makes_the_status_1_and_can_be_ignored(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    UNREADABLE[name](tmp_path / "x.py")
    assert cli._status(["check", "x.py" if name not in ("dangling_link", "link_to_itself") else "."]) == 1
    out, err = capsys.readouterr()
    assert (out.count(" LK001 "), err) == (1, "")
    assert "\x00" not in out
    assert cli._status(["check", "--ignore", "LK001", "."]) == 0


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(LEAK)
    if os.getuid():
        (tmp_path / "locked.py").write_text(LEAK)
        (tmp_path / "locked.py").chmod(0)
    else:  # nothing is locked for root, but reading this fails for everybody
        (tmp_path / "locked.py").symlink_to("/proc/self/mem")
    status, rows, errors = check(tmp_path)
    assert (status, errors) == (1, "")
    assert places(rows, "good") == [("LK201", 5)]
    assert places(rows, "locked") == [("LK001", 1)]


def test_a_file_that_vanishes_during_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    discover = files.discover

    def discover_and_remove(*arguments: Any) -> files.Found:
        found = discover(*arguments)
        (tmp_path / "gone.py").unlink()
        return found

    monkeypatch.setattr(files, "discover", discover_and_remove)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gone.py").write_text(LEAK)
    (tmp_path / "good.py").write_text(LEAK)
    assert cli._status(["check", "--output-format", "json"]) == 1
    out, err = capsys.readouterr()
    assert err == ""
    rows = json.loads(out)
    assert (places(rows, "gone"), places(rows, "good")) == ([("LK001", 1)], [("LK201", 5)])


def test_names_of_files_that_are_not_text(tmp_path: Path) -> None:
    names = [b"\xff.py", "名前.py".encode(), b"a\nb.py", b"a\x1b[2Jb.py", b" .py", b"-o.py", b"it's.py"]
    for name in names:
        (tmp_path / os.fsdecode(name)).write_text(LEAK)
    _, rows, _ = check(tmp_path)
    assert {os.fsencode(row["path"]) for row in rows} == set(names)
    for env in {"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}:
        done = subprocess.run(
            [sys.executable, "-m", "leaklint.cli", "check"],
            cwd=tmp_path,
            capture_output=True,
            env={**os.environ, **env},
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stderr) == (1, b"")
        assert b"--> a\\nb.py:5:5" in done.stdout
        assert b"\x1b" not in done.stdout
