"""What shows how something is used, or serves those who work on a project, is a program that is over soon."""

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
        ("demo/tags/run.py", LIBRARY, False),
        ("app/tags.py", LIBRARY, True),
        ("app/tags.py", MODEL, True),
        ("app/demo.py", MODEL, True),
    ],
)
def test_a_model_that_an_example_loads(path: str, source: str, reported: bool) -> None:
    found = analyze(source.encode(), path, "tags", load()).findings
    assert [f.rule for f in found if f.rule == "LK501"] == ["LK501"] * reported


COPY = """
import zipfile


def unpack(path, target):
    with zipfile.ZipFile(path) as archive, open(target, "wb") as out:
        out.write(archive.read("film.mp4"))


def load(archive):
    chunks = []
    for chunk in archive:
        chunks.append(chunk)
    raise ValueError(f"cannot read {chunks}")
"""


@pytest.mark.parametrize(
    ("path", "module", "reported"),
    [
        ("app/unpack.py", "unpack", True),
        ("scripts/unpack.py", "unpack", False),
        ("demo/unpack.py", "unpack", False),
        ("app/tools/unpack.py", "app.tools.unpack", True),
    ],
)
def test_what_a_script_reads_and_tells(path: str, module: str, reported: bool) -> None:
    found = analyze(COPY.encode(), path, module, load()).findings
    assert sorted(f.rule for f in found if f.rule in ("LK401", "LK503")) == ["LK401", "LK503"] * reported


GROWN = """
import functools

RELEASES = {}


@functools.cache
def fetch(order_id):
    return order_id


def main(names):
    for order_id in names:
        RELEASES[order_id] = fetch(order_id)


{start}
    main(["one"])
"""
START = 'if __name__ == "__main__":'


@pytest.mark.parametrize(
    ("path", "start", "rules"),
    [
        ("app/releases.py", START, ["LK103", "LK108"]),
        ("scripts/releases.py", START, []),
        ("scripts/releases.py", "def start():", ["LK103", "LK108"]),
        ("scripts/releases.py", f"while names:\n    pass\n{START}", []),
        ("scripts/releases.py", f"while True:\n    pass\n{START}", ["LK103", "LK108"]),
    ],
)
def test_what_a_script_keeps_until_it_ends(path: str, start: str, rules: list[str]) -> None:
    result = analyze(GROWN.replace("{start}", start).encode(), path, "releases", load())
    found = [*result.findings, *(q.finding for q in result.open_questions)]
    assert sorted(f.rule for f in found) == rules
