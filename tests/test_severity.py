"""How bad a leak is follows from who holds it, what drives it and what is missing."""

from __future__ import annotations

import pytest

from leaklint.analyze import analyze
from leaklint.catalogue import load
from leaklint.link import link

SEEN = """
seen = {made}


def on_event(event):
    seen{add}
"""


@pytest.mark.parametrize(
    ("made", "add", "severity"),
    [
        ("set()", ".add(event.session_id)", "P0"),
        ("set()", ".add(id(event))", "P2"),  # an address is used again: such a set is soon full
        ("{}", "[id(event)] = event", "P0"),  # what is held keeps its address to itself
    ],
)
def test_a_set_of_addresses_is_soon_full(made: str, add: str, severity: str) -> None:
    source = SEEN.format(made=made, add=add)
    run = link([analyze(source.encode(), "app.py", "app", load())])
    assert [finding.severity for finding in run.findings] == [severity]
