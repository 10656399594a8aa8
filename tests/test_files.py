"""Which files are found, what they are called, how their lines are counted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from leaklint.files import decode, discover, lines, printable


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
