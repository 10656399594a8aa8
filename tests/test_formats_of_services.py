"""The formats that services read, each held against what its service says of it.

The schemas are written down here from their sources, more strictly: keys that a service does not know are not given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from samples import CATALOGUE, finding

from leaklint.facts import Evidence, Finding, Run, Severity, Span
from leaklint.report import Look, render
from leaklint.running.checked import digest
from leaklint.running.runner import Outcome

FOUND = finding(
    "src/app.py",
    Span(2, 5, 2, 8),
    Evidence("src/b.py", Span(40, 5, 40, 30), "acquired", "filled", {"how": "d[k]"}),
    Evidence("src/app.py", Span(1, 1, 1, 5), "holder", ""),
)
NASTY = FOUND._replace(path="a]b;c%<&\"'\x1b\n.py", args={"name": "x]]>;%\n\x00é名"}, lowered=True)
CELL = FOUND._replace(path="a.ipynb:cell 3")
SAMPLES = {
    "none": Run(files=2),
    "one": Run(findings=(FOUND,), files=2),
    "all": Run(
        findings=(NASTY, CELL, FOUND, *(FOUND._replace(severity=s) for s in ("P0", "P2"))),
        errors=("x.py: 5% <gone>\x1b", "y"),
        files=9,
    ),
}
each = pytest.mark.parametrize("run", SAMPLES.values(), ids=SAMPLES)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    return tmp_path


def text(form: str, run: Run, digests: Mapping[str, str] | None = None) -> str:
    return "\n".join(render(Outcome(run, digests or {}), CATALOGUE, form, Look()))


def checked(form: str, run: Run, schema: Mapping[str, Any]) -> Any:
    found = json.loads(text(form, run))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(found, schema, jsonschema.Draft202012Validator)
    return found


def record(required: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


TEXT = {"type": "string", "minLength": 1}
NUMBER = {"type": "integer", "minimum": 1}

# https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
GITLAB = {
    "type": "array",
    "items": record(
        {
            "description": TEXT,
            "check_name": TEXT,
            "fingerprint": TEXT,
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": record({"path": {**TEXT, "pattern": "^(?!\\./)"}, "lines": record({"begin": NUMBER})}),
        }
    ),
}


@each
def test_gitlab(run: Run) -> None:
    found = checked("gitlab", run, GITLAB)
    assert len(found) == len(run.findings)
    assert [one["location"]["path"] for one in found if one["location"]["path"].endswith("app.py")] == [
        "sub/src/app.py" for f in run.findings if f.path == "src/app.py"
    ]


def test_gitlab_tells_findings_apart() -> None:
    """Of two with the same fingerprint it shows one."""
    twins = FOUND, FOUND._replace(path="other/app.py")
    found = checked("gitlab", Run(findings=twins), GITLAB)
    assert len({one["fingerprint"] for one in found}) == 2
    assert text("gitlab", Run(findings=(FOUND,))) == text("gitlab", Run(findings=(FOUND._replace(span=FOUND.span),)))


@pytest.mark.parametrize(("severity", "level"), [("P0", "critical"), ("P1", "major"), ("P2", "minor")])
def test_gitlab_severity(severity: Severity, level: str) -> None:
    (one,) = checked("gitlab", Run(findings=(FOUND._replace(severity=severity),)), GITLAB)
    assert one["severity"] == level
    assert one["description"].startswith(f"{severity}: ")


# https://github.com/reviewdog/reviewdog/tree/master/proto/rdf/jsonschema (DiagnosticResult, RelatedLocation)
_POSITION = record({"line": NUMBER}, {"column": NUMBER})
_LOCATION = record({"path": TEXT, "range": record({"start": _POSITION}, {"end": _POSITION})})
RDJSON = record(
    {
        "source": record({"name": TEXT}, {"url": TEXT}),
        "diagnostics": {
            "type": "array",
            "items": record(
                {
                    "message": TEXT,
                    "location": _LOCATION,
                    "severity": {"enum": ["ERROR", "WARNING", "INFO"]},
                    "code": record({"value": TEXT}, {"url": TEXT}),
                    "related_locations": {"type": "array", "items": record({"message": TEXT, "location": _LOCATION})},
                }
            ),
        },
    }
)


@each
def test_rdjson(run: Run) -> None:
    found = checked("rdjson", run, RDJSON)["diagnostics"]
    assert [one["code"]["value"] for one in found] == [f.rule for f in run.findings]


def test_rdjson_counts_bytes() -> None:
    Path("src").mkdir()
    Path("src/app.py").write_text("a = 1\n'é名'; x\n", encoding="utf-8")
    digests = {"src/app.py": digest(Path("src/app.py").read_bytes())}
    found = FOUND._replace(span=Span(2, 7, 2, 8))
    (one,) = json.loads(text("rdjson", Run(findings=(found,)), digests))["diagnostics"]
    assert one["location"]["range"] == {"start": {"line": 2, "column": 10}, "end": {"line": 2, "column": 11}}
    Path("src/app.py").write_text("changed\n")
    (one,) = json.loads(text("rdjson", Run(findings=(found,)), digests))["diagnostics"]
    assert one["location"]["range"] == {"start": {"line": 2}, "end": {"line": 2}}


# Elements with the attributes they need and may have, and with what may stand in them; from junit-10.xsd of
# https://github.com/jenkinsci/xunit-plugin (src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd)
JUNIT: Mapping[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"},
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "testcase": ({"name"}, {"time", "classname", "group"}, {"skipped", "error", "failure", "system-out", "system-err"}),
    "failure": (set(), {"type", "message"}, set()),
    "error": (set(), {"type", "message"}, set()),
}


def keeps_to(element: ElementTree.Element) -> None:
    needed, allowed, children = JUNIT[element.tag]
    assert needed <= set(element.attrib) <= needed | allowed, element.tag
    assert {child.tag for child in element} <= children, element.tag
    for child in element:
        keeps_to(child)


@each
def test_junit(run: Run) -> None:
    root = ElementTree.fromstring(text("junit", run))
    keeps_to(root)
    for element in (root, *root.iter("testsuite")):
        for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
            assert int(element.attrib[name]) == len(list(element.iter(tag)))
    assert len(list(root.iter("failure"))) == len(run.findings)
    assert len(list(root.iter("error"))) == bool(run.errors)


def test_junit_says_where_and_what() -> None:
    root = ElementTree.fromstring(text("junit", Run(findings=(FOUND,), files=2)))
    (case,) = [one for one in root.iter("testcase") if len(one)]
    assert case.attrib == {"name": "P1 LK900 things-grow, line 2", "classname": "sub/src/app.py"}
    assert case[0].attrib == {"type": "P1", "message": "`THINGS` grows"}
    assert (case[0].text or "").startswith("sub/src/app.py:2: `THINGS` grows\nsub/src/b.py:40: filled here by `d[k]`\n")


# https://learn.microsoft.com/en-us/azure/devops/pipelines/scripts/logging-commands
AZURE = re.compile(r"##vso\[task\.logissue ((?:[a-z]+=[^;\]\r\n]*;)+)\]([^\r\n]+)")
AZURE_PROPERTIES = {"type", "sourcepath", "linenumber", "columnnumber", "code"}


def commands(run: Run) -> list[tuple[dict[str, str], str]]:
    """What the agent makes of the lines: it undoes the escapes last to first."""
    found = []
    for line in text("azure", run).split("\n") if run.findings or run.errors else ():
        match = AZURE.fullmatch(line)
        assert match, line
        properties = dict(pair.split("=", 1) for pair in match[1].rstrip(";").split(";"))
        escapes = {"%3B": ";", "%5D": "]", "%0D": "\r", "%0A": "\n", "%AZP25": "%"}
        for coded, sign in escapes.items():
            properties = {key: value.replace(coded, sign) for key, value in properties.items()}
        found.append((properties, match[2]))
    return found


@each
def test_azure(run: Run) -> None:
    got = commands(run)
    assert len(got) == len(run.findings) + len(run.errors)
    for properties, _ in got:
        assert properties["type"] in ("error", "warning")
        assert set(properties) <= AZURE_PROPERTIES
    for (properties, _), one in zip(got, run.findings, strict=False):
        assert properties["code"] == one.rule
        assert int(properties["linenumber"]) >= 1


def test_azure_escapes() -> None:
    ((properties, words),) = commands(Run(findings=(NASTY,)))
    assert properties["sourcepath"] == "sub/a]b;c%<&\"'\\x1b\\n.py"
    assert words.startswith("P1 LK900 things-grow: `x]]>;%AZP25\\n\\x00é名` grows%0A")


@pytest.mark.parametrize("form", ["gitlab", "rdjson", "azure", "junit"])
@pytest.mark.parametrize("name", ["a.ipynb:cell 3", "/else/where.py", b"\xff.py".decode("utf-8", "surrogateescape")])
def test_odd_paths(form: str, name: str) -> None:
    found: Finding = FOUND._replace(path=name)
    assert text(form, Run(findings=(found,))).encode("utf-8")
    if "cell" in name:
        assert "cell 3, line 2: " in text(form, Run(findings=(found,)))
