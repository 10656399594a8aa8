"""Rules and rows are found by looking; what is broken stops the run, naming file and key."""

from __future__ import annotations

import importlib.resources
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest
from samples import PAGE

from leaklint import catalogue, pages
from leaklint.catalogue import load, read_rule
from leaklint.vocabulary import KnowledgeError

FILE = "rules/things_grow/rule.md"
LEAKLINT = Path(catalogue.__file__).parent


def test_everything_that_is_installed_loads() -> None:
    known = load()
    codes = [rule.code for rule in known.rules]
    assert codes == sorted(set(codes))
    assert known.apis.rows
    for rule in known.rules:
        assert rule.name == rule.folder.replace("_", "-")
        assert rule.summary.endswith(".")
        assert (rule.load_check() is None) == rule.code.startswith("LK0")
        assert known.get(rule.code.lower()) == known.get(rule.name) == rule
        assert pickle.loads(pickle.dumps(rule)) == rule
    assert known.get("no-such-rule") is None


def test_a_page() -> None:
    rule = read_rule(PAGE, "things_grow", FILE)
    assert (rule.code, rule.name, rule.family, rule.ceiling, rule.preview) == (
        "LK900",
        "things-grow",
        "test",
        None,
        False,
    )
    assert rule.page.startswith("## What it does\n")
    assert "```toml" not in rule.page
    assert rule.summary == "Reports."
    assert rule.load_check() is None


def test_the_first_sentence() -> None:
    assert pages.first_sentence("One of e.g. two\nlines. And `x.y`.\n\nMore.") == "One of e.g. two lines."
    assert pages.first_sentence("No end") == "No end"


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("```toml", "```python", "first fenced block"),
        ("[messages]", "[messages", "not TOML"),
        ("[labels]", "[label]", "label: no such key; the keys are code, "),
        ('since = "0.1.0"\n', "", "the key since is missing"),
        ('code = "LK900"', 'code = "LK9"', "code: 'LK9'"),
        ('code = "LK900"', "code = 900", "code: 900"),
        ('since = "0.1.0"', 'since = "soon"', "since: 'soon'"),
        ('family = "test"', 'family = "Test It"', "family: 'Test It'"),
        ('family = "test"', 'family = "test"\nceiling = "P3"', "ceiling: 'P3'"),
        ('family = "test"', 'family = "test"\npreview = "yes"', "preview: 'yes'"),
        ('family = "test"', 'family = "test"\nsupersedes = "LK901"', "supersedes: 'LK901'"),
        ('family = "test"', 'family = "test"\nhints = "x"', "not TOML"),
        ('grows = "`{name}` grows"', "", "the key messages is missing or empty"),
        ('grows = "`{name}` grows"', 'Grows = "x"', "[messages] Grows"),
        ('grows = "`{name}` grows"', "grows = 3", "[messages] grows: must be a text"),
        ("`{name}` grows", "`{name.real}` grows", "[messages] grows: '{name.real}"),
        ("filled here by `{how}`", "filled here by `{how`", "[labels] filled: "),
        ("## Use instead\n", "", "the section 'Use instead' is missing"),
        ("## When it is wrong\nNever.", "## When it is wrong", "the section 'When it is wrong' is empty"),
        ("## References\n", "## Example\n", "the section 'Example' stands twice"),
        ("## References\n", "## References\n```python\n", "the fenced block under 'References' is not closed"),
    ],
)
def test_a_broken_page_is_named_with_its_key(old: str, new: str, named: str) -> None:
    assert old in PAGE
    with pytest.raises(KnowledgeError, match=re.escape(named)) as caught:
        read_rule(PAGE.replace(old, new), "things_grow", FILE)
    assert str(caught.value).startswith(f"{FILE}: ")
    assert "\n" not in str(caught.value)


def test_folders_are_named_in_lower_case() -> None:
    with pytest.raises(KnowledgeError, match="lower_case_words"):
        read_rule(PAGE, "Things-Grow", FILE)


def add_rule(root: Path, folder: str, page: str = PAGE, check: str | None = None) -> Path:
    place = root / folder
    place.mkdir(parents=True)
    (place / "rule.md").write_text(page)
    if check is not None:
        (place / "check.py").write_text(check)
    return place


