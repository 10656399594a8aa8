"""astroid is asked last, reads the file and the standard library only, and may not know."""

from __future__ import annotations

import textwrap

import pytest

from leaklint.analyze import analyze
from leaklint.catalogue import load


def told(source: str) -> list[tuple[str, int]]:
    result = analyze(textwrap.dedent(source).encode(), "example.py", "example", load())
    return [(f.rule, f.span.line) for f in result.findings]


def test_a_path_that_only_inference_finds() -> None:
    source = """
        from pathlib import Path

        def read(d):
            target = dict(a=Path(d))["a"]
            found = target.open()
            data = found.read()
            return data
    """
    assert told(source) == [("LK304", 6)]


@pytest.mark.parametrize(
    "statement",
    ["from cloudpathlib import Path", "from .paths import Path", "import cloudpathlib\nPath = cloudpathlib.P"],
)
def test_what_is_not_in_the_standard_library_stays_unknown(statement: str) -> None:
    source = f"{statement}\n" + textwrap.dedent("""
        def read(d):
            target = dict(a=Path(d))["a"]
            found = target.open()
            data = found.read()
            return data
    """)
    assert told(source) == []


def test_an_installed_package_is_not_read() -> None:
    # pytest is installed here and has classes; its import is blanked out before astroid sees the file
    source = """
        import pytest

        def read(request):
            found = pytest.Config(request).open()
            data = found.read()
            return data
    """
    assert told(source) == []
