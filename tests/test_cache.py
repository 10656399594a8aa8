"""What is kept from run to run: it changes nothing but the time that a run takes, whatever has happened to it."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from leaklint import cli, installation
from leaklint.facts import FileResult, Summary
from leaklint.project.files import Source, discover
from leaklint.running import batch, cache, checked
from leaklint.storage import folder, sealed, stamp

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
TASK = """\
import asyncio


async def start(job):
    asyncio.create_task(job())  # é
"""
FILES = {
    "app/__init__.py": "",
    "app/state.py": STATE,
    "app/tasks.py": TASK,
    "app/quiet.py": TASK.replace("é", "leaklint: ignore[LK201] -- a test"),
    "app/useless.py": "x = 1  # leaklint: ignore[LK201] -- nothing\n",
    "app/broken.py": "def (\n",
    "other/plain.py": "print(1)\n",
}
CELLS = [["x = 1\n"], ["%time\n", *TASK.splitlines(keepends=True)]]
NOTEBOOK = json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in CELLS]})

Check = Callable[..., str]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    for name, text in {**FILES, "app/book.ipynb": NOTEBOOK}.items():
        write(root / name, text)
    monkeypatch.chdir(root)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "home"))
    monkeypatch.setattr(sys, "platform", "linux")
    return root


def write(file: Path, text: str, old: bool = True) -> None:
    """Write a file and, so that its stamp counts, make it old; only the time of its change cannot be set."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    if old:
        os.utime(file, (1_600_000_000, 1_600_000_000))


@pytest.fixture(autouse=True)
def _old(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of this moment count as old, unless a test says otherwise."""
    monkeypatch.setattr(stamp, "YOUNG", -(10**18))


@pytest.fixture
def analysed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were analysed, as they are."""
    names: list[str] = []
    check_file = batch._check_file

    def noted(source: Source, *rest: Any) -> checked.Checked:
        names.append(source.shown)
        return check_file(source, *rest)

    monkeypatch.setattr(batch, "_check_file", noted)
    return names


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str], analysed: list[str]) -> Check:
    def run(*arguments: str) -> str:
        analysed.clear()
        cli._status(["check", "--output-format", "json", *(arguments or ["."])])
        out, err = capsys.readouterr()
        assert not err, err
        return out

    return run


def rows(out: str) -> list[tuple[str, str]]:
    return [(row["path"], row["rule"]) for row in json.loads(out)]


def packs(place: Path) -> list[Path]:
    return [file for file, _ in folder.kept(place) if len(file.stem) == 32]


def home(root: Path) -> Path:
    return root.parent / "home" / "leaklint"


# -- nothing but the time --------------------------------------------------------------------------------------------


def test_what_is_known_is_not_asked_again(project: Path, check: Check, analysed: list[str]) -> None:
    cold = check()
    assert len(analysed) == 8
    assert rows(cold) == [
        ("app/book.ipynb", "LK201"),
        ("app/broken.py", "LK001"),
        ("app/state.py", "LK103"),
        ("app/tasks.py", "LK201"),
        ("app/useless.py", "LK002"),
    ]
    assert check() == cold
    assert not analysed
    assert check("--no-cache") == cold
    assert len(analysed) == 8


@pytest.mark.parametrize("form", ["full", "sarif", "jsonl", "markdown"])
def test_every_format_is_the_same(
    project: Path, form: str, capsys: pytest.CaptureFixture[str], analysed: list[str]
) -> None:
    outs = []
    for _ in range(2):
        analysed.clear()
        cli._status(["check", "--output-format", form, "--show-cleared"])
        outs.append([line for line in capsys.readouterr().out.split("\n") if not line.startswith("Checked")])
    assert not analysed
    assert outs[0] == outs[1]
    assert len(outs[0]) > 3 or form == "sarif"


def test_a_change_in_one_file_reaches_the_others(project: Path, check: Check, analysed: list[str]) -> None:
    assert ("app/state.py", "LK103") in rows(check())
    write(project / "app" / "prune.py", PRUNE)
    assert ("app/state.py", "LK103") not in rows(check())
    assert analysed == ["app/prune.py"]
    write(project / "app" / "prune.py", "")
    assert ("app/state.py", "LK103") in rows(check())
    assert analysed == ["app/prune.py"]


def test_settings_of_what_counts_are_heeded_afterwards(project: Path, check: Check, analysed: list[str]) -> None:
    every = rows(check())
    settings = project / "leaklint.toml"
    settings.write_text('ignore = ["LK103"]\nfail-on = "P0"\nper-file-ignores = { "tasks.py" = ["LK2"] }')
    assert rows(check()) == [row for row in every if row[1] != "LK103" and row[0] != "app/tasks.py"]
    assert ("app/quiet.py", "LK003") not in rows(check("--select", "LK003", "."))
    assert not analysed