def test_extra_rules_are_loaded_like_our_own(tmp_path: Path) -> None:
    one = add_rule(tmp_path, "things_grow", check="def check(facts):\n    yield facts\n")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "left_over" / "__pycache__").mkdir(parents=True)
    for folder in tmp_path, one:
        known = load([str(folder)])
        rule = known.get("LK900")
        assert rule is not None
        check = rule.load_check()
        assert check is not None
        assert list(check("facts")) == ["facts"]
        assert pickle.loads(pickle.dumps(known)).extra_rule_folders == (str(folder),)


def test_extra_rows(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('["team.Thing"]\nkind = "resource"\nrelease = ["close"]\n')
    known = load(api_files=[str(tmp_path / "own.toml")])
    row = known.apis.get("team.Thing")
    assert row is not None
    assert row.release == ("close",)
    (tmp_path / "own.toml").write_text('["team.Thing"]\nkind = "thing"\n')
    with pytest.raises(KnowledgeError, match=re.escape(f"{tmp_path}/own.toml: [team.Thing] kind")):
        load(api_files=[str(tmp_path / "own.toml")])
    with pytest.raises(KnowledgeError, match=re.escape(f"{tmp_path}/none.toml: cannot be read")):
        load(api_files=[str(tmp_path / "none.toml")])


def test_two_rules_may_not_share_a_code_or_a_name(tmp_path: Path) -> None:
    add_rule(tmp_path, "a_thing")
    add_rule(tmp_path, "b_thing")
    with pytest.raises(KnowledgeError, match=r"b_thing/rule\.md: code: LK900 is taken by .*a_thing/rule\.md"):
        load([str(tmp_path)])
    other = add_rule(tmp_path / "other", "a_thing", PAGE.replace("LK900", "LK901"))
    with pytest.raises(KnowledgeError, match="name: a-thing is taken"):
        load([str(tmp_path / "a_thing"), str(other)])


def test_what_is_superseded_must_be_there(tmp_path: Path) -> None:
    add_rule(tmp_path, "a_thing", PAGE.replace("[messages]", 'supersedes = ["LK998"]\n[messages]'))
    with pytest.raises(KnowledgeError, match=r"a_thing/rule\.md: supersedes: LK998"):
        load([str(tmp_path)])


def test_folders_that_are_no_rules(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="no such folder"):
        load([str(tmp_path / "none")])
    with pytest.raises(KnowledgeError, match="holds no rules"):
        load([str(tmp_path)])
    (tmp_path / "a_thing").mkdir()
    (tmp_path / "a_thing" / "notes.txt").write_text("")
    with pytest.raises(KnowledgeError, match=r"a_thing: has no rule\.md"):
        load([str(tmp_path)])
    (tmp_path / "a_thing" / "rule.md").write_bytes(b"\xff")
    with pytest.raises(KnowledgeError, match=r"a_thing/rule\.md: cannot be read"):
        load([str(tmp_path)])


@pytest.mark.parametrize(
    ("check", "named"),
    [
        ("def check(:", "SyntaxError"),
        ("import no_such_module", "No module named 'no_such_module'"),
        ("def chekc(facts): ...", "defines no function check"),
    ],
)
def test_a_check_that_cannot_be_used(tmp_path: Path, check: str, named: str) -> None:
    add_rule(tmp_path, "things_grow", check=check)
    rule = load([str(tmp_path)]).get("LK900")
    assert rule is not None
    with pytest.raises(KnowledgeError, match=named) as caught:
        rule.load_check()
    assert str(caught.value).startswith(f"{tmp_path.resolve()}/things_grow/check.py: ")


def test_an_engine_without_its_rules_says_so(tmp_path: Path) -> None:
    """As when a checkout lies on sys.path and hides the installed package."""
    (tmp_path / "leaklint").mkdir()
    for file in LEAKLINT.iterdir():
        if file.name != "rules":
            (tmp_path / "leaklint" / file.name).symlink_to(file)
    # without `site`, so that nothing makes an editable install importable
    code = f"""import sys; sys.path[:] = {[str(tmp_path), *sys.path]!r}
from leaklint.cli import main
main(["rules"])"""
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(f"leaklint: {tmp_path}/leaklint: holds the engine without its rules")
    assert done.stderr.count("\n") == 1


def test_no_rule_lies_outside_its_folder() -> None:
    root = importlib.resources.files("leaklint.rules")
    loose = [f.name for f in root.iterdir() if f.name.endswith(".py") and f.name != "__init__.py"]
    assert not loose
