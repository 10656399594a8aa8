"""What a rule may ask: `Facts` is the reference that the guide to rules sends its reader to, so it has to be whole."""

import ast
import inspect
import re
from functools import cached_property
from pathlib import Path

import pytest

from leaklint.model import Facts

ROOT = Path(__file__).resolve().parents[1]
ENGINE = {path: path.read_text() for path in sorted((ROOT / "leaklint").rglob("*.py"))}
CHECKS = {path: path.read_text() for path in sorted((ROOT / "rules").glob("*/check.py"))}
GUIDE = (ROOT / "docs" / "writing-a-rule.md").read_text()
QUESTIONS = {
    name: member for part in Facts.__mro__[:-1] for name, member in vars(part).items() if not name.startswith("_")
}


def function_of(member: object) -> object:
    return member.func if isinstance(member, cached_property) else getattr(member, "fget", member)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_says_what_it_asks(name: str) -> None:
    assert inspect.getdoc(function_of(QUESTIONS[name])), f"Facts.{name} has no docstring"


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_is_asked(name: str) -> None:
    asked = re.compile(rf"\b(?:facts|self)\.{name}\b")
    views = (text for path, text in ENGINE.items() if path.parent.name == "views" or path.stem == "analyze")
    assert any(asked.search(text) for text in (GUIDE, *CHECKS.values(), *views)), f"nobody asks Facts.{name}"


def test_the_questions_of_the_guide_exist() -> None:
    named = set(re.findall(r"\bfacts\.(\w+)", GUIDE))
    assert named
    assert named <= QUESTIONS.keys()


def kinds_asked(tree: ast.Module) -> dict[int, str]:
    """The texts that a kind is compared with, by the identity of their node."""
    compared = (node for node in ast.walk(tree) if isinstance(node, ast.Compare))
    sides = ((node.left, *node.comparators) for node in compared)
    of_kinds = (side for side in sides if any(isinstance(s, ast.Attribute) and s.attr == "kind" for s in side))
    nodes = (node for side in of_kinds for one in side for node in ast.walk(one))
    return {id(node): node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_a_kind_that_is_asked_for_is_given_somewhere() -> None:
    """The kind of an answer is a word: one that is misspelt would be false for ever, and nobody would see it."""
    given: set[str] = set()
    asked: dict[str, Path] = {}
    for path, text in (*ENGINE.items(), *CHECKS.items()):
        tree = ast.parse(text)
        here = kinds_asked(tree)
        asked |= dict.fromkeys(here.values(), path)
        constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in here)
        given |= {node.value for node in constants if isinstance(node.value, str)}
    assert {kind: path.name for kind, path in asked.items() if kind not in given} == {}
