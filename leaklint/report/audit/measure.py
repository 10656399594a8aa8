"""How a running process shows whether a finding is right: a line of code for this very container if there is one."""

from __future__ import annotations

from dataclasses import dataclass

from leaklint.catalogue import Catalogue
from leaklint.facts import Finding
from leaklint.project.files import printable
from leaklint.project.paths import split_cell
from leaklint.report import prose
from leaklint.report.audit.places import Places
from leaklint.report.audit.words import Words


@dataclass(frozen=True, slots=True)
class Measure:
    """Says it in one language."""

    catalogue: Catalogue
    words: Words
    places: Places

    def text(self, finding: Finding) -> str:
        words, rule = self.words, prose.rule_of(finding, self.catalogue)
        module, _, name = finding.subject.partition(":")
        holder, _, attribute = name.partition(".")
        classes = {one.name for one in self.places.definitions(finding.path) if one.is_class}
        if rule.family == "growth" and holder in classes and attribute.isidentifier():
            line = f'sum(len(o.{attribute}) for o in gc.get_objects() if type(o).__name__ == "{holder}")'
            return words("measure.attribute", line=f"`{printable(line)}`")
        if rule.family == "growth" and name.isidentifier() and module:
            return words("measure.global", line=f'`len(sys.modules["{printable(module)}"].{printable(name)})`')
        if rule.family == "registrations" and holder in classes:
            line = f'sum(type(o).__name__ == "{holder}" for o in gc.get_objects())'
            return words("measure.registrations", line=f"`{printable(line)}`")
        where = f'`tracemalloc.Filter(True, "*/{printable(split_cell(finding.path)[0])}", {finding.span.line})`'
        return words.first(f"measure.{rule.family}", "measure.any", line=where)
