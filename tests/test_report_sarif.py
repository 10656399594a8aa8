"""The SARIF report: the schema, and what the schema cannot say."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from samples import CATALOGUE, finding

from leaklint import catalogue, cli
from leaklint.facts import Evidence, Run, Severity, Span, Suppression
from leaklint.report import Look, render, repository, sarif
from leaklint.running.runner import Outcome

SCHEMA = Path(__file__).parent / "data" / "sarif-2.1.0-rtm.5.json"
PLACE = Span(12, 1, 13, 20)
FOUND = finding(
    "src/app.py",
    PLACE,
    Evidence("src/b.py", Span(40, 5, 40, 30), "acquired", "filled", {"how": "d[k]"}),
    Evidence("src/app.py", Span(1, 1, 1, 5), "holder", ""),
)
REASON = Suppression(line=11, first=11, last=13, codes=("LK900",), reason="four of them, and no more")


@functools.cache
def validator() -> Any:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    return kind(schema, format_checker=jsonschema.FormatChecker())


def validated(text: str) -> dict[str, Any]:
    """The one run of a report that keeps to the schema."""
    assert text.isascii()
    log = json.loads(text)
    validator().validate(log)
    (run,) = log["runs"]
    assert isinstance(run, dict)
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        ids = [one["id"] for one in result["relatedLocations"]]
        assert len(set(ids)) == len(ids)
    return run


def report(run: Run) -> dict[str, Any]:
    return validated("\n".join(render(Outcome(run, {}), CATALOGUE, "sarif", Look())))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository, which is the working directory too."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_schema_would_object(here: Path) -> None:
    log = sarif.log(Outcome(Run(findings=(FOUND,)), {}), CATALOGUE, here)
    validator().validate(log)
    log["runs"][0]["results"][0]["level"] = "P1"
    with pytest.raises(jsonschema.ValidationError):
        validator().validate(log)


def test_a_finding(here: Path) -> None:
    (result,) = report(Run(findings=(FOUND,)))["results"]
    assert result == {
        "ruleId": "LK900",
        "ruleIndex": 0,
        "level": "warning",
        "message": {
            "text": "`THINGS` grows\n- [filled here by `d\\[k\\]`](1)\n- [holder](2)\nHint: bound it\nor empty it"
        },
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "src/app.py", "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 12, "startColumn": 1, "endLine": 13, "endColumn": 20},
                },
                "logicalLocations": [{"fullyQualifiedName": "app:THINGS"}],
            }
        ],
        "relatedLocations": [
            {
                "id": 1,
                "physicalLocation": {
                    "artifactLocation": {"uri": "src/b.py", "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 40, "startColumn": 5, "endLine": 40, "endColumn": 30},
                },
                "message": {"text": "filled here by `d[k]`"},
                "properties": {"role": "acquired"},
            },
            {
                "id": 2,
                "physicalLocation": {
                    "artifactLocation": {"uri": "src/app.py", "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 5},
                },
                "message": {"text": "holder"},
                "properties": {"role": "holder"},
            },
        ],
        "partialFingerprints": {"leaklint/v1": "0" * 16},
        "properties": {
            "severity": "P1",
            "owner": "process",
            "driver": "event",
            "release": "never",
            "checkedAgainst": "file",
        },
    }


@pytest.mark.parametrize(("severity", "level"), [("P0", "error"), ("P1", "warning"), ("P2", "note")])
def test_levels(here: Path, severity: Severity, level: str) -> None:
    (result,) = report(Run(findings=(FOUND._replace(severity=severity),)))["results"]
    assert result["level"] == level


@pytest.mark.parametrize(("reason", "more"), [("", {}), (REASON.reason, {"justification": REASON.reason})])
def test_what_is_suppressed_comes_last_with_its_reason(here: Path, reason: str, more: dict[str, str]) -> None:
    silenced = (finding("a.py", PLACE), REASON._replace(reason=reason))
    first, second = report(Run(findings=(FOUND,), suppressed=(silenced,)))["results"]
    assert "suppressions" not in first
    (suppression,) = second["suppressions"]
    place = suppression.pop("location")["physicalLocation"]
    assert suppression == {"kind": "inSource", **more}
    assert place["region"] == {"startLine": 11}
    assert place["artifactLocation"]["uri"] == "a.py"


def test_errors_of_the_run(here: Path) -> None:
    assert report(Run())["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]
    (invocation,) = report(Run(errors=("a.py: no such file",)))["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"] == [{"level": "error", "message": {"text": "a.py: no such file"}}]


def test_paths_begin_at_the_root_of_the_repository(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "sub" / "deep").mkdir(parents=True)
    for folder, path, uri in [
        (".", "a.py", "a.py"),
        ("sub/deep", "a b/é%.py", "sub/deep/a%20b/%C3%A9%25.py"),
        ("sub", (here / "top.py").as_posix(), "top.py"),
        ("sub", "../other/x.py", "other/x.py"),
        (".", b"\xff#?.py".decode("utf-8", "surrogateescape"), "%FF%23%3F.py"),
    ]:
        monkeypatch.chdir(here / folder)
        (result,) = report(Run(findings=(FOUND._replace(path=path),)))["results"]
        artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
        assert artifact == {"uri": uri, "uriBaseId": "%SRCROOT%"}


def test_a_file_outside_the_repository_is_named_in_full(here: Path) -> None:
    (result,) = report(Run(findings=(FOUND._replace(path="/elsewhere/a b.py"),)))["results"]
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "file:///elsewhere/a%20b.py"}


def test_a_notebook(here: Path) -> None:
    inner = FOUND.evidence[0]._replace(path="a.ipynb:cell 2")
    found = FOUND._replace(path="a.ipynb:cell 3", evidence=(inner,))
    first, second = report(Run(findings=(found,), suppressed=((found, REASON),)))["results"]
    place = {"artifactLocation": {"uri": "a.ipynb", "uriBaseId": "%SRCROOT%"}, "region": {"startLine": 1}}
    assert first["locations"][0]["physicalLocation"] == place
    assert first["relatedLocations"][0]["physicalLocation"] == place
    assert second["suppressions"][0]["location"]["physicalLocation"] == place
    assert first["message"]["text"].startswith("cell 3, line 12: `THINGS` grows\n- [cell 2, line 40: filled here")


def test_the_root(tmp_path: Path) -> None:
    inner = tmp_path / "repo" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "repo")
    assert repository.find(inner).root == Path(inner).resolve()
    (tmp_path / "repo" / ".git").write_text("gitdir: elsewhere")  # as in a worktree
    assert repository.find(inner).root == (tmp_path / "repo").resolve()
    assert repository.find(tmp_path / "link").inside(str(tmp_path / "link" / "inner" / "a.py")) == "inner/a.py"


def test_every_rule_of_the_catalogue(here: Path) -> None:
    known = catalogue.load()
    text = "\n".join(render(Outcome(Run(), {}), known, "sarif", Look()))
    rules = validated(text)["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.code for rule in known.rules]
    for rule, made in zip(known.rules, rules, strict=True):
        assert made["name"] == rule.name
        assert made["help"]["markdown"] == rule.page
        assert made["shortDescription"]["text"] == rule.summary
        assert " ".join(made["fullDescription"]["text"].split()).startswith(rule.summary)
        assert len(made["fullDescription"]["text"]) <= 1024
        assert made["defaultConfiguration"] == {
            "enabled": not rule.preview,
            "level": {None: "error", "P0": "error", "P1": "warning", "P2": "note"}[rule.ceiling],
        }
        link = made.get("helpUri")
        assert (link is None) == ("http" not in rule.page.split("## References")[1])
        assert link is None or f"]({link})" in rule.page or link in rule.page.split()
    assert any("helpUri" in made for made in rules)


def test_a_long_description_is_cut_at_a_word() -> None:
    rule = CATALOGUE.rules[0]
    long = rule._replace(page=rule.page.replace("Reports.", "Reports. " + "long words " * 200))
    text = sarif._rule(long)["fullDescription"]["text"]
    assert 900 < len(text) <= 1024
    assert text.endswith((" long …", " words …"))


def test_a_whole_run(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = "    asyncio.create_task(work())"
    source = f"import asyncio\n\n\nasync def work():\n    await asyncio.sleep(9)\n\n\nasync def start():\n{line}\n"
    Path("a.py").write_text(source)
    Path("b.py").write_text(source.replace(line, f"{line}  # leaklint: ignore[LK201] -- short"))
    Path("c.py").write_text("print 1\n")
    status = cli._status(["check", "--output-format", "sarif"])
    first = capsys.readouterr().out
    results = validated(first)["results"]
    assert [(r["ruleId"], "suppressions" in r) for r in results] == [
        ("LK201", False),
        ("LK001", False),
        ("LK201", True),
    ]
    assert status == 1
    cli._status(["check", "--output-format", "sarif"])
    assert capsys.readouterr().out == first
    assert str(here) not in first

    def prints(report: str) -> list[dict[str, str]]:
        return [r["partialFingerprints"] for r in validated(report)["results"] if r["ruleId"] != "LK001"]

    for name in "a.py", "b.py":
        Path(name).write_text("# a\n# new\n# head\n" + Path(name).read_text())
    cli._status(["check", "--output-format", "sarif"])
    shifted = capsys.readouterr().out
    assert prints(shifted) == prints(first)
    assert shifted != first
