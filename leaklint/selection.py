"""Which rules count, and what they count for: `--select`, `--ignore`, `--fail-on`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from leaklint.catalogue import Catalogue, Rule
from leaklint.facts import SEVERITIES, Finding, Run, Severity

_PREFIX = re.compile(r"LK[0-9]{0,2}", re.IGNORECASE)

ALWAYS = "LK001"
"""Reported unless it is ignored by name: a file that could not be read has not been checked for anything."""


class UnknownRule(ValueError):  # noqa: N818  it is what the message says
    """A word that is neither a code, nor the beginning of one, nor a rule's name."""


def _nearest(word: str, catalogue: Catalogue) -> str:
    import difflib

    known = [*catalogue.by_code, *catalogue.codes]
    near = difflib.get_close_matches(word.upper(), known, 1) or difflib.get_close_matches(word.lower(), known, 1)
    return f"; did you mean {near[0]}?" if near else "; `leaklint rules` lists them"


def find_rule(word: str, catalogue: Catalogue) -> Rule:
    """The rule of this code or name. Raises UnknownRule, naming the nearest one."""
    rule = catalogue.get(word)
    if rule is None:
        raise UnknownRule(f"there is no rule {word!r}{_nearest(word, catalogue)}")
    return rule


def _codes(words: Iterable[str], catalogue: Catalogue, with_preview: bool) -> frozenset[str]:
    found: set[str] = set()
    for word in (part.strip() for text in words for part in text.split(",") if part.strip()):
        begun = [r for r in catalogue.rules if _PREFIX.fullmatch(word) and r.code.startswith(word.upper())]
        if begun:
            found.update(rule.code for rule in begun if with_preview or not rule.preview)
        else:
            found.add(find_rule(word, catalogue).code)
    return frozenset(found)


def resolve(select: Sequence[str], ignore: Sequence[str], catalogue: Catalogue) -> frozenset[str]:
    """The codes of the rules that count; words may be codes, beginnings of codes or names, several with commas.

    Without `select` these are all; what is ignored is never selected. Preview rules have to be selected by their
    full code or name. Raises UnknownRule.
    """
    ignored = _codes(ignore, catalogue, with_preview=True)
    selected = _codes(select or ["LK"], catalogue, with_preview=False)
    always = {ALWAYS} & set(catalogue.by_code)
    return (selected | always) - ignored


def narrow(run: Run, selected: frozenset[str]) -> Run:
    """The run with the rules that count alone."""
    return replace(
        run,
        findings=tuple(f for f in run.findings if f.rule in selected),
        suppressed=tuple(pair for pair in run.suppressed if pair[0].rule in selected),
        cleared=tuple(c for c in run.cleared if c.rule in selected),
        sound=tuple(s for s in run.sound if s.rule in selected),
    )


def fails(findings: Iterable[Finding], fail_on: Severity) -> bool:
    """Is there a finding of this severity or a worse one?"""
    return any(SEVERITIES.index(finding.severity) <= SEVERITIES.index(fail_on) for finding in findings)
