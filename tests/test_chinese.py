"""What the audit report says in Chinese of each rule: problem, trigger, impact and repair, filled for every example."""

from __future__ import annotations

import re

import pytest
from test_rule_pages import EXAMPLES, check, each_rule, knowledge

from leaklint.catalogue import Rule
from leaklint.report import prose

NUMBER = re.compile(r"[0-9]+ *(?:[KMG]i?B|%|倍)")


@each_rule
def test_every_rule_has_its_words(rule: Rule) -> None:
    own = [name for name in rule.zh if name.startswith("repair_")]
    assert [*rule.zh][:4] == ["problem", "trigger", "impact", "repair"], f"{rule.file}: [zh] says what in Chinese?"
    assert [*rule.zh][4:] == own, f"{rule.file}: [zh] says what in Chinese?"
    assert {name.removeprefix("repair_") for name in own} <= set(rule.hints), f"{rule.file}: [zh] repairs what?"
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
        for what in ("problem", "trigger", "impact", "repair"):
            filled = prose.chinese(finding, knowledge(), what)
            assert "``" not in filled, f"{rule.file}: [zh] {what}: a field is empty: {filled}"
            assert not NUMBER.search(filled), f"{rule.file}: [zh] {what}: a number that nobody has measured: {filled}"
