"""The order of the engine's modules, and what its files must not hold."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import tomli

ROOT = Path(__file__).parent.parent
LINES = 300

# A module imports only from lines above its own; modules on one line do not know each other, those of one folder may.
# The rules come before the catalogue, which loads them by name: no engine file imports a rule.
LAYERS = """
    __init__
    storage/whole garbage
    storage/sealed storage/folder
    storage/packing
    storage/stamp
    facts
    vocabulary
    counterparts
    project/paths
    apis
    gating/seen
    gating/identifiers
    gating/turning
    gating/awaiting
    gating/scan
    gating/loading
    gating/words
    gating/gate
    tree/ir
    tree/text
    tree/positions
    tree/lower
    tree/build
    meaning/scopes
    meaning/parts
    meaning/names
    meaning/uses
    meaning/annotations
    meaning/types
    meaning/basis
    meaning/flow
    meaning/branches
    repairs/repair
    repairs/edits
    repairs/rewrite
    answers/releasing/*
    answers/*
    answers/opening/*
    answers/ways/*
    answers/holding/*
    answers/growth/* answers/tasks/* answers/listeners/* answers/resources/* answers/exceptions/* answers/peaks/*
    value
    views/*
    model
    outline
    infer
    rules/*
    pages
    rule
    catalogue
    installation
    knowledge
    severity
    project/keys
    project/config
    project/pythons
    project/git
    pairing
    project/history
    project/walk
    project/surroundings
    project/files
    suppress
    parsing
    analyze
    link
    unused
    notebook
    selection
    baseline
    running/checked
    running/asked
    running/shard
    running/cache
    running/workers
    running/cluster
    running/batch
    running/runner
    since
    report/*
    scaffold
    arguments
    commands/*
    cli
    __main__
"""
ORDER = {name: rank for rank, line in enumerate(LAYERS.split("\n")) for name in line.split()}

ENGINE = sorted((ROOT / "leaklint").rglob("*.py"))
FILES = ENGINE + sorted((ROOT / "rules").rglob("*.py"))


def path_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def dotted(file: Path) -> str:
    """The name a file is imported by: `leaklint.report.text`, `leaklint.rules.dangling_task.check`."""
    name = path_of(file).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return name if name.startswith("leaklint") else f"leaklint.{name}"


def layer(module: str) -> str:
    """The entry of LAYERS that a module belongs to; fails for one that has none."""
    parts = module.split(".")[1:] or ["__init__"]
    # the innermost folder that has a line of its own decides: `answers/growth/*`, then `answers/*`
    rooms = ["/".join(parts[:depth]) for depth in range(len(parts), 0, -1)]
    entry = next((e for room in rooms for e in (room, f"{room}/*") if e in ORDER), None)
    if entry is None and any(e.startswith(f"{rooms[0]}/") for e in ORDER):
        return "__init__"  # a room's own face holds nothing and imports nothing
    assert entry, (
        f"{module} has no layer: add `{parts[0]}` (a folder: `{parts[0]}/*`) to LAYERS in {path_of(Path(__file__))}"
    )
    return entry


def imports(file: Path) -> Iterator[tuple[int, str]]:
    """Every import in a file, those within functions included: line and dotted name."""
    package = dotted(file).split(".")[: None if file.name == "__init__.py" else -1]
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *filter(None, [node.module])])
            for (
                name
            ) in node.names:  # `from leaklint import facts` names a module, `from leaklint.facts import Span` does not
                inner = f"{source}.{name.name}"
                yield node.lineno, inner if (ROOT / f"{inner.replace('.', '/')}.py").is_file() else source


@pytest.mark.parametrize("file", FILES, ids=path_of)
def test_imports_go_one_way(file: Path) -> None:
    own = layer(dotted(file))
    wrong = []
    for line, name in imports(file):
        if name.split(".")[0] == "rules":
            wrong.append(
                f"{path_of(file)}:{line}: the rules are imported as leaklint.rules, and by the catalogue alone"
            )
        elif name.split(".")[0] == "leaklint":
            other = layer("leaklint" if name == "leaklint.__version__" else name)
            if ORDER[other] >= ORDER[own] and not (other == own and own.endswith("/*")):
                wrong.append(f"{path_of(file)}:{line}: {own} must not import {other}, which is not above it in LAYERS")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("file", FILES, ids=path_of)
def test_files_are_small_and_well_named(file: Path) -> None:
    lines = len(file.read_text(encoding="utf-8").splitlines())
    assert lines <= LINES, f"{path_of(file)} has {lines} lines, {LINES} at most: one file per question"
    assert file.name not in ("utils.py", "util.py", "helpers.py", "common.py"), (
        f"{path_of(file)}: name it after what it answers"
    )


def libraries() -> set[str]:
    """The third-party libraries that have rows."""
    rows = [name for file in (ROOT / "rules" / "apis").glob("*.toml") for name in tomli.loads(file.read_text("utf-8"))]
    # what the engine uses itself; the last three are formats of reports and a program, too
    own = {"libcst", "astroid", "click", "tomli", "azure", "github", "git"}
    return {name.split(".")[0] for name in rows if "." in name} - sys.stdlib_module_names - own


@pytest.mark.parametrize("file", ENGINE, ids=path_of)
def test_the_engine_names_no_rule_and_no_library(file: Path) -> None:
    names = "|".join(sorted(map(re.escape, libraries()))) or "(?!)"
    # a library's name is an ordinary word at times (`requests`): it counts quoted, imported or followed by a dot
    pattern = rf"\bLK[1-9]\w*|(?:import|from) +(?:{names})\b|[\"'`](?:{names})[\"'`.]|(?<![\w.])(?:{names})\.[A-Za-z_]"
    text = file.read_text(encoding="utf-8").splitlines()
    found = [(line, m[0]) for line, row in enumerate(text, 1) for m in re.finditer(pattern, row)]
    assert not found, "\n".join(
        f"{path_of(file)}:{line}: {what!r}: what is known of rules and libraries stands in rules/"
        for line, what in found
    )
