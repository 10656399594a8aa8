"""Joins the results of many files: pure, cheap, never cached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from leaklint.facts import ANYWHERE, Cleared, FileResult, Finding, OpenQuestion, Outside, Reach
from leaklint.gating.seen import OWN
from leaklint.vocabulary import words_of


class Linked(NamedTuple):
    """What all files say together."""

    findings: tuple[Finding, ...]
    sound: tuple[Cleared, ...]
    cleared: tuple[Cleared, ...]


def link(results: Sequence[FileResult]) -> Linked:
    """Answers the open questions of each file from the other files: those that import it, and those that use an object
    named like its class."""
    classes = {name: klass for result in results for name, klass in result.summary.instances}
    outside: dict[str, list[Outside]] = {}
    for result in results:
        for use in result.summary.outside:
            outside.setdefault(_of_class(use.place, classes), []).append(use)
    taken = _by_names(results)
    findings = [f for r in results for f in r.findings]
    cleared = [c for r in results for c in r.cleared]
    starters = {name: held for result in results for name, held in result.summary.starters}
    modules = frozenset(result.summary.module for result in results)
    resources: dict[str, dict[str, tuple[str, ...]]] = {}
    for name, begun in (pair for result in results for pair in result.summary.resources):
        resources.setdefault(name.rpartition(".")[2], {})[name] = begun
    running = runs_through(results)
    loads = {result.summary.module: result.summary.loads for result in results if result.summary.loads}
    for result, question in ((r, q) for r in results for q in r.open_questions):
        if question.bases and _by_base(question, taken):
            cleared.append(_cleared(question.finding, "closed by its base class"))
            continue
        if question.asks == "closed by a base":
            findings.append(question.finding)
            continue
        if question.asks == "must be closed":
            own = resources.get(question.place.rpartition(".")[2], {})
            findings.extend(_of_maker(question, own, modules))
            continue
        if question.asks == "drops its task":
            findings.extend(_of_starter(question, starters.get(question.place)))
            continue
        if question.asks == "may wait":
            if question.place in running:
                cleared.append(_cleared(question.finding, "waits for nothing"))
            else:
                findings.append(question.finding)
            continue
        if question.asks == "loaded anyway":
            loaded = any(question.place in loads.get(name, ()) for name in question.called)
            if loaded:
                cleared.append(_cleared(question.finding, "loaded by another import"))
            else:
                findings.append(question.finding)
            continue
        klass, found = holder_of(question.place), taken.get(question.place.rpartition(".")[2], ())
        above = {base.rpartition(".")[0] for base in question.called}
        others = [(one.summary.module, u) for one, u in found if one.path != result.path]
        alike = [u for at, u in others if (named_alike(h, klass) if (h := holder_of(u.place)) != OWN else at in above)]
        answer = _answer(question, [*outside.get(question.place, ()), *alike])
        if answer is None:
            findings.append(_unanswered(question.finding, result.reach))
        else:
            cleared.append(answer)
    return Linked(tuple(findings), tuple(s for r in results for s in r.sound), tuple(cleared))


def awaited(results: Iterable[FileResult]) -> dict[str, set[str]]:
    """What the coroutines of each name await, by name, wherever one of them stands."""
    found: dict[str, set[str]] = {}
    for name, inner in (pair for result in results for pair in result.summary.coroutines):
        found.setdefault(name, set()).update(inner)
    return found


def runs_through(results: Iterable[FileResult]) -> frozenset[str]:
    """Names of coroutine functions that wait for nothing, nor does anything that they await: each is done in its first
    step. What is not defined in these files may wait, and what only hands on to its own name elsewhere."""
    known = list(results)
    awaits = awaited(known)
    grounded = {name for result in known for name, inner in result.summary.coroutines if name not in inner}
    awaiting: dict[str, list[str]] = {}
    for name, awaited_ in awaits.items():
        for inner in awaited_:
            awaiting.setdefault(inner, []).append(name)
    waits = awaits.keys() - grounded
    stack = [*waits, *(inner for inner in awaiting if inner not in awaits)]
    while stack:
        found = [name for name in awaiting.get(stack.pop(), ()) if name not in waits]
        waits.update(found)
        stack += found
    return frozenset(awaits.keys() - waits)


def _of_class(place: str, classes: Mapping[str, str]) -> str:
    """`app.hub:hub.sessions` is `app.hub:Hub.sessions` where `hub = Hub()`."""
    module, _, rest = place.partition(":")
    name, dot, path = rest.partition(".")
    klass = classes.get(f"{module}:{name}")
    return place if klass is None else klass + dot + path


def _by_names(results: Sequence[FileResult]) -> dict[str, list[tuple[FileResult, Outside]]]:
    """Removals through objects whose class is not to be seen, with their files, by the name of the attribute."""
    found: dict[str, list[tuple[FileResult, Outside]]] = {}
    for result in results:
        for use in result.summary.outside:
            if use.place.startswith(f"{ANYWHERE}:"):
                found.setdefault(use.place.rpartition(".")[2], []).append((result, use))
    return found


def holder_of(place: str) -> str:
    """The identifier before the last one: `ChatHub` of `app.hub:ChatHub.sessions`; empty for a global."""
    return place.partition(":")[2].rpartition(".")[0].rpartition(".")[2]


def named_alike(holder: str, klass: str) -> bool:
    """Is an object called like its class, or like the last words of it: `hub`, `chat_hub`, `chathub` and `ChatHub`?"""
    one, other = _endings(holder), _endings(klass)
    return bool(one and other) and len(one[0]) > 2 and (one[0] in other or other[0] in one)


def _endings(identifier: str) -> list[str]:
    """The words of an identifier as one, and without the first, the first two, and so on."""
    words = [word.lower() for word in words_of(identifier)]
    return ["".join(words[i:]) for i in range(len(words))]


def _unanswered(finding: Finding, reach: Reach) -> Finding:
    """A finding whose question nobody answers: it is less certain where not everybody was asked."""
    if reach == "project":
        return finding._replace(checked_against="project")
    if reach == "file" and finding.severity == "P0":
        return finding._replace(severity="P1", lowered=True)
    return finding


def _of_starter(question: OpenQuestion, held: bool | None) -> Iterable[Finding]:
    """Does the function drop the task it starts? `held` is what its own file says; None where that is not checked."""
    if held is False:
        yield question.finding._replace(checked_against="project")
    elif held is None and question.likely:
        yield question.finding._replace(severity="P2", lowered=True)


def _of_maker(
    question: OpenQuestion, named: Mapping[str, tuple[str, ...]], modules: frozenset[str]
) -> Iterable[Finding]:
    """Must instances of a class be closed? `named` are those classes that are called like it, as their own files say.

    A package often hands on what a module beneath it defines.
    """
    module = question.place.rpartition(".")[0]
    found = next((begun for name, begun in named.items() if name.startswith(f"{module}.")), None)
    if found is not None and (not found or not set(found).isdisjoint(question.called)):
        yield question.finding._replace(checked_against="project")
    elif found is None and module not in modules and question.likely:
        yield question.finding._replace(severity="P2")


def _by_base(question: OpenQuestion, taken: Mapping[str, Iterable[tuple[FileResult, Outside]]]) -> bool:
    """Does a method of a base class close the attribute, in that class's own file, or in one beneath the package that
    hands the class on?"""
    above = {base.rpartition(".")[0] for base in question.bases}
    attribute = question.finding.subject.rpartition(".")[2]
    files = (
        one.summary.module for one, u in taken.get(attribute, ()) if u.verb == "close" and holder_of(u.place) == OWN
    )
    return any(name == module or name.startswith(f"{module}.") for name in files for module in above if module)


def _answer(question: OpenQuestion, uses: Iterable[Outside]) -> Cleared | None:
    """A removal, or a bound, in a file that imports the place clears it."""
    if not any(u.verb == "shrink" for u in uses):
        return None
    return _cleared(question.finding, "released in another file")


def _cleared(finding: Finding, defence: str) -> Cleared:
    return Cleared(finding.rule, finding.path, finding.span, finding.subject, defence)
