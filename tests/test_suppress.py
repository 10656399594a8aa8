"""Comments that silence findings, and which lines they cover."""

from __future__ import annotations

from textwrap import dedent

import pytest
from samples import finding

from leaklint.facts import Span, Suppression
from leaklint.suppress import apply, find

CODES = {"dangling-task": "LK201", "things-grow": "LK900"}


def found(code: str) -> list[Suppression]:
    """All suppressions; the columns of their comments are another test's."""
    every = find(dedent(code).lstrip("\n").encode(), CODES)
    return [one._replace(column=1, end_column=1) for one in every]


def covered(code: str) -> list[tuple[int, int]]:
    return [(s.first, s.last) for s in found(code)]


def test_codes_names_and_reason() -> None:
    assert found("x = 1  # leaklint: ignore[LK201, dangling-task,lk103] -- kept by  the loop \n") == [
        Suppression(1, 1, 1, ("LK201", "LK201", "LK103"), "kept by  the loop")
    ]
    assert found("x = 1  # type: ignore # leaklint:ignore[LK201]--why # more")[0].reason == "why"
    assert found("x = 1  # leaklint: ignore")[0] == Suppression(1, 1, 1, (), "")
    assert found("x = 1  # leaklint: ignore -- all of it")[0] == Suppression(1, 1, 1, (), "all of it")
    assert found("x = 1  # leaklint: ignore[whatever]")[0].codes == ("WHATEVER",)


@pytest.mark.parametrize(
    "comment",
    ["leaklint: ignored", "leaklint: ignore LK201", "leaklint: ignore[]", "leaklint: ignore[LK201] because", "noqa"],
)
def test_what_is_not_a_suppression(comment: str) -> None:
    assert [one for one in found(f"x = 1  # {comment}\n") if not one.fault] == []
    assert found(f"x = '# {comment}'\n") == []
    assert found("x = '# leaklint: ignore[LK201] -- no'\n") == []


def test_any_line_of_the_statement() -> None:
    assert (
        covered("""
        a = 1
        f(
            a,  # leaklint: ignore[LK201] -- inside
            # leaklint: ignore[LK201] -- alone, but inside
            b,
        )  # leaklint: ignore[LK201] -- at the end
        c = 1
        """)
        == [(2, 6)] * 3
    )
    assert covered('x = """\na\n"""  # leaklint: ignore\n') == [(1, 3)]
    assert covered("a = 1 + \\\n  2  # leaklint: ignore\n") == [(1, 2)]


def test_alone_on_its_line_it_covers_the_statement_below() -> None:
    code = """
        def f():
            # leaklint: ignore[LK201] -- why
            # more of why

            g(
                1,
            )
            h()
        # leaklint: ignore[LK201] -- nothing below
        """
    assert covered(code) == [(2, 7), (9, 9)]


def test_a_header_does_not_cover_its_body_and_decorators_belong_to_it() -> None:
    code = """
        if a:  # leaklint: ignore -- the header alone
            b
        @one
        @two(  # leaklint: ignore -- both ways
            3
        )
        # leaklint: ignore -- between
        async def f(
            a,
        ):  # leaklint: ignore -- the end
            pass
        """
    assert covered(code) == [(1, 1), (3, 10), (3, 10), (3, 10)]


def test_the_whole_file() -> None:
    (one,) = found("a = 1\n\n# leaklint: ignore-file[LK201] -- generated\n")
    assert one.whole_file
    assert (one.line, one.first, one.last, one.codes, one.reason) == (3, 1, 4, ("LK201",), "generated")


def test_noqa_of_ours() -> None:
    assert found("x = 1  # noqa: F401,LK201\n") == [Suppression(1, 1, 1, ("LK201",), "", native=False)]
    assert covered("f(\n  1,  # NOQA : LK201 LK202\n)\n") == [(1, 3)]
    assert covered("# noqa: LK201\nx = 1\n") == [(1, 1)]
    assert found("x = 1  # noqa: F401\ny = 'LK201'") == []


@pytest.mark.parametrize("newline", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("start", ["", "\ufeff", "# coding: utf-8\n", "\x0c"])
def test_ends_of_lines_and_marks_at_the_start(newline: str, start: str) -> None:
    code = f"{start}a = '\x0c \x1c \u2028'\nf()  # leaklint: ignore\n"
    lines = 2 + start.count("\n")
    (one,) = find(code.replace("\n", newline).encode(), CODES)
    assert (one.first, one.last) == (lines, lines)


@pytest.mark.parametrize(
    "source",
    [
        b"# coding: nonsense\n# leaklint: ignore",
        b"x = (  # leaklint: ignore",
        b"'''  # leaklint: ignore",
        b"\xff# leaklint: ignore",
        b"if x:\n    a\n  b  # leaklint: ignore",
        b"# coding: hex\n# leaklint: ignore",
    ],
)
def test_a_file_that_cannot_be_read_has_none(source: bytes) -> None:
    assert find(source, CODES) == ()


def test_what_stands_before_the_mistake_counts() -> None:
    template = '# leaklint: ignore-file[LK001] -- a template\n{% if x %}\nx = {{ x }}\n"""\n'
    assert [(s.whole_file, s.codes) for s in found(template)] == [(True, ("LK001",))]


def test_apply() -> None:
    inner = finding("a.py", Span(5, 1, 6, 3))
    statement = Suppression(6, 4, 6, ("LK900",), "why")
    file = Suppression(9, 1, 99, (), "", whole_file=True)
    other = Suppression(6, 4, 6, ("LK201",), "")
    below = Suppression(7, 7, 7, (), "")
    assert apply([inner], {}) == ((inner,), ())
    assert apply([inner], {"b.py": [statement]}) == ((inner,), ())
    assert apply([inner], {"a.py": [other, below]}) == ((inner,), ())
    assert apply([inner], {"a.py": [file, other, statement]}) == ((), ((inner, statement),))
    assert apply([inner._replace(rule="LK101")], {"a.py": [file, statement]})[1][0][1] == file
