"""Which rules count in a file, and what they count for: select, ignore, per-file-ignores, severity, fail-on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from leaklint.catalogue import Catalogue, Rule
from leaklint.facts import SEVERITIES, Finding, Run, Severity
from leaklint.project.keys import Settings
from leaklint.project.paths import covers, split_cell
from leaklint.project.pythons import Python, Pythons

_PREFIX = r"(?i)LK[0-9]{0,2}"

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


def _any(_: Rule) -> bool:
    return True


def codes_of(words: Iterable[str], catalogue: Catalogue, wanted: Callable[[Rule], bool] = _any) -> frozenset[str]:
    """The codes that codes, beginnings of codes and names mean, several in one word with commas; of what begins with
    a word those that are `wanted`. Raises UnknownRule."""
    found: set[str] = set()
    for word in (part.strip() for text in words for part in text.split(",") if part.strip()):
        beginning = word.upper() if re.fullmatch(_PREFIX, word) else ""
        begun = [rule for rule in catalogue.rules if beginning and rule.code.startswith(beginning)]
        if begun:
            found.update(rule.code for rule in begun if wanted(rule))
        else:
            found.add(find_rule(word, catalogue).code)
    return frozenset(found)


class Choice(NamedTuple):
    """What counts in some file: the codes of its rules, the severities that are not the engine's, the least that
    fails."""

    selected: frozenset[str]
    severity: Mapping[str, Severity]
    fail_on: Severity
    python: Python | None = None
    """The oldest that its project runs on."""


class Policy:
    """The choice for each file, by the path that its findings carry."""

    def __init__(self, settings: Mapping[str, Settings], catalogue: Catalogue) -> None:
        """`settings` are those of each file. Raises SettingsError for a rule that there is none of."""
        self._catalogue = catalogue
        distinct = {id(one): one for one in settings.values()}
        self._whole = {number: self._choice(one) for number, one in distinct.items()}
        self._ignored = {number: list(self._patterns(one)) for number, one in distinct.items()}
        self._settings = settings
        self._choices: dict[str, Choice] = {}
        self._pythons = Pythons()

    def of(self, path: str) -> Choice:
        """The choice for the file of this path, which must be one of those that the settings were given for."""
        path = split_cell(path)[0]
        if path not in self._choices:
            settings = self._settings[path]
            whole = self._whole[id(settings)]
            ignored = [
                codes
                for pattern, codes in self._ignored[id(settings)]
                if covers(pattern.removeprefix("!"), Path.cwd() / path, settings.root) != pattern.startswith("!")
            ]
            self._choices[path] = whole._replace(
                selected=whole.selected.difference(*ignored), python=self._pythons.oldest((Path.cwd() / path).parent)
            )
        return self._choices[path]

    def hint(self, finding: Finding) -> str:
        """The name of the hint that the Python of the finding's project can take."""
        return self._catalogue.by_code[finding.rule].hint_for(finding.hint, self.of(finding.path).python)

    def _named(
        self, settings: Settings, words: Iterable[str], wanted: Callable[[Rule], bool], *keys: str
    ) -> frozenset[str]:
        try:
            return codes_of(words, self._catalogue, wanted)
        except UnknownRule as error:
            if settings.file is None:
                raise
            raise settings.file.error(keys, str(error)) from None

    def _choice(self, settings: Settings) -> Choice:
        preview = settings.preview
        tried = frozenset[str]() if isinstance(preview, bool) else self._named(settings, preview, _any, "preview")

        def usual(rule: Rule) -> bool:
            return rule.default and (not rule.preview or preview is True or rule.code in tried)

        selected = self._named(settings, settings.select, usual, "select")
        selected |= self._named(settings, settings.extend_select, usual, "extend-select")
        selected |= {ALWAYS} & set(self._catalogue.by_code)
        ignored = self._named(settings, settings.ignore, _any, "ignore")
        severity: dict[str, Severity] = {}
        for word, level in settings.severity.items():
            severity.update(dict.fromkeys(self._named(settings, [word], _any, "severity", word), level))
        return Choice(selected - ignored, severity, settings.fail_on)

    def _patterns(self, settings: Settings) -> Iterator[tuple[str, frozenset[str]]]:
        for pattern, words in settings.per_file_ignores.items():
            yield pattern, self._named(settings, words, _any, "per-file-ignores", pattern)


def narrow(run: Run, policy: Policy) -> Run:
    """The run with what counts alone, in the severities that the settings want, with hints that its Python can take."""

    def severe(finding: Finding) -> Finding:
        level = policy.of(finding.path).severity.get(finding.rule, finding.severity)
        return finding._replace(severity=level, hint=policy.hint(finding))

    return run._replace(
        findings=tuple(severe(f) for f in run.findings if f.rule in policy.of(f.path).selected),
        suppressed=tuple((severe(f), s) for f, s in run.suppressed if f.rule in policy.of(f.path).selected),
        cleared=tuple(c for c in run.cleared if c.rule in policy.of(c.path).selected),
        sound=tuple(s for s in run.sound if s.rule in policy.of(s.path).selected),
    )


def fails(findings: Iterable[Finding], policy: Policy) -> bool:
    """Is there a finding of the severity that its file's settings fail on, or of a worse one?"""
    return any(SEVERITIES.index(f.severity) <= SEVERITIES.index(policy.of(f.path).fail_on) for f in findings)
