"""From the bytes of one file to its `FileResult`: pure, and without anything that the code under analysis could run."""

from __future__ import annotations

import ast
import gc
import hashlib
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from leaklint.facts import (
    ANYWHERE,
    EVIDENCE_LIMIT,
    Cleared,
    Evidence,
    FileResult,
    Finding,
    OpenQuestion,
    Outside,
    Span,
    Summary,
)
from leaklint.gating.gate import Gate
from leaklint.gating.seen import OWN
from leaklint.parsing import UnreadableError, parse
from leaklint.severity import IN_TESTS, ends_with_tests, severity
from leaklint.tree.positions import Positions

if TYPE_CHECKING:
    from leaklint.apis import Apis
    from leaklint.catalogue import Catalogue, Rule
    from leaklint.gating.seen import Seen
    from leaklint.meaning.basis import Clue
    from leaklint.model import Clear, Facts, Hit
    from leaklint.tree.text import Text

UNREADABLE = "LK001"


def unreadable(path: str, module: str, reason: str, catalogue: Catalogue, line: int = 1, column: int = 1) -> FileResult:
    """The result for a file that cannot be checked: one finding that says why."""
    rule = catalogue.by_code[UNREADABLE]
    span = Span(line, column, line, column)
    print_ = fingerprint(rule.code, module, reason, 0)
    finding = Finding(
        rule.code,
        rule.name,
        "P2",
        path,
        span,
        module,
        "nobody",
        "once",
        "never",
        "unreadable",
        "unreadable",
        {"reason": reason},
        (),
        print_,
    )
    return FileResult(path, Summary(module), (finding,))


def analyze(source: bytes, path: str, module: str, catalogue: Catalogue, gate: bool = True) -> FileResult:
    """Check one file. `path` is what the findings show, `module` its dotted name.

    Whatever is wrong with the file is a finding of the result; nothing is raised for it.
    """
    enabled = gc.isenabled()
    gc.disable()  # trees of a million nodes and no garbage: collecting doubles the time
    try:
        return _analyze(source, path, module, catalogue, gate)
    finally:
        if enabled:
            gc.enable()


def _analyze(source: bytes, path: str, module: str, catalogue: Catalogue, gate: bool) -> FileResult:
    try:
        text, tree, seen = parse(source)
    except UnreadableError as error:
        return unreadable(path, module, str(error), catalogue, error.line, error.column)
    if gate and not _gate(catalogue.apis).passes(seen):
        result = FileResult(path, Summary(module))
    else:
        result = _Report(path, module, text, _facts(tree, text, path, module, catalogue), catalogue).result()
    outside = (*result.summary.outside, *_taken(seen))
    coroutines = tuple(sorted((name, tuple(sorted(awaits))) for name, awaits in seen.awaits))
    return result._replace(summary=result.summary._replace(outside=outside, coroutines=coroutines))


def _taken(seen: Seen) -> Iterator[Outside]:
    """Removals through objects whose class is not to be seen: `self.hub.sessions.pop(key)`; and from what is an
    object's own, which subclasses in other files share. And what of that is closed."""
    for holder, attribute in sorted(seen.taken):
        yield Outside(f"{ANYWHERE}:{holder}.{attribute}", "shrink", Span(1, 1, 1, 1))
    for attribute in sorted(seen.closed):
        yield Outside(f"{ANYWHERE}:{OWN}.{attribute}", "close", Span(1, 1, 1, 1))


@lru_cache(maxsize=4)
def _gate(apis: Apis) -> Gate:
    return Gate(apis)


def _facts(tree: ast.Module, text: Text, path: str, module: str, catalogue: Catalogue) -> Facts:
    from leaklint.infer import Inference
    from leaklint.meaning.basis import basis
    from leaklint.model import Facts
    from leaklint.tree.build import build

    built = build(tree, text, path, module, path.endswith("__init__.py"))
    return Facts(basis(built, catalogue.apis, Inference(text.whole, tree).receiver))


def fingerprint(rule: str, scope: str, acquired: str, ordinal: int) -> str:
    """Fixed from the first release on: a change here makes every baseline stale."""
    text = "\0".join((rule, scope, acquired, str(ordinal)))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20]


