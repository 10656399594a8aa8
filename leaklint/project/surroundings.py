"""What lies beside the files that are checked: what is excluded and why, and files in other languages."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from leaklint.project.paths import shown_name
from leaklint.project.walk import ENDINGS, Walk

LANGUAGES: Mapping[str, str] = {
    ".c": "C", ".h": "C", ".cc": "C++", ".cpp": "C++", ".hpp": "C++", ".cs": "C#", ".go": "Go", ".java": "Java",
    ".js": "JavaScript", ".jsx": "JavaScript", ".mjs": "JavaScript", ".ts": "TypeScript", ".tsx": "TypeScript",
    ".kt": "Kotlin", ".php": "PHP", ".pyx": "Cython", ".rb": "Ruby", ".rs": "Rust", ".scala": "Scala",
    ".sh": "shell", ".swift": "Swift", ".vue": "Vue", ".lua": "Lua", ".dart": "Dart",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Passed:
    """A file or directory that was passed over, with the number of Python files in it.

    `why`: `usual`, `git`, or the pattern of the settings that names it.
    """

    path: str
    files: int
    why: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What was passed over, and how many files there are in each other language."""

    passed: tuple[Passed, ...] = ()
    others: Mapping[str, int] | None = None


def _python_files(folder: Path) -> int:
    return sum(name.endswith(ENDINGS) for _, _, names in os.walk(folder) for name in names)


def look(folders: Iterable[Path], checked: Collection[str], walk: Walk, cwd: Path) -> Surroundings:
    """What lies in these folders beside the files of these (real) paths. Links to folders are not followed."""
    passed: list[Passed] = []
    others: Counter[str] = Counter()
    for folder in folders:
        passed += _look(folder, frozenset(checked), walk, cwd, others)
    distinct = {one.path: one for one in passed if one.files}
    return Surroundings(tuple(distinct[path] for path in sorted(distinct)), dict(sorted(others.items())))


def _look(top: Path, checked: frozenset[str], walk: Walk, cwd: Path, others: Counter[str]) -> Iterator[Passed]:
    for place, folders, names in os.walk(top):
        here = Path(place)
        for name in sorted(folders):
            why = walk.why_excluded(here / name)
            if why:
                folders.remove(name)
                files = 0 if name.startswith(".") else _python_files(here / name)
                yield Passed(f"{shown_name(here / name, cwd)}/", files, why)
        ignored = 0
        for name in sorted(names):
            path = here / name
            others.update([LANGUAGES[path.suffix]] if path.suffix in LANGUAGES else [])
            if name.endswith(ENDINGS) and os.path.realpath(path) not in checked:
                why = walk.why_excluded(path)
                ignored += not why
                if why:
                    yield Passed(shown_name(path, cwd), 1, why)
        if ignored:
            yield Passed(f"{shown_name(here, cwd)}/", ignored, "git")
