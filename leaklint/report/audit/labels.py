"""What a place of the evidence shows, in the language of the report."""

from __future__ import annotations

from leaklint.catalogue import Catalogue
from leaklint.facts import Evidence, Finding
from leaklint.pages import fill
from leaklint.project.files import printable
from leaklint.report import prose
from leaklint.report.audit.sense import closed_up
from leaklint.report.audit.words import Words


def label(finding: Finding, evidence: Evidence, catalogue: Catalogue, words: Words) -> str:
    """The rule's own words, those for labels of that name, or for that role."""
    if words.language == "en":
        return prose.label(finding, evidence, catalogue)
    noun = words.noun(finding.args.get("noun", ""))
    arguments = words.values({"subject": finding.subject, **finding.args, **evidence.args, "noun": noun})
    own = prose.rule_of(finding, catalogue).zh.get(f"label_{evidence.label}")
    if own:
        return printable(closed_up(fill(own, arguments)))
    try:
        return printable(closed_up(words.first(f"labels.{evidence.label}", f"role.{evidence.role}", **arguments)))
    except KeyError:  # a rule that fills other fields under that name
        return words(f"role.{evidence.role}")
