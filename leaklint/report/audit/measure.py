"""How a running process shows whether a finding is right: a line of code for this very container if there is one."""

from __future__ import annotations

from collections.abc import Sequence
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
_TRACED = "measure.any"
LINES = 5
"""Lines of code that one text names, at most."""


@dataclass(frozen=True, slots=True)
class Measure:
    """Says it in one language."""

    catalogue: Catalogue
    words: Words
    places: Places

    def texts(self, findings: Sequence[Finding]) -> tuple[str, ...]:
        """One for all that is measured alike, with what is to be looked at of each."""
        lines: dict[str, dict[str, None]] = {}
        said: dict[str, None] = {}
        for one in findings:
            own = prose.own(
                one, self.catalogue, self.words.language, "measure", self.words.noun(one.args.get("noun", ""))
            )
            key, line = ("", own) if own else self._asked(one)
            (lines.setdefault(key, {}) if key else said)[line] = None
        between = {_TRACED: ", "}
        each = (self.words(key, line=between.get(key, "`, `").join([*some][:LINES])) for key, some in lines.items())
        return (*said, *each)

    def _asked(self, finding: Finding) -> tuple[str, str]:
        """The text, and the line of code that it names."""
        rule = prose.rule_of(finding, self.catalogue)
        module, _, name = finding.subject.partition(":")
        holder, _, attribute = name.partition(".")
        known = {one.name: one.is_class for one in self.places.definitions(finding.path)}
        grows = rule.family == "growth" and finding.driver not in _ONE_EACH
        if grows and finding.owner == "process" and known.get(holder) and attribute.isidentifier():
            return "measure.global", printable(f'len(sys.modules["{module}"].{name})')
        if grows and known.get(holder) and attribute.isidentifier():
            line = f"sum(len(o.{attribute}) for o in gc.get_objects() if {_is_a(holder)})"
            return "measure.attribute", printable(line)
        if grows and name.isidentifier() and module and name not in known:
            return "measure.global", printable(f'len(sys.modules["{module}"].{name})')
        if grows and name.isidentifier() and module and any(text.startswith(_MEMO) for text in finding.args.values()):
            return "measure.memo", printable(f'sys.modules["{module}"].{name}.cache_info()')
        if rule.family == "registrations" and known.get(holder):
            line = f"sum({_is_a(holder)} for o in gc.get_objects())"
            return "measure.registrations", printable(line)
        noun = finding.args.get("noun", "")
        if rule.family == "tasks" and noun:
            return "measure.processes" if "process" in noun else "measure.threads", ""
        where = f'tracemalloc.Filter(True, "*/{split_cell(finding.path)[0]}", {finding.span.line})'
        own = rule.family in self.words.table["measure"] and rule.family != "registrations"
        return f"measure.{rule.family}" if own else _TRACED, printable(where)


def _is_a(holder: str) -> str:
    """Is it an object of the class, or of one that is derived from it?"""
    return f'any(c.__name__ == "{holder}" for c in type(o).__mro__)'
