"""Every fenced example in every rule's page and cases is a test. A new folder is tested without being named here.

Lines that end in a rule's code are reported by that rule, all others are not; and so they are when the example is
suppressed, when it stands lower in its file, and when what it imports has another name.
"""

from __future__ import annotations

import ast
import difflib
import functools
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from leaklint import link, pages, suppress, unused
from leaklint.analyze import analyze
from leaklint.catalogue import Catalogue, Rule, load
from leaklint.facts import FileResult, Finding
from leaklint.report import prose

RULES = Path(__file__).parent.parent / "rules"
MARK = re.compile(r"[ \t]*#[ \t]*(LK[0-9]{3}(?:[ \t]*,[ \t]*LK[0-9]{3})*)[ \t]*$", re.MULTILINE)
TWIN = re.compile(r"\btwin:\s*([1-3])\b")
SHIFT = 10


@dataclass(frozen=True)
class Example:
    """A fenced block of a page: `file` and `line` say where it is."""

    rule: Rule
    file: str
    line: int
    heading: str
    info: str
    code: str

    @functools.cached_property
    def marked(self) -> list[int]:
        """The lines on which this page's rule is to report."""
        lines = enumerate(self.code.split("\n"), 1)
        found = [(number, MARK.search(line)) for number, line in lines]
        return [number for number, mark in found if mark and self.rule.code in mark[1]]

    @property
    def unmarked(self) -> list[str]:
        return MARK.sub("", self.code).split("\n")

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@functools.cache
def knowledge() -> Catalogue:
    return load()


def examples_of(rule: Rule) -> Iterator[Example]:
    for name in "rule.md", "cases.md":
        file = RULES / rule.folder / name
        for block in pages.blocks(file.read_text(encoding="utf-8")) if file.exists() else ():
            if block.language == "python":
                yield Example(rule, f"{rule.folder}/{name}", block.line, block.heading, block.info, block.text)


EXAMPLES = {rule.code: tuple(examples_of(rule)) for rule in knowledge().rules}
ALL = [example for examples in EXAMPLES.values() for example in examples]
each_rule = pytest.mark.parametrize("rule", knowledge().rules, ids=lambda rule: rule.folder)
each_example = pytest.mark.parametrize("example", ALL, ids=str)


@functools.cache  # several tests look at the same example
def analyzed(code: str) -> FileResult:
    return analyze(code.encode(), "example.py", "example", knowledge())


def check(example: Example, code: str | None = None) -> tuple[list[Finding], list[Finding]]:
    """What this page's rule reports in the example, or in `code` instead of it; and what is suppressed."""
    code = example.code if code is None else code
    source, catalogue, result = code.encode(), knowledge(), analyzed(code)
    found, comments = link.link([result]).findings, suppress.find(source, catalogue.codes)
    ours = [f for f in found if f.rule == example.rule.code]
    kept, silenced = suppress.apply(ours, {"example.py": comments})
    if example.rule.code in unused.OWN:
        silence = unused.Silence("example.py", "example", comments, found)
        reviewed = unused.review(silence, catalogue, frozenset(catalogue.by_code))
        kept = tuple(f for f in reviewed.kept if f.rule == example.rule.code)
        silenced = tuple((f, s) for f, s in reviewed.suppressed if f.rule == example.rule.code)
    return sorted(kept, key=lambda f: f.span), sorted((f for f, _ in silenced), key=lambda f: f.span)


def cleared_labels(example: Example) -> set[str]:
    """Labels of the evidence by which this page's rule cleared a suspect."""
    result = analyzed(example.code)
    ours = [c for c in (*result.cleared, *result.sound) if c.rule == example.rule.code]
    return {evidence.label for cleared in ours for evidence in cleared.evidence}


def lines(findings: Iterable[Finding]) -> list[int]:
    return [finding.span.line for finding in findings]


def told(findings: Iterable[Finding]) -> str:
    return "".join(f"\n  line {f.span.line}: {f.message} {f.subject}" for f in findings)


@each_example
def test_marked_lines_are_reported_and_no_others(example: Example) -> None:
    kept, _ = check(example)
    missed = sorted(set(example.marked) - set(lines(kept)))
    false = [finding for finding in kept if finding.span.line not in example.marked]
    assert not missed, f"{example}: missed alarm on lines {missed}"
    assert not false, f"{example}: false alarm:{told(false)}"
    assert lines(kept) == example.marked, f"{example}: more than one finding on a line:{told(kept)}"


def can_be_tokenized(code: str) -> bool:
    try:
        list(tokenize.generate_tokens(io.StringIO(code).readline))
    except (tokenize.TokenError, SyntaxError):
        return False
    return True


@each_example
def test_suppressed(example: Example) -> None:
    if not can_be_tokenized(example.code):
        pytest.skip("where Python's tokenizer gives up there are no comments")
    comment = f"  # leaklint: ignore[{example.rule.code}] -- test"
    kept, silenced = check(example, MARK.sub(comment, example.code))
    assert not kept, f"{example}: not suppressed:{told(kept)}"
    assert lines(silenced) == example.marked, f"{example}:{told(silenced)}"