def test_settings_that_reach_the_analysis_make_a_difference(project: Path, check: Check, analysed: list[str]) -> None:
    write(project / "app" / "wraps.py", "from app.aio import spawn\n\n\nasync def f(job):\n    spawn(job())\n")
    before = check()
    settings = project / "leaklint.toml"
    settings.write_text('task-wrappers = ["app.aio.spawn"]')
    check()
    assert len(analysed) == 9
    api = project / "apis.toml"
    for text in ('["x.Y"]\nkind = "container"\n', '["x.Y"]\nkind = "buffer"\n'):
        api.write_text(text)
        settings.write_text('api-files = ["apis.toml"]')
        check()
        assert len(analysed) == 9
    settings.unlink()
    assert check() == before
    assert not analysed


def test_it_is_found_from_another_directory(
    project: Path, check: Check, analysed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = rows(check())
    monkeypatch.chdir(project / "app")
    assert rows(check(str(project))) == [(name.removeprefix("app/"), rule) for name, rule in here]
    assert not analysed


def test_a_module_of_another_name_is_another(project: Path, check: Check, analysed: list[str]) -> None:
    check()
    (project / "app" / "__init__.py").unlink()
    subjects = [row["subject"] for row in json.loads(check())]
    assert "state:SESSIONS" in subjects
    assert len(analysed) == 7 - 1


def test_standard_input_is_not_kept(
    project: Path, check: Check, analysed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TASK.encode())))
        assert rows(check("-", "--stdin-filename", "app/state.py")) == [("app/state.py", "LK201")]
        assert analysed == ["app/state.py"]
    assert ("app/state.py", "LK103") in rows(check())


def test_several_processes_fill_it_as_one_does(project: Path, check: Check, analysed: list[str]) -> None:
    cold = check("--jobs", "2", ".")
    assert check() == cold
    assert not analysed


