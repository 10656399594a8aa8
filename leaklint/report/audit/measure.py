"""How a running process shows whether a finding is right: a line of code for this very container if there is one."""

from __future__ import annotations

from dataclasses import dataclass

from leaklint.catalogue import Catalogue
from leaklint.facts import DriverKind, Finding
from leaklint.project.files import printable
from leaklint.project.paths import split_cell
from leaklint.report import prose
from leaklint.report.audit.places import Places
from leaklint.report.audit.words import Words

_ONE_EACH: frozenset[DriverKind] = frozenset({"closed set", "once", "import"})
"""Drivers of what is no container that grows."""

_MEMO = "functools."


@dataclass(frozen=True, slots=True)
class Measure:
    """Says it in one language."""

    catalogue: Catalogue
    words: Words
    places: Places

    def text(self, finding: Finding) -> str:
        words, rule = self.words, prose.rule_of(finding, self.catalogue)
        own = prose.own(finding, self.catalogue, words.language, "measure", words.noun(finding.args.get("noun", "")))
        if own:
            return own
        module, _, name = finding.subject.partition(":")
        holder, _, attribute = name.partition(".")
        known = {one.name: one.is_class for one in self.places.definitions(finding.path)}
        grows = rule.family == "growth" and finding.driver not in _ONE_EACH
        if grows and finding.owner == "process" and known.get(holder) and attribute.isidentifier():
            return words("measure.global", line=printable(f'len(sys.modules["{module}"].{name})'))
        if grows and known.get(holder) and attribute.isidentifier():
            line = f'sum(len(o.{attribute}) for o in gc.get_objects() if type(o).__name__ == "{holder}")'
            return words("measure.attribute", line=printable(line))
        if grows and name.isidentifier() and module and name not in known:
            return words("measure.global", line=printable(f'len(sys.modules["{module}"].{name})'))
        if grows and name.isidentifier() and module and any(text.startswith(_MEMO) for text in finding.args.values()):
            return words("measure.memo", line=printable(f'sys.modules["{module}"].{name}.cache_info()'))
        if rule.family == "registrations" and known.get(holder):
            line = f'sum(type(o).__name__ == "{holder}" for o in gc.get_objects())'
            return words("measure.registrations", line=printable(line))
        noun = finding.args.get("noun", "")
        if rule.family == "tasks" and noun:
            return words("measure.processes" if "process" in noun else "measure.threads")
        where = f'tracemalloc.Filter(True, "*/{split_cell(finding.path)[0]}", {finding.span.line})'
        return words.first(f"measure.{rule.family}", "measure.any", line=printable(where))
