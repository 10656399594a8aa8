"""JUnit XML, as Jenkins and most CI services read it: a suite for each file with findings, a failure for each finding.

The format has no specification; this one keeps to the schema of Jenkins' xUnit plugin (junit-10.xsd).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from leaklint.catalogue import Catalogue
from leaklint.facts import Finding
from leaklint.project.files import printable
from leaklint.report import Look, annotation, repository
from leaklint.running.runner import Outcome


def _tag(element: str, /, **attributes: str) -> str:
    inner = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{element}{inner}>"


def _counts(tests: int, failures: int, errors: int = 0) -> dict[str, str]:
    return {"tests": str(tests), "failures": str(failures), "errors": str(errors)}


def _case(finding: Finding, file: str, catalogue: Catalogue, where: repository.Repository) -> Iterator[str]:
    line = f"{annotation.title(finding)}, line {annotation.line_of(finding)}"
    yield "  " + _tag("testcase", name=line, classname=file)
    text = "\n".join(annotation.story(finding, catalogue, where))
    head = _tag("failure", type=finding.severity, message=annotation.message(finding, catalogue))
    yield f"   {head}{escape(f'{file}:{annotation.line_of(finding)}: {text}')}</failure>"
    yield "  </testcase>"


def _own_suite(errors: Sequence[str], files: int) -> Iterator[str]:
    """The run itself: one test that every run has, so that no report is empty."""
    yield " " + _tag("testsuite", name="leaklint", **_counts(1, 0, min(1, len(errors))))
    yield "  " + _tag("testcase", name=f"check of {files} files", classname="leaklint")
    if errors:
        text = "\n".join(map(printable, errors))
        yield f"   {_tag('error', message=printable(errors[0]))}{escape(text)}</error>"
    yield "  </testcase>"
    yield " </testsuite>"


def render(outcome: Outcome, catalogue: Catalogue, _look: Look) -> Iterator[str]:
    """The document. What XML cannot hold is spelled out already."""
    run, where = outcome.run, repository.find(Path.cwd())
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    counts = _counts(len(run.findings) + 1, len(run.findings), min(1, len(run.errors)))
    yield _tag("testsuites", name="leaklint", **counts)
    for file, group in groupby(run.findings, lambda finding: annotation.file_of(finding.path, where)):
        here = list(group)
        yield " " + _tag("testsuite", name=file, **_counts(len(here), len(here)))
        for finding in here:
            yield from _case(finding, file, catalogue, where)
        yield " </testsuite>"
    yield from _own_suite(run.errors, run.files)
    yield "</testsuites>"
