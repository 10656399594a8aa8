"""What the audit report says in Chinese of each rule: problem, trigger, impact and repair, filled for every example."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from test_rule_pages import EXAMPLES, check, each_rule, knowledge

from leaklint import cli
from leaklint.catalogue import Rule
from leaklint.report import prose
from leaklint.report.audit.words import LANGUAGES, words

NUMBER = re.compile(r"[0-9]+ *(?:[KMG]i?B|%|倍)")


@each_rule
def test_every_rule_has_its_words(rule: Rule) -> None:
    needed = {"problem", "repair", *(["wrong"] if rule.checker else [])}
    assert needed <= set(rule.zh), f"{rule.file}: [zh] lacks {needed - set(rule.zh)}"
    for name in (*rule.zh, *rule.en):
        what, _, special = name.partition("_")
        assert what in ("problem", "trigger", "impact", "repair", "measure", "wrong", "label"), (
            f"{rule.file}: {name}: nobody asks for it"
        )
        known = {"repair": rule.hints, "label": rule.labels}.get(what, rule.messages)
        assert not special or special in known, f"{rule.file}: {name}: there is no {special}"
    assert not {"problem", "repair", "wrong"} & {name.partition("_")[0] for name in rule.en}, (
        "these are its messages and hints"
    )
    for name, text in rule.zh.items():
        assert any(ord(sign) > 0x3000 for sign in text), f"{rule.file}: [zh] {name} is not Chinese"


@each_rule
def test_no_two_repairs_share_one_text(rule: Rule) -> None:
    """What is right for one breaks the program in the place of another; a Python version makes no difference."""
    if rule.zh:
        shared = {name.partition("_before_")[0] for name in rule.hints if f"repair_{name}" not in rule.zh}
        assert len(shared) <= 1, f"{rule.file}: [zh] repair would have to fit {', '.join(sorted(shared))}"


@each_rule
def test_they_are_filled_for_every_example(rule: Rule) -> None:
    if not rule.zh:
        pytest.skip("there are none")
    for finding in (finding for example in EXAMPLES[rule.code] for finding in check(example)[0]):
        for language, what in itertools.product(("en", "zh"), ("problem", "trigger", "impact", "repair", "measure")):
            filled = prose.own(finding, knowledge(), language, what)
            assert "``" not in filled, f"{rule.file}: [zh] {what}: a field is empty: {filled}"
            assert not NUMBER.search(filled), f"{rule.file}: [zh] {what}: a number that nobody has measured: {filled}"


def test_every_label_and_noun_is_said_in_chinese() -> None:
    table = words("zh").table
    known = {name for rule in knowledge().rules for name in rule.labels}
    asked = {name for rule in knowledge().rules for name in rule.labels if f"label_{name}" not in rule.zh}
    nouns = {"resource", *(row.noun for row in knowledge().apis.rows.values() if row.noun)}
    for what, needed, possible in (("labels", asked, known), ("nouns", nouns, nouns)):
        lacking, useless = needed - set(table[what]), set(table[what]) - possible
        assert not lacking, f"rules/chinese.toml: [{what}] lacks {sorted(lacking)}"
        assert not useless, f"rules/chinese.toml: [{what}] has {sorted(useless)}, which no rule or row has"


ENGLISH = re.compile(r"[A-Za-z]+(?: [A-Za-z',]+){2,}")
"""Three words in a row."""

OF_EACH = 12
"""Examples of each rule that are enough."""


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with examples of all rules, of which nothing is suppressed: reasons are in their author's language."""
    folder = tmp_path_factory.mktemp("everything")
    for rule, some in EXAMPLES.items():
        reported = [one for one in some if one.marked and "leaklint:" not in one.code and "noqa" not in one.code]
        for number, example in enumerate(reported[:OF_EACH] if rule > "LK100" else []):
            (folder / f"{rule.lower()}_{number}.py").write_text(example.code, encoding="utf-8")
    return folder


def test_no_english_is_left_in_a_report(
    everything: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(everything)
    numbers, selected = {}, ",".join(rule.code for rule in knowledge().rules)
    for language in LANGUAGES:
        assert cli._status(["report", "--isolated", "--no-cache", "--select", selected, "--lang", language]) == 0
        text = capsys.readouterr().out
        numbers[language] = re.findall(r'<a id="(p\d-\d+)">.*?(`[^`]+\.py:\d+`)', text, re.DOTALL)
    prose_ = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    prose_ = re.sub(r"`[^`]*`|<[^>]*>|\(LK[^)]*\)", "", prose_)
    left = [line for line in prose_.split("\n") if ENGLISH.search(line)]
    assert not left
    assert numbers["zh"] == numbers["en"], "both have the same entries under the same numbers"
    assert {rule.code for rule in knowledge().rules if rule.checker} <= set(re.findall(r"LK\d{3}", text))
