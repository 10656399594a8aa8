"""The text report: frames, labels, closing line."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent

import pytest
from samples import CATALOGUE, finding

from leaklint.facts import Cleared, Evidence, Run, Span
from leaklint.report import Look, Tone, targets, write
from leaklint.report.frame import Mark, fits, frame
from leaklint.report.full import render
from leaklint.report.progress import Progress, bar
from leaklint.report.tally import closing
from leaklint.running.checked import digest
from leaklint.running.runner import Outcome


def report(run: Run, look: Look | None = None, digests: dict[str, str] | None = None) -> str:
    paths = {f.path for f in run.findings} | {e.path for f in run.findings for e in f.evidence}
    known = {path: digest(Path(path).read_bytes()) for path in paths if Path(path).is_file()}
    return "\n".join(render(Outcome(run, known if digests is None else digests), CATALOGUE, look or Look()))


def shown(lines: Sequence[str], *marks: Mark, width: int = 100) -> str:
    return "\n".join(frame(lines, marks, Look(width=width), 2))


def text(block: str, indent: str = "") -> str:
    return indent + dedent(block).strip("\n").replace("\n", f"\n{indent}")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_finding_shows_every_place_of_its_evidence(here: Path) -> None:
    Path("app.py").write_text("THINGS = []\n" + "\n" * 9 + "def add(x):\n    THINGS.append(x)\n")
    Path("other.py").write_text("import app\n\napp.add(1)\n")
    place = Span(12, 5, 12, 21)
    found = finding(
        "app.py",
        place,
        Evidence("app.py", place, "acquired", "filled", {"how": "append"}),
        Evidence("app.py", Span(1, 1, 1, 12), "holder", "held"),
        Evidence("other.py", Span(3, 1, 3, 11), "driver", "filled", {"how": "add"}),
    )
    run = Run(findings=(found,), files=2, seconds=0.04)
    assert report(run) == text("""
        P1 LK900 things-grow: `THINGS` grows
          --> app.py:12:5
           |
         1 | THINGS = []
           | ----------- `THINGS` is held by the module
        ...
        12 |     THINGS.append(x)
           |     ^^^^^^^^^^^^^^^^ filled here by `append`
           |
          ::: other.py:3:1
           |
         3 | app.add(1)
           | ---------- filled here by `add`
           |
           = hint: bound it
                   or empty it
           = see: leaklint rule LK900

        Checked 2 files in 0.0 s: 1 finding (1 P1)
        """)


@pytest.mark.parametrize("change", ["changed", "gone", "unread"])
def test_a_source_that_is_not_the_one_checked_is_not_shown(here: Path, change: str) -> None:
    Path("app.py").write_text("THINGS.append(x)\n")
    found = finding("app.py", Span(1, 1, 1, 17), Evidence("app.py", Span(1, 1, 1, 17), "holder", "held"))
    digests = {} if change == "unread" else {"app.py": digest(b"THINGS.append(x)\n")}
    if change == "changed":
        Path("app.py").write_text("# something\nTHINGS.append(x)\n")
    elif change == "gone":
        Path("app.py").unlink()
    out = report(Run(findings=(found,), files=1), digests=digests)
    assert "THINGS.append" not in out
    assert "--> app.py:1:1\n  = app.py:1:1: `THINGS` is held by the module\n  = hint: bound it" in out


def test_a_place_that_is_not_in_the_file_is_not_shown(here: Path) -> None:
    Path("app.py").write_text("x\n")
    assert "|" not in report(Run(findings=(finding("app.py", Span(9, 1, 9, 2)),)))
    assert not fits(["ab"], Span(1, 4, 1, 5))
    assert not fits(["ab"], Span(1, 1, 2, 1))
    assert fits(["ab"], Span(1, 1, 1, 3))


def test_several_labels_of_one_place_and_several_places_of_one_line() -> None:
    lines = ["a = f(); b = g()"]
    first = Mark(Span(1, 1, 1, 8), ("one", "two"), "P0")
    second = Mark(Span(1, 10, 1, 17), ("three",))
    assert shown(lines, second, first) == text("""
           |
         1 | a = f(); b = g()
           | ^^^^^^^ one
           |         two
           |          ------- three
           |
        """, " ")  # fmt: skip


def test_a_statement_of_several_lines_has_a_bar() -> None:
    lines = ["x = [", "    1,", "]", "", "", "y = x"]
    assert shown(lines, Mark(Span(1, 1, 3, 2), ("made",), "P1"), Mark(Span(6, 1, 6, 6), ("used",))) == text("""
           |
         1 | / x = [
         2 | |     1,
         3 | | ]
           | |_^ made
        ...
         6 |   y = x
           |   ----- used
           |
        """)


def test_a_long_statement_is_shown_by_its_ends() -> None:
    lines = ["f(", *[f"    {n}," for n in range(20)], ")"]
    assert shown(lines, Mark(Span(1, 1, 22, 2), (), "P1")) == text("""
           |
         1 | / f(
         2 | |     0,
        ...  |
        21 | |     19,
        22 | | )
           | |_^
           |
        """)


def test_statements_that_overlap_are_both_shown() -> None:
    lines = ["with a(", "    b(", "    )", "):", "    pass"]
    out = shown(lines, Mark(Span(1, 1, 4, 3), ("outer",), "P1"), Mark(Span(2, 5, 3, 6), ("inner",)))
    assert out == text("""
           |
         1 | / with a(
         2 | |     b(
           | |     -- inner
         3 | |     )
         4 | | ):
           | |__^ outer
           |
        """, " ")  # fmt: skip


def test_a_gap_of_one_line_is_filled() -> None:
    out = shown(["a", "b", "c", "d", "e"], Mark(Span(1, 1, 1, 2), ()), Mark(Span(3, 1, 3, 2), ()))
    assert " 2 | b" in out
    assert "..." not in out


def columns(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else not unicodedata.combining(c) for c in line)


@pytest.mark.parametrize("before", ["\t\t", "名前 = 1; ", "e\u0301 = 1; ", "x = '\x1b[31m'; ", "\u202ex; ", "\x0c"])
def test_what_is_underlined_stands_above_the_line(before: str) -> None:
    line = f"{before}leak()"
    _, source, below, _ = shown([line], Mark(Span(1, len(before) + 1, 1, len(line) + 1), (), "P0")).split("\n")
    assert below.endswith("^" * 6)
    assert columns(source) == columns(below)
    assert source.endswith("leak()")
    assert all(c.isprintable() for c in source)


@pytest.mark.parametrize("length", [200, 5_000_000])
def test_a_long_line_is_cut_around_each_place(length: int) -> None:
    line = f"first(); {'名' * length}; second(); {'y' * length}"
    at = line.index("second")
    out = shown([line], Mark(Span(1, 1, 1, 8), ("one",), "P1"), Mark(Span(1, at + 1, 1, at + 9), ("two",)), width=80)
    rows = out.split("\n")
    assert [row[5:12] for row in rows[1:3]] == ["first()", "^^^^^^^"]
    assert rows[1].endswith("…")
    assert rows[3].startswith(" 1 | … 名")
    assert rows[4].endswith("-------- two")
    assert columns(rows[3][: rows[3].index("second()")]) == rows[4].index("-")
    assert all(columns(row) <= 86 for row in rows)


def test_a_place_that_goes_on_beyond_the_cut() -> None:
    line = f"call({'x' * 500})"
    rows = shown([line], Mark(Span(1, 1, 1, len(line) + 1), ("here",), "P1"), width=60).split("\n")
    assert rows[1] == f" 1 | {line[:59]}…"
    assert rows[2] == f"   | {'^' * 59} here"


def test_colour_is_added_by_the_look_alone(here: Path) -> None:
    def paint(words: str, tone: Tone) -> str:
        return f"<{tone}>{words}</>"

    Path("app.py").write_text("x\n")
    run = Run(findings=(finding("app.py", Span(1, 1, 1, 2)),))
    out = report(run, Look(paint))
    assert "<P1>P1 LK900 things-grow</><strong>: `THINGS` grows</>" in out
    assert "<P1>^</>" in out
    assert "\x1b" not in report(run)


def test_cleared_suspects_are_listed_when_asked_for() -> None:
    span = Span(3, 5, 3, 9)
    proof = Evidence("app.py", Span(9, 1, 9, 5), "bound", "")
    run = Run(cleared=(Cleared("LK900", "app.py", span, "app:X", "guard", (proof,)),), files=1)
    assert report(run) == "Checked 1 file in 0.0 s: no findings"
    assert report(run, Look(cleared=True)).startswith("cleared LK900 app.py:3:5 app:X: guard (bound at app.py:9:1)\n")


def test_the_closing_line_counts() -> None:
    one = finding("a.py", Span(1, 1, 1, 1))
    run = Run(findings=(one._replace(severity="P0"), one, one), files=132, seconds=1.234, errors=("a",))
    assert closing(run) == "Checked 132 files in 1.2 s: 3 findings (1 P0, 2 P1), 1 error"


def test_names_from_the_checked_code_cannot_reach_the_terminal(here: Path) -> None:
    name = "a\x1b[2J\n.py"
    Path(name).write_text("x\n")
    found = finding(name, Span(1, 1, 1, 2))._replace(args={"name": "\x07\u202e{how}"})
    out = report(Run(findings=(found,)))
    assert "`\\x07\\u202e{how}` grows" in out
    assert "--> a\\x1b[2J\\n.py:1:1" in out
    assert "\x1b" not in out


def test_the_bar_waits_a_second_and_cleans_up() -> None:
    class Stream:
        text = ""

        def write(self, words: str) -> int:
            self.text += words  # leaklint: ignore[growing-buffer-without-cap] -- what one test writes
            return len(words)

        def flush(self) -> None:
            pass

    times = iter([0.0, 0.5, 1.5, 1.5])
    stream = Stream()
    progress = Progress(stream, lambda: next(times))  # type: ignore[arg-type]
    progress(1, 4)
    assert not stream.text
    progress(2, 4)
    assert stream.text == f"\r{bar(2, 4)}"
    progress.clear()
    assert stream.text.endswith("\r" + " " * len(bar(2, 4)) + "\r")


def test_outputs() -> None:
    def pairs(*arguments: str, form: str | None = None, file: str | None = None) -> list[tuple[str, str | None]]:
        return [(target.format, target.file) for target in targets(form, file, arguments)]

    assert pairs() == pairs("text") == pairs(form="text") == [("full", None)]
    assert pairs(form="json") == [("json", None)]
    assert pairs(file="a.json") == [("full", "a.json")]
    assert pairs("concise", "json=a=b.json") == [("concise", None), ("json", "a=b.json")]
    clashes = ["json=a", "full=./a"], ["json", "full=-"], ["text", "full"]
    for wrong in ["nope"], *clashes, ["json=/no/such/place/x"], ["json=/"]:
        with pytest.raises(ValueError, match=r"output|cannot write"):
            pairs(*wrong)
    with pytest.raises(ValueError, match="cannot be combined"):
        pairs("json", form="json")


def test_a_file_is_written_whole_or_not_at_all(here: Path) -> None:
    Path("real").write_text("old")
    Path("real").chmod(0o640)
    Path("link").symlink_to("real")
    write("link", ["new", "\udcff"])
    assert Path("link").is_symlink()
    assert Path("real").read_text() == "new\n\\udcff\n"
    assert Path("real").stat().st_mode & 0o777 == 0o640

    with pytest.raises(ZeroDivisionError):
        write("real", (str(1 // number) for number in (1, 0)))
    assert Path("real").read_text() == "new\n\\udcff\n"
    write("/dev/null", ["x"])
    assert not Path("/dev/null").is_file()
    assert sorted(p.name for p in here.iterdir()) == ["link", "real"]
