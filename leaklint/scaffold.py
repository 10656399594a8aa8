"""What `leaklint init` adds to a project's own files: pure, from text to text.

A file is changed by lines that are put in, so that its order and its comments stay; what comes out is read again, and
is given up when it does not say what it should.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import tomli

SETTINGS = """\
[tool.leaklint]
fail-on = "P1" # conditional leaks (P2) are shown and fail nothing
"""

HOOK = """\
- repo: local
  hooks:
    - id: leaklint
      name: leaklint
      entry: leaklint check --force-exclude
      language: python
      additional_dependencies: [pyleaklint=={version}]
      types_or: [python, pyi, jupyter]
      require_serial: true
"""

_ITEM = re.compile(r"^( *)- +repo:", re.MULTILINE)
_TOP = re.compile(r"^([A-Za-z_][\w-]*):", re.MULTILINE)


class NotDone(ValueError):  # noqa: N818  it is what the message says
    """A change that cannot be made safely; the text says what to write by hand."""


def _table(text: str, *keys: str) -> Mapping[str, Any] | None:
    found: Any = tomli.loads(text)
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None


def _ended(text: str) -> str:
    """With an empty line after what is there."""
    return f"{text.rstrip()}\n\n" if text.strip() else ""


def settings(text: str) -> str:
    """A `pyproject.toml` with a table of leaklint's; as it is where there is one. Raises NotDone."""
    try:
        if _table(text, "tool", "leaklint") is not None:
            return text
        changed = f"{_ended(text)}{SETTINGS}"
        done = _table(changed, "tool", "leaklint")
    except tomli.TOMLDecodeError as error:
        raise NotDone(f"it is not TOML: {error}") from None
    if not done:
        raise NotDone("write the table [tool.leaklint] by hand")
    return changed


def ruff(text: str, *table: str) -> str:
    """The file in which ruff's settings are, with our codes among its `external` ones; as it is where ruff is not set
    up in it. `table` is where they stand: `tool`, `ruff` in a `pyproject.toml`. Raises NotDone."""
    by_hand = 'write external = ["LK"] into its table [lint] by hand'
    try:
        if table and _table(text, *table) is None:
            return text
        lint = _table(text, *table, "lint") or {}
        external = lint.get("external", [])
        if "LK" in external:
            return text
        changed = _with_external(text, ".".join([*table, "lint"]), bool(external))
        done = (_table(changed, *table, "lint") or {}).get("external")
        rest = {key: value for key, value in (_table(changed, *table, "lint") or {}).items() if key != "external"}
    except tomli.TOMLDecodeError:
        raise NotDone(by_hand) from None
    if done != [*external, "LK"] or rest != {key: value for key, value in lint.items() if key != "external"}:
        raise NotDone(by_hand)
    return changed


def _with_external(text: str, name: str, there: bool) -> str:
    if there:
        return re.sub(r"^(external *= *\[[^\]\n]*[^\]\n, ])[, ]*\]", r'\1, "LK"]', text, count=1, flags=re.MULTILINE)
    header = re.compile(rf"^\[{re.escape(name)}\] *(#.*)?$", re.MULTILINE)
    line = 'external = ["LK"] # leaklint\'s codes are not for ruff to judge'
    if header.search(text):
        return header.sub(lambda found: f"{found[0]}\n{line}", text, count=1)
    return f"{_ended(text)}[{name}]\n{line}\n"


def hook(text: str, version: str) -> str:
    """A `.pre-commit-config.yaml` with our hook; as it is where it has one. Raises NotDone."""
    if re.search(r"id: *leaklint\b", text):
        return text
    items = list(_ITEM.finditer(text))
    keys = list(_TOP.finditer(text))
    start = next((key for key in keys if key[1] == "repos"), None)
    if not items or start is None or len({item[1] for item in items}) > 1:
        raise NotDone(f"add the hook to its `repos` by hand:\n{HOOK.replace('{version}', version)}".rstrip())
    end = next((key.start() for key in keys if key.start() > items[-1].start()), len(text))
    lines = HOOK.replace("{version}", version).splitlines()
    entry = "".join(f"{items[0][1]}{line}\n" for line in lines)
    rest = text[end:]
    return f"{text[:end].rstrip()}\n{entry}" + (f"\n{rest}" if rest else "")
