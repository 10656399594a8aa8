"""What the report concludes from the code around a store: what one entry is, who else holds it, where it can go."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_rule_pages import knowledge

from leaklint import cli
from leaklint.report.audit.nearby import Outlet, Stored, outlet, stored

TREE = """\
class Tree:
    def grow(self, leaf_id, leaf: Leaf, given, parent):
        one = Leaf(leaf_id)
        self.leaves[leaf_id] = {value}
        self.by_name[leaf_id].append(one)
        parent.children.append(one)
        local = []
        local.append(one)

    def fall(self, leaf_id):
        self.{other}.pop(leaf_id)

    def {end}(self, leaf_id):
        ...
"""


def code(value: str = "one", other: str = "by_name", end: str = "on_disconnect") -> list[str]:
    return TREE.replace("{value}", value).replace("{other}", other).replace("{end}", end).split("\n")


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        ("one", Stored("instance", "Leaf", 3, ("self.by_name", "parent.children"))),
        ("leaf", Stored("annotated", "Leaf", 0)),
        ("id(one)", Stored("number")),
        ("3", Stored("number")),
        ("f'{one}'", Stored("text")),
        ("one is leaf", Stored("truth")),
        ("[one]", Stored("list")),
        ("create_task(one.run())", Stored("task")),
        ("given", None),
        ("work(one)", None),
    ],
)
def test_what_one_entry_is(value: str, is_one: Stored | None) -> None:
    assert stored(code(value), 4) == is_one
    assert stored(["def broken(:"], 1) is None


def test_the_value_of_a_key_is_what_is_stored_by_it() -> None:
    lines = ["def keep(self, key):", "    self.seen.add(id(key))", "    self.rows.extend([key])"]
    assert stored(lines, 2) == Stored("number")
    assert stored(lines, 3) is None, "what is added are the entries of a list"


@pytest.mark.parametrize(
    ("different", "place"),
    [
        ({}, Outlet("fall", 11, "by_name")),
        ({"other": "roots"}, Outlet("on_disconnect", 13, key="leaf_id")),
        ({"other": "roots", "end": "prune"}, None),
    ],
)
def test_where_an_entry_can_go_again(different: dict[str, str], place: Outlet | None) -> None:
    assert outlet(code(**different), "Tree", "leaves", "leaf_id", knowledge().apis.means) == place


HUB = """\
class Room:
    pass


class Hub:
    def __init__(self):
        self.rooms = {}
        self.names = {}

    def on_join(self, user_id, name):
        room = Room()
        self.rooms[user_id] = room
        self.names.setdefault(name, []).append(room)

    def shutdown(self, user_id):
        ...
"""


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["One entry is one `Room`, made at `hub.py:11`.", "The same object", "`Hub.shutdown` is called"]),
        ("zh", ["创建于 `hub.py:11`。", "同一个对象也存入", "`Hub.shutdown` 在结束时调用"]),
    ],
)  # fmt: skip
def test_the_report_says_so(
    language: str, said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hub.py").write_text(HUB, encoding="utf-8")
    assert cli._status(["report", "--isolated", "--no-cache", "--lang", language]) == 0
    text = capsys.readouterr().out
    assert [one for one in said if one not in text] == []
