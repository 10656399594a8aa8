"""What only shows how something is used, by its folder and its own start, is a program that does nothing else."""

from __future__ import annotations

import pytest

from leaklint.analyze import analyze
from leaklint.catalogue import load

MODEL = """
import spacy

nlp = spacy.load("en_core_web_lg")

if __name__ == "__main__":
    serve(nlp)
"""
LIBRARY = MODEL.partition("if ")[0]


@pytest.mark.parametrize(
    ("path", "source", "reported"),
    [
        ("demo/tags/run.py", MODEL, False),
        ("examples/tags.py", MODEL, False),
        ("demo/tags/run.py", LIBRARY, True),
        ("app/tags.py", MODEL, True),
        ("app/demo.py", MODEL, True),
    ],
)
def test_a_model_that_an_example_loads(path: str, source: str, reported: bool) -> None:
    found = analyze(source.encode(), path, "tags", load()).findings
    assert [f.rule for f in found if f.rule == "LK501"] == ["LK501"] * reported
