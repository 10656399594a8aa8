"""Suppressions that are not what they should be: those that silence nothing, and those without a reason."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from leaklint.analyze import fingerprint
from leaklint.catalogue import Catalogue
from leaklint.facts import Finding, Span, Suppression
from leaklint.suppress import apply, covers

UNUSED, UNREASONED = "LK002", "LK003"
OWN = frozenset([UNUSED, UNREASONED])
_HINTS = {"near": "rename", "unknown": "rename", "family": "rename", "missing": "reason"}


class Silence(NamedTuple):
    """The suppressions of one file, and the findings that they may have silenced.

    Among `findings` are those that other files have cleared: where fewer files are checked, they come back.
    """

    path: str
    module: str
    suppressions: tuple[Suppression, ...]
    findings: tuple[Finding, ...]


def _silences(suppression: Suppression, code: str, findings: Sequence[Finding]) -> bool:
    one = suppression._replace(codes=(code,) if code else ())
    return any(covers(one, finding) for finding in findings)


def _near(word: str, catalogue: Catalogue) -> str:
    """The code that is meant by one that there is not. Of codes only letters that stand for digits tell: each is as
    like another as the next."""
    import difflib

    digits = word.translate(str.maketrans("OIl", "011"))
    if digits in catalogue.by_code:
        return digits
    near = difflib.get_close_matches(word.lower(), catalogue.codes, 1) if not re.match(r"LK\d", word) else ()
    return catalogue.codes[near[0]] if near else ""


class Reviewed(NamedTuple):
    """Findings about suppressions: those that stand, and those that are suppressed themselves."""

    kept: tuple[Finding, ...] = ()
    suppressed: tuple[tuple[Finding, Suppression], ...] = ()


class _Review:
    """The review of one file's suppressions."""

    def __init__(self, silence: Silence, catalogue: Catalogue, selected: frozenset[str]) -> None:
        self._silence, self._catalogue, self._selected = silence, catalogue, selected
        self._equals: Counter[tuple[str, str]] = Counter()

    def all(self) -> Reviewed:
        """Those that name other rules come first, so that one of LK002 or LK003 which silences what is said of
        them counts as used."""
        written = [s for s in self._silence.suppressions if s.native]
        native = [s for s in written if not s.fault]
        first = [f for s in written if s.fault for f in self._finding(s, UNUSED, s.fault, s.codes)]
        first += [f for s in native if not s.reason for f in self._finding(s, UNREASONED, "missing", s.codes)]
        for suppression in native:
            for code in suppression.codes or ("",):
                if code not in OWN:
                    first += self._judge(suppression, code, self._silence.findings)
        last: list[Finding] = []
        naming = [s for s in native if OWN.intersection(s.codes)]
        for suppression in naming:
            for code in suppression.codes:
                if code in OWN:
                    last += self._judge(suppression, code, first)
        kept, silenced = apply(first, {self._silence.path: naming})
        return Reviewed((*kept, *last), silenced)

    def _judge(self, suppression: Suppression, code: str, findings: Sequence[Finding]) -> Iterator[Finding]:
        """Is one code of a suppression of any use? No code stands for all of them."""
        if code and code not in self._catalogue.by_code:
            near = _near(code, self._catalogue)
            family = code.startswith("LK") and any(one.startswith(code) for one in self._catalogue.by_code)
            message = "family" if family else "near" if near else "unknown"
            yield from self._finding(suppression, UNUSED, message, (code,), near)
        elif (not code or code in self._selected) and not _silences(suppression, code, findings):
            yield from self._finding(suppression, UNUSED, "unused" if code else "blanket", (code,))

    def _finding(
        self, suppression: Suppression, rule: str, message: str, codes: Sequence[str], near: str = ""
    ) -> Iterator[Finding]:
        if rule not in self._selected:
            return
        words = ", ".join(code if code in self._catalogue.by_code else _as_written(code) for code in codes)
        self._equals[rule, words] += 1
        yield Finding(
            rule,
            self._catalogue.by_code[rule].name,
            "P2",
            self._silence.path,
            Span(suppression.line, suppression.column, suppression.line, suppression.end_column),
            self._silence.module,
            "nobody",
            "once",
            "never",
            message,
            _HINTS.get(message, "rewrite" if suppression.fault else "remove"),
            {
                "codes": words,
                "near": near,
                "what": "file" if suppression.whole_file else "statement",
                "form": f"ignore{'-file' if suppression.whole_file else ''}[{words or 'CODE'}]",
            },
            (),
            fingerprint(rule, self._silence.module, words, self._equals[rule, words]),
        )


def _as_written(code: str) -> str:
    """Names of rules are read in any case and kept in capitals."""
    return code if code.startswith("LK") else code.lower()


def review(silence: Silence, catalogue: Catalogue, selected: frozenset[str]) -> Reviewed:
    """What is to be said of the suppressions of a file; `selected` are the codes of the rules that count in it."""
    return _Review(silence, catalogue, selected).all()
