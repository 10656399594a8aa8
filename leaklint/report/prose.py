"""The one place where the data of a finding becomes sentences, for all reports."""

from __future__ import annotations

from leaklint.catalogue import Catalogue, Rule
from leaklint.facts import Evidence, Finding
from leaklint.pages import fields, fill
from leaklint.project.files import printable
from leaklint.project.paths import split_cell

__all__ = ["LOWERED", "fields", "hint", "in_cell", "label", "message", "rule_of"]

LOWERED = "a P0, were it certain that no other file releases it: the rest of the project was not checked"
"""Why a finding is taken less seriously in a run over some files only."""


def in_cell(path: str, line: int) -> str:
    """`cell 3, line 5: ` for a place in a notebook, to stand before what is said of it; empty for any other."""
    cell = split_cell(path)[1]
    return "" if cell is None else f"cell {cell}, line {line}: "


def rule_of(finding: Finding, catalogue: Catalogue) -> Rule:
    """The rule that a finding is of. Raises KeyError for one that is not in the catalogue."""
    return catalogue.by_code[finding.rule]


def message(finding: Finding, catalogue: Catalogue) -> str:
    """What is wrong, on one line. Raises KeyError for a template or an argument that is not there."""
    return printable(fill(rule_of(finding, catalogue).messages[finding.message], finding.args))


def hint(finding: Finding, catalogue: Catalogue) -> str:
    """What to do about it, perhaps on several lines; empty when there is no hint. Raises KeyError, as `message`."""
    if not finding.hint:
        return ""
    text = fill(rule_of(finding, catalogue).hints[finding.hint], finding.args)
    return "\n".join(printable(line) for line in text.strip().split("\n"))


def own(finding: Finding, catalogue: Catalogue, language: str, what: str, noun: str = "") -> str:
    """What the rule's page says for the audit report on `problem`, `trigger`, `impact` or `repair`: a hint or a message
    may have its own (`repair_guard`, `impact_slot`). `noun` is what that language calls it. Empty when there is
    none. Raises KeyError, as `message`."""
    rule = rule_of(finding, catalogue)
    texts = rule.zh if language == "zh" else rule.en
    special = finding.hint if what == "repair" else finding.message
    template = texts.get(f"{what}_{special}", texts.get(what, ""))
    return printable(fill(template, {"subject": finding.subject, **finding.args, **({"noun": noun} if noun else {})}))


def label(finding: Finding, evidence: Evidence, catalogue: Catalogue) -> str:
    """What a place of the evidence shows, on one line; empty when it needs no words. Raises KeyError, as `message`."""
    if not evidence.label:
        return ""
    template = rule_of(finding, catalogue).labels[evidence.label]
    return printable(fill(template, {**finding.args, **evidence.args}))
