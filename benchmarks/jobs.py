"""A cold run in two processes against one in a single process: how many times faster it is.

usage: python benchmarks/jobs.py PATH... [--runs N] [--jobs N]
"""

from __future__ import annotations

import argparse
import sysconfig
from pathlib import Path

from paired import compare


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    leaklint = str(Path(sysconfig.get_path("scripts")) / "leaklint")
    cold = [leaklint, "check", "--isolated", "--no-cache", "--exit-zero", *args.paths, "--jobs"]
    one, many, ratio = compare([*cold, "1"], [*cold, str(args.jobs)], args.runs)
    print(f"one process {one:.1f} s, {args.jobs} processes {many:.1f} s: {ratio:.2f} times faster")


if __name__ == "__main__":
    main()
