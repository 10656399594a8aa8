"""The JSON report: other programs rely on its keys, their order and their meaning."""

from __future__ import annotations

import json
from typing import Any

import pytest
from samples import CATALOGUE, finding

from leaklint import pages
from leaklint.facts import Evidence, Run, Span
from leaklint.report import Look, prose, render
from leaklint.running.runner import Outcome

PLACE = Span(12, 1, 13, 20)
FOUND = finding("src/app.py", PLACE, Evidence("src/b.py", Span(40, 5, 40, 30), "acquired", "filled", {"how": "add"}))


def report(*findings: Any) -> str:
    return "\n".join(render(Outcome(Run(findings=findings), {}), CATALOGUE, "json", Look()))


def test_one_array_with_these_keys_in_this_order() -> None:
    (row,) = json.loads(report(FOUND))
    assert row == {
        "rule": "LK900",
        "name": "things-grow",
        "severity": "P1",
        "path": "src/app.py",
        "subject": "app:THINGS",
        "line": 12,
        "column": 1,
        "end_line": 13,
        "end_column": 20,
        "message": "`THINGS` grows",
        "hint": "bound it\nor empty it",
        "owner": "process",
        "driver": "event",
        "release": "never",
        "checked_against": "file",
        "evidence": [
            {
                "path": "src/b.py",
                "line": 40,
                "column": 5,
                "end_line": 40,
                "end_column": 30,
                "role": "acquired",
                "label": "filled here by `add`",
            }
        ],
        "fingerprint": "0" * 16,
        "fixable": False,
    }
    assert " ".join(row) == (
        "rule name severity path subject line column end_line end_column message hint owner driver release "
        "checked_against evidence fingerprint fixable"
    )
    assert " ".join(row["evidence"][0]) == "path line column end_line end_column role label"


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_it_is_json_whatever_the_number(number: int) -> None:
    assert len(json.loads(report(*[FOUND] * number))) == number


def test_file_names_that_are_not_text() -> None:
    name = b"\xff\n\xe5\x90\x8d.py".decode("utf-8", "surrogateescape")
    out = report(finding(name, PLACE))
    assert out.isascii()
    assert json.loads(out)[0]["path"] == name


@pytest.mark.parametrize(
    ("template", "names"),
    [("", ()), ("{a} {b_2} {a}", ("a", "b_2")), ("{{a}}", ()), ("{{{a}}}", ("a",))],
)
def test_fields(template: str, names: tuple[str, ...]) -> None:
    assert prose.fields(template) == names


@pytest.mark.parametrize("template", ["{a.b}", "{a[0]}", "{}", "{0}", "{a!r}", "{a:>9}", "{", "}", "{{}", "{a"])
def test_only_plain_names_are_fields(template: str) -> None:
    with pytest.raises(pages.PageError, match="a field is"):
        prose.fields(template)


def test_what_is_filled_in_is_not_read_again() -> None:
    assert pages.fill("{{{a}}} {b}", {"a": "{b}", "b": "{{"}) == "{{b}} {{"
    with pytest.raises(KeyError):
        pages.fill("{a}", {})
