"""What the audit report says in Chinese of each rule: problem, trigger, impact and repair, filled for every example."""

from __future__ import annotations

import itertools
import re

import pytest
from test_rule_pages import EXAMPLES, check, each_rule, knowledge

from leaklint.catalogue import Rule
from leaklint.report import prose
from leaklint.report.audit.words import words

NUMBER = re.compile(r"[0-9]+ *(?:[KMG]i?B|%|倍)")


@each_rule
def test_every_rule_has_its_words(rule: Rule) -> None:
    assert {"problem", "repair"} <= set(rule.zh), f"{rule.file}: [zh] says neither what is wrong nor what to do"
    for name in (*rule.zh, *rule.en):
        what, _, special = name.partition("_")
        assert what in ("problem", "trigger", "impact", "repair", "measure", "label"), (
            f"{rule.file}: {name}: nobody asks for it"
        )
        known = {"repair": rule.hints, "label": rule.labels}.get(what, rule.messages)
        assert not special or special in known, f"{rule.file}: {name}: there is no {special}"
    assert not {"problem", "repair"} & {name.partition("_")[0] for name in rule.en}, "these are its messages and hints"
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