def test_trouble_is_not_kept(
    project: Path, analysed: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from leaklint import suppress

    with monkeypatch.context() as patch:
        patch.setattr(suppress, "find", lambda *_: 1 / 0)
        cli._status(["check", "app/tasks.py"])
    assert "ZeroDivisionError" in capsys.readouterr().err
    analysed.clear()
    cli._status(["check", "app/tasks.py"])
    assert analysed == ["app/tasks.py"]
    assert "LK201" in capsys.readouterr().out


# -- when is a file the same -----------------------------------------------------------------------------------------


def test_touching_costs_a_look_and_nothing_else(project: Path, check: Check, analysed: list[str]) -> None:
    cold = check()
    for file in project.rglob("*.py"):
        os.utime(file)
    assert check() == cold
    assert not analysed


def test_the_same_size_and_the_same_time_are_not_the_same_file(
    project: Path, check: Check, analysed: list[str]
) -> None:
    file = project / "app" / "tasks.py"
    check()
    status = file.stat()
    file.write_text(TASK.replace("job()", "jot()").replace("start(job)", "start(jot)"), encoding="utf-8")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert file.stat().st_size == status.st_size
    assert "jot()" in check()
    assert analysed == ["app/tasks.py"]


def test_a_young_file_is_read_again(
    project: Path, check: Check, analysed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within one tick of the file system's clock a file can change and look the same."""
    monkeypatch.setattr(stamp, "YOUNG", 10**10)
    file = project / "app" / "tasks.py"
    real = os.lstat

    def same(path: Any, **more: Any) -> os.stat_result:  # a clock that stands still
        status = real(path, **more)
        if not os.fspath(path).endswith("tasks.py"):
            return status
        tick = time.time_ns() // 10**10 * 10**10
        looks = {"st_mode": status.st_mode, "st_size": status.st_size, "st_ino": 1}
        return cast("os.stat_result", SimpleNamespace(**looks, st_mtime_ns=tick, st_ctime_ns=tick))

    monkeypatch.setattr(os, "lstat", same)
    check()
    file.write_text(TASK.replace("job()", "jot()").replace("start(job)", "start(jot)"), encoding="utf-8")
    assert "jot()" in check()
    assert analysed == ["app/tasks.py"]
    check()
    assert not analysed  # by its digest


def test_a_stamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "a.py", "x")
    status = (tmp_path / "a.py").stat()
    monkeypatch.setattr(stamp, "YOUNG", 2 * 10**9)
    assert stamp.stamp(status) is None
    monkeypatch.setattr(time, "time_ns", lambda: status.st_ctime_ns + 2 * 10**9 + 1)
    assert stamp.stamp(status) == (1, 1_600_000_000 * 10**9, status.st_ctime_ns, status.st_ino)


# -- what it depends on ----------------------------------------------------------------------------------------------


def test_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = (), (), (), ()
    first = installation.key(own, tmp_path)
    assert installation.key(own, tmp_path) == installation.key(own, None) == first
    assert len(list(tmp_path.glob("installed-*.json"))) == 1
    others = [
        installation.key(((), (), ("a.b",), ()), tmp_path),
        installation.key(((), (), (), ("a.b",)), tmp_path),
    ]
    with monkeypatch.context() as patch:
        patch.setattr(sys, "version_info", (3, 99, 0, "final", 0))
        others.append(installation.key(own, tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(installation, "LIBRARIES", ("click",))
        others.append(installation.key(own, tmp_path))
    copy = tmp_path / "copy"
    shutil.copytree(Path(installation.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(installation, "__file__", str(copy / "installation.py"))
    assert installation.key(own, tmp_path) == first  # it is the contents that count
    with (copy / "flow.py").open("a") as file:
        file.write("#\n")
    others.append(installation.key(own, tmp_path))
    assert len({first, *others}) == len(others) + 1


def test_a_new_version_knows_nothing(
    project: Path, check: Check, analysed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cold = check()
    with monkeypatch.context() as patch:
        patch.setattr(installation, "LIBRARIES", ())
        assert check() == cold
        assert len(analysed) == 8
    check()
    assert not analysed


# -- whatever has happened to it -------------------------------------------------------------------------------------


def damage(file: Path, how: str) -> None:
    content = file.read_bytes()
    if how == "cut":
        file.write_bytes(content[: len(content) // 2])
    elif how == "empty":
        file.write_bytes(b"")
    elif how == "flipped":
        file.write_bytes(content.replace(b"SESSIONS", b"SESSIONZ").replace(b"]", b"}"))
    elif how == "bytes":
        file.write_bytes(b"\xff\x00" * 1000)
    elif how == "directory":
        file.unlink()
        file.mkdir()
    elif how == "pipe":
        file.unlink()
        os.mkfifo(file)
    elif how == "link":
        file.unlink()
        file.symlink_to(file)
    elif how == "unreadable":
        file.chmod(0)


HOW = ["cut", "empty", "flipped", "bytes", "directory", "pipe", "link", "unreadable"]


@pytest.mark.parametrize("how", HOW)
def test_what_is_damaged_is_not_there(project: Path, check: Check, how: str) -> None:
    cold = check()
    every = [file for file, _ in folder.kept(home(project))]
    assert len(every) >= 4
    for file in every:
        damage(file, how)
    assert check() == cold
    assert check() == cold


def forge(file: Path, value: Any) -> None:
    """Write what a stranger may write who knows the form."""
    body = json.dumps(value).encode()
    file.write_bytes(b"%08x\n" % zlib.crc32(body) + body)


def every_place(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each list or table in a value, with each index or key of it."""
    for key in range(len(value)) if isinstance(value, list) else list(value) if isinstance(value, dict) else ():
        yield value, key
        yield from every_place(value[key])


STRANGE: list[Any] = [None, True, 7, -1, 1.5, "x", "\udcff", "P0", [], {}, [[]], {"a": None}, [None] * 9, "x" * 100_000]


def test_whatever_stands_in_an_entry_is_no_traceback(
    project: Path, check: Check, capsys: pytest.CaptureFixture[str]
) -> None:
    cold = check()
    (file,) = (p for p in packs(home(project)) if "state.py" in sealed.read(p))
    written = sealed.read(file)
    places = sum(1 for _ in every_place(written["state.py"]))
    assert places > 40
    source = next(s for s in discover(["."], project).sources if s.shown == "app/state.py")
    for number in range(places):
        for strange in STRANGE:
            value = json.loads(json.dumps(written))
            inner, key = list(every_place(value["state.py"]))[number]
            inner[key] = strange
            forge(file, value)
            found = cache.Cache(home(project), file.parent.name).get(source)
            if found is None:
                continue
            assert isinstance(found.result, FileResult)
            assert found.result.path == "app/state.py"
            hash((found.result.summary, found.result.open_questions and found.result.open_questions[0].place))
    for strange in [*STRANGE, {"state.py": None}, {"state.py": [1, 2]}, {"state.py": [None, 1, 2, 3, 4]}]:
        forge(file, strange)
        assert check() == cold
    file.write_bytes(b"%08x\n" % zlib.crc32(b"[" * 10**6) + b"[" * 10**6)
    assert check() == cold


def test_nothing_that_is_kept_is_run(project: Path, check: Check) -> None:
    """A repository may bring a cache and settings that name it."""
    (project / "leaklint.toml").write_text('cache-dir = "kept"')
    cold = check()
    ran = project / "ran"
    evil = f"cos\nsystem\n(S'touch {ran}'\ntR.".encode()  # what a pickle would do
    for file in packs(project / "kept"):
        file.write_bytes(evil)
    assert check() == cold
    for file in packs(project / "kept"):
        file.write_bytes(b"%08x\n" % zlib.crc32(evil) + evil)
    assert check() == cold
    assert not ran.exists()


def test_rules_never_come_from_a_projects_folder(project: Path, check: Check) -> None:
    (project / "leaklint.toml").write_text('cache-dir = "kept"')
    check()
    assert not [file for file, _ in folder.kept(project / "kept") if len(file.stem) != 32]
    assert [file.name for file, _ in folder.kept(home(project)) if file.name == "catalogue.json"]


def test_where_a_check_lies_is_never_read(project: Path, check: Check) -> None:
    cold = check("app/tasks.py")
    (file,) = home(project).glob("*/catalogue.json")
    (project / "evil.py").write_text(f"open({str(project / 'ran')!r}, 'w')\n")
    text = json.dumps(sealed.read(file)).replace("leaklint.rules.dangling_task.check", str(project / "evil.py"))
    forge(file, json.loads(text))
    write(project / "app" / "tasks.py", TASK + "\n")
    assert check("app/tasks.py") == cold
    assert not (project / "ran").exists()


# -- at the same time, killed in the middle --------------------------------------------------------------------------


def process(root: Path, *arguments: str) -> subprocess.Popen[bytes]:
    code = "from leaklint.cli import main; main()"
    command = [sys.executable, "-c", code, "check", "--output-format", "json", *arguments, "."]
    return subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_runs_at_the_same_time(project: Path, check: Check, analysed: list[str]) -> None:
    cold = check("--no-cache", ".")
    for _ in range(2):
        runs = [process(project) for _ in range(4)]
        assert [run.communicate(timeout=60)[0].decode() for run in runs] == [cold] * 4
    check()
    assert check() == cold
    assert not analysed
    assert not [file for file in home(project).rglob("*") if ".part" in file.name]


def test_a_kill_at_any_moment_does_no_harm(project: Path, check: Check) -> None:
    for number in range(60):
        write(project / f"p{number}" / "tasks.py", TASK)
    cold = check("--no-cache", ".")
    for pause in (0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0):
        run = process(project)
        time.sleep(pause)
        run.kill()
        run.communicate()
        assert check() == cold
        folder.clear(home(project))
    run = process(project)
    assert run.communicate(timeout=60)[0].decode() == cold


def test_a_write_that_is_stopped_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "x.json"
    sealed.write(place, [1])

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        sealed.write(place, [2])
    assert sealed.read(place) == [1]
    assert list(tmp_path.iterdir()) == [place]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs signals")
def test_ctrl_c_keeps_what_was_done(
    project: Path,
    check: Check,
    analysed: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    check_file = batch._check_file
    with monkeypatch.context() as patch:

        def stopped(source: Source, *rest: Any) -> checked.Checked:
            if source.shown == "app/tasks.py":
                os.kill(os.getpid(), signal.SIGINT)
            return check_file(source, *rest)

        patch.setattr(batch, "_check_file", stopped)
        assert cli._status(["check"]) == 130
    assert capsys.readouterr().err == "\n"
    check()
    assert "app/broken.py" not in analysed
    assert "app/tasks.py" in analysed


# -- the folder ------------------------------------------------------------------------------------------------------


def entry(root: Path, place: Path, key: str, name: str) -> None:
    source = Source(str(root / name / "a.py"), f"{name}/a.py", "a", 1)
    (root / name).mkdir(exist_ok=True)
    (root / name / "a.py").write_text("")
    one = cache.Cache(place, key)
    one.put(source, checked.Checked(FileResult(source.shown, Summary("a")), "0" * 32))
    one.save()


def test_it_is_bounded(tmp_path: Path) -> None:
    place, now = tmp_path / "cache", time.time()
    for number in range(10):
        entry(tmp_path, place, "0" * 32, f"d{number}")
    files = sorted(packs(place))
    for number, file in enumerate(files):
        os.utime(file, (now - number - 1, now - number - 1))
    size = files[0].stat().st_size
    folder.clear(place, size * 4, now)
    assert sorted(packs(place)) == sorted(files[:4])
    os.utime(files[0], (now - folder.UNUSED - 1, now - folder.UNUSED - 1))
    half = place / f".{files[0].name}.01234567.part"
    half.write_text("x")
    folder.clear(place, size * 4, now)
    assert half.exists()
    os.utime(half, (now - 7200, now - 7200))
    folder.clear(place, size * 4, now)
    assert sorted(packs(place)) == sorted(files[1:4])
    assert not half.exists()
    folder.sweep(place, 0)
    assert len(packs(place)) == 3  # it was looked at within the hour
    os.utime(place / "swept", (now - 7200, now - 7200))
    folder.sweep(place, 0)
    assert not packs(place)


def test_what_is_of_use_stays(tmp_path: Path) -> None:
    place = tmp_path / "x.json"
    sealed.write(place, [1])
    os.utime(place, (1, 1))
    assert sealed.read(place) == [1]
    assert time.time() - place.stat().st_mtime < 60


def test_files_that_are_gone_are_forgotten(project: Path, check: Check) -> None:
    check()
    (project / "app" / "tasks.py").unlink()
    write(project / "app" / "new.py", "")
    check()
    (file,) = (p for p in packs(home(project)) if "state.py" in sealed.read(p))
    assert "tasks.py" not in sealed.read(file)
    assert "new.py" in sealed.read(file)


def test_a_directory_that_goes_meanwhile(tmp_path: Path) -> None:
    place, one = tmp_path / "cache", cache.Cache(tmp_path / "cache", "0" * 32)
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "x.py", "")
        source = Source(str(tmp_path / name / "x.py"), f"{name}/x.py", "x", 0)
        one.put(source, checked.Checked(FileResult(source.shown, Summary("x")), checked.digest(b"")))
    shutil.rmtree(tmp_path / "b")
    one.save()
    assert len(packs(place)) == 2


def test_info_and_clear(project: Path, check: Check, leaklint: Callable[..., str], analysed: list[str]) -> None:
    assert "no files, 0.0 MB of at most 100" in leaklint("cache", "info")
    cold = check()
    assert leaklint("cache", "info").startswith(f"{home(project)}: 4 files, ")
    theirs = [home(project) / "notes.json", home(project) / ("0" * 31) / "x.json"]
    for file in theirs:
        write(file, "{}")
    assert "MB deleted" in leaklint("cache", "clear")
    assert not list(folder.kept(home(project)))
    assert all(file.exists() for file in theirs)
    assert check() == cold
    assert len(analysed) == 8


@pytest.fixture
def leaklint(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def run(*arguments: str) -> str:
        assert cli._status(arguments) == 0
        return capsys.readouterr().out

    return run


def test_a_folder_in_the_project_is_ignored_by_git(
    project: Path, check: Check, leaklint: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for place, arguments in (("one", ["--cache-dir", "one"]), ("two", []), ("three", [])):
        if place == "two":
            monkeypatch.setenv("LEAKLINT_CACHE_DIR", "two")
        elif place == "three":
            monkeypatch.delenv("LEAKLINT_CACHE_DIR")
            (project / "leaklint.toml").write_text('cache-dir = "three"')
        check(*arguments, ".")
        assert (project / place / ".gitignore").read_text() == "*\n"
        assert (project / place / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")
        assert len(packs(project / place)) == 2
        assert str(project / place) in leaklint("cache", "info", *arguments)


def test_a_folder_that_was_there_is_left_as_it_is(project: Path, check: Check, leaklint: Callable[..., str]) -> None:
    check("--cache-dir", ".", ".")
    assert not (project / ".gitignore").exists()
    leaklint("cache", "clear", "--cache-dir", ".")
    assert {str(file.relative_to(project)) for file in project.rglob("*") if file.is_file()} - set(FILES) == {
        *("app/book.ipynb", "swept")
    }


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs users")
def test_a_folder_that_cannot_be_used(
    project: Path, check: Check, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cold = check("--no-cache", ".")
    (project / "file").write_text("")
    cli._status(["check", "--output-format", "json", "--cache-dir", "file/x", "."])
    out, err = capsys.readouterr()
    assert out == cold
    assert err == "leaklint: file/x: nothing is kept: not a directory\n"
    monkeypatch.setenv("XDG_CACHE_HOME", str(project / "file"))
    assert check() == cold
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # nobody's home
    assert folder.home() is None
    assert check() == cold


def test_nothing_can_be_written(project: Path, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a disk that is full, or in a folder of somebody else: what is there is used all the same."""
    cold = check()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    monkeypatch.setattr(os, "utime", full)
    write(project / "app" / "tasks.py", TASK + "\n", old=False)
    assert check() == cold
    folder.clear(home(project))
    assert check() == cold
