"""The gate may pass too much, never too little: on real code, the findings are the same without it."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from leaklint import analyze
from leaklint.catalogue import load
from leaklint.gating import scan

PACKAGES = [
    "aiohttp",
    "asyncio",
    "httpx",
    "concurrent",
    "http",
    "logging",
    "multiprocessing",
    "requests",
    "urllib",
    "xmlrpc",
]


def files(package: str) -> Iterator[Path]:
    spec = importlib.util.find_spec(package)
    assert spec is not None, f"{package} is not installed"
    for folder in spec.submodule_search_locations or ():
        yield from sorted(Path(folder).rglob("*.py"))


@pytest.mark.parametrize("package", PACKAGES)
def test_the_findings_are_the_same_without_it(package: str) -> None:
    catalogue = load()
    differing = []
    for file in files(package):
        source = file.read_bytes()
        gated, whole = (analyze.analyze(source, file.name, file.stem, catalogue, gate) for gate in (True, False))
        same = (gated.findings, gated.open_questions) == (whole.findings, whole.open_questions)
        if not same or gated.summary.outside != whole.summary.outside:
            differing.append(file)
    assert not differing


def test_it_stops_a_file_in_which_nothing_can_leak() -> None:
    source = b"def area(width, height):\n    return width * height\n"
    catalogue = load()
    assert analyze.analyze(source, "a.py", "a", catalogue).sound == ()
    import ast

    from leaklint.gating.gate import Gate

    seen = scan.scan(ast.parse(source), deepest=100)
    assert seen is not None
    assert not Gate(catalogue.apis).passes(seen)


@pytest.mark.parametrize(
    "source",
    [
        "from asyncio import create_task as ct\nasync def f(): ct(g())\n",
        "class A:\n def __init__(self): self.m = {}\n def on(self, session_id): self.m[session_id] = 1\n",
        "import asyncio\nasync def f(x):\n match x:\n  case True: asyncio.create_task(g())\n",
        "import functools\nclass A:\n @functools.cache\n def f(self): return 1\n",
    ],
)
def test_it_passes_a_file_in_which_something_may(source: str) -> None:
    import ast

    from leaklint.gating.gate import Gate

    seen = scan.scan(ast.parse(source), deepest=100)
    assert seen is not None
    assert Gate(load().apis).passes(seen)
