"""The one place where the data of a finding becomes sentences, for all reports."""

from __future__ import annotations

from leaklint.catalogue import Catalogue, Rule
from leaklint.facts import Evidence, Finding
from leaklint.files import printable
from leaklint.pages import fields, fill

__all__ = ["LOWERED", "fields", "hint", "label", "message", "rule_of"]

LOWERED = "the rest of the project was not checked: what takes it away again may be there"
"""Said of a finding that is less severe for this reason."""


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


def label(finding: Finding, evidence: Evidence, catalogue: Catalogue) -> str:
    """What a place of the evidence shows, on one line; empty when it needs no words. Raises KeyError, as `message`."""
    if not evidence.label:
        return ""
    template = rule_of(finding, catalogue).labels[evidence.label]
    return printable(fill(template, {**finding.args, **evidence.args}))
