"""CPU of whole commands over the same tree, cold, in turn: leaklint with all rules, others with one or two.

usage: python benchmarks/peers.py PATH --bin FOLDER [--rounds N]

FOLDER holds the peers' commands: `pip install pylint semgrep fixit` into an environment of their own.
"""

from __future__ import annotations

import argparse
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile

SEMGREP = """
rules:
- {id: open, languages: [python], severity: WARNING, message: open, patterns: [{pattern: $F = open(...)}, {pattern-not-inside: "with open(...) as $G: ..."}]}
- {id: cache, languages: [python], severity: WARNING, message: cache, pattern: "class $C: ...\\n  @functools.lru_cache(...)\\n  def $F(self, ...): ..."}
"""  # noqa: E501


def commands(folder: pathlib.Path, rules: pathlib.Path, tree: str) -> dict[str, list[str]]:
    own = [sys.executable, "-m", "leaklint", "check", "--isolated", "--no-cache", "--jobs", "1", "--exit-zero", tree]
    semgrep = ["scan", "--metrics=off", "--disable-version-check", "--no-git-ignore", "--jobs=1"]
    return {
        "leaklint": own,
        "semgrep, two rules": [str(folder / "semgrep"), *semgrep, "--config", str(rules), tree],
        "pylint, R1732 and W1518": [
            str(folder / "pylint"),
            *("--rcfile=/dev/null", "--disable=all", "--enable=R1732,W1518", "--recursive=y", tree),
        ],
        "fixit, one rule": [
            str(folder / "fixit"),
            *("--rules", "fixit.rules.no_redundant_lambda:NoRedundantLambda", "lint", tree),
        ],
    }


def cpu(command: list[str]) -> float:
    """Seconds of a command and of all that it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path")
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        rules = pathlib.Path(scratch) / "rules.yaml"
        rules.write_text(SEMGREP)
        found = commands(args.bin, rules, args.path)
        spent: dict[str, list[float]] = {name: [] for name in found}
        for _ in range(args.rounds):
            for name, command in found.items():
                spent[name].append(cpu(command))
    for name, seconds in spent.items():
        ratio = statistics.median(s / own for s, own in zip(seconds, spent["leaklint"], strict=True))
        print(f"{name}: {ratio:.1f} times leaklint ({statistics.median(seconds):.1f} s)")


if __name__ == "__main__":
    main()
