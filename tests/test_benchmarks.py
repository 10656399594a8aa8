"""What the README of `benchmarks` says to run starts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "benchmarks"
COMMANDS = sorted(file for file in FOLDER.glob("*.py") if "argparse" in file.read_text())


@pytest.mark.parametrize("command", COMMANDS, ids=lambda file: file.stem)
def test_it_says_how_it_is_used(command: Path) -> None:
    done = subprocess.run([sys.executable, command, "--help"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "usage:" in done.stdout
