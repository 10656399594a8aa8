"""A warm run, nothing having changed, against ruff's over the same tree.

usage: python benchmarks/warm.py PATH... [--runs N]

Both with their own defaults and without settings files; each has a cache of its own, filled before the first pair.
"""

from __future__ import annotations

import argparse
import sys
import sysconfig
import tempfile
from pathlib import Path

from paired import compare


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--runs", type=int, default=9)
    args = parser.parse_args()
    scripts = Path(sysconfig.get_path("scripts"))
    with tempfile.TemporaryDirectory() as folder:
        options = ["check", "--isolated", "--exit-zero", "--cache-dir"]
        mine = [str(scripts / "leaklint"), *options, f"{folder}/leaklint"]
        theirs = [str(scripts / "ruff"), *options, f"{folder}/ruff"]
        for path in args.paths:
            one, other, ratio = compare([*mine, path], [*theirs, path], args.runs)
            print(f"{path}: leaklint {one:.3f} s, ruff {other:.3f} s, {ratio:.1f} times")


if __name__ == "__main__":
    sys.exit(main())