@each_example
def test_shifted(example: Example) -> None:
    plain, _ = check(example)
    shifted, _ = check(example, "\n" * (SHIFT - 1) + "# a comment\n" + example.code)
    assert lines(shifted) == [line + SHIFT for line in example.marked]
    assert [f.fingerprint for f in shifted] == [f.fingerprint for f in plain]
    assert [f.subject for f in shifted] == [f.subject for f in plain]


def bound_elsewhere(tree: ast.AST) -> set[str]:
    """Names that mean something else somewhere: not to be renamed."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            found.update(node.names)
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            found.add(node.name)
    return found


def aliased(code: str) -> str | None:
    """The code with all imported names changed; None where there are none, or where it is no Python."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return None
    taken = bound_elsewhere(tree)
    changes: list[tuple[int, int, int, str]] = []  # line, columns in bytes, new text
    renamed: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)) and getattr(node, "module", "") != "__future__":
            for name in node.names:
                if name.asname is None and "." not in name.name and name.name not in {*taken, "*"}:
                    renamed.add(name.name)
                    end = name.end_col_offset or 0
                    changes.append((name.lineno, end, end, f" as _{name.name}_alias"))
    changes += [
        (node.lineno, node.col_offset, node.end_col_offset or 0, f"_{node.id}_alias")
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id in renamed
    ]
    rows = [line.encode() for line in code.split("\n")]
    for number, start, end, text in sorted(changes, reverse=True):
        row = rows[number - 1]
        rows[number - 1] = row[:start] + text.encode() + row[end:]
    return "\n".join(row.decode() for row in rows) if renamed else None


@pytest.mark.parametrize("example", [e for e in ALL if aliased(e.code)], ids=str)
def test_aliased(example: Example) -> None:
    code = aliased(example.code)
    assert code is not None
    ast.parse(code)
    kept, _ = check(example, code)
    assert lines(kept) == example.marked, f"{example}: with other names for what is imported:{told(kept)}\n{code}"


def test_aliases_are_made() -> None:
    assert aliased("import a\nfrom b import c, d as e\nimport f.g\né = a.x(a=c, e=1)\n") == (
        "import a as _a_alias\nfrom b import c as _c_alias, d as e\nimport f.g\né = _a_alias.x(a=_c_alias, e=1)\n"
    )
    assert aliased("import a\na = 1\n") is None


def under(rule: Rule, heading: str) -> list[Example]:
    return [e for e in EXAMPLES[rule.code] if e.file.endswith("rule.md") and e.heading == heading]


@each_rule
def test_the_example_is_reported_and_the_repair_is_not(rule: Rule) -> None:
    assert under(rule, "Example"), "no python block under Example"
    assert under(rule, "Use instead"), "no python block under Use instead"
    for example in under(rule, "Example"):
        assert example.marked, f"{example}: nothing is marked"
    for example in under(rule, "Use instead"):
        assert not example.marked, f"{example}: line {example.marked[0]} is marked"


def changed(one: list[str], other: list[str]) -> int:
    """How many lines differ: of those removed and those added the greater number."""
    opcodes = difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    parts = [(b - a, d - c) for kind, a, b, c, d in opcodes if kind != "equal"]
    return max(sum(removed for removed, _ in parts), sum(added for _, added in parts))


@each_rule
def test_every_silent_case_has_a_reported_twin(rule: Rule) -> None:
    twin: Example | None = None
    for case in [e for e in EXAMPLES[rule.code] if e.file.endswith("cases.md")]:
        if case.marked:
            twin = case
            continue
        assert twin, f"{case}: follows no reported block"
        assert twin.heading == case.heading, f"{case}: follows no reported block under {case.heading!r}"
        allowed = TWIN.search(case.info)
        differs = changed(twin.unmarked, case.unmarked)
        limit = int(allowed[1]) if allowed else 1
        assert 1 <= differs <= limit, f"{case}: differs from {twin} in {differs} lines, not in one (or `twin: 3`)"


@each_rule
def test_every_template_is_used_and_filled(rule: Rule) -> None:
    findings = [finding for example in EXAMPLES[rule.code] for finding in check(example)[0]]
    for finding in findings:  # a KeyError here is an argument that the check does not give
        assert prose.message(finding, knowledge())
        assert prose.hint(finding, knowledge())
        for evidence in finding.evidence:
            prose.label(finding, evidence, knowledge())
    used = {f"messages.{f.message}" for f in findings} | {f"hints.{f.hint}" for f in findings}
    used |= {f"hints.{rule.hint_for(f.hint, (3, 0))}" for f in findings}
    used |= {f"labels.{e.label}" for f in findings for e in f.evidence}
    used |= {f"labels.{label}" for example in EXAMPLES[rule.code] for label in cleared_labels(example)}
    tables = {"messages": rule.messages, "hints": rule.hints, "labels": rule.labels}
    known = {f"{table}.{name}" for table, names in tables.items() for name in names}
    assert not known - used, f"{rule.file}: no example shows {', '.join(sorted(known - used))}"
