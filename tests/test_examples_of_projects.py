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
        ("app/tests/unpack.py", "app.tests.unpack", False),
        ("app/test_unpack.py", "app.test_unpack", False),
        ("app/contest/unpack.py", "app.contest.unpack", True),
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


PLUGIN = """
from homeassistant.helpers.event import track_time_interval


def setup_platform(hass, config, add_entities):
    Feed(hass, add_entities)


def {other}(hass):
    pass


class Feed:
    def __init__(self, hass, add_entities):
        self.hass, self.add_entities = hass, add_entities
        self._follow()

    def _follow(self):
        track_time_interval(self.hass, lambda now: self.update(), 60)

    def update(self):
        self.add_entities([])
"""


@pytest.mark.parametrize(("other", "reported"), [("parse", False), ("unload_platform", True)])
def test_what_a_set_up_makes_and_nothing_takes_down_is_made_once(other: str, reported: bool) -> None:
    found = analyze(PLUGIN.format(other=other).encode(), "app/feed.py", "app.feed", load()).findings
    assert [f.rule[:4] for f in found] == ["LK20"] * reported