class _Report:
    """Turns the hits of one file into findings: positions, severity, fingerprints, one finding per place and family."""

    def __init__(self, path: str, module: str, text: Text, facts: Facts, catalogue: Catalogue) -> None:
        self.path, self.module, self.text, self.facts, self.catalogue = path, module, text, facts, catalogue
        self.positions = Positions(facts.basis.module.headers, text)
        self.equals: Counter[tuple[str, str, str]] = Counter()

    def result(self) -> FileResult:
        from leaklint.model import Clear, Hit

        facts = self.facts

        hits: list[tuple[Rule, Hit]] = []
        cleared: list[Cleared] = []
        sound: list[Cleared] = []
        for rule in self.catalogue.rules:
            check = rule.load_check()
            for item in check(facts) if check is not None else ():
                if isinstance(item, Hit):
                    hits.append((rule, item))
                else:
                    (sound if item.sound else cleared).append(self.clear(rule, item))
        kept = sorted(_one_each(hits), key=lambda pair: (pair[1].at.ordinal, pair[0].code))
        findings: list[Finding] = []
        questions: list[OpenQuestion] = []
        for rule, hit in kept:
            if facts.in_tests and ends_with_tests(rule.family, hit.release):
                cleared.append(self.clear(rule, Clear(hit.at, hit.subject, "ends with its tests")))
                continue
            finding = self.finding(rule, hit)
            if hit.place is not None and hit.place.scope.kind in ("module", "class"):
                bases = facts.basis.names.outside_bases(hit.place.scope)
                questions.append(OpenQuestion("released elsewhere", finding.subject, finding, called=tuple(bases)))
            elif hit.starter:
                questions.append(OpenQuestion("drops its task", hit.starter, finding, hit.likely))
            elif hit.maker:
                questions.append(OpenQuestion("must be closed", hit.maker, finding, hit.likely, hit.called, hit.bases))
            elif hit.coroutine:
                questions.append(OpenQuestion("may wait", hit.coroutine, finding))
            elif hit.library:
                questions.append(OpenQuestion("loaded anyway", hit.library, finding, called=hit.called))
            elif hit.bases:
                questions.append(OpenQuestion("closed by a base", finding.subject, finding, bases=hit.bases))
            else:
                findings.append(finding)
        summary = Summary(
            self.module,
            tuple(self.outside(facts)),
            tuple(self.instances(facts)),
            tuple(self.starters(facts)),
            tuple((f"{self.module}.{name}", begun) for name, begun in facts.resource_classes),
            facts.loaded_libraries,
        )
        return FileResult(self.path, summary, tuple(findings), tuple(cleared), tuple(sound), tuple(questions))

    def finding(self, rule: Rule, hit: Hit) -> Finding:
        from leaklint.outline import source_of

        acquired = hit.acquired or source_of(hit.at)
        key = (rule.code, hit.subject, acquired)
        self.equals[key] += 1
        subject = f"{self.module}:{hit.subject}"
        ceiling = IN_TESTS if self.facts.in_tests else rule.ceiling
        ordinal = hit.block.ordinal if hit.block is not None and hit.block.ordinal >= 0 else hit.at.ordinal
        return Finding(
            rule.code,
            rule.name,
            severity(hit.owner, hit.driver, hit.release, ceiling),
            self.path,
            self.positions.span(ordinal),
            subject,
            hit.owner,
            hit.driver,
            hit.release,
            hit.message,
            hit.hint,
            {"subject": hit.subject, **hit.args},
            tuple(self.evidence(c) for c in _distinct(hit.clues)),
            fingerprint(rule.code, subject, acquired, self.equals[key]),
            repair=hit.repair,
        )

    def evidence(self, clue: Clue) -> Evidence:
        args = dict(clue.args)
        if clue.within is not None:
            header = clue.within.stmt
            args["lines"] = str(self.positions.size(header.ordinal if header is not None else None))
        return Evidence(self.path, self.positions.span(clue.ordinal), clue.role, clue.label, args)

    def clear(self, rule: Rule, item: Clear) -> Cleared:
        evidence = tuple(self.evidence(c) for c in _distinct(item.clues))
        return Cleared(
            rule.code,
            self.path,
            self.positions.span(item.at.ordinal),
            f"{self.module}:{item.subject}",
            item.defence,
            evidence,
        )

    def instances(self, facts: Facts) -> Iterator[tuple[str, str]]:
        from leaklint.outline import module_instances

        for name, klass in module_instances(facts.basis):
            yield f"{self.module}:{name}", f"{self.module}:{klass}"

    def starters(self, facts: Facts) -> Iterator[tuple[str, bool]]:
        for name, held in facts.starters:
            yield f"{self.module}.{name}", held

    def outside(self, facts: Facts) -> Iterator[Outside]:
        """Removals from what other modules hold: `SESSIONS.pop(...)` after `from app.state import SESSIONS`."""
        from leaklint.outline import imported_shrinks

        for place, stmt in imported_shrinks(facts.basis):
            yield Outside(place, "shrink", self.positions.span(stmt.ordinal))


def _distinct(clues: tuple[Clue, ...]) -> list[Clue]:
    """Each place once, in the order of the story, as many as a reader looks at."""
    seen: set[int] = set()
    kept = []
    for clue in clues:
        if clue.ordinal not in seen:
            seen.add(clue.ordinal)
            kept.append(clue)
    return kept[:EVIDENCE_LIMIT]


def _one_each(hits: list[tuple[Rule, Hit]]) -> Iterator[tuple[Rule, Hit]]:
    """At most one finding per place and family: the superseding rule's, otherwise the first.

    A finding that a rule of another family supersedes is not reported.
    """
    by_place: dict[str, dict[str, list[tuple[Rule, Hit]]]] = {}
    for rule, hit in hits:
        where = hit.subject if hit.place is not None else f"{hit.at.ordinal} {hit.acquired}"
        by_place.setdefault(where, {}).setdefault(rule.family, []).append((rule, hit))
    for families in by_place.values():
        beaten = {name: {c for rule, _ in rivals for c in rule.supersedes} for name, rivals in families.items()}
        for name, rivals in families.items():
            others = {code for other, codes in beaten.items() if other != name for code in codes}
            left = [pair for pair in rivals if pair[0].code not in others]
            if left:
                yield next((pair for pair in left if pair[0].code not in beaten[name]), left[0])


def describe(source: bytes, path: str, catalogue: Catalogue) -> Iterator[str]:
    """What the engine knows of each value in a file, a line each, and that no rule sees it where the gate stops it: for
    those who tune rules.

    Raises UnreadableError.
    """
    from leaklint.outline import outline

    text, tree, seen = parse(source)
    if not _gate(catalogue.apis).passes(seen):
        yield f"{path}: the gate stops this file: nothing in it is named like what leaks, and no rule looks at it"
    facts = _facts(tree, text, path, path.removesuffix(".py").replace("/", "."), catalogue)
    positions = Positions(facts.basis.module.headers, text)
    for stmt, line in outline(facts):
        yield f"{path}:{positions.span(stmt.ordinal).line}: {line}"
